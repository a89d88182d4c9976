//! Solana clusters: messages built here and elsewhere, texts, what they do, confirmation by block height.
//!
//! `codec` is the pure half: formats, and the arithmetic of fees and blockhashes. `node` is the half that asks
//! nodes. Does not belong here: what a transaction is worth (`price`), or whether it is allowed.

mod codec;
mod node;

pub use self::codec::{SolanaCodec, mint_facts};
pub use self::node::SolanaChain;

/// From when on a transaction counts as done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Commitment {
    /// Two thirds of the stake voted for its block.
    Confirmed,
    /// Its block is rooted.
    Finalized,
}

impl Commitment {
    /// The name in JSON-RPC.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Finalized => "finalized",
        }
    }
}

/// What the operator sets for one cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SolanaOptions {
    /// Most paid for priority, in micro-lamports per compute unit.
    pub priority_fee_cap: u64,
    /// From when on a transaction counts as done.
    pub commitment: Commitment,
    /// Compute units requested, in per cent of what the simulation used; below 100 counts as 100.
    pub compute_margin_percent: u32,
}

impl Default for SolanaOptions {
    fn default() -> Self {
        Self { priority_fee_cap: 1_000_000, commitment: Commitment::Confirmed, compute_margin_percent: 120 }
    }
}
