//! The finality of blocks.

use super::Environment;

/// When a block of a network is final, so that a reorganisation can no longer remove it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finality {
    /// Once the network's nodes report the block as finalized. For EVM nodes that do not support `finalized`,
    /// once this many blocks exist from the block on.
    Finalized {
        /// Number of blocks, the block itself counted.
        else_blocks: u64,
    },
    /// Once this many blocks exist, the block itself counted; on Solana, once the block is confirmed. For
    /// networks of a single node, where finality has no meaning or never occurs.
    Blocks(u64),
}

impl Finality {
    /// The finality of a network without a setting of its own.
    pub const fn of(environment: Environment) -> Self {
        match environment {
            Environment::Mainnet | Environment::Testnet => Self::Finalized { else_blocks: 256 },
            Environment::Local => Self::Blocks(1),
        }
    }
}
