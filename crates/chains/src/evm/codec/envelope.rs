//! The bytes of unsigned and signed EVM transactions: EIP-1559 (type 2), EIP-2930 (type 1) and EIP-155
//! legacy. Pure.

use alloy_consensus::transaction::{RlpEcdsaDecodableTx, RlpEcdsaEncodableTx};
use alloy_consensus::{SignableTransaction, Signed, Transaction, TxEip1559, TxEip2930, TxLegacy};
use alloy_primitives::{Address, B256, Signature, U256};
use alloy_rlp::Decodable;

use super::body::Body;
use super::fees::{self, Price};
use crate::{CodecError, Expiry, SignedTx};

/// An unsigned transaction of a kind that the daemon signs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) enum Unsigned {
    /// EIP-1559.
    Dynamic(TxEip1559),
    /// EIP-155.
    Legacy(TxLegacy),
    /// EIP-2930; only signed, never built by this daemon.
    Listed(TxEip2930),
}

impl Unsigned {
    /// Returns the transaction of `body` with its volatile fields.
    pub(in crate::evm) fn new(body: &Body, nonce: u64, price: Price) -> Self {
        let Body { chain_id, to, value, ref input, standard: _, gas_limit, fee_budget: _ } = *body;
        let (to, input) = (to.into(), input.clone());
        match price.priority {
            Some(max_priority_fee_per_gas) => Self::Dynamic(TxEip1559 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: price.max,
                max_priority_fee_per_gas,
                to,
                value,
                access_list: Default::default(),
                input,
            }),
            None => Self::Legacy(TxLegacy {
                chain_id: Some(chain_id),
                nonce,
                gas_price: price.max,
                gas_limit,
                to,
                value,
                input,
            }),
        }
    }

    /// Returns the bytes whose hash is signed.
    pub(in crate::evm) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Dynamic(tx) => tx.encoded_for_signing(),
            Self::Legacy(tx) => tx.encoded_for_signing(),
            Self::Listed(tx) => tx.encoded_for_signing(),
        }
    }

    /// Reads exactly the bytes that [`Unsigned::encode`] writes.
    pub(in crate::evm) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let corrupt = || CodecError::Corrupt("the unsigned transaction is malformed".to_owned());
        let tx = match bytes.split_first() {
            Some((1, mut list)) => TxEip2930::decode(&mut list).map(Self::Listed),
            Some((2, mut list)) => TxEip1559::decode(&mut list).map(Self::Dynamic),
            Some((0xc0.., _)) => TxLegacy::decode(&mut &*bytes).map(Self::Legacy),
            Some(_) | None => return Err(corrupt()),
        };
        let tx = tx.map_err(|_| corrupt())?;
        // The library's decoder is lenient. Only the canonical encoding is accepted.
        if tx.encode() == bytes { Ok(tx) } else { Err(corrupt()) }
    }

    /// Returns the hash that a signature must cover.
    pub(in crate::evm) fn signature_hash(&self) -> B256 {
        match self {
            Self::Dynamic(tx) => tx.signature_hash(),
            Self::Legacy(tx) => tx.signature_hash(),
            Self::Listed(tx) => tx.signature_hash(),
        }
    }

    /// Returns the signed EIP-2718 bytes and their keccak-256 hash.
    pub(in crate::evm) fn sign(self, signature: Signature) -> (Vec<u8>, B256) {
        let mut bytes = Vec::new();
        let hash = match self {
            Self::Dynamic(tx) => {
                let signed = tx.into_signed(signature);
                signed.eip2718_encode(&mut bytes);
                *signed.hash()
            }
            Self::Legacy(tx) => {
                let signed = tx.into_signed(signature);
                signed.eip2718_encode(&mut bytes);
                *signed.hash()
            }
            Self::Listed(tx) => {
                let signed = tx.into_signed(signature);
                signed.eip2718_encode(&mut bytes);
                *signed.hash()
            }
        };
        (bytes, hash)
    }

    pub(in crate::evm) fn nonce(&self) -> u64 {
        self.fields().nonce()
    }

    /// Returns the fee prices that the transaction offers.
    pub(in crate::evm) fn price(&self) -> Price {
        match self {
            Self::Dynamic(tx) => {
                Price { max: tx.max_fee_per_gas, priority: Some(tx.max_priority_fee_per_gas) }
            }
            Self::Legacy(tx) => Price { max: tx.gas_price, priority: None },
            Self::Listed(tx) => Price { max: tx.gas_price, priority: None },
        }
    }

    /// Returns the accounts and storage slots of its access list (EIP-2930).
    pub(in crate::evm) fn accessed(&self) -> Vec<(Address, Vec<B256>)> {
        let list = self.fields().access_list().into_iter().flat_map(|list| list.iter());
        list.map(|item| (item.address, item.storage_keys.clone())).collect()
    }

    /// Returns the body of the draft that this transaction carries out under a fee budget. The budget of a
    /// transaction that could cost more than `budget` is its own cost, so it belongs to another draft. The body's
    /// `standard` is `None`, because no transaction holds it.
    pub(in crate::evm) fn body(&self, budget: U256) -> Result<Body, CodecError> {
        let corrupt = |what: &str| CodecError::Corrupt(format!("the transaction has {what}"));
        let tx = self.fields();
        let listed = matches!(self, Self::Listed(_));
        if listed || tx.access_list().is_some_and(|list| !list.is_empty()) {
            return Err(corrupt("an access list"));
        }
        let gas_limit = tx.gas_limit();
        Ok(Body {
            chain_id: tx.chain_id().ok_or_else(|| corrupt("no chain id"))?,
            to: tx.to(),
            value: tx.value(),
            input: tx.input().clone(),
            standard: None,
            gas_limit,
            fee_budget: budget.max(fees::cost(gas_limit, tx.max_fee_per_gas())),
        })
    }

    /// Returns all fields, for every kind.
    pub(in crate::evm) fn fields(&self) -> &dyn Transaction {
        match self {
            Self::Dynamic(tx) => tx,
            Self::Legacy(tx) => tx,
            Self::Listed(tx) => tx,
        }
    }
}

/// A decoded signed transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Sent {
    /// Signer, recovered from the signature.
    pub(in crate::evm) from: Address,
    /// Transaction hash.
    pub(in crate::evm) hash: B256,
    /// The transaction without its signature.
    pub(in crate::evm) tx: Unsigned,
}

impl Sent {
    /// Reads EIP-2718 bytes and recovers their signer.
    pub(in crate::evm) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let corrupt = || CodecError::Corrupt("the signed transaction is malformed".to_owned());
        let mut rest = bytes;
        let sent = match bytes.first() {
            Some(1) => {
                let signed = TxEip2930::eip2718_decode(&mut rest).map_err(|_| corrupt())?;
                Self::from_signed(signed, Unsigned::Listed)
            }
            Some(2) => {
                let signed = TxEip1559::eip2718_decode(&mut rest).map_err(|_| corrupt())?;
                Self::from_signed(signed, Unsigned::Dynamic)
            }
            Some(0xc0..) => {
                let signed = TxLegacy::eip2718_decode(&mut rest).map_err(|_| corrupt())?;
                Self::from_signed(signed, Unsigned::Legacy)
            }
            Some(_) | None => None,
        };
        sent.filter(|_| rest.is_empty()).ok_or_else(corrupt)
    }

    /// Reads stored bytes and checks that the record's hash and expiry match them.
    pub(in crate::evm) fn recorded(signed: &SignedTx) -> Result<Self, CodecError> {
        let sent = Self::decode(&signed.bytes)?;
        if signed.hash != sent.hash.to_string() || signed.expiry != Expiry::Nonce(sent.tx.nonce()) {
            return Err(CodecError::corrupt("the transaction's record does not match its bytes"));
        }
        Ok(sent)
    }

    /// Returns whether at most one of the two can land, because both use the same nonce of the same account.
    pub(in crate::evm) fn excludes(&self, other: &Self) -> bool {
        self.from == other.from && self.tx.nonce() == other.tx.nonce() && self.hash != other.hash
    }

    fn from_signed<T>(signed: Signed<T>, wrap: fn(T) -> Unsigned) -> Option<Self>
    where
        T: SignableTransaction<Signature> + RlpEcdsaEncodableTx,
    {
        let covered = signed.signature_hash();
        let (tx, signature, hash) = signed.into_parts();
        let from = signature.recover_address_from_prehash(&covered).ok()?;
        Some(Self { from, hash, tx: wrap(tx) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{b256, hex};
    use proptest::prelude::*;

    /// The example of EIP-155.
    const EIP155: &str = "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a7640000802\
        5a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf55\
        5c9f3dc64214b297fb1966a3b6d83";

    fn body() -> Body {
        Body {
            chain_id: 1,
            to: Some(Address::repeat_byte(0x35)),
            value: U256::from(10u64.pow(18)),
            input: vec![1, 2, 3].into(),
            standard: None,
            gas_limit: 21_000,
            fee_budget: U256::from(10u64.pow(15)),
        }
    }

    fn kinds() -> [Unsigned; 2] {
        [Some(7), None].map(|priority| Unsigned::new(&body(), 9, Price { max: 20_000_000_000, priority }))
    }

    #[test]
    fn matches_the_example_of_eip_155() {
        let plain = Body { input: Default::default(), ..body() };
        let tx = Unsigned::new(&plain, 9, Price { max: 20_000_000_000, priority: None });
        let hash = b256!("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
        assert_eq!(tx.signature_hash(), hash);
        let sent = Sent::decode(&hex::decode(EIP155).expect("hex")).expect("signed");
        assert_eq!(sent.tx, tx);
        assert_eq!(sent.from.to_string(), "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");
    }

    #[test]
    fn both_kinds_read_back_as_their_draft() {
        for tx in kinds() {
            let read = Unsigned::decode(&tx.encode()).expect("own encoding");
            assert_eq!(read, tx);
            assert_eq!(read.body(body().fee_budget).expect("body"), body());
        }
        let creation = Body { to: None, ..body() };
        for priority in [Some(7), None] {
            let tx = Unsigned::new(&creation, 9, Price { max: 20_000_000_000, priority });
            let read = Unsigned::decode(&tx.encode()).expect("own encoding");
            assert_eq!(read.body(creation.fee_budget).expect("body"), creation);
        }
    }

    #[test]
    fn a_transaction_over_budget_is_another_draft() {
        let cost = U256::from(21_000u64 * 20_000_000_000);
        for tx in kinds() {
            assert_eq!(tx.body(cost).expect("body").fee_budget, cost);
            assert_eq!(tx.body(cost - U256::from(1u8)).expect("body").fee_budget, cost);
            assert_eq!(tx.body(U256::ZERO).expect("body").fee_budget, cost);
        }
    }

    proptest! {
        #[test]
        fn any_altered_byte_is_refused_or_another_transaction(at: prop::sample::Index, flip in 1u8..) {
            for tx in kinds() {
                let mut bytes = tx.encode();
                let at = at.index(bytes.len());
                bytes[at] ^= flip;
                if let Ok(other) = Unsigned::decode(&bytes) {
                    prop_assert_ne!(other, tx);
                }
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(kind: u8, mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Unsigned::decode(&bytes), Sent::decode(&bytes));
            bytes.insert(0, kind);
            let _ = (Unsigned::decode(&bytes), Sent::decode(&bytes));
        }
    }
}
