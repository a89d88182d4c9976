//! Recorded decisions, judged again by other policies.

use waiaas_core::UnixSeconds;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::Tier;

use super::NewPolicy;

/// What to judge again, and by what.
#[derive(Clone, Debug)]
pub struct Replay {
    /// Decisions since then.
    pub since: UnixSeconds,
    /// Of one wallet, or of all.
    pub wallet: Option<WalletId>,
    /// The candidate set. Rows that are switched off are checked and left out.
    pub policies: Vec<NewPolicy>,
    /// Most examples wanted.
    pub examples: usize,
}

/// A tier; none = denied.
pub type Decided = Option<Tier>;

/// How often one outcome became another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReplayCount {
    /// What was decided.
    pub was: Decided,
    /// What the candidate set decides.
    pub is: Decided,
    /// Requests.
    pub count: u64,
}

/// One request that would have been decided otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplayExample {
    /// The request.
    pub id: TxId,
    /// Its wallet.
    pub wallet: WalletId,
    /// Its network.
    pub network: NetworkId,
    /// When it was decided.
    pub at: UnixSeconds,
    /// What was decided.
    pub was: Decided,
    /// What the candidate set decides.
    pub is: Decided,
    /// What it is worth, if known.
    pub usd: Option<Usd>,
    /// Why the candidate set decides so; empty if nothing stands in the way.
    pub why: Vec<String>,
}

/// What a candidate set would have decided.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReplayReport {
    /// Requests judged again.
    pub decisions: u64,
    /// Of those, with another outcome.
    pub changed: u64,
    /// Judged without a fact that was not recorded: denied for the lack of it or, if the request was denied
    /// before anybody was asked, granted at best.
    pub not_known: u64,
    /// Outcomes, old and new.
    pub counts: Vec<ReplayCount>,
    /// Dollars that were granted and are denied now.
    pub newly_denied: Usd,
    /// Dollars that were denied and are granted now.
    pub newly_allowed: Usd,
    /// Dollars that needed no owner and do now.
    pub newly_owner: Usd,
    /// Requests among those three whose value is not known.
    pub unpriced: u64,
    /// Some of those that changed, oldest first.
    pub examples: Vec<ReplayExample>,
}
