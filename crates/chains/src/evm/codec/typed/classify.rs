//! What signing typed data does: the kinds that are known by their exact fields, and all others.

use alloy_primitives::{Address, U256};
use waiaas_core::digest::Digest;
use waiaas_core::effect::Effect;
use waiaas_core::network::Network;
use waiaas_core::presentation::Content;

use super::{TypedData, accounts, permits};
use crate::Expiry;
use crate::evm::codec::decode::{self, Decoding};

/// What a signature does, and until when it can be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Reading {
    pub(in crate::evm) decoding: Decoding,
    pub(in crate::evm) expiry: Expiry,
    /// The calls that the signature lets be made, as they are shown.
    pub(in crate::evm) calls: Vec<Content>,
}

impl Reading {
    /// Of a signature that is no call.
    pub(super) fn new(items: Vec<Effect>, expiry: Expiry) -> Self {
        Self { decoding: items.into(), expiry, calls: Vec::new() }
    }
}

/// A kind: reads typed data that are exactly of it.
type Family = fn(&Network, Address, &TypedData) -> Option<Reading>;

const FAMILIES: [Family; 2] = [permits::read, accounts::read];

/// Reads `data` as signed by `wallet`. A known name with other fields, another signer or another
/// verifier than the known kind has is not that kind.
pub(in crate::evm) fn read(network: &Network, wallet: Address, data: &TypedData) -> Reading {
    let known = FAMILIES.iter().find_map(|family| family(network, wallet, data));
    let mut reading = known.unwrap_or_else(|| Reading::new(vec![unknown(data)], Expiry::Never));
    if data.is_unconfirmed() {
        reading.decoding.items.push(unknown(data));
    }
    reading
}

/// Data of an unknown kind.
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
            what: format!("typed data '{primary_type}' that no contract is named for"),
        },
    }
}

/// Usable until a time of the message; never dying where it is beyond all times.
pub(super) fn until(time: U256) -> Expiry {
    i64::try_from(time).map_or(Expiry::Never, Expiry::Time)
}
