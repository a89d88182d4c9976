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

/// What the candidate set makes of a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rejudged {
    /// It denies it.
    Denied,
    /// It grants it at this tier.
    Granted(Tier),
    /// It was denied before prices were asked, and what is known of it is no reason to deny it any more.
    Unknown,
}

/// How often one outcome became another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReplayCount {
    /// What was decided.
    pub was: Decided,
    /// What the candidate set decides.
    pub is: Rejudged,
    /// Requests.
    pub count: u64,
}

/// One request that would have been decided otherwise, or might have been.
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
    pub is: Rejudged,
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
    /// Of those, whose outcome is [`Rejudged::Unknown`]. They count as neither changed nor unchanged.
    pub unknown: u64,
    /// Judged without a fact that was not recorded: denied for the lack of it, or unknown.
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
    /// Some of those that changed or may have, oldest first.
    pub examples: Vec<ReplayExample>,
}
