//! The effects of signing typed data: of kinds known by their exact fields, and of all others.

use alloy_primitives::{Address, U256};
use waiaas_core::digest::Digest;
use waiaas_core::effect::Effect;
use waiaas_core::network::Network;
use waiaas_core::presentation::Content;

use super::{TypedData, accounts, permits};
use crate::Expiry;
use crate::evm::codec::decode::{self, Decoding};

/// The effects of a signature, and the end of its use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Reading {
    pub(in crate::evm) decoding: Decoding,
    pub(in crate::evm) expiry: Expiry,
    /// Calls that the signature authorises, for display.
    pub(in crate::evm) calls: Vec<Content>,
}

impl Reading {
    /// Returns the reading of a signature that authorises no call.
    pub(super) fn new(items: Vec<Effect>, expiry: Expiry) -> Self {
        Self { decoding: items.into(), expiry, calls: Vec::new() }
    }
}

/// A reader of one kind of typed data; returns `None` for all other kinds.
type Family = fn(&Network, Address, &TypedData) -> Option<Reading>;

const FAMILIES: [Family; 2] = [permits::read, accounts::read];

/// Reads `data` as signed by `wallet`. Data with the name of a known kind, but with other fields, another signer
/// or another verifier, is of an unknown kind.
pub(in crate::evm) fn read(network: &Network, wallet: Address, data: &TypedData) -> Reading {
    let known = FAMILIES.iter().find_map(|family| family(network, wallet, data));
    let mut reading = known.unwrap_or_else(|| Reading::new(vec![unknown(data)], Expiry::Never));
    if data.is_unconfirmed() {
        reading.decoding.items.push(unknown(data));
    }
    reading
}

/// Returns the effect of data of an unknown kind.
pub(super) fn unknown(data: &TypedData) -> Effect {
    let primary_type = data.message.name.clone();
    match data.contract() {
        Some(contract) => Effect::TypedData {
            contract: decode::account(contract),
            primary_type,
            digest: Digest::new(data.hash().0),
        },
        None => Effect::Unknown {
            target: None,
            what: format!("typed data '{primary_type}' that names no contract"),
        },
    }
}

/// Returns the expiry at a time of the message; [`Expiry::Never`] if the time is out of range.
pub(super) fn until(time: U256) -> Expiry {
    i64::try_from(time).map_or(Expiry::Never, Expiry::Time)
}
