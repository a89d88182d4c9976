//! The one form of all errors.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

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
    /// Structured details: `issues[]` of a validation error; `transactionId`, `policyType`, `policyId` and
    /// `denials[]` of a policy denial; `challenge` if the owner's signature is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub details: Option<Value>,
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
