//! Parts of the details of several events, or of one that has several forms.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::U256;
use crate::address::Address;
use crate::asset::AssetId;
use crate::ids::{ChangeId, PolicyId};
use crate::network::{Chain, Environment, NetworkId};
use crate::policy::PolicyType;
use crate::text::decimal;
use crate::transaction::TxStatus;
use crate::wallet::wire_enum;

wire_enum!(
    /// By which means the kill switch was activated.
    KillSwitchMeans {
        /// A request with the master password.
        MasterPassword = "master password",
        /// The control socket.
        Socket = "socket",
        /// A signal to the process.
        Signal = "signal",
    }
);

/// A wallet as it is made.
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

/// On what ground something that protects was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ground {
    /// Whether anybody may do more afterwards.
    pub loosens: bool,
    /// The change that owners agreed to, where they had to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_id: Option<ChangeId>,
}

/// A policy as it is made or deleted.
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
    /// Its rules, canonical.
    pub rules: Value,
}

/// The part of a policy that a change of it replaces.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyContent {
    /// Canonical rules of the policy's type.
    pub rules: Value,
    /// Whether it is in force.
    pub enabled: bool,
}

/// An amount that a transaction holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldAmount {
    /// Of which asset.
    pub asset: AssetId,
    /// In base units, as a decimal text.
    #[serde(with = "decimal")]
    pub amount: U256,
}

/// A chain as it was seen behind a network's name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainSeen {
    /// Hash of its first block.
    pub genesis: String,
    /// Its newest block then, where that counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
}

/// Where a transaction is on chain, and what that took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Landed {
    /// Base units of the native coin, as a decimal text.
    #[serde(with = "decimal")]
    pub fee: U256,
    /// The block that holds it.
    pub block: u64,
}

/// Why a transaction is proved not to have moved the money.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome")]
pub enum TxFailure {
    /// It is on chain and failed there; only the fee is spent.
    #[serde(rename = "reverted")]
    Reverted {
        /// Where, and for how much.
        #[serde(flatten)]
        landed: Landed,
        /// The reason that the node gives.
        reason: String,
    },
    /// Its signed bytes can never land.
    #[serde(rename = "dead")]
    Dead,
    /// It was given up before anything was signed.
    #[serde(rename = "not signed")]
    NotSigned {
        /// Stable error code.
        code: String,
        /// One sentence.
        message: String,
    },
    /// The chain that it was signed for is gone.
    #[serde(rename = "chain reset")]
    ChainReset {
        /// Its status before.
        from: TxStatus,
        /// One sentence.
        message: String,
    },
    /// The last look refused the signature. The row names no outcome.
    #[serde(untagged)]
    Refused {
        /// Stable error code.
        code: String,
        /// One sentence.
        message: String,
    },
}
