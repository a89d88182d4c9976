//! Calls of Solana programs.

use waiaas_api::requests::{AccountMeta, ContractCall, InstructionRef};
use waiaas_core::address::Address;
use waiaas_core::intent::{Intent, ProgramAccount, ProgramInstruction};

use super::Resolver;
use super::intent::required;
use crate::error::Error;

impl Resolver<'_> {
    /// The instructions before the main one, the main one, and those after it.
    pub(super) fn program_call(
        &self,
        call: &ContractCall,
        lookup_tables: &[String],
    ) -> Result<Intent, Error> {
        let parse = |text: &String| Address::parse(self.network.chain, text);
        let program = call.program_id.as_deref().ok_or_else(|| required("programId"))?;
        if call.to.as_deref().is_some_and(|to| to != program) {
            return Err(Error::invalid("to", "leave it out, or repeat programId"));
        }
        let data = call.instruction_data.as_ref().ok_or_else(|| required("instructionData"))?;
        let accounts = call.accounts.as_deref().unwrap_or_default();
        let main = self.instruction(program, accounts, &data.0)?;
        let beside = |list: &Option<Vec<InstructionRef>>| {
            let list = list.as_deref().unwrap_or_default().iter();
            list.map(|it| self.instruction(&it.program_id, &it.accounts, &it.data.0))
                .collect::<Result<Vec<_>, _>>()
        };
        let mut instructions = beside(&call.pre_instructions)?;
        instructions.push(main);
        instructions.extend(beside(&call.post_instructions)?);
        let lookup_tables = lookup_tables.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Intent::ProgramCall { instructions, lookup_tables })
    }

    fn instruction(
        &self,
        program: &str,
        accounts: &[AccountMeta],
        data: &[u8],
    ) -> Result<ProgramInstruction, Error> {
        let account = |meta: &AccountMeta| {
            let address = Address::parse(self.network.chain, &meta.pubkey)?;
            if meta.is_signer && address != self.wallet.address {
                return Err(Error::invalid("accounts", "only the wallet can sign"));
            }
            Ok(ProgramAccount { address, signer: meta.is_signer, writable: meta.is_writable })
        };
        Ok(ProgramInstruction {
            program: Address::parse(self.network.chain, program)?,
            accounts: accounts.iter().map(account).collect::<Result<_, _>>()?,
            data: data.to_vec(),
        })
    }
}
