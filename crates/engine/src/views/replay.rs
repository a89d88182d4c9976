//! Recorded decisions, evaluated again under other policies.

use waiaas_core::UnixSeconds;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::Tier;

use super::NewPolicy;

/// The decisions to evaluate again, and the candidate policies.
#[derive(Clone, Debug)]
pub struct Replay {
    /// Decisions since this time.
    pub since: UnixSeconds,
    /// Decisions about this wallet; none for all wallets.
    pub wallet: Option<WalletId>,
    /// The candidate set. Disabled policies are validated and left out.
    pub policies: Vec<NewPolicy>,
    /// The most examples.
    pub examples: usize,
}

/// A tier; none = denied.
pub type Decided = Option<Tier>;

/// The verdict of the candidate set on a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rejudged {
    /// Denied.
    Denied,
    /// Granted at this tier.
    Granted(Tier),
    /// It was denied before prices were asked for, and the recorded facts no longer justify a denial.
    Unknown,
}

/// The number of requests whose outcome changed from one to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReplayCount {
    /// The recorded outcome.
    pub was: Decided,
    /// The outcome under the candidate set.
    pub is: Rejudged,
    /// The number of requests.
    pub count: u64,
}

/// One request whose outcome changes, or may change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplayExample {
    /// The request.
    pub id: TxId,
    /// Its wallet.
    pub wallet: WalletId,
    /// Its network.
    pub network: NetworkId,
    /// The time of the decision.
    pub at: UnixSeconds,
    /// The recorded outcome.
    pub was: Decided,
    /// The outcome under the candidate set.
    pub is: Rejudged,
    /// Its value, if known.
    pub usd: Option<Usd>,
    /// The reasons of the candidate set's verdict.
    pub why: Vec<String>,
}

/// The result of a replay.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReplayReport {
    /// Requests evaluated again.
    pub decisions: u64,
    /// Those with a changed outcome.
    pub changed: u64,
    /// Those whose outcome is [`Rejudged::Unknown`]. They count neither as changed nor as unchanged.
    pub unknown: u64,
    /// Those evaluated without a fact that was not recorded: denied because of that, or unknown.
    pub not_known: u64,
    /// The number of requests by recorded and new outcome.
    pub counts: Vec<ReplayCount>,
    /// Value of requests that were granted and are now denied, in dollars.
    pub newly_denied: Usd,
    /// Value of requests that were denied and are now granted, in dollars.
    pub newly_allowed: Usd,
    /// Value of requests that needed no owner and now do, in dollars.
    pub newly_owner: Usd,
    /// Requests among those three groups whose value is not known.
    pub unpriced: u64,
    /// Examples of requests whose outcome changed or may have changed, oldest first.
    pub examples: Vec<ReplayExample>,
}
