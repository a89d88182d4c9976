//! The kinds of EVM drafts, told apart by the first byte of their bodies. Pure.

use alloy_primitives::{Address, B256};
use waiaas_core::effect::Effect;
use waiaas_core::network::Network;

use super::body::{self, Body};
use super::external::External;
use super::personal::Personal;
use super::typed::{self, TypedData};
use super::decode;
use crate::{ChainError, Expiry, message};

/// First bytes of bodies; 1 is [`Body`]'s.
const EXTERNAL: u8 = 2;
const PERSONAL: u8 = 3;
const TYPED: u8 = 4;

/// A draft's body, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Drafted {
    /// A transaction built here, still without nonce and prices.
    Built(Body),
    /// Something signed as it is.
    Fixed(Fixed),
}

/// What is signed as it is: nothing about it is filled in later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Fixed {
    /// A transaction built by somebody else.
    External(Box<External>),
    /// A personal message.
    Personal(Personal),
    /// Typed data.
    Typed(Box<TypedData>),
}

impl Drafted {
    /// Reads exactly what is written for the network with `chain_id`, and nothing else.
    pub(super) fn decode(bytes: &[u8], chain_id: u64) -> Result<Self, ChainError> {
        if bytes.first() == Some(&body::VERSION) {
            let body = Body::decode(bytes)?;
            return if body.chain_id == chain_id {
                Ok(Self::Built(body))
            } else {
                Err(ChainError::Corrupt("the draft is for another chain id".to_owned()))
            };
        }
        Fixed::decode(bytes, chain_id).map(Self::Fixed)
    }

    /// What it does when `wallet` signs it.
    pub(super) fn effects(&self, network: &Network, wallet: Address) -> Vec<Effect> {
        match self {
            Self::Built(body) => decode::effects(network, wallet, body),
            Self::Fixed(fixed) => fixed.effects(network, wallet),
        }
    }
}

impl Fixed {
    pub(super) fn encode(&self) -> Vec<u8> {
        let (version, rest) = match self {
            Self::External(external) => (EXTERNAL, external.encode()),
            Self::Personal(personal) => (PERSONAL, personal.text().as_bytes().to_vec()),
            Self::Typed(typed) => (TYPED, typed.write().into_bytes()),
        };
        [&[version], rest.as_slice()].concat()
    }

    /// Reads exactly what [`Fixed::encode`] writes.
    pub(super) fn decode(bytes: &[u8], chain_id: u64) -> Result<Self, ChainError> {
        let read = || match bytes.split_first()? {
            (&EXTERNAL, rest) => External::decode(rest, chain_id).map(|read| Self::External(Box::new(read))),
            (&PERSONAL, text) => Personal::new(text).ok().map(Self::Personal),
            (&TYPED, text) => {
                let text = std::str::from_utf8(text).ok()?;
                TypedData::new(text, chain_id).ok().map(|typed| Self::Typed(Box::new(typed)))
            }
            _ => None,
        };
        let read = read().filter(|read| read.encode() == bytes);
        read.ok_or_else(|| ChainError::Corrupt("the body of an EVM draft is malformed".to_owned()))
    }

    /// What a signature must cover.
    pub(super) fn signature_hash(&self) -> B256 {
        match self {
            Self::External(external) => external.tx.signature_hash(),
            Self::Personal(personal) => personal.hash(),
            Self::Typed(typed) => typed.hash(),
        }
    }

    /// Until when the signature can be used.
    pub(super) fn expiry(&self, network: &Network, wallet: Address) -> Expiry {
        match self {
            Self::External(external) => Expiry::Nonce(external.tx.nonce()),
            Self::Personal(_) => Expiry::Never,
            Self::Typed(typed) => typed::read(network, wallet, typed).expiry,
        }
    }

    fn effects(&self, network: &Network, wallet: Address) -> Vec<Effect> {
        match self {
            Self::External(external) => {
                let mut items = decode::call_effects(network, wallet, &external.called());
                items.push(Effect::NetworkFee { max: external.fee_budget });
                items
            }
            Self::Personal(personal) => vec![message::effect(personal.text())],
            Self::Typed(typed) => typed::read(network, wallet, typed).items,
        }
    }
}
