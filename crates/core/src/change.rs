//! What the operator wants to change where only the owner's signature lets it: the change itself, what
//! can become of it, and the only legal moves between those states.
//!
//! What belongs here: the exact content of a change, which an owner's signature binds by digest. What
//! does not: whether a change needs an owner ([`crate::policy::loosens`] and the engine), and applying it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::UnixSeconds;
use crate::digest::Digest;
use crate::ids::{ChangeId, PolicyId, WalletId};
use crate::network::NetworkId;
use crate::policy::PolicyType;
use crate::wallet::wire_enum;

wire_enum!(
    /// Where a change is. The graph is in [`ChangeStatus::next`].
    ChangeStatus {
        /// Waits for every owner it takes.
        PendingConsent = "PENDING_CONSENT",
        /// Every owner it takes has signed, and it is in force. Terminal.
        Applied = "APPLIED",
        /// An owner said no. Terminal.
        Rejected = "REJECTED",
        /// The operator took it back. Terminal.
        Withdrawn = "WITHDRAWN",
        /// Not every owner answered in time. Terminal.
        Expired = "EXPIRED",
        /// What it was to change is no longer what it was, or a newer change took its place. Terminal.
        Superseded = "SUPERSEDED",
    }
);

wire_enum!(
    /// What kind of thing changes.
    ChangeKind {
        /// A policy is made.
        PolicyCreate = "POLICY_CREATE",
        /// A policy gets other rules, or is put in or out of force.
        PolicyUpdate = "POLICY_UPDATE",
        /// A policy goes.
        PolicyDelete = "POLICY_DELETE",
        /// The kill switch is released.
        KillSwitchRecovery = "KILL_SWITCH_RECOVERY",
        /// A suspended wallet may sign again.
        WalletResume = "WALLET_RESUME",
    }
);

/// A move the graph does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a change cannot go from {from} to {to}")]
pub struct IllegalStep {
    /// Present state.
    pub from: ChangeStatus,
    /// State asked for.
    pub to: ChangeStatus,
}

impl ChangeStatus {
    /// The states reachable from this one. Whatever is not open any more stays as it is.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::PendingConsent => {
                &[Self::Applied, Self::Rejected, Self::Withdrawn, Self::Expired, Self::Superseded]
            }
            Self::Applied | Self::Rejected | Self::Withdrawn | Self::Expired | Self::Superseded => &[],
        }
    }

    /// The only way to change state: `to`, if the graph has that move.
    pub fn advance(self, to: Self) -> Result<Self, IllegalStep> {
        if self.next().contains(&to) { Ok(to) } else { Err(IllegalStep { from: self, to }) }
    }
}

/// Exactly what is to be done. It names what it was decided on (a row's version, the kill switch's
/// generation, the time of a suspension), so that it cannot be applied to anything else.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum Change {
    /// Make a policy.
    PolicyCreate {
        /// Its id.
        policy: PolicyId,
        /// One wallet, or all.
        wallet: Option<WalletId>,
        /// One network, or all.
        network: Option<NetworkId>,
        /// Its type.
        policy_type: PolicyType,
        /// Its rules, canonical.
        rules: Value,
        /// Orders reports only.
        priority: i32,
        /// Whether it is in force.
        enabled: bool,
    },
    /// Change a policy.
    PolicyUpdate {
        /// Which.
        policy: PolicyId,
        /// As it was when this was asked for.
        version: i64,
        /// All its rules anew, canonical.
        rules: Value,
        /// Orders reports only.
        priority: i32,
        /// Whether it is in force afterwards.
        enabled: bool,
    },
    /// Delete a policy.
    PolicyDelete {
        /// Which.
        policy: PolicyId,
        /// As it was when this was asked for.
        version: i64,
    },
    /// Release the kill switch.
    KillSwitchRecovery {
        /// Of the activation that is to end.
        generation: u64,
    },
    /// Let a suspended wallet sign again.
    WalletResume {
        /// Which.
        wallet: WalletId,
        /// When the suspension that is to end began.
        suspended_at: UnixSeconds,
    },
}

impl Change {
    /// What kind it is.
    pub const fn kind(&self) -> ChangeKind {
        match self {
            Self::PolicyCreate { .. } => ChangeKind::PolicyCreate,
            Self::PolicyUpdate { .. } => ChangeKind::PolicyUpdate,
            Self::PolicyDelete { .. } => ChangeKind::PolicyDelete,
            Self::KillSwitchRecovery { .. } => ChangeKind::KillSwitchRecovery,
            Self::WalletResume { .. } => ChangeKind::WalletResume,
        }
    }

    /// What it is about. Of several changes to one thing, only the newest can be open.
    pub fn subject(&self) -> String {
        match self {
            Self::PolicyCreate { wallet, network, policy_type, rules, .. } => {
                let wallet = wallet.map_or_else(String::new, |id| id.to_string());
                let network = network.as_ref().map_or_else(String::new, ToString::to_string);
                let category = rules.get("category").and_then(Value::as_str).unwrap_or_default();
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

/// What an owner's signature binds: which change, and its content as stored, to the byte.
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
