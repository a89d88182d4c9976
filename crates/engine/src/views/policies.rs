//! Policies.

use serde_json::Value;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::PolicyType;

/// A policy to be made.
#[derive(Clone, PartialEq, Debug)]
pub struct NewPolicy {
    /// One wallet, or all.
    pub wallet: Option<WalletId>,
    /// One network, or all.
    pub network: Option<String>,
    /// One of the 21 names.
    pub policy_type: String,
    /// Its rules.
    pub rules: Value,
    /// Orders reports only.
    pub priority: i32,
    /// Whether it is in force.
    pub enabled: bool,
}

/// What changes in a policy.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PolicyChange {
    /// New rules.
    pub rules: Option<Value>,
    /// New priority.
    pub priority: Option<i32>,
    /// In force or not.
    pub enabled: Option<bool>,
}

/// A policy row.
#[derive(Clone, PartialEq, Debug)]
pub struct PolicyView {
    /// The row.
    pub id: PolicyId,
    /// One wallet, or all.
    pub wallet: Option<WalletId>,
    /// One network, or all.
    pub network: Option<NetworkId>,
    /// Its type.
    pub policy_type: PolicyType,
    /// Its rules, canonical.
    pub rules: Value,
    /// Orders reports only.
    pub priority: i32,
    /// Whether it is in force.
    pub enabled: bool,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// When it last changed.
    pub updated_at: UnixSeconds,
}
