//! The accounts that a wallet's transactions name: the recipient of a transfer, the contract of a call.

use sqlx::AnyConnection;
use waiaas_core::address::Address;
use waiaas_core::ids::WalletId;

use crate::columns::Columns;
use crate::error::StoreError;
use crate::reads::reads;

reads! {
    /// Whether a transaction of the wallet that was sent names an account.
    names_recipient(wallet: WalletId, address: Address) -> bool;
    /// The accounts named by the wallet's newest transactions that were sent or wait, and whether it only waits.
    newest_recipients(wallet: WalletId, limit: u32) -> Vec<(Address, bool)>;
}

async fn names_recipient(
    conn: &mut AnyConnection,
    wallet: WalletId,
    address: Address,
) -> Result<bool, StoreError> {
    let query = "SELECT 1 AS found FROM transactions WHERE wallet_id = $1 AND to_address = $2 \
                 AND status IN ('BROADCASTING', 'SUBMITTED', 'SIGNED', 'CONFIRMED') LIMIT 1";
    let query = sqlx::query(query).bind(wallet.to_string()).bind(address.to_string());
    Ok(query.fetch_optional(conn).await?.is_some())
}

async fn newest_recipients(
    conn: &mut AnyConnection,
    wallet: WalletId,
    limit: u32,
) -> Result<Vec<(Address, bool)>, StoreError> {
    let query = "SELECT to_address, CASE WHEN status IN ('QUEUED', 'PENDING_APPROVAL', 'EXECUTING') THEN 1 ELSE 0 END \
                 AS waits FROM transactions WHERE wallet_id = $1 AND to_address IS NOT NULL \
                 AND status IN ('QUEUED', 'PENDING_APPROVAL', 'EXECUTING', 'BROADCASTING', 'SUBMITTED', 'SIGNED', \
                 'CONFIRMED') ORDER BY id DESC LIMIT $2";
    let query = sqlx::query(query).bind(wallet.to_string()).bind(i64::from(limit));
    let rows = query.fetch_all(conn).await?;
    rows.iter().map(|row| Ok((row.parsed("to_address")?, row.int("waits")? == 1))).collect()
}
