//! A second implementation of the encoding of EVM drafts, independent of their reader.

use alloy_consensus::{SignableTransaction, Transaction, TxEip1559, TxEip2930, TxLegacy};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_rlp::{Decodable as _, Encodable, Header};

/// The fee budget of every draft made here.
pub(crate) const FEE: U256 = U256::from_limbs([1_000_000_000_000_000, 0, 0, 0]);

/// A transaction without nonce and prices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<'a> {
    pub(crate) chain_id: u64,
    pub(crate) to: Option<Address>,
    pub(crate) value: U256,
    pub(crate) input: &'a [u8],
    pub(crate) standard: u8,
}

impl Body<'_> {
    /// Version 1: a transaction built by the daemon.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (to, input) = (TxKind::from(self.to), Bytes::copy_from_slice(self.input));
        let gas_limit = 100_000u64;
        list(1, &[&self.chain_id, &to, &self.value, &input, &self.standard, &gas_limit, &FEE])
    }
}

/// Version 2: a transaction built elsewhere. The budget is above any fee.
pub(crate) fn external(transaction: &[u8], standard: u8) -> Vec<u8> {
    list(2, &[&Bytes::copy_from_slice(transaction), &standard, &U256::MAX])
}

fn list(version: u8, fields: &[&dyn Encodable]) -> Vec<u8> {
    let payload_length = fields.iter().map(|field| field.length()).sum();
    let mut out = vec![version];
    Header { list: true, payload_length }.encode(&mut out);
    fields.iter().for_each(|field| field.encode(&mut out));
    out
}

/// Decodes an unsigned transaction of a supported kind, with its only encoding.
pub(crate) fn decode(raw: &[u8]) -> Option<(Box<dyn Transaction>, Vec<u8>)> {
    let (call, encoded): (Box<dyn Transaction>, Vec<u8>) = match raw.split_first()? {
        (1, mut list) => {
            let tx = TxEip2930::decode(&mut list).ok()?;
            let encoded = tx.encoded_for_signing();
            (Box::new(tx), encoded)
        }
        (2, mut list) => {
            let tx = TxEip1559::decode(&mut list).ok()?;
            let encoded = tx.encoded_for_signing();
            (Box::new(tx), encoded)
        }
        (0xc0.., _) => {
            let tx = TxLegacy::decode(&mut &*raw).ok()?;
            let encoded = tx.encoded_for_signing();
            (Box::new(tx), encoded)
        }
        _ => return None,
    };
    Some((call, encoded))
}
