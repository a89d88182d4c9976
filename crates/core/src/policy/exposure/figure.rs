//! A figure and the rule it comes from.

use serde::{Deserialize, Serialize};

use crate::ids::PolicyId;
use crate::policy::{Policy, PolicyType};
use crate::wallet::wire_enum;

wire_enum!(
    /// The source of a bound, or the reason why there is none.
    Source {
        /// A policy in force.
        Policy = "POLICY",
        /// A rule that holds without any policy.
        Default = "DEFAULT",
        /// The wallet's balance.
        Balance = "BALANCE",
        /// The kill switch.
        KillSwitch = "KILL_SWITCH",
        /// The wallet's status.
        Wallet = "WALLET",
        /// The end of the session, or that no session is live.
        Session = "SESSION",
        /// A missing price or missing decimals.
        Price = "PRICE",
        /// The sum over all assets.
        Assets = "ASSETS",
        /// The sum over all networks.
        Networks = "NETWORKS",
    }
);

/// The reason for a figure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// The kind of source.
    pub source: Source,
    /// Type of the policy, or of the policy that is missing.
    pub policy_type: Option<PolicyType>,
    /// The policy.
    pub policy_id: Option<PolicyId>,
    /// The field of the policy's rules.
    pub field: Option<String>,
    /// One sentence.
    pub message: String,
}

impl Reason {
    /// A reason without a policy.
    pub fn new(source: Source, message: impl Into<String>) -> Self {
        Self { source, policy_type: None, policy_id: None, field: None, message: message.into() }
    }

    /// A field of a policy row.
    pub(super) fn row(row: &Policy, field: &str, message: String) -> Self {
        Self {
            source: Source::Policy,
            policy_type: Some(row.rules.policy_type()),
            policy_id: Some(row.id),
            field: Some(field.to_owned()),
            message,
        }
    }

    /// A missing policy.
    pub(super) fn missing(policy_type: PolicyType, message: &str) -> Self {
        Self { policy_type: Some(policy_type), ..Self::new(Source::Default, message) }
    }
}

/// A bound and its source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cap<T> {
    /// The bound.
    pub most: T,
    /// The rule that sets it.
    pub because: Reason,
}

impl<T> Cap<T> {
    pub(super) const fn new(most: T, because: Reason) -> Self {
        Self { most, because }
    }
}

/// The largest possible value of something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure<T> {
    /// The bound; none if there is none.
    pub most: Option<T>,
    /// The source of the bound, or the reason why there is none.
    pub because: Reason,
    /// Other bounds that hold as well, smallest first. If the balance is the smallest, the next one shows
    /// what the policies alone would permit.
    pub others: Vec<Cap<T>>,
}

impl<T: Ord + Clone> Figure<T> {
    /// The smallest of `caps`; without any, unbounded for the reason given.
    pub(super) fn least(mut caps: Vec<Cap<T>>, unbounded: Reason) -> Self {
        // A stable sort, so that of equal bounds the first one found is reported.
        caps.sort_by(|a, b| a.most.cmp(&b.most));
        let mut caps = caps.into_iter();
        match caps.next() {
            Some(Cap { most, because }) => Self { most: Some(most), because, others: caps.collect() },
            None => Self { most: None, because: unbounded, others: Vec::new() },
        }
    }

    /// Exactly this.
    pub(super) const fn exactly(most: T, because: Reason) -> Self {
        Self { most: Some(most), because, others: Vec::new() }
    }
}
