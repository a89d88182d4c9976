//! Conditions on the network fee.

use serde::{Deserialize, Serialize};

/// The highest network prices at which a transaction is signed. EVM: wei per gas; Solana: micro-lamports per
/// compute unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GasTarget {
    /// The highest price, priority fee included.
    pub max_gas_price: Option<u128>,
    /// The highest priority fee.
    pub max_priority_fee: Option<u128>,
    /// Seconds until the condition times out; the default if absent.
    pub timeout_seconds: Option<u32>,
}
