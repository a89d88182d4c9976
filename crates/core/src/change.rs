//! Pending changes: changes by the operator that need owners' signatures. The change itself, its states and
//! the legal moves between them.
//!
//! Belongs here: the exact content of a change, which an owner's signature binds by digest. Does not belong
//! here: whether a change needs an owner ([`crate::policy::loosens`] and the engine), and applying it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::UnixSeconds;
use crate::action::ActionCategory;
use crate::digest::Digest;
use crate::ids::{ChangeId, PolicyId, WalletId};
use crate::network::NetworkId;
use crate::policy::{PolicyType, category};
use crate::wallet::wire_enum;

wire_enum!(
    /// State of a change. [`ChangeStatus::next`] is the graph.
    ChangeStatus {
        /// Waits for the signature of every owner concerned.
        PendingConsent = "PENDING_CONSENT",
        /// Every owner concerned has signed, and the change is in force. Terminal.
        Applied = "APPLIED",
        /// An owner rejected it. Terminal.
        Rejected = "REJECTED",
        /// The operator withdrew it. Terminal.
        Withdrawn = "WITHDRAWN",
        /// Not every owner answered in time. Terminal.
        Expired = "EXPIRED",
        /// Its subject has changed since, or a newer change replaced it. Terminal.
        Superseded = "SUPERSEDED",
    }
);

wire_enum!(
    /// The kind of change.
    ChangeKind {
        /// A policy is created.
        PolicyCreate = "POLICY_CREATE",
        /// A policy gets other rules, or is enabled or disabled.
        PolicyUpdate = "POLICY_UPDATE",
        /// A policy is deleted.
        PolicyDelete = "POLICY_DELETE",
        /// The kill switch is released.
        KillSwitchRecovery = "KILL_SWITCH_RECOVERY",
        /// A suspended wallet is resumed.
        WalletResume = "WALLET_RESUME",
    }
);

/// A move that is not in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a change cannot go from {from} to {to}")]
pub struct IllegalStep {
    /// Current state.
    pub from: ChangeStatus,
    /// Requested state.
    pub to: ChangeStatus,
}

impl ChangeStatus {
    /// The states reachable in a single step. Only PENDING_CONSENT has any.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::PendingConsent => {
                &[Self::Applied, Self::Rejected, Self::Withdrawn, Self::Expired, Self::Superseded]
            }
            Self::Applied | Self::Rejected | Self::Withdrawn | Self::Expired | Self::Superseded => &[],
        }
    }

    /// The only way to change state: `to`, if the graph has that move.
    ///
    /// # Errors
    ///
    /// [`IllegalStep`] if it does not.
    pub fn advance(self, to: Self) -> Result<Self, IllegalStep> {
        if self.next().contains(&to) { Ok(to) } else { Err(IllegalStep { from: self, to }) }
    }
}

/// The exact change. It names the state it was decided on (a row's version, the kill switch's generation, the
/// time of a suspension), so that it cannot be applied to another one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum Change {
    /// Create a policy.
    PolicyCreate {
        /// Its id.
        policy: PolicyId,
        /// One wallet, or all.
        wallet: Option<WalletId>,
        /// One network, or all.
        network: Option<NetworkId>,
        /// Its type.
        policy_type: PolicyType,
        /// Its rules in canonical form.
        rules: Value,
        /// Orders reports only.
        priority: i32,
        /// Whether it is in force.
        enabled: bool,
    },
    /// Change a policy.
    PolicyUpdate {
        /// Id of the policy.
        policy: PolicyId,
        /// The policy's version when the change was requested.
        version: i64,
        /// The complete new rules in canonical form.
        rules: Value,
        /// Orders reports only.
        priority: i32,
        /// Whether it is in force afterwards.
        enabled: bool,
    },
    /// Delete a policy.
    PolicyDelete {
        /// Id of the policy.
        policy: PolicyId,
        /// The policy's version when the change was requested.
        version: i64,
    },
    /// Release the kill switch.
    KillSwitchRecovery {
        /// Generation of the activation that is released.
        generation: u64,
    },
    /// Resume a suspended wallet.
    WalletResume {
        /// Id of the wallet.
        wallet: WalletId,
        /// When the suspension began.
        suspended_at: UnixSeconds,
    },
}

impl Change {
    /// The kind of change.
    pub const fn kind(&self) -> ChangeKind {
        match self {
            Self::PolicyCreate { .. } => ChangeKind::PolicyCreate,
            Self::PolicyUpdate { .. } => ChangeKind::PolicyUpdate,
            Self::PolicyDelete { .. } => ChangeKind::PolicyDelete,
            Self::KillSwitchRecovery { .. } => ChangeKind::KillSwitchRecovery,
            Self::WalletResume { .. } => ChangeKind::WalletResume,
        }
    }

    /// The subject of the change. Of several changes of one subject only the newest can be open.
    pub fn subject(&self) -> String {
        match self {
            Self::PolicyCreate { wallet, network, policy_type, rules, .. } => {
                let wallet = wallet.map_or_else(String::new, |id| id.to_string());
                let network = network.as_ref().map_or_else(String::new, ToString::to_string);
                let category = category(*policy_type, rules).map_or("", ActionCategory::as_str);
                format!("new-policy:{policy_type}:{wallet}:{network}:{category}")
            }
            Self::PolicyUpdate { policy, .. } | Self::PolicyDelete { policy, .. } => {
                format!("policy:{policy}")
            }
            Self::KillSwitchRecovery { .. } => "kill-switch".to_owned(),
            Self::WalletResume { wallet, .. } => format!("wallet:{wallet}"),
        }
    }
}

/// The digest that an owner's signature binds: the change's id and its content exactly as stored.
pub fn digest(id: ChangeId, content: &str) -> Digest {
    Digest::of("waiaas.change.v1", &[id.uuid().as_bytes(), content.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    #[test]
    fn nothing_moves_but_what_waits() {
        for from in ChangeStatus::ALL {
            for to in ChangeStatus::ALL {
                let legal = *from == ChangeStatus::PendingConsent && to != from;
                assert_eq!(from.advance(*to).is_ok(), legal, "{from} → {to}");
            }
        }
    }

    #[test]
    fn contents_read_back_and_every_part_counts() {
        let id = ChangeId::new(Uuid::from_u128(1));
        let policy = PolicyId::new(Uuid::from_u128(2));
        let wallet = WalletId::new(Uuid::from_u128(3));
        let update =
            |version, rules, enabled| Change::PolicyUpdate { policy, version, rules, priority: 0, enabled };
        let create = |wallet, network: Option<&str>| Change::PolicyCreate {
            policy,
            wallet,
            network: network.map(NetworkId::new),
            policy_type: PolicyType::Whitelist,
            rules: json!({}),
            priority: 0,
            enabled: true,
        };
        let all = [
            update(1, json!({ "a": 1 }), true),
            update(2, json!({ "a": 1 }), true),
            update(1, json!({ "a": 2 }), true),
            update(1, json!({ "a": 1 }), false),
            Change::PolicyDelete { policy, version: 1 },
            create(None, None),
            create(Some(wallet), None),
            create(None, Some("evm-localnet")),
            Change::KillSwitchRecovery { generation: 1 },
            Change::KillSwitchRecovery { generation: 2 },
            Change::WalletResume { wallet, suspended_at: 1 },
            Change::WalletResume { wallet, suspended_at: 2 },
        ];
        let mut digests = Vec::new();
        for change in &all {
            let text = serde_json::to_string(change).expect("text");
            assert_eq!(serde_json::from_str::<Change>(&text).expect("read back"), *change);
            assert!(text.contains(change.kind().as_str()), "{text}");
            digests.push(digest(id, &text));
            digests.push(digest(ChangeId::new(Uuid::from_u128(9)), &text));
        }
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 2 * all.len());
        assert_eq!(all[0].subject(), all[4].subject());
        assert_ne!(all[5].subject(), all[6].subject());
    }
}
