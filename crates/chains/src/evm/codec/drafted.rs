//! The kinds of EVM drafts, distinguished by the first byte of their bodies. Pure.

use alloy_primitives::{Address, B256, Bytes, U256};
use waiaas_core::effect::Effect;
use waiaas_core::network::Network;
use waiaas_core::presentation::{Argument, Content, Value};

use super::body::{self, Body};
use super::calls::Call;
use super::decode::{self, Decoding};
use super::external::External;
use super::personal::Personal;
use super::typed::{self, TypedData};
use crate::{CodecError, Expiry, Refusal, message};

/// The first bytes of bodies; 1 is the first byte of [`Body`].
const EXTERNAL: u8 = 2;
const PERSONAL: u8 = 3;
const TYPED: u8 = 4;
/// Typed data whose verifier did not confirm that it accepts the signature.
const UNCONFIRMED: u8 = 5;

/// The decoded body of a draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) enum Drafted {
    /// A transaction built by this daemon, without nonce and prices.
    Built(Body),
    /// Data that is signed as it is.
    Fixed(Fixed),
}

/// Data that is signed as it is; no field is filled in later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) enum Fixed {
    /// A transaction built elsewhere.
    External(Box<External>),
    /// A personal message.
    Personal(Personal),
    /// Typed data.
    Typed(Box<TypedData>),
}

impl Drafted {
    /// Reads exactly the bytes that are written for the network with `chain_id`; refuses all others.
    pub(in crate::evm) fn decode(bytes: &[u8], chain_id: u64) -> Result<Self, CodecError> {
        if bytes.first() == Some(&body::VERSION) {
            let body = Body::decode(bytes)?;
            return if body.chain_id == chain_id {
                Ok(Self::Built(body))
            } else {
                Err(CodecError::Corrupt("the draft is for another chain id".to_owned()))
            };
        }
        Fixed::decode(bytes, chain_id).map(Self::Fixed)
    }

    /// Returns the body of the same draft with a fee budget of at most `cap`.
    pub(in crate::evm) fn capped(&self, cap: U256) -> Result<Vec<u8>, Refusal> {
        match self {
            Self::Built(body) => Ok(Body { fee_budget: body.fee_budget.min(cap), ..body.clone() }.encode()),
            Self::Fixed(fixed) => match fixed.fee() {
                fee if fee > cap => Err(Refusal::FeeAboveCap { fee, cap }),
                _ => Ok(fixed.encode()),
            },
        }
    }

    /// Returns the call that it makes; `None` for messages and typed data, which no chain runs.
    pub(in crate::evm) fn call(&self, from: Address) -> Option<Call> {
        let called = match self {
            Self::Built(body) => body.called(),
            Self::Fixed(Fixed::External(external)) => external.called(),
            Self::Fixed(Fixed::Personal(_) | Fixed::Typed(_)) => return None,
        };
        let input = Bytes::copy_from_slice(called.input);
        Some(Call { from, to: called.to, value: called.value, input })
    }

    /// Returns its effects when `wallet` signs it.
    pub(in crate::evm) fn effects(&self, network: &Network, wallet: Address) -> Decoding {
        match self {
            Self::Built(body) => decode::effects(network, wallet, body),
            Self::Fixed(fixed) => fixed.effects(network, wallet),
        }
    }

    /// Returns the content to show beside its effects.
    pub(in crate::evm) fn content(&self, network: &Network, wallet: Address) -> Vec<Content> {
        let number = |name: &str, of: u64| Argument::new(name, "uint64", Value::Number(of.to_string()));
        match self {
            Self::Built(body) => {
                let mut content = decode::content(network, wallet, &body.called());
                content.push(Content::Terms { fields: vec![number("gasLimit", body.gas_limit)] });
                content
            }
            Self::Fixed(Fixed::External(external)) => {
                let mut content = decode::content(network, wallet, &external.called());
                content.push(Content::Terms { fields: external.terms() });
                content
            }
            // The effect holds the whole text.
            Self::Fixed(Fixed::Personal(_)) => Vec::new(),
            Self::Fixed(Fixed::Typed(typed)) => {
                let mut content = vec![typed.content()];
                content.extend(typed::read(network, wallet, typed).calls);
                content
            }
        }
    }
}

impl Fixed {
    pub(in crate::evm) fn encode(&self) -> Vec<u8> {
        let (version, rest) = match self {
            Self::External(external) => (EXTERNAL, external.encode()),
            Self::Personal(personal) => (PERSONAL, personal.text().as_bytes().to_vec()),
            Self::Typed(typed) => {
                let version = if typed.is_unconfirmed() { UNCONFIRMED } else { TYPED };
                (version, typed.write().into_bytes())
            }
        };
        [&[version], rest.as_slice()].concat()
    }

    /// Reads exactly the bytes that [`Fixed::encode`] writes.
    pub(in crate::evm) fn decode(bytes: &[u8], chain_id: u64) -> Result<Self, CodecError> {
        let read = || match bytes.split_first()? {
            (&EXTERNAL, rest) => External::decode(rest, chain_id).map(|read| Self::External(Box::new(read))),
            (&PERSONAL, text) => Personal::new(text).ok().map(Self::Personal),
            (&TYPED, text) => {
                let text = std::str::from_utf8(text).ok()?;
                TypedData::new(text, chain_id).ok().map(|typed| Self::Typed(Box::new(typed)))
            }
            (&UNCONFIRMED, text) => {
                let text = std::str::from_utf8(text).ok()?;
                let typed = TypedData::new(text, chain_id).ok()?;
                Some(Self::Typed(Box::new(typed.unconfirmed())))
            }
            _ => None,
        };
        let read = read().filter(|read| read.encode() == bytes);
        read.ok_or_else(|| CodecError::Corrupt("the body of an EVM draft is malformed".to_owned()))
    }

    /// Returns the highest fee that it may pay, in wei.
    fn fee(&self) -> U256 {
        match self {
            Self::External(external) => external.fee_budget,
            Self::Personal(_) => U256::ZERO,
            Self::Typed(typed) => typed::operation(typed).map_or(U256::ZERO, |operation| operation.fee),
        }
    }

    /// Returns the hash that a signature must cover.
    pub(in crate::evm) fn signature_hash(&self) -> B256 {
        match self {
            Self::External(external) => external.tx.signature_hash(),
            Self::Personal(personal) => personal.hash(),
            Self::Typed(typed) => typed.hash(),
        }
    }

    /// Returns when the signature stops being usable.
    pub(in crate::evm) fn expiry(&self, network: &Network, wallet: Address) -> Expiry {
        match self {
            Self::External(external) => Expiry::Nonce(external.tx.nonce()),
            Self::Personal(_) => Expiry::Never,
            Self::Typed(typed) => typed::read(network, wallet, typed).expiry,
        }
    }

    pub(in crate::evm) fn effects(&self, network: &Network, wallet: Address) -> Decoding {
        match self {
            Self::External(external) => {
                let mut decoding = decode::call_effects(network, wallet, &external.called());
                decoding.items.push(Effect::NetworkFee { max: external.fee_budget });
                decoding
            }
            Self::Personal(personal) => vec![message::effect(personal.text())].into(),
            Self::Typed(typed) => typed::read(network, wallet, typed).decoding,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use waiaas_core::network::{NetworkId, Networks};

    fn bodies() -> Vec<Vec<u8>> {
        let transaction =
            "ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080";
        let transaction = hex::decode(transaction).expect("hex");
        let typed = r#"{"domain":{"chainId":"1","name":"T"},"message":{"a":"5"},"primaryType":"A","types":{"A":[{"name":"a","type":"uint8"}]}}"#;
        vec![
            Fixed::External(Box::new(External::new(&transaction, 1).expect("EIP-155"))).encode(),
            Fixed::Personal(Personal::new(b"Hello").expect("text")).encode(),
            Fixed::Typed(Box::new(TypedData::new(typed, 1).expect("typed data"))).encode(),
        ]
    }

    #[test]
    fn each_kind_has_its_own_first_byte_and_one_encoding() {
        let network = Networks::builtin().get(&NetworkId::new("ethereum-mainnet")).expect("built in").clone();
        for (body, version) in bodies().into_iter().zip(2u8..) {
            assert_eq!(body[0], version);
            let Ok(Drafted::Fixed(fixed)) = Drafted::decode(&body, 1) else { panic!("version {version}") };
            assert_eq!(fixed.encode(), body);
            assert!(!Drafted::Fixed(fixed).effects(&network, Address::ZERO).items.is_empty());
            assert!(Drafted::decode(&[body.as_slice(), b" "].concat(), 1).is_err() || version == 3);
            for other in (0..=255).filter(|other| *other != version) {
                let mut relabelled = body.clone();
                relabelled[0] = other;
                let typed = version == TYPED && other == UNCONFIRMED;
                let read = Drafted::decode(&relabelled, 1);
                assert!(read.is_err() || other == 3 || typed, "{version} as {other}");
            }
        }
        assert!(Drafted::decode(&bodies()[0], 2).is_err() && Drafted::decode(&bodies()[2], 2).is_err());
        assert!(Drafted::decode(&[], 1).is_err());
    }

    proptest! {
        #[test]
        fn an_altered_byte_is_another_draft_or_refused(kind in 0usize..3, at: prop::sample::Index, flip in 1u8..) {
            let body = bodies().swap_remove(kind);
            let before = Drafted::decode(&body, 1).expect("own encoding");
            let mut altered = body;
            let at = at.index(altered.len());
            altered[at] ^= flip;
            if let Ok(after) = Drafted::decode(&altered, 1) {
                prop_assert_ne!(after, before);
            }
        }

        #[test]
        fn no_bytes_panic(version in 0u8..6, mut bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            bytes.insert(0, version);
            let _ = Drafted::decode(&bytes, 1);
        }
    }
}
