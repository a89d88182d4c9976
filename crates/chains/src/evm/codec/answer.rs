//! Types of the EVM nodes' answers (execution API). Numbers are read strictly. Pure.

use alloy_primitives::{Address, B256, Bytes, U256};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A `0x` number of at most 256 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Quantity(pub(in crate::evm) U256);

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").filter(|digits| (1..=64).contains(&digits.len()));
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| U256::from_str_radix(digits, 16).ok());
        number.map(Self).ok_or_else(|| D::Error::custom("not a quantity"))
    }
}

/// The fields of a block's header that are used here.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::evm) struct Head {
    pub(in crate::evm) hash: B256,
    pub(in crate::evm) number: Option<Quantity>,
    pub(in crate::evm) base_fee_per_gas: Option<Quantity>,
}

/// A transaction's receipt.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::evm) struct Receipt {
    pub(in crate::evm) transaction_hash: B256,
    pub(in crate::evm) block_hash: Option<B256>,
    pub(in crate::evm) block_number: Option<Quantity>,
    pub(in crate::evm) from: Address,
    pub(in crate::evm) status: Quantity,
    pub(in crate::evm) gas_used: Quantity,
    pub(in crate::evm) effective_gas_price: Quantity,
    /// The additional fee of an OP-stack chain for the transaction's data on the base chain.
    pub(in crate::evm) l1_fee: Option<Quantity>,
}

/// An event as a node reports it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(in crate::evm) struct Log {
    pub(in crate::evm) address: Address,
    pub(in crate::evm) topics: Vec<B256>,
    pub(in crate::evm) data: Bytes,
}

/// A frame of the `callTracer`, with its logs.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub(in crate::evm) struct Frame {
    #[serde(rename = "type")]
    pub(in crate::evm) kind: String,
    pub(in crate::evm) from: Address,
    pub(in crate::evm) to: Option<Address>,
    pub(in crate::evm) value: Option<Quantity>,
    pub(in crate::evm) output: Option<Bytes>,
    pub(in crate::evm) error: Option<String>,
    #[serde(default)]
    pub(in crate::evm) calls: Vec<Frame>,
    #[serde(default)]
    pub(in crate::evm) logs: Vec<FrameLog>,
}

/// A log of a frame, with the number of the frame's calls that came before it.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub(in crate::evm) struct FrameLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
    pub(in crate::evm) position: Quantity,
}

impl FrameLog {
    pub(in crate::evm) fn log(self) -> Log {
        Log { address: self.address, topics: self.topics, data: self.data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_strictly() {
        let read = |text: &str| serde_json::from_str::<Quantity>(text).map(|q| q.0);
        assert_eq!(read("\"0x10\"").expect("quantity"), U256::from(16u8));
        assert_eq!(read(&format!("\"0x{}\"", "f".repeat(64))).expect("quantity"), U256::MAX);
        let long = format!("\"0x{}\"", "0".repeat(65));
        for bad in
            ["\"\"", "\"0x\"", "\"10\"", "\"0xg\"", "\"0x-1\"", "\"0x_1\"", "16", "null", long.as_str()]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
