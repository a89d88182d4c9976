//! Wallets and the questions to their owners.

use waiaas_api::owners::{Challenge, OwnerChange};
use waiaas_api::wallets::{Wallet, WalletStatusChange};
use waiaas_core::wallet::OwnerState;
use waiaas_engine::{self as engine, Engine};

pub(crate) fn wallet(engine: &Engine, wallet: engine::Wallet) -> Wallet {
    let address = wallet.address.to_string();
    let owner_state = wallet.owner.state();
    Wallet {
        network: default_network(engine, &wallet),
        id: wallet.id,
        name: wallet.name,
        chain: wallet.chain,
        environment: wallet.environment,
        public_key: address.clone(),
        address,
        status: wallet.status,
        owner_address: wallet.owner.address().map(|owner| owner.to_string()),
        owner_state,
        owner_verified: owner_state == OwnerState::Locked,
        pending_owner_address: wallet.successor.map(|successor| successor.to_string()),
        suspended_at: wallet.suspended_at,
        suspension_reason: wallet.suspension_reason,
        created_at: wallet.created_at,
        updated_at: wallet.updated_at,
    }
}

/// The network of requests that name none.
pub(crate) fn default_network(engine: &Engine, wallet: &engine::Wallet) -> Option<String> {
    engine.default_network(wallet).ok().map(|network| network.id.to_string())
}

pub(crate) fn status_change(wallet: engine::Wallet) -> WalletStatusChange {
    WalletStatusChange {
        id: wallet.id,
        status: wallet.status,
        suspended_at: wallet.suspended_at,
        suspension_reason: wallet.suspension_reason,
    }
}

pub(crate) fn challenge(challenge: engine::ChallengeView) -> Challenge {
    Challenge {
        action: challenge.action,
        message: challenge.message,
        nonce: challenge.nonce,
        owner_address: challenge.owner.to_string(),
        expires_at: challenge.expires_at,
    }
}

pub(crate) fn owner_change(engine: &Engine, set: engine::OwnerSet) -> OwnerChange {
    OwnerChange { wallet: wallet(engine, set.wallet), challenge: set.challenge.map(challenge) }
}
