//! The canonical body of an EVM draft: everything about the transaction that is judged. Pure.

use alloy_primitives::{Address, Bytes, U256};
use alloy_rlp::{Decodable, Encodable, Header};

use crate::ChainError;

/// The encoding below. A change of fields takes a new number.
const VERSION: u8 = 1;

/// Longest body read back; a draft built here is far shorter.
const LONGEST: usize = 128 * 1024;

/// What a transaction does and the most it may cost, without nonce and fee prices.
///
/// Encoded as one version byte, then the RLP list of the fields in order of declaration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Body {
    /// EIP-155 chain id.
    pub(super) chain_id: u64,
    /// Account or contract called. There is no contract creation here.
    pub(super) to: Address,
    /// Wei sent along.
    pub(super) value: U256,
    /// Call data.
    pub(super) input: Bytes,
    /// Gas limit, exactly as it will be signed.
    pub(super) gas_limit: u64,
    /// The most the transaction may pay the network, in wei.
    pub(super) fee_budget: U256,
}

impl Body {
    pub(super) fn encode(&self) -> Vec<u8> {
        let fields: [&dyn Encodable; 6] =
            [&self.chain_id, &self.to, &self.value, &self.input, &self.gas_limit, &self.fee_budget];
        let payload_length = fields.iter().map(|field| field.length()).sum();
        let mut out = vec![VERSION];
        Header { list: true, payload_length }.encode(&mut out);
        for field in fields {
            field.encode(&mut out);
        }
        out
    }

    /// Reads exactly what [`Body::encode`] writes, and nothing else.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ChainError> {
        let corrupt = || ChainError::Corrupt("the body of an EVM draft is malformed".to_owned());
        if bytes.len() > LONGEST {
            return Err(corrupt());
        }
        let Some((&VERSION, list)) = bytes.split_first() else { return Err(corrupt()) };
        let body = Self::decode_fields(list).map_err(|_| corrupt())?;
        if body.encode() == bytes { Ok(body) } else { Err(corrupt()) }
    }

    fn decode_fields(mut list: &[u8]) -> alloy_rlp::Result<Self> {
        let mut fields = Header::decode_bytes(&mut list, true)?;
        Ok(Self {
            chain_id: Decodable::decode(&mut fields)?,
            to: Decodable::decode(&mut fields)?,
            value: Decodable::decode(&mut fields)?,
            input: Decodable::decode(&mut fields)?,
            gas_limit: Decodable::decode(&mut fields)?,
            fee_budget: Decodable::decode(&mut fields)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn bodies()(
            chain_id: u64, to: [u8; 20], value: [u8; 32], gas_limit: u64, fee: [u8; 32],
            input in proptest::collection::vec(any::<u8>(), 0..200),
        ) -> Body {
            Body {
                chain_id, to: to.into(), value: U256::from_be_bytes(value), input: input.into(), gas_limit,
                fee_budget: U256::from_be_bytes(fee),
            }
        }
    }

    proptest! {
        #[test]
        fn round_trips(body in bodies()) {
            prop_assert_eq!(Body::decode(&body.encode()).expect("own encoding"), body);
        }

        #[test]
        fn a_body_has_one_encoding(body in bodies(), at: prop::sample::Index, flip in 1u8..) {
            let mut bytes = body.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            if let Ok(other) = Body::decode(&bytes) {
                prop_assert_ne!(other, body);
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Body::decode(&bytes);
        }
    }

    #[test]
    fn trailing_bytes_and_other_versions_are_corrupt() {
        let body = Body {
            chain_id: 1,
            to: Address::repeat_byte(7),
            value: U256::from(1u8),
            input: Bytes::new(),
            gas_limit: 21_000,
            fee_budget: U256::from(9u8),
        };
        let mut long = body.encode();
        long.push(0);
        assert!(matches!(Body::decode(&long), Err(ChainError::Corrupt(_))));
        let mut versioned = body.encode();
        versioned[0] = 2;
        assert!(matches!(Body::decode(&versioned), Err(ChainError::Corrupt(_))));
        assert!(matches!(Body::decode(&[]), Err(ChainError::Corrupt(_))));
    }
}
