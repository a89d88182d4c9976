//! `[fees]`: what a transaction may pay the network at most.

use serde::Deserialize;
use waiaas_core::U256;

use super::value::{base_units, within};

/// `[fees]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// Wei per EVM transaction: gas limit × maximum fee per gas.
    #[serde(deserialize_with = "base_units")]
    pub evm_max_wei: U256,
    /// Wei per gas.
    #[serde(deserialize_with = "base_units")]
    pub evm_max_priority_wei: U256,
    /// Lamports per Solana transaction: signatures and priority fee.
    #[serde(deserialize_with = "within::<5_000, 1_000_000_000, _, _>")]
    pub solana_max_lamports: u64,
    /// Micro-lamports per compute unit.
    #[serde(deserialize_with = "within::<0, 100_000_000, _, _>")]
    pub solana_max_micro_lamports_per_cu: u64,
}
