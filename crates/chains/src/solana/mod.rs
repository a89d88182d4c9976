//! Solana clusters.
