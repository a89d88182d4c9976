//! Policies.

use serde_json::Value;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::PolicyType;

/// A policy to create.
#[derive(Clone, PartialEq, Debug)]
pub struct NewPolicy {
    /// Its wallet; none for all wallets.
    pub wallet: Option<WalletId>,
    /// Its network; none for all networks.
    pub network: Option<String>,
    /// The name of its type, one of 21.
    pub policy_type: String,
    /// Its rules.
    pub rules: Value,
    /// The order in reports; no effect on verdicts.
    pub priority: i32,
    /// Whether it is in force.
    pub enabled: bool,
}

/// Changes to a policy.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PolicyChange {
    /// New rules.
    pub rules: Option<Value>,
    /// New priority.
    pub priority: Option<i32>,
    /// Whether it is in force.
    pub enabled: Option<bool>,
}

/// A stored policy.
#[derive(Clone, PartialEq, Debug)]
pub struct PolicyView {
    /// Its id.
    pub id: PolicyId,
    /// Its wallet; none for all wallets.
    pub wallet: Option<WalletId>,
    /// Its network; none for all networks.
    pub network: Option<NetworkId>,
    /// Its type.
    pub policy_type: PolicyType,
    /// Its rules in canonical form.
    pub rules: Value,
    /// The order in reports; no effect on verdicts.
    pub priority: i32,
    /// Whether it is in force.
    pub enabled: bool,
    /// The time of its creation.
    pub created_at: UnixSeconds,
    /// The time of the last change.
    pub updated_at: UnixSeconds,
}
