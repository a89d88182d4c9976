//! The chains against real nodes, and against fakes for behaviour that a real node does not have.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot continue fails")]
#![expect(clippy::disallowed_methods, reason = "tests wait, measure time and read the environment")]

mod anvil;
mod evm_calls;
mod evm_lying_node;
mod evm_observe;
mod evm_outcome;
mod evm_published;
mod evm_refusal;
mod evm_replace;
mod evm_reputation;
mod evm_reputation_lying_node;
mod evm_sign;
mod evm_transfer;
mod evm_world;
mod price;
mod rpc;
mod solana;
mod solana_calls;
mod solana_lying_node;
mod solana_net;
mod solana_observe;
mod solana_recipients;
mod solana_signing;
