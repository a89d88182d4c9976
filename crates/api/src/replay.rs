//! Replay: judging recorded requests again by other policies.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::money::Usd;

use crate::policies::CreatePolicy;
use crate::validation::{Checks, Refusal, Request};

/// Maximum number of policies in a candidate set.
const MOST_POLICIES: usize = 1_000;
/// Maximum number of examples in an answer.
const MOST_EXAMPLES: u32 = 200;

const fn twenty() -> u32 {
    20
}

/// Selects recorded requests, and names the policies to judge them by. Nothing is changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplayRequest {
    /// Requests decided at or after this time, in Unix seconds.
    pub since: i64,
    /// Only requests of this wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// The complete candidate set, which replaces the policies of that time.
    pub policies: Vec<CreatePolicy>,
    /// Maximum number of examples, up to 200; 20 by default.
    #[serde(default = "twenty")]
    pub examples: u32,
}

impl Request for ReplayRequest {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        checks.ensure(self.since >= 0, "since", "too_small", "Unix seconds");
        let few = self.policies.len() <= MOST_POLICIES;
        checks.ensure(few, "policies", "too_big", "at most 1000");
        checks.ensure(self.examples <= MOST_EXAMPLES, "examples", "too_big", "at most 200");
        checks.finish()?;
        self.policies.iter().try_for_each(Request::check)
    }
}

/// The decisions by the candidate set. Ledger sums are those that were recorded, not those that would have
/// resulted from the candidate set.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayReport {
    /// Number of requests judged again.
    pub decisions: u64,
    /// Number of them with another outcome.
    pub changed: u64,
    /// Number of requests with the outcome `UNKNOWN`: they were denied early, and the recorded facts do not
    /// deny them again. No sum includes them.
    #[serde(default)]
    pub unknown: u64,
    /// Number of requests judged without a fact that was not recorded: denied for that, or `UNKNOWN`.
    pub not_known: u64,
    /// Number of requests by outcome then and now.
    pub counts: Vec<ReplayCount>,
    /// Dollars granted then and denied now.
    #[schema(value_type = f64)]
    pub newly_denied_usd: Usd,
    /// Dollars denied then and granted now.
    #[schema(value_type = f64)]
    pub newly_allowed_usd: Usd,
    /// Dollars that needed no owner then and need one now.
    #[schema(value_type = f64)]
    pub newly_owner_usd: Usd,
    /// Number of requests in those three sums whose value is not known.
    pub unpriced: u64,
    /// The oldest requests that changed, or may have changed.
    pub examples: Vec<ReplayExample>,
}

/// How many requests changed from one outcome to another. An outcome is a tier, or DENIED; by the candidate
/// set it may also be UNKNOWN.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayCount {
    /// Outcome then.
    pub was: String,
    /// Outcome by the candidate set.
    pub is: String,
    /// Number of requests.
    pub count: u64,
}

/// One request whose decision changes, or may change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayExample {
    /// The request.
    #[schema(value_type = Uuid)]
    pub id: TxId,
    /// Its wallet.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// Its network.
    pub network: String,
    /// Time of the decision.
    pub at: i64,
    /// Outcome then.
    pub was: String,
    /// Outcome by the candidate set.
    pub is: String,
    /// Value in dollars, if known.
    #[schema(value_type = Option<f64>)]
    pub usd: Option<Usd>,
    /// The reasons of the candidate set's decision.
    pub why: Vec<String>,
}
