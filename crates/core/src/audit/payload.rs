//! Parts of the details of several events, or of one that has several forms.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kind::AuditEventKind;
use crate::U256;
use crate::address::Address;
use crate::asset::AssetId;
use crate::ids::{ChangeId, PolicyId, WebhookId};
use crate::network::{Chain, Environment, NetworkId};
use crate::policy::PolicyType;
use crate::text::decimal;
use crate::transaction::TxStatus;
use crate::wallet::wire_enum;

wire_enum!(
    /// How the kill switch was activated.
    KillSwitchMeans {
        /// A request with the master password.
        MasterPassword = "master password",
        /// The control socket.
        Socket = "socket",
        /// A signal to the process.
        Signal = "signal",
        /// A Telegram chat with the role ADMIN.
        Chat = "telegram",
    }
);

/// A webhook.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookContent {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// Scheme, host and port of its address. The path can be a secret.
    pub origin: String,
    /// The events that it receives; none named means all.
    pub events: BTreeSet<AuditEventKind>,
}

/// A wallet at its creation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedWallet {
    /// Its name.
    pub name: String,
    /// Its chain.
    pub chain: Chain,
    /// Its environment.
    pub environment: Environment,
    /// Its address.
    pub address: Address,
}

/// Whether a change of protection loosens, and the consent to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ground {
    /// Whether the change permits more than before.
    pub loosens: bool,
    /// The change to which owners consented, if consent was needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_id: Option<ChangeId>,
}

/// A policy that is created or deleted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WholePolicy {
    /// The policy.
    pub policy_id: PolicyId,
    /// Its type.
    #[serde(rename = "type")]
    pub policy_type: PolicyType,
    /// One network, or all.
    pub network: Option<NetworkId>,
    /// Its rules in canonical form.
    pub rules: Value,
}

/// The part of a policy that a change of it replaces.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyContent {
    /// Its rules in canonical form.
    pub rules: Value,
    /// Whether it is in force.
    pub enabled: bool,
}

/// A transaction's reservation in one asset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldAmount {
    /// The asset.
    pub asset: AssetId,
    /// Base units, as a decimal text.
    #[serde(with = "decimal")]
    pub amount: U256,
}

/// Identifies the chain behind a network's name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainSeen {
    /// Hash of its first block.
    pub genesis: String,
    /// Number of its newest block at that time, if relevant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
}

/// A transaction's block and fee.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Landed {
    /// Fee paid, in base units of the native coin, as a decimal text.
    #[serde(with = "decimal")]
    pub fee: U256,
    /// The block that holds it.
    pub block: u64,
}

/// Why a transaction is proved not to have moved the money.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome")]
pub enum TxFailure {
    /// It is on chain and reverted; only the fee is spent.
    #[serde(rename = "reverted")]
    Reverted {
        /// Its block and fee.
        #[serde(flatten)]
        landed: Landed,
        /// The reason that the node gives.
        reason: String,
    },
    /// It was dropped: its signed bytes can never be included.
    #[serde(rename = "dead")]
    Dead,
    /// It failed before anything was signed.
    #[serde(rename = "not signed")]
    NotSigned {
        /// Stable error code.
        code: String,
        /// One sentence.
        message: String,
    },
    /// The chain for which it was signed no longer exists.
    #[serde(rename = "chain reset")]
    ChainReset {
        /// Its status before.
        from: TxStatus,
        /// One sentence.
        message: String,
    },
    /// The last look refused the signature. The row has no field `outcome`.
    #[serde(untagged)]
    Refused {
        /// Stable error code.
        code: String,
        /// One sentence.
        message: String,
    },
}
