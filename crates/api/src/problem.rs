//! The one form of all errors.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use waiaas_core::ids::{PolicyId, TxId};
use waiaas_core::policy::PolicyType;

use crate::dry_run::DenialView;
use crate::validation::Issue;
use crate::vocabulary::PolicyTypeName;

/// An error answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Stable code, such as `TOKEN_NOT_ALLOWED`. Branch on this.
    #[schema(example = "TOKEN_NOT_ALLOWED")]
    pub code: String,
    /// One sentence for a person.
    pub message: String,
    /// Whether the same request may succeed later without any change by a person.
    pub retryable: bool,
    /// Identifies this request in the daemon's log; also in the header `X-Request-Id`.
    pub request_id: String,
    /// The remedy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Structured details, by the kind of error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ProblemDetails>)]
    pub details: Option<Value>,
}

/// The details of an error. Which fields there are depends on its code.
#[derive(Clone, PartialEq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProblemDetails {
    /// Of a validation error: one entry for each fault.
    pub issues: Option<Vec<Issue>>,
    /// Of a denial: the stored transaction; absent or `null` if the denial was only counted. Of another error: the
    /// transaction that is in the way.
    #[schema(value_type = Option<Uuid>)]
    pub transaction_id: Option<TxId>,
    /// Of a denial: the type of policy behind the first entry of `denials`.
    #[schema(value_type = Option<PolicyTypeName>)]
    pub policy_type: Option<PolicyType>,
    /// Of a denial: the policy behind the first entry of `denials`. Of `POLICY_ALREADY_EXISTS`: the existing one.
    #[schema(value_type = Option<Uuid>)]
    pub policy_id: Option<PolicyId>,
    /// Of a denial: all reasons, the deciding one first.
    pub denials: Option<Vec<DenialView>>,
    /// Of `OWNER_ALREADY_CONNECTED`: the message that the present owner must sign.
    pub challenge: Option<OpenChallenge>,
    /// Of `OWNER_UNFIT`: why the address cannot be an owner.
    pub reason: Option<String>,
    /// Of `FEE_ABOVE_CAP`: the setting of the cap.
    pub setting: Option<String>,
    /// Of `FEE_ABOVE_CAP`: the cap, with its unit.
    pub cap: Option<String>,
    /// Of a shortage: CAIP-19 id of the asset.
    pub asset: Option<String>,
    /// Of a shortage: the balance in base units.
    pub have: Option<String>,
    /// Of a shortage: the required amount in base units. Of `FEE_ABOVE_CAP`: the required fee, with its unit.
    pub need: Option<String>,
}

/// A message that an owner must sign.
#[derive(Clone, PartialEq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenChallenge {
    /// The exact text to sign.
    pub message: String,
    /// Its single-use nonce.
    pub nonce: String,
    /// From this second on it is not accepted.
    pub expires_at: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_is_flat_and_omits_what_is_absent() {
        let problem = Problem {
            code: "TX_NOT_FOUND".into(),
            message: "There is no such transaction.".into(),
            retryable: false,
            request_id: "r-1".into(),
            hint: None,
            details: None,
        };
        let json = serde_json::to_string(&problem).expect("json");
        assert_eq!(
            json,
            r#"{"code":"TX_NOT_FOUND","message":"There is no such transaction.","retryable":false,"requestId":"r-1"}"#
        );
    }
}
