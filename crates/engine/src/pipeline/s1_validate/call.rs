//! Calls of Solana programs.

use waiaas_api::requests::{AccountMeta, ContractCall, InstructionRef};
use waiaas_core::address::Address;
use waiaas_core::intent::{Intent, ProgramAccount, ProgramInstruction};

use super::Resolver;
use super::intent::required;
use crate::error::Error;

impl Resolver<'_> {
    /// Returns the instructions before the main one, the main one, and those after it.
    pub(super) fn program_call(
        &self,
        call: &ContractCall,
        lookup_tables: Vec<Address>,
    ) -> Result<Intent, Error> {
        let program = call.program_id.as_deref().ok_or_else(|| required("programId"))?;
        if call.to.as_deref().is_some_and(|to| to != program) {
            return Err(Error::invalid("to", "leave it out, or repeat programId"));
        }
        let data = call.instruction_data.as_ref().ok_or_else(|| required("instructionData"))?;
        let accounts = call.accounts.as_deref().unwrap_or_default();
        let main = self.instruction("", program, accounts, &data.0)?;
        let beside = |name: &str, list: &Option<Vec<InstructionRef>>| {
            let list = list.as_deref().unwrap_or_default().iter().enumerate();
            list.map(|(i, it)| {
                self.instruction(&format!("{name}[{i}]."), &it.program_id, &it.accounts, &it.data.0)
            })
            .collect::<Result<Vec<_>, _>>()
        };
        let mut instructions = beside("preInstructions", &call.pre_instructions)?;
        instructions.push(main);
        instructions.extend(beside("postInstructions", &call.post_instructions)?);
        Ok(Intent::ProgramCall { instructions, lookup_tables })
    }

    /// Reads the addresses of lookup tables, of a call or of a batch.
    pub(super) fn lookup_tables(&self, texts: Option<&[String]>) -> Result<Vec<Address>, Error> {
        let texts = texts.unwrap_or_default().iter().enumerate();
        texts.map(|(i, text)| self.address(&format!("addressLookupTableAddresses[{i}]"), text)).collect()
    }

    /// Reads one instruction; `path` is prefixed to the names of its fields.
    fn instruction(
        &self,
        path: &str,
        program: &str,
        accounts: &[AccountMeta],
        data: &[u8],
    ) -> Result<ProgramInstruction, Error> {
        let account = |(i, meta): (usize, &AccountMeta)| {
            let at = |name: &str| format!("{path}accounts[{i}].{name}");
            let address = self.address(&at("pubkey"), &meta.pubkey)?;
            if meta.is_signer && address != self.wallet.address {
                return Err(Error::invalid(&at("isSigner"), "only the wallet can sign"));
            }
            Ok(ProgramAccount { address, signer: meta.is_signer, writable: meta.is_writable })
        };
        Ok(ProgramInstruction {
            program: self.address(&format!("{path}programId"), program)?,
            accounts: accounts.iter().enumerate().map(account).collect::<Result<_, _>>()?,
            data: data.to_vec(),
        })
    }
}
