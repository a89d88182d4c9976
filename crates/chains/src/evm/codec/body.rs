//! The canonical body of an EVM draft: every field of the transaction that is judged. Pure.

use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_rlp::{Decodable, Encodable, Header};
use waiaas_core::nft::NftStandard;

use super::decode::Called;
use crate::CodecError;

/// Version of the encoding. A change of fields needs a new number.
pub(in crate::evm) const VERSION: u8 = 1;

/// Longest body that is decoded, in bytes.
const LONGEST: usize = 128 * 1024;

/// Longest call data or creation code in a draft, in bytes. Nodes accept no larger transactions into their pools.
pub(in crate::evm) const LONGEST_INPUT: usize = LONGEST - 1024;

/// A transaction's call, gas limit and fee budget, without nonce and fee prices.
///
/// Encoded as one version byte, then the RLP list of the fields in order of declaration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Body {
    /// EIP-155 chain id.
    pub(in crate::evm) chain_id: u64,
    /// Account or contract called; `None` creates a contract.
    pub(in crate::evm) to: Option<Address>,
    /// Wei sent with the call.
    pub(in crate::evm) value: U256,
    /// Call data.
    pub(in crate::evm) input: Bytes,
    /// The NFT standard that the contract reported (ERC-165) when the draft was made, where a token and an NFT
    /// contract interpret the call differently. It is no field of a transaction, but the draft is judged by it.
    pub(in crate::evm) standard: Option<NftStandard>,
    /// Gas limit, as it is signed.
    pub(in crate::evm) gas_limit: u64,
    /// Highest fee that the transaction may pay the network, in wei.
    pub(in crate::evm) fee_budget: U256,
}

impl Body {
    /// Returns the call that the transaction makes.
    pub(in crate::evm) fn called(&self) -> Called<'_> {
        Called { to: self.to, value: self.value, input: &self.input, standard: self.standard }
    }

    pub(in crate::evm) fn encode(&self) -> Vec<u8> {
        let (to, standard) = (TxKind::from(self.to), number(self.standard));
        let fields: [&dyn Encodable; 7] =
            [&self.chain_id, &to, &self.value, &self.input, &standard, &self.gas_limit, &self.fee_budget];
        let payload_length = fields.iter().map(|field| field.length()).sum();
        let mut out = vec![VERSION];
        Header { list: true, payload_length }.encode(&mut out);
        for field in fields {
            field.encode(&mut out);
        }
        out
    }

    /// Reads exactly the bytes that [`Body::encode`] writes; refuses all others.
    pub(in crate::evm) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let corrupt = || CodecError::Corrupt("the body of an EVM draft is malformed".to_owned());
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
            to: TxKind::decode(&mut fields)?.into_to(),
            value: Decodable::decode(&mut fields)?,
            input: Decodable::decode(&mut fields)?,
            standard: standard(Decodable::decode(&mut fields)?)?,
            gas_limit: Decodable::decode(&mut fields)?,
            fee_budget: Decodable::decode(&mut fields)?,
        })
    }
}

pub(in crate::evm) const fn number(standard: Option<NftStandard>) -> u8 {
    match standard {
        None => 0,
        Some(NftStandard::Erc721) => 1,
        Some(NftStandard::Erc1155) => 2,
        Some(NftStandard::Metaplex) => 3,
    }
}

pub(in crate::evm) const fn standard(number: u8) -> alloy_rlp::Result<Option<NftStandard>> {
    match number {
        0 => Ok(None),
        1 => Ok(Some(NftStandard::Erc721)),
        2 => Ok(Some(NftStandard::Erc1155)),
        _ => Err(alloy_rlp::Error::Custom("no NFT standard of EVM networks")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn bodies()(
            chain_id: u64, to: Option<[u8; 20]>, kind in 0u8..3, value: [u8; 32], gas_limit: u64, fee: [u8; 32],
            input in proptest::collection::vec(any::<u8>(), 0..200),
        ) -> Body {
            Body {
                chain_id, to: to.map(Into::into), value: U256::from_be_bytes(value), input: input.into(), gas_limit,
                standard: standard(kind).expect("a number"),
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
            to: Some(Address::repeat_byte(7)),
            value: U256::from(1u8),
            input: Bytes::new(),
            standard: None,
            gas_limit: 21_000,
            fee_budget: U256::from(9u8),
        };
        let mut long = body.encode();
        long.push(0);
        assert!(matches!(Body::decode(&long), Err(CodecError::Corrupt(_))));
        let mut versioned = body.encode();
        versioned[0] = 2;
        assert!(matches!(Body::decode(&versioned), Err(CodecError::Corrupt(_))));
        assert!(matches!(Body::decode(&[]), Err(CodecError::Corrupt(_))));
    }
}
