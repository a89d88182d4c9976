//! The common parts of the attacks: the target, the means, and the proof of success.
//!
//! Belongs here: the target, its victims, the attacker's own encoders and the questions to the chains.
//! Does not belong here: any attack. The encoders share nothing with the daemon's decoders.

pub(crate) mod base;
mod case;
mod evm;
mod node;
mod report;
mod rlp;
mod runner;
mod solana;
mod solana_message;
mod target;
mod truth;
mod victim;

pub(crate) use base::Base;
pub(crate) use case::{Case, Class, Needs};
pub(crate) use evm::{Evm, EvmChain, account, address_word, bait, calldata, evm_account, number};
pub(crate) use node::{Node, Nodes};
pub(crate) use report::{Outcome, Report, Row};
pub(crate) use rlp::{Rlp, unsigned_1559};
pub(crate) use runner::run;
pub(crate) use solana::{
    Account, Instruction, MEMO, SPL_TOKEN, SYSTEM, Solana, TOKEN_2022, solana_account, system_transfer,
};
pub(crate) use solana_message::Message;
pub(crate) use target::{Fragile, Own, Target};
pub(crate) use truth::{Loot, admitted, leaks_no_signature, refused, resisted};
pub(crate) use victim::{On, Victim, pocket, text};

use alloy_primitives::keccak256;

/// Random bytes, never used before.
pub(crate) fn fresh() -> [u8; 32] {
    let random = [uuid::Uuid::now_v7().into_bytes(), uuid::Uuid::now_v7().into_bytes()].concat();
    keccak256(random).0
}
