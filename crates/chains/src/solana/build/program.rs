//! Instructions of programs, as the caller gives them.
//!
//! The fee is the daemon's to set: unit limit and unit price among the instructions are left out. What
//! else the compute budget program takes stays.

use solana_compute_budget_interface as compute_budget;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use waiaas_core::address::Address;
use waiaas_core::intent::ProgramInstruction;

use super::{Plan, unsupported};
use crate::ChainError;
use crate::solana::decode::advances_nonce;
use crate::solana::fees::{self, budget_instruction};
use crate::solana::message::Call;
use crate::solana::{SolanaChain, solana};

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

pub(in crate::solana) fn instruction(
    wallet: &Pubkey,
    given: &ProgramInstruction,
) -> Result<Instruction, ChainError> {
    let mut accounts = Vec::with_capacity(given.accounts.len());
    for account in &given.accounts {
        let key = solana(account.address)?;
        if account.signer && key != *wallet {
            return Err(unsupported(format!("{key} would have to sign, and only the wallet can")));
        }
        accounts.push(AccountMeta { pubkey: key, is_signer: account.signer, is_writable: account.writable });
    }
    let instruction = Instruction { program_id: solana(given.program)?, accounts, data: given.data.clone() };
    let (accounts, uses) = (Vec::new(), Vec::new());
    let call = Call { program: instruction.program_id, accounts, uses, data: &instruction.data };
    if advances_nonce(&call) {
        return Err(unsupported("a transaction with a durable nonce never expires, and is not built"));
    }
    Ok(instruction)
}

/// Whether the instruction sets unit limit or unit price, which is left to the daemon.
fn sets_fee(instruction: &Instruction) -> Result<bool, ChainError> {
    if instruction.program_id != compute_budget::ID {
        return Ok(false);
    }
    match budget_instruction(&instruction.data) {
        Some((tag, _)) => Ok(matches!(tag, fees::SET_UNIT_LIMIT | fees::SET_UNIT_PRICE)),
        None => Err(unsupported("a compute budget instruction is malformed or out of date")),
    }
}
