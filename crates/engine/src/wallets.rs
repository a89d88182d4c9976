//! Reads wallets and refuses those in an unsuitable status. Callers check who may read them.

use waiaas_core::ids::WalletId;
use waiaas_core::wallet::WalletStatus;
use waiaas_store::{StoreError, WalletRow, WriteTx};

use crate::Engine;
use crate::error::{Error, ErrorCode};
use crate::views::Wallet;

impl Engine {
    pub(crate) async fn wallet_by_id(&self, id: WalletId) -> Result<Wallet, Error> {
        let row = self.store().wallet(id).await?;
        row.map(Wallet::from).ok_or_else(|| Error::new(ErrorCode::WalletNotFound, "There is no such wallet."))
    }
}

/// The error for an action that the wallet's status does not permit.
pub(crate) fn wrong_status(status: WalletStatus) -> Error {
    let code = match status {
        WalletStatus::Terminated => ErrorCode::WalletTerminated,
        WalletStatus::Suspended => ErrorCode::WalletSuspended,
        WalletStatus::Active => ErrorCode::InvalidStateTransition,
    };
    Error::new(code, format!("The wallet is {status} already."))
}

/// The error for a wallet that may not sign.
pub(crate) fn refuse_unless_active(status: WalletStatus) -> Result<(), Error> {
    match status {
        WalletStatus::Active => Ok(()),
        WalletStatus::Suspended => Err(Error::new(ErrorCode::WalletSuspended, "The wallet is suspended.")
            .hint("The operator can resume it.")),
        WalletStatus::Terminated => Err(Error::new(ErrorCode::WalletTerminated, "The wallet is terminated.")),
    }
}

/// Reads a wallet in this transaction.
pub(crate) async fn row(tx: &mut WriteTx, id: WalletId) -> Result<WalletRow, Error> {
    tx.wallet(id).await?.ok_or_else(|| Error::new(ErrorCode::WalletNotFound, "There is no such wallet."))
}

/// The error if another request changed the owner first.
pub(crate) fn owner_changed() -> Error {
    Error::new(ErrorCode::InvalidStateTransition, "The wallet's owner changed meanwhile.")
        .hint("Look again and retry.")
}

pub(crate) fn owner_raced(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(_) => owner_changed(),
        other => other.into(),
    }
}

impl From<WalletRow> for Wallet {
    fn from(row: WalletRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            chain: row.chain,
            environment: row.environment,
            address: row.address,
            default_network: row.default_network,
            status: row.status,
            owner: row.owner,
            successor: row.successor,
            suspended_at: row.suspended_at,
            suspension_reason: row.suspension_reason,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
