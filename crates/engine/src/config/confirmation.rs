//! `[confirmation]`: when a transaction counts as confirmed and as final.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use waiaas_core::network::Environment;

/// `[confirmation]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    #[schemars(range(min = 1, max = 256))]
    evm_mainnet: u64,
    #[schemars(range(min = 1, max = 256))]
    evm_testnet: u64,
    #[schemars(range(min = 1, max = 256))]
    evm_local: u64,
    /// Blocks that an outcome on an EVM network needs before it is final, including its own block, beyond the
    /// network's own finality.
    #[schemars(range(min = 1, max = 8192))]
    pub evm_finality_depth: u64,
    /// Solana commitment that counts as confirmed.
    pub solana_commitment: Commitment,
    /// Milliseconds between two checks of a pending transaction.
    #[schemars(range(min = 100, max = 60_000), extend("x-unit" = "milliseconds"))]
    poll_interval_ms: u64,
}

impl Confirmation {
    /// Blocks that an EVM transaction needs to be confirmed, including its own block.
    pub const fn evm_blocks(&self, environment: Environment) -> u64 {
        match environment {
            Environment::Mainnet => self.evm_mainnet,
            Environment::Testnet => self.evm_testnet,
            Environment::Local => self.evm_local,
        }
    }

    /// Time between two checks of a pending transaction.
    pub const fn poll_interval(&self) -> Duration {
        Duration::from_millis(self.poll_interval_ms)
    }
}

/// A Solana commitment level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Commitment {
    /// Voted for by two thirds of the stake.
    Confirmed,
    /// Rooted.
    Finalized,
}
