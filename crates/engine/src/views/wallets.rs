//! Wallets and their owners.

use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::ids::WalletId;
use waiaas_core::network::{Chain, Environment, NetworkId};
use waiaas_core::owner::Challenge;
use waiaas_core::wallet::{Owner, WalletStatus};

/// A wallet to create.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewWallet {
    /// Its name: 1–100 characters, unique among wallets that are not terminated.
    pub name: String,
    /// Its chain.
    pub chain: Chain,
    /// Its environment.
    pub environment: Environment,
}

/// A wallet without its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wallet {
    /// Its id.
    pub id: WalletId,
    /// Its name.
    pub name: String,
    /// Its chain.
    pub chain: Chain,
    /// Its environment.
    pub environment: Environment,
    /// Its address, the same on every network of its chain.
    pub address: Address,
    /// The default network that the operator has set for requests that name none.
    pub default_network: Option<NetworkId>,
    /// Its status.
    pub status: WalletStatus,
    /// Its owner.
    pub owner: Owner,
    /// The address to which the LOCKED owner hands over, until it is proved.
    pub successor: Option<Address>,
    /// The time of its suspension.
    pub suspended_at: Option<UnixSeconds>,
    /// The reason for its suspension.
    pub suspension_reason: Option<String>,
    /// The time of its creation.
    pub created_at: UnixSeconds,
    /// The time of the last change.
    pub updated_at: UnixSeconds,
}

/// A challenge to an owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChallengeView {
    /// Its action: `approve`, `reject`, `verify-owner`, `change-owner`, `remove-owner`, `approve-change` or
    /// `reject-change`.
    pub action: String,
    /// The exact text to sign.
    pub message: String,
    /// The nonce in the text.
    pub nonce: String,
    /// The owner.
    pub owner: Address,
    /// The second from which it is void.
    pub expires_at: UnixSeconds,
}

impl From<&Challenge> for ChallengeView {
    fn from(challenge: &Challenge) -> Self {
        Self {
            action: challenge.action.as_str().to_owned(),
            message: challenge.message(),
            nonce: challenge.nonce.clone(),
            owner: challenge.owner,
            expires_at: challenge.expires_at,
        }
    }
}

/// The outcome of setting or removing an owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerSet {
    /// The wallet afterwards.
    pub wallet: Wallet,
    /// The challenge that the new owner signs to become LOCKED.
    pub challenge: Option<ChallengeView>,
}
