//! Instructions of programs, as the caller gives them.
//!
//! The daemon sets the fee, so unit limit and unit price among the instructions are omitted. Other
//! instructions of the compute budget program are kept.

use waiaas_core::address::Address;
use waiaas_core::intent::ProgramInstruction;

use super::{Plan, unsupported};
use crate::ChainError;
use crate::solana::SolanaChain;
use crate::solana::codec::instructions::{instruction, sets_fee};
use crate::solana::codec::solana;

/// More address lookup tables do not fit a transaction together with their indices.
const MOST_TABLES: usize = 32;

impl SolanaChain {
    pub(super) async fn plan_program_call(
        &self,
        plan: &mut Plan<'_>,
        instructions: &[ProgramInstruction],
        tables: &[Address],
    ) -> Result<(), ChainError> {
        let [payer] = plan.node.accounts([&plan.from]).await?;
        plan.held = payer.map_or(0, |account| account.lamports);
        for table in tables {
            let table = solana(*table)?;
            if !plan.tables.contains(&table) {
                plan.tables.push(table);
            }
        }
        if plan.tables.len() > MOST_TABLES {
            return Err(unsupported(format!("at most {MOST_TABLES} address lookup tables may be named")));
        }
        let before = plan.instructions.len();
        for given in instructions {
            let instruction = instruction(&plan.from, given)?;
            if !sets_fee(&instruction)? {
                plan.instructions.push(instruction);
            }
        }
        if plan.instructions.len() == before {
            return Err(unsupported("there is no instruction to run"));
        }
        Ok(())
    }
}
