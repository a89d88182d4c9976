//! Recorded requests, judged again by other policies.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::money::Usd;

use crate::policies::CreatePolicy;
use crate::validation::{Checks, Refusal, Request};

/// Most rows of a candidate set.
const MOST_POLICIES: usize = 1_000;
/// Most examples of an answer.
const MOST_EXAMPLES: u32 = 200;

const fn twenty() -> u32 {
    20
}

/// What to judge again, and by what. Nothing is changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplayRequest {
    /// Requests decided at or after this time, in Unix seconds.
    pub since: i64,
    /// Only requests of this wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// The candidate set: all of it, in place of the policies of then.
    pub policies: Vec<CreatePolicy>,
    /// Most examples wanted, up to 200; 20 unless told.
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

/// What the candidate set would have decided. Sums in the ledger are what really happened, not what
/// would have happened under the candidate set.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayReport {
    /// Requests judged again.
    pub decisions: u64,
    /// Of those, with another outcome.
    pub changed: u64,
    /// Whose outcome is `UNKNOWN`: denied then before a node or a price service was asked, and not denied
    /// again by what is known without them. They are in none of the sums.
    #[serde(default)]
    pub unknown: u64,
    /// Judged without a fact that was not recorded: denied for the lack of it, or `UNKNOWN`.
    pub not_known: u64,
    /// How often which outcome became which.
    pub counts: Vec<ReplayCount>,
    /// Dollars granted then and denied now.
    #[schema(value_type = f64)]
    pub newly_denied_usd: Usd,
    /// Dollars denied then and granted now.
    #[schema(value_type = f64)]
    pub newly_allowed_usd: Usd,
    /// Dollars that needed no owner then and do now.
    #[schema(value_type = f64)]
    pub newly_owner_usd: Usd,
    /// Requests among those three whose value is not known.
    pub unpriced: u64,
    /// The oldest of those that changed, or may have.
    pub examples: Vec<ReplayExample>,
}

/// How often one outcome became another. An outcome is a tier, or DENIED; under the candidate set it may also
/// be UNKNOWN.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayCount {
    /// Then.
    pub was: String,
    /// Under the candidate set.
    pub is: String,
    /// Requests.
    pub count: u64,
}

/// One request that would have been decided otherwise, or might have been.
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
    /// When it was decided.
    pub at: i64,
    /// Then.
    pub was: String,
    /// Under the candidate set.
    pub is: String,
    /// What it is worth, if known.
    #[schema(value_type = Option<f64>)]
    pub usd: Option<Usd>,
    /// Why the candidate set decides so.
    pub why: Vec<String>,
}
