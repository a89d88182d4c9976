//! Solana clusters: messages built here and elsewhere, texts, their effects, and confirmation by block
//! height.
//!
//! `codec` is the pure half: formats, and the arithmetic of fees and blockhashes. `node` is the half that
//! makes requests to nodes. Does not belong here: the value of a transaction (`price`), or whether it is
//! permitted.

mod codec;
mod node;

pub use self::codec::{SolanaCodec, mint_facts};
pub use self::node::SolanaChain;

/// The confirmation level at which a transaction counts as done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Commitment {
    /// Two thirds of the stake voted for its block.
    Confirmed,
    /// Its block is rooted.
    Finalized,
}

impl Commitment {
    /// Returns the name in JSON-RPC.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Finalized => "finalized",
        }
    }
}

/// The operator's settings for one cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SolanaOptions {
    /// The highest price for priority, in micro-lamports per compute unit.
    pub priority_fee_cap: u64,
    /// The confirmation level at which a transaction counts as done.
    pub commitment: Commitment,
    /// Requested compute units, in per cent of those used in the simulation; below 100 counts as 100.
    pub compute_margin_percent: u32,
}

impl Default for SolanaOptions {
    fn default() -> Self {
        Self { priority_fee_cap: 1_000_000, commitment: Commitment::Confirmed, compute_margin_percent: 120 }
    }
}
