//! A transaction in a block as nodes return it. Only its signed fields are trusted.

use alloy_consensus::{TxEip1559, TxEip2930, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::Quantity;
use super::envelope::{Sent, Unsigned};

/// A transaction whose hash and signer were computed from its fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Mined {
    pub(in crate::evm) sent: Sent,
    /// Block number that the node returned; not verified.
    pub(in crate::evm) block: u64,
    pub(in crate::evm) block_hash: B256,
}

/// The fields of a transaction in the execution API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(rename = "type")]
    kind: Option<Quantity>,
    hash: B256,
    block_hash: B256,
    block_number: Quantity,
    chain_id: Option<Quantity>,
    nonce: Quantity,
    gas: Quantity,
    gas_price: Option<Quantity>,
    max_fee_per_gas: Option<Quantity>,
    max_priority_fee_per_gas: Option<Quantity>,
    to: Option<Address>,
    value: Quantity,
    input: Bytes,
    access_list: Option<Vec<Listed>>,
    v: Quantity,
    r: Quantity,
    s: Quantity,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    address: Address,
    storage_keys: Vec<B256>,
}

impl Mined {
    /// Reads a mined transaction. Returns `None` if it is not mined, is of a kind that the daemon does not sign,
    /// or its hash does not match its fields.
    pub(in crate::evm) fn read(shown: &RawValue) -> Option<Self> {
        let shown: Shown = serde_json::from_str(shown.get()).ok()?;
        let (tx, parity) = shown.unsigned()?;
        let (bytes, hash) = tx.sign(Signature::new(shown.r.0, shown.s.0, parity));
        if hash != shown.hash {
            return None;
        }
        let sent = Sent::decode(&bytes).ok()?;
        Some(Self { sent, block: small(shown.block_number)?, block_hash: shown.block_hash })
    }
}

impl Shown {
    fn unsigned(&self) -> Option<(Unsigned, bool)> {
        let (nonce, gas_limit) = (small(self.nonce)?, small(self.gas)?);
        let (to, value, input) = (TxKind::from(self.to), self.value.0, self.input.clone());
        let price = |price: Option<Quantity>| u128::try_from(price?.0).ok();
        match self.kind.map_or(Some(0), small)? {
            0 => {
                let v = small(self.v)?;
                // 27 and 28: before EIP-155. From 35 on: EIP-155.
                let (chain_id, parity) = match v {
                    27 | 28 => (None, v == 28),
                    35.. => (Some(v.saturating_sub(35) / 2), v % 2 == 0),
                    _ => return None,
                };
                let gas_price = price(self.gas_price)?;
                let tx = TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input };
                Some((Unsigned::Legacy(tx), parity))
            }
            1 => {
                let (chain_id, gas_price) = (small(self.chain_id?)?, price(self.gas_price)?);
                let access_list = self.list();
                let tx = TxEip2930 { chain_id, nonce, gas_price, gas_limit, to, value, access_list, input };
                Some((Unsigned::Listed(tx), self.parity()?))
            }
            2 => {
                let tx = TxEip1559 {
                    chain_id: small(self.chain_id?)?,
                    nonce,
                    gas_limit,
                    max_fee_per_gas: price(self.max_fee_per_gas)?,
                    max_priority_fee_per_gas: price(self.max_priority_fee_per_gas)?,
                    to,
                    value,
                    access_list: self.list(),
                    input,
                };
                Some((Unsigned::Dynamic(tx), self.parity()?))
            }
            _ => None,
        }
    }

    fn parity(&self) -> Option<bool> {
        match small(self.v)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn list(&self) -> alloy_eips::eip2930::AccessList {
        let items = self.access_list.iter().flatten().map(|item| alloy_eips::eip2930::AccessListItem {
            address: item.address,
            storage_keys: item.storage_keys.clone(),
        });
        items.collect::<Vec<_>>().into()
    }
}

fn small(number: Quantity) -> Option<u64> {
    number.0.try_into().ok()
}
