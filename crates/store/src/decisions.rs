//! Decisions as they were recorded, in the order in which they were made, for judging them again.

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::Tier;
use waiaas_core::transaction::TxStatus;

use crate::columns::Columns;
use crate::error::StoreError;
use crate::reads::reads;

/// What is kept of one decision. Rows never change in these columns, but for the status, which never
/// leaves or becomes DENIED later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecisionRow {
    /// The request.
    pub id: TxId,
    /// Its wallet.
    pub wallet: WalletId,
    /// Its network.
    pub network: NetworkId,
    /// When it was decided.
    pub created_at: UnixSeconds,
    /// The tier it was granted; none if it was denied.
    pub tier: Option<Tier>,
    /// What it was worth, if it was granted and that was known.
    pub usd: Option<Usd>,
    /// What it does, as JSON.
    pub effects: String,
    /// Verdict and facts, as JSON.
    pub verdict: String,
}

reads! {
    /// Decisions since then, of one wallet or of all, oldest first, after the cursor.
    decisions(
        wallet: Option<WalletId>,
        since: UnixSeconds,
        after: Option<TxId>,
        limit: u32,
    ) -> Vec<DecisionRow>;
}

async fn decisions(
    conn: &mut AnyConnection,
    wallet: Option<WalletId>,
    since: UnixSeconds,
    after: Option<TxId>,
    limit: u32,
) -> Result<Vec<DecisionRow>, StoreError> {
    const ALL: &str = "SELECT id, wallet_id, network, created_at, status, tier, usd_micros, effects, verdict \
                       FROM transactions WHERE id > $1 AND created_at >= $2 AND effects IS NOT NULL \
                       ORDER BY id LIMIT $3";
    const OF_WALLET: &str = "SELECT id, wallet_id, network, created_at, status, tier, usd_micros, effects, \
                             verdict FROM transactions WHERE id > $1 AND created_at >= $2 \
                             AND effects IS NOT NULL AND wallet_id = $4 ORDER BY id LIMIT $3";
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let query = sqlx::query(if wallet.is_some() { OF_WALLET } else { ALL });
    let query = query.bind(after).bind(since).bind(i64::from(limit));
    let query = wallet.iter().fold(query, |query, wallet| query.bind(wallet.to_string()));
    let rows = query.fetch_all(conn).await?;
    let read = rows.iter().map(|row| {
        let denied = row.named("status", TxStatus::parse)? == TxStatus::Denied;
        let tier = row.opt_named("tier", Tier::parse)?;
        Ok(DecisionRow {
            id: row.parsed("id")?,
            wallet: row.parsed("wallet_id")?,
            network: NetworkId::new(&row.text("network")?),
            created_at: row.int("created_at")?,
            tier: tier.filter(|_| !denied),
            usd: row.opt_usd("usd_micros")?,
            effects: row.text("effects")?,
            verdict: row.text("verdict")?,
        })
    });
    read.collect()
}
