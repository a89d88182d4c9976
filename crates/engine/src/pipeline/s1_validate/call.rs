//! Calls of Solana programs.

use waiaas_core::address::Address;
use waiaas_core::intent::{Intent, ProgramAccount, ProgramInstruction};

use super::Resolver;
use crate::error::Error;
use crate::views::InstructionSpec;

impl Resolver<'_> {
    pub(super) fn program_call(
        &self,
        instructions: &[InstructionSpec],
        lookup_tables: &[String],
    ) -> Result<Intent, Error> {
        let parse = |text: &String| Address::parse(self.network.chain, text);
        let instructions =
            instructions.iter().map(|spec| self.instruction(spec)).collect::<Result<_, _>>()?;
        let lookup_tables = lookup_tables.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Intent::ProgramCall { instructions, lookup_tables })
    }

    fn instruction(&self, spec: &InstructionSpec) -> Result<ProgramInstruction, Error> {
        let account = |(address, signer, writable): &(String, bool, bool)| {
            let address = Address::parse(self.network.chain, address)?;
            if *signer && address != self.wallet.address {
                return Err(Error::invalid("accounts", "only the wallet can sign"));
            }
            Ok(ProgramAccount { address, signer: *signer, writable: *writable })
        };
        Ok(ProgramInstruction {
            program: Address::parse(self.network.chain, &spec.program)?,
            accounts: spec.accounts.iter().map(account).collect::<Result<_, _>>()?,
            data: spec.data.clone(),
        })
    }
}
