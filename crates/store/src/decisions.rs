//! Decisions as they were recorded, in the order in which they were made, for judging them again.

use std::str::FromStr;

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

/// Some rows as one text, for the driver spends more on a row and on a column than the database does. No
/// field has a control character of its own: in JSON they are escaped.
macro_rules! page {
    ($of:literal) => {
        concat!(
            "SELECT string_agg(line, '\n') AS lines FROM (SELECT id || '\t' || wallet_id || '\t' || network \
             || '\t' || CAST(created_at AS TEXT) || '\t' || status || '\t' || COALESCE(tier, '') || '\t' \
             || COALESCE(CAST(usd_micros AS TEXT), '') || '\t' || effects || '\t' || verdict AS line \
             FROM transactions WHERE id > $1 AND created_at >= $2 AND effects IS NOT NULL",
            $of,
            " ORDER BY id LIMIT $3) AS page"
        )
    };
}

async fn decisions(
    conn: &mut AnyConnection,
    wallet: Option<WalletId>,
    since: UnixSeconds,
    after: Option<TxId>,
    limit: u32,
) -> Result<Vec<DecisionRow>, StoreError> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let query = sqlx::query(if wallet.is_some() { page!(" AND wallet_id = $4") } else { page!("") });
    let query = query.bind(after).bind(since).bind(i64::from(limit));
    let query = wallet.iter().fold(query, |query, wallet| query.bind(wallet.to_string()));
    let lines = query.fetch_one(conn).await?.opt_text("lines")?.unwrap_or_default();
    let mut rows = lines.lines().map(read).collect::<Result<Vec<_>, _>>()?;
    // Aggregates promise no order.
    rows.sort_unstable_by_key(|row| row.id);
    Ok(rows)
}

fn read(line: &str) -> Result<DecisionRow, StoreError> {
    let mut fields = line.split('\t');
    let mut next = |column| fields.next().ok_or(StoreError::Corrupt(column));
    let id = parsed(next("id")?, "id")?;
    let wallet = parsed(next("wallet_id")?, "wallet_id")?;
    let network = NetworkId::new(next("network")?);
    let created_at = parsed(next("created_at")?, "created_at")?;
    let status = TxStatus::parse(next("status")?).ok_or(StoreError::Corrupt("status"))?;
    let tier = optional(next("tier")?, |text| Tier::parse(text).ok_or(StoreError::Corrupt("tier")))?;
    let micros = optional(next("usd_micros")?, |text| parsed::<u64>(text, "usd_micros"))?;
    let (effects, verdict) = (next("effects")?.to_owned(), next("verdict")?.to_owned());
    Ok(DecisionRow {
        id,
        wallet,
        network,
        created_at,
        tier: tier.filter(|_| status != TxStatus::Denied),
        usd: micros.map(Usd::from_micros),
        effects,
        verdict,
    })
}

fn parsed<T: FromStr>(text: &str, column: &'static str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt(column))
}

fn optional<T>(
    text: &str,
    read: impl FnOnce(&str) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}
