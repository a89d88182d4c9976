//! What a draft does, decoded by its chain from the draft itself.

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::asset::AssetId;
use crate::network::NetworkId;

/// One thing a transaction does to the wallet that signs it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Native coin leaves for `to`.
    NativeOut {
        /// Recipient.
        to: Address,
        /// Base units.
        amount: U256,
    },
    /// A token leaves for `to` (the owner of the receiving token account).
    TokenOut {
        /// The token.
        asset: AssetId,
        /// Recipient.
        to: Address,
        /// Base units.
        amount: U256,
    },
    /// Native coin is locked to open an account that belongs to `owner` (Solana rent).
    AccountRent {
        /// Who will own the new account.
        owner: Address,
        /// The account opened.
        account: Address,
        /// Base units.
        amount: U256,
    },
    /// The most this transaction may pay the network.
    NetworkFee {
        /// Base units of the native coin.
        max: U256,
    },
    /// Something the decoder does not understand. Never allowed without an explicit policy.
    Unknown {
        /// The contract or program concerned, where there is one.
        target: Option<Address>,
        /// A short description for people.
        what: String,
    },
}

/// Everything a draft does, in the order it happens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Effects {
    /// Where.
    pub network: NetworkId,
    /// The network's native coin.
    pub native: AssetId,
    /// Whose money.
    pub from: Address,
    /// What, in order.
    pub items: Vec<Effect>,
}

/// Value leaving the wallet in one asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outflow<'a> {
    /// Which asset.
    pub asset: &'a AssetId,
    /// Base units.
    pub amount: U256,
    /// Whether it is the network's fee rather than something the caller spends.
    pub fee: bool,
}

impl Effects {
    /// Value leaving the wallet, one entry per effect that moves value.
    pub fn outflows(&self) -> impl Iterator<Item = Outflow<'_>> {
        self.items.iter().filter_map(|effect| match effect {
            Effect::NativeOut { amount, .. } | Effect::AccountRent { amount, .. } => {
                Some(Outflow { asset: &self.native, amount: *amount, fee: false })
            }
            Effect::TokenOut { asset, amount, .. } => Some(Outflow { asset, amount: *amount, fee: false }),
            Effect::NetworkFee { max } => Some(Outflow { asset: &self.native, amount: *max, fee: true }),
            Effect::Unknown { .. } => None,
        })
    }
}
