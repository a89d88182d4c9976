//! Recorded decisions in the order in which they were made, for replay.

use std::ops::Range;
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
use crate::stored::FORM;

/// The stored data of one decision. These columns never change, except the status, which never changes from
/// or to DENIED later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecisionRow {
    /// The request.
    pub id: TxId,
    /// Its wallet.
    pub wallet: WalletId,
    /// Its network.
    pub network: NetworkId,
    /// Time of the decision.
    pub created_at: UnixSeconds,
    /// The tier; none if it was denied.
    pub tier: Option<Tier>,
    /// Its value, if it was granted and the value is known.
    pub usd: Option<Usd>,
    /// Range of its effects in the page's text; [`DecisionPage::effects`].
    pub effects: Range<usize>,
    /// Range of its verdict and facts in the page's text; [`DecisionPage::verdict`].
    pub verdict: Range<usize>,
}

reads! {
    /// Decisions since a time, of one wallet or of all, oldest first, after the cursor.
    decisions(
        wallet: Option<WalletId>,
        since: UnixSeconds,
        after: Option<TxId>,
        limit: u32,
    ) -> Option<DecisionPage>;
}

/// Several decisions as one text, because the driver takes longer per row and column than the database does.
/// Fields contain no control characters: JSON escapes them.
pub struct DecisionPage {
    last: TxId,
    lines: String,
}

impl DecisionPage {
    /// The cursor for the next page.
    pub const fn last(&self) -> TxId {
        self.last
    }

    /// The decisions, oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if a stored value is not valid.
    pub fn rows(&self) -> Result<Vec<DecisionRow>, StoreError> {
        let mut end = 0usize;
        let read = |line: &str| {
            let row = read(line, end)?;
            end = end.saturating_add(line.len()).saturating_add(1);
            Ok(row)
        };
        let mut rows = self.lines.split('\n').map(read).collect::<Result<Vec<_>, StoreError>>()?;
        // Aggregates guarantee no order.
        rows.sort_unstable_by_key(|row| row.id);
        Ok(rows)
    }

    /// The effects of one of the page's decisions, as JSON.
    pub fn effects(&self, row: &DecisionRow) -> &str {
        self.lines.get(row.effects.clone()).unwrap_or_default()
    }

    /// Verdict and facts of one of the page's decisions, as JSON.
    pub fn verdict(&self, row: &DecisionRow) -> &str {
        self.lines.get(row.verdict.clone()).unwrap_or_default()
    }
}

macro_rules! page {
    ($of:literal) => {
        concat!(
            "SELECT MAX(id) AS last, string_agg(line, '\n') AS lines FROM (SELECT id, concat_ws('\t', id, \
             wallet_id, network, created_at, status, COALESCE(tier, ''), \
             COALESCE(CAST(usd_micros AS TEXT), ''), form, effects, verdict) AS line \
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
) -> Result<Option<DecisionPage>, StoreError> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let query = sqlx::query(if wallet.is_some() { page!(" AND wallet_id = $4") } else { page!("") });
    let query = query.bind(after).bind(since).bind(i64::from(limit));
    let query = wallet.iter().fold(query, |query, wallet| query.bind(wallet.to_string()));
    let row = query.fetch_one(conn).await?;
    let Some(last) = row.opt_parsed("last")? else { return Ok(None) };
    Ok(Some(DecisionPage { last, lines: row.text("lines")? }))
}

/// Parses the line that begins at `start`.
fn read(line: &str, start: usize) -> Result<DecisionRow, StoreError> {
    let mut fields = line.splitn(10, '\t');
    let mut next = |column| fields.next().ok_or(StoreError::Corrupt(column));
    let id = parsed(next("id")?, "id")?;
    let wallet = parsed(next("wallet_id")?, "wallet_id")?;
    let network = NetworkId::new(next("network")?);
    let created_at = parsed(next("created_at")?, "created_at")?;
    let status = TxStatus::parse(next("status")?).ok_or(StoreError::Corrupt("status"))?;
    let tier = optional(next("tier")?, |text| Tier::parse(text).ok_or(StoreError::Corrupt("tier")))?;
    let micros = optional(next("usd_micros")?, |text| parsed::<u64>(text, "usd_micros"))?;
    if parsed::<i64>(next("form")?, "form")? != FORM {
        return Err(StoreError::Corrupt("form"));
    }
    let (effects, verdict) = (next("effects")?.len(), next("verdict")?.len());
    let end = start.saturating_add(line.len());
    let middle = end.saturating_sub(verdict);
    let tab = middle.saturating_sub(1);
    Ok(DecisionRow {
        id,
        wallet,
        network,
        created_at,
        tier: tier.filter(|_| status != TxStatus::Denied),
        usd: micros.map(Usd::from_micros),
        effects: tab.saturating_sub(effects)..tab,
        verdict: middle..end,
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
