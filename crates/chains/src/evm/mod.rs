//! EVM networks: transfers, calls, approvals, NFTs and deployments, EIP-1559 and legacy fees.
//!
//! `codec` is the pure half: formats, and the arithmetic of fees, nonces and receipts. `node` is the half that
//! calls nodes. Keys, policies, dollar prices and the timing of retries do not belong here.

mod codec;
mod node;

use waiaas_core::network::{Environment, Finality};

pub use self::codec::{EvmCodec, abi, read_call, read_logs, read_trace};
pub use self::node::{Erc8004, EvmChain};

/// The operator's settings for an EVM network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EvmOptions {
    /// Highest priority fee offered, in wei per gas.
    pub max_priority_fee_per_gas: u128,
    /// Gas limit in percent of the estimate.
    pub gas_margin_percent: u64,
    /// Number of blocks, the transaction's own included, after which it counts as confirmed; at least 1.
    pub confirmations: u64,
    /// Rule by which a block is final.
    pub finality: Finality,
    /// Least number of blocks, the block's own included, that a final block also needs; 1 adds nothing.
    pub least_finality_depth: u64,
}

impl EvmOptions {
    /// Returns the defaults for a kind of network.
    pub fn for_environment(environment: Environment) -> Self {
        let confirmations = match environment {
            Environment::Local => 1,
            Environment::Testnet => 2,
            Environment::Mainnet => 6,
        };
        Self {
            // 200 gwei: some networks demand tens of gwei.
            max_priority_fee_per_gas: 200_000_000_000,
            gas_margin_percent: 120,
            confirmations,
            finality: Finality::of(environment),
            least_finality_depth: 1,
        }
    }
}
