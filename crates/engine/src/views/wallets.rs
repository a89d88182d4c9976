//! Wallets and their owners.

use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::ids::WalletId;
use waiaas_core::network::{Chain, Environment, NetworkId};
use waiaas_core::owner::Challenge;
use waiaas_core::wallet::{Owner, WalletStatus};

/// A wallet to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewWallet {
    /// 1–100 characters, unique among living wallets.
    pub name: String,
    /// Its chain.
    pub chain: Chain,
    /// Its kind of money.
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
    /// Its kind of money.
    pub environment: Environment,
    /// Its address, the same on every network of its chain.
    pub address: Address,
    /// The network the operator has set for requests that name none.
    pub default_network: Option<NetworkId>,
    /// Whether it may sign.
    pub status: WalletStatus,
    /// Who approves.
    pub owner: Owner,
    /// Whom the LOCKED owner has signed the wallet over to, until that address is proved.
    pub successor: Option<Address>,
    /// When it was suspended.
    pub suspended_at: Option<UnixSeconds>,
    /// Why it was suspended.
    pub suspension_reason: Option<String>,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// When it last changed.
    pub updated_at: UnixSeconds,
}

/// A question to an owner, ready to be signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChallengeView {
    /// `approve`, `reject`, `verify-owner`, `change-owner`, `remove-owner`, `approve-change`, `reject-change`.
    pub action: String,
    /// Exactly the text to sign.
    pub message: String,
    /// The nonce within it.
    pub nonce: String,
    /// Who is asked.
    pub owner: Address,
    /// From this second on it is void.
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
    /// What the new owner should sign to become LOCKED.
    pub challenge: Option<ChallengeView>,
}
