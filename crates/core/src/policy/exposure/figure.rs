//! A figure and the rule it comes from.

use serde::{Deserialize, Serialize};

use crate::ids::PolicyId;
use crate::policy::{Policy, PolicyType};
use crate::wallet::wire_enum;

wire_enum!(
    /// What kind of thing bounds a figure, or keeps it from being bounded.
    Source {
        /// A policy in force.
        Policy = "POLICY",
        /// What holds without any policy.
        Default = "DEFAULT",
        /// What the wallet holds.
        Balance = "BALANCE",
        /// The kill switch.
        KillSwitch = "KILL_SWITCH",
        /// The wallet's status.
        Wallet = "WALLET",
        /// The end of the session, or that there is none.
        Session = "SESSION",
        /// A price or decimals that are missing.
        Price = "PRICE",
        /// The sum of what each asset may lose.
        Assets = "ASSETS",
        /// The sum of what each network may lose.
        Networks = "NETWORKS",
    }
);

/// Why a figure is what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// What kind of thing.
    pub source: Source,
    /// Type of the policy, or of the policy that is missing.
    pub policy_type: Option<PolicyType>,
    /// The row.
    pub policy_id: Option<PolicyId>,
    /// The field of its rules.
    pub field: Option<String>,
    /// One sentence.
    pub message: String,
}

impl Reason {
    /// Without a policy.
    pub fn new(source: Source, message: impl Into<String>) -> Self {
        Self { source, policy_type: None, policy_id: None, field: None, message: message.into() }
    }

    /// By a field of a row.
    pub(super) fn row(row: &Policy, field: &str, message: String) -> Self {
        Self {
            source: Source::Policy,
            policy_type: Some(row.rules.policy_type()),
            policy_id: Some(row.id),
            field: Some(field.to_owned()),
            message,
        }
    }

    /// By the absence of a policy.
    pub(super) fn missing(policy_type: PolicyType, message: &str) -> Self {
        Self { policy_type: Some(policy_type), ..Self::new(Source::Default, message) }
    }
}

/// A bound and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cap<T> {
    /// The most.
    pub most: T,
    /// By which rule.
    pub because: Reason,
}

impl<T> Cap<T> {
    pub(super) const fn new(most: T, because: Reason) -> Self {
        Self { most, because }
    }
}

/// The most of something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure<T> {
    /// The most; none if it is unbounded.
    pub most: Option<T>,
    /// What bounds it, or why nothing does.
    pub because: Reason,
    /// Other bounds that hold too, the smallest first. With the balance out of the way, the next one
    /// says what the policies alone would let through.
    pub others: Vec<Cap<T>>,
}

impl<T: Ord + Clone> Figure<T> {
    /// The smallest of `caps`; without any, unbounded for the reason given.
    pub(super) fn least(mut caps: Vec<Cap<T>>, unbounded: Reason) -> Self {
        // Stable, so that of equal bounds the first one found speaks.
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
