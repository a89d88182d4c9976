//! Policies.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use waiaas_core::ids::{PolicyId, WalletId};

use crate::rules::PolicyRules;
use crate::validation::{Checks, Refusal, Request};
use crate::vocabulary::PolicyTypeName;

const fn yes() -> bool {
    true
}

/// Creates a policy.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatePolicy {
    /// The wallet it applies to; absent: all wallets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// The network it applies to; absent: all networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(value_type = PolicyTypeName)]
    pub policy_type: String,
    /// Its rules, in the form of its type.
    #[schema(value_type = PolicyRules)]
    pub rules: Value,
    /// Order in reports; never decides which policy wins.
    #[serde(default)]
    pub priority: i32,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
}

impl Request for CreatePolicy {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        checks.text("type", &self.policy_type, 1, 64);
        checks.ensure(self.rules.is_object(), "rules", "invalid_type", "an object");
        if let Some(network) = &self.network {
            checks.text("network", network, 1, 100);
        }
        checks.finish()
    }
}

/// Changes a policy. Absent fields stay as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdatePolicy {
    /// The complete new rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PolicyRules>)]
    pub rules: Option<Value>,
    /// Order in reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// Whether it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

impl Request for UpdatePolicy {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        let some = self.rules.is_some() || self.priority.is_some() || self.enabled.is_some();
        checks.ensure(some, "", "required", "give rules, priority or enabled");
        let object = self.rules.as_ref().is_none_or(Value::is_object);
        checks.ensure(object, "rules", "invalid_type", "an object");
        checks.finish()
    }
}

/// A policy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: PolicyId,
    /// The wallet it applies to; `null`: all wallets.
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// The network it applies to; `null`: all networks.
    pub network: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(value_type = PolicyTypeName)]
    pub policy_type: String,
    /// Its rules.
    #[schema(value_type = PolicyRules)]
    pub rules: Value,
    /// Order in reports.
    pub priority: i32,
    /// Whether it is in force.
    pub enabled: bool,
    /// When it was created.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
}

/// A policy that was deleted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PolicyDeleted {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: PolicyId,
    /// Always true.
    pub deleted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_field_never_becomes_a_wider_policy() {
        let body = r#"{"wallet_id":"018f3a4e-0000-7000-8000-000000000001","type":"WHITELIST","rules":{}}"#;
        assert!(serde_json::from_str::<CreatePolicy>(body).is_err());
    }

    #[test]
    fn an_update_changes_something() {
        assert!(UpdatePolicy::default().check().is_err());
        assert_eq!(UpdatePolicy { enabled: Some(false), ..UpdatePolicy::default() }.check(), Ok(()));
        assert!(UpdatePolicy { rules: Some(Value::Null), ..UpdatePolicy::default() }.check().is_err());
    }
}
