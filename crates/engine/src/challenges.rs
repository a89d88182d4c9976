//! The common parts of all challenges: chain, nonce, single use.

use waiaas_core::address::Address;
use waiaas_core::network::Network;
use waiaas_store::StoreError;

use crate::error::{Error, ErrorCode};
use crate::ids;

/// The `Chain ID` line, for the owner's own wallet software: an EIP-155 number for EVM owners, a cluster for
/// Solana owners. An owner on another chain than the transaction gets the main network of the owner's chain;
/// the statement names the transaction's network.
pub(crate) fn chain_id(owner: &Address, network: Option<&Network>) -> String {
    let same = network.filter(|network| network.chain == owner.chain());
    match owner {
        Address::Evm(_) => same.and_then(|n| n.evm_chain_id).unwrap_or(1).to_string(),
        Address::Solana(_) => same.map_or("mainnet", Network::reference).to_owned(),
    }
}

/// 244 random bits, hex.
pub(crate) fn nonce() -> String {
    format!("{}{}", ids::random().simple(), ids::random().simple())
}

/// The error for a challenge that was answered or has expired.
pub(crate) fn used(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(_) => {
            Error::new(ErrorCode::InvalidNonce, "The message was used already or has expired.")
                .hint("Fetch a fresh message; each can be used once.")
        }
        other => other.into(),
    }
}
