//! The structured part of an error.

use serde::Serialize;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{PolicyId, TxId};
use waiaas_core::policy::{Denial, PolicyType};

/// The structured part of an error. Its serialised form is the object `details` of the answer.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Details {
    /// Fields of the request that are not valid.
    Invalid {
        /// One entry for each fault.
        issues: Vec<FieldIssue>,
    },
    /// The denials of the policies.
    Denied {
        /// The stored transaction; none if the denial was only counted.
        transaction_id: Option<TxId>,
        /// The type of policy behind the first denial.
        policy_type: Option<PolicyType>,
        /// The policy behind the first denial.
        policy_id: Option<PolicyId>,
        /// All denials, the deciding one first.
        denials: Vec<Denial>,
    },
    /// A message that the present owner must sign first.
    Challenge {
        /// The message.
        challenge: OpenChallenge,
    },
    /// Why an address cannot be an owner: a stable word.
    Reason {
        /// The word.
        reason: &'static str,
    },
    /// The policy that is in the way.
    Policy {
        /// Its id.
        policy_id: PolicyId,
    },
    /// Another transaction that is in the way.
    Transaction {
        /// Its id.
        transaction_id: TxId,
    },
    /// A fee above the operator's cap.
    Fee {
        /// Name of the setting.
        setting: String,
        /// The fee that the network asks for, with its unit.
        need: String,
        /// The cap, with its unit.
        cap: String,
    },
    /// A balance that is too small.
    Shortage {
        /// CAIP-19 id of the asset.
        asset: String,
        /// The balance in base units, in decimal digits.
        have: String,
        /// The required amount in base units, in decimal digits.
        need: String,
    },
}

/// One fault of a request, in the form of every validation error.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FieldIssue {
    /// Path of the field.
    pub path: String,
    /// The fault in one sentence.
    pub message: String,
    /// Stable code.
    pub code: &'static str,
}

/// A challenge in the details of an error.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenChallenge {
    /// The text to sign.
    pub message: String,
    /// Its nonce.
    pub nonce: String,
    /// From this second on it cannot be used.
    pub expires_at: UnixSeconds,
}

impl Details {
    /// Denials, with type and id of the policy behind the first one.
    pub fn denied(transaction_id: Option<TxId>, denials: Vec<Denial>) -> Self {
        let first = denials.first();
        Self::Denied {
            transaction_id,
            policy_type: first.and_then(|denial| denial.policy_type),
            policy_id: first.and_then(|denial| denial.policy_id),
            denials,
        }
    }

    /// One field that is not valid.
    pub(super) fn invalid(path: &str, message: &str) -> Self {
        let (path, message) = (path.to_owned(), message.to_owned());
        Self::Invalid { issues: vec![FieldIssue { path, message, code: "invalid" }] }
    }
}
