//! Transactions built elsewhere, which are signed exactly as they are. Pure.

use alloy_primitives::{Address, Bytes, U256};
use alloy_rlp::{Decodable, Encodable, Header};
use waiaas_core::nft::NftStandard;
use waiaas_core::presentation::{Argument, Value};

use super::body;
use super::decode::{self, Called};
use super::envelope::{Sent, Unsigned};
use super::fees;
use crate::Refusal;

/// Longest transaction, in bytes.
const LONGEST: usize = body::LONGEST_INPUT;

/// Least gas that any transaction costs.
const LEAST_GAS: u64 = 21_000;

/// An unsigned transaction with all its fields.
///
/// Encoded as the RLP list of the fields in order of declaration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) struct External {
    /// Transaction to sign.
    pub(in crate::evm) tx: Unsigned,
    /// NFT standard that the called contract reported (ERC-165) when the draft was made.
    pub(in crate::evm) standard: Option<NftStandard>,
    /// Highest fee that it may pay the network, in wei: all its gas at its highest price, plus the data fee on
    /// OP-stack chains.
    pub(in crate::evm) fee_budget: U256,
}

impl External {
    /// Reads the transaction of a request for the network with `chain_id`: EIP-155 legacy, EIP-2930 or
    /// EIP-1559, unsigned. The fee budget covers the gas only.
    pub(in crate::evm) fn new(bytes: &[u8], chain_id: u64) -> Result<Self, Refusal> {
        let unsupported = |why: &str| Refusal::Unsupported(why.to_owned());
        if bytes.len() > LONGEST {
            return Err(unsupported("the transaction is larger than nodes accept"));
        }
        match bytes.first() {
            Some(3) => return Err(unsupported("transactions with blobs (EIP-4844) are not signed")),
            Some(4) => {
                let why = "transactions with authorisations (EIP-7702) are not signed: they hand over control of the account";
                return Err(unsupported(why));
            }
            Some(1 | 2 | 0xc0..) => {}
            Some(_) | None => return Err(unsupported("this is not an EVM transaction of a known type")),
        }
        if Sent::decode(bytes).is_ok() {
            return Err(unsupported("the transaction is signed already"));
        }
        let why = "this is not exactly one unsigned EVM transaction in its canonical encoding";
        let tx = Unsigned::decode(bytes).map_err(|_| unsupported(why))?;
        let fields = tx.fields();
        match fields.chain_id() {
            Some(given) if given == chain_id => {}
            Some(given) => {
                return Err(Refusal::ChainIdMismatch { given: U256::from(given), network: chain_id });
            }
            None => {
                let why = "the transaction has no chain id (EIP-155), so it would be valid on every network";
                return Err(unsupported(why));
            }
        }
        if fields.gas_limit() < LEAST_GAS {
            return Err(unsupported("the transaction has less gas than any transaction costs"));
        }
        if fields.max_priority_fee_per_gas().is_some_and(|tip| tip > fields.max_fee_per_gas()) {
            return Err(unsupported("the transaction's priority fee is above its whole fee"));
        }
        if fields.nonce() == u64::MAX {
            return Err(unsupported("the transaction's nonce is beyond all nonces (EIP-2681)"));
        }
        let fee_budget = fees::cost(fields.gas_limit(), fields.max_fee_per_gas());
        Ok(Self { tx, standard: None, fee_budget })
    }

    /// Returns the cost of all its gas at its highest price, in wei.
    pub(in crate::evm) fn gas_cost(&self) -> U256 {
        let fields = self.tx.fields();
        fees::cost(fields.gas_limit(), fields.max_fee_per_gas())
    }

    /// Returns its gas limit.
    pub(in crate::evm) fn gas_limit(&self) -> u64 {
        self.tx.fields().gas_limit()
    }

    /// Returns the called account or contract; `None` if it creates a contract.
    pub(in crate::evm) fn to(&self) -> Option<Address> {
        self.tx.fields().to()
    }

    /// Returns the call that it makes.
    pub(in crate::evm) fn called(&self) -> Called<'_> {
        let fields = self.tx.fields();
        Called { to: fields.to(), value: fields.value(), input: fields.input(), standard: self.standard }
    }

    /// Returns the fields that the signature covers beside the call.
    pub(in crate::evm) fn terms(&self) -> Vec<Argument> {
        let fields = self.tx.fields();
        let number = |name: &str, of: String| Argument::new(name, "uint", Value::Number(of));
        let mut terms = vec![
            number("nonce", fields.nonce().to_string()),
            number("gasLimit", fields.gas_limit().to_string()),
            number("maxFeePerGas", fields.max_fee_per_gas().to_string()),
        ];
        if let Some(tip) = fields.max_priority_fee_per_gas() {
            terms.push(number("maxPriorityFeePerGas", tip.to_string()));
        }
        let listed = fields.access_list().map(|list| list.0.as_slice()).unwrap_or_default();
        if !listed.is_empty() {
            let items = listed.iter().map(|item| {
                let keys = item.storage_keys.iter();
                let keys = keys.map(|key| Value::Bytes(Bytes::copy_from_slice(key.as_slice())));
                Value::Fields(vec![
                    Argument::new("address", "address", Value::Address(decode::account(item.address))),
                    Argument::new("storageKeys", "bytes32[]", Value::List(keys.collect())),
                ])
            });
            terms.push(Argument::new("accessList", "tuple[]", Value::List(items.collect())));
        }
        terms
    }

    pub(in crate::evm) fn encode(&self) -> Vec<u8> {
        let (tx, standard) = (Bytes::from(self.tx.encode()), body::number(self.standard));
        let fields: [&dyn Encodable; 3] = [&tx, &standard, &self.fee_budget];
        let payload_length = fields.iter().map(|field| field.length()).sum();
        let mut out = Vec::new();
        Header { list: true, payload_length }.encode(&mut out);
        for field in fields {
            field.encode(&mut out);
        }
        out
    }

    /// Reads exactly the bytes that [`External::encode`] writes for a transaction that may be signed.
    pub(in crate::evm) fn decode(bytes: &[u8], chain_id: u64) -> Option<Self> {
        let (tx, standard, fee_budget) = fields(bytes).ok()?;
        let external = Self { standard, fee_budget, ..Self::new(&tx, chain_id).ok()? };
        (fee_budget >= external.gas_cost() && external.encode() == bytes).then_some(external)
    }
}

fn fields(mut list: &[u8]) -> alloy_rlp::Result<(Bytes, Option<NftStandard>, U256)> {
    let mut fields = Header::decode_bytes(&mut list, true)?;
    Ok((
        Decodable::decode(&mut fields)?,
        body::standard(Decodable::decode(&mut fields)?)?,
        Decodable::decode(&mut fields)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evm::codec::body::Body;
    use crate::evm::codec::fees::Price;
    use alloy_consensus::{SignableTransaction, TxEip2930};
    use alloy_primitives::{Signature, hex};
    use proptest::prelude::*;

    fn body() -> Body {
        Body {
            chain_id: 8453,
            to: Some(Address::repeat_byte(3)),
            value: U256::from(9u8),
            input: vec![1; 10].into(),
            standard: None,
            gas_limit: 50_000,
            fee_budget: U256::ZERO,
        }
    }

    fn listed() -> Unsigned {
        let item = alloy_eips::eip2930::AccessListItem {
            address: Address::repeat_byte(8),
            storage_keys: vec![Default::default()],
        };
        Unsigned::Listed(TxEip2930 {
            chain_id: 8453,
            nonce: 4,
            gas_price: 1_000,
            gas_limit: 50_000,
            to: Address::repeat_byte(3).into(),
            value: U256::from(9u8),
            access_list: vec![item].into(),
            input: vec![1; 10].into(),
        })
    }

    fn kinds() -> [Unsigned; 3] {
        let of = |priority| Unsigned::new(&body(), 4, Price { max: 1_000, priority });
        [of(Some(7)), of(None), listed()]
    }

    fn refused(bytes: &[u8]) -> String {
        External::new(bytes, 8453).expect_err("refused").to_string()
    }

    #[test]
    fn three_kinds_are_read_and_read_back() {
        for tx in kinds() {
            let external = External::new(&tx.encode(), 8453).expect("a transaction");
            assert_eq!(external.tx, tx);
            assert_eq!(external.fee_budget, U256::from(50_000u64 * 1_000));
            assert_eq!(External::decode(&external.encode(), 8453), Some(external.clone()));
            assert_eq!(External::decode(&external.encode(), 1), None, "another network");
            let cheaper = External { fee_budget: external.fee_budget - U256::ONE, ..external.clone() };
            assert_eq!(External::decode(&cheaper.encode(), 8453), None, "a budget it may exceed");
        }
    }

    #[test]
    fn other_bytes_are_refused_with_their_reason() {
        for tx in kinds() {
            let bytes = tx.encode();
            let mismatch = External::new(&bytes, 1);
            assert_eq!(mismatch, Err(Refusal::ChainIdMismatch { given: U256::from(8453u64), network: 1 }));
            let signature = Signature::new(U256::ONE, U256::ONE, true);
            assert!(refused(&tx.clone().sign(signature).0).contains("signed already"));
            assert!(refused(&[bytes.as_slice(), &[0]].concat()).contains("exactly one"));
            assert!(refused(&bytes[..bytes.len() - 1]).contains("exactly one"));
        }
        assert!(refused(&[3, 0xc0]).contains("EIP-4844"));
        assert!(refused(&[4, 0xc0]).contains("EIP-7702"));
        assert!(refused(&[]).contains("known type") && refused(&[5, 0xc0]).contains("known type"));
        // The example of EIP-155 without its chain id.
        let old = "e9098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080";
        assert!(refused(&hex::decode(old).expect("hex")).contains("no chain id"));
        let poor = Unsigned::new(&Body { gas_limit: 20_999, ..body() }, 4, Price { max: 1, priority: None });
        assert!(refused(&poor.encode()).contains("less gas"));
        let greedy = Unsigned::new(&body(), 4, Price { max: 1, priority: Some(2) });
        assert!(refused(&greedy.encode()).contains("priority fee"));
        let last = Unsigned::new(&body(), u64::MAX, Price { max: 1, priority: None });
        assert!(refused(&last.encode()).contains("nonce"));
    }

    #[test]
    fn an_access_list_is_signed_as_it_is() {
        let Unsigned::Listed(tx) = listed() else { panic!("EIP-2930") };
        let (signed, hash) = listed().sign(Signature::new(U256::ONE, U256::ONE, true));
        assert_eq!(signed[0], 1);
        assert_eq!(hash, alloy_primitives::keccak256(&signed));
        assert_eq!(tx.signature_hash(), alloy_primitives::keccak256(listed().encode()));
    }

    proptest! {
        #[test]
        fn any_altered_byte_is_another_draft_or_refused(kind in 0usize..3, at: prop::sample::Index, flip in 1u8..) {
            let external = External::new(&kinds()[kind].encode(), 8453).expect("a transaction");
            let mut bytes = external.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            if let Some(other) = External::decode(&bytes, 8453) {
                prop_assert_ne!(other, external);
            }
        }

        #[test]
        fn no_bytes_panic(kind: u8, mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (External::new(&bytes, 1), External::decode(&bytes, 1));
            bytes.insert(0, kind);
            let _ = (External::new(&bytes, 1), External::decode(&bytes, 1));
        }
    }
}
