//! Permissions: the delegate of the wallet's associated token account. There is at most one; a new one
//! replaces the old.

use solana_pubkey::Pubkey;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;
use spl_token_2022_interface::instruction as token_instruction;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::nft::NftId;

use super::transfer::{plain_mint, require_nft, token_account};
use super::{Plan, refuse, unsupported};
use crate::solana::SolanaChain;
use crate::solana::codec::mint::Mint;
use crate::solana::codec::solana;
use crate::{ChainError, Refusal};

impl SolanaChain {
    /// Adds an approval. An amount of zero revokes the current permission.
    pub(super) async fn plan_approval(
        &self,
        plan: &mut Plan<'_>,
        spender: Address,
        token: Address,
        amount: U256,
    ) -> Result<(), ChainError> {
        let spender = solana(spender)?;
        let token = solana(token).map_err(|_| refuse(Refusal::NotAToken(token)))?;
        let amount =
            u64::try_from(amount).map_err(|_| unsupported("the amount is larger than any token's supply"))?;
        let mint = self.approvable(plan, &token).await?;
        permit(plan, &mint, [&token, &spender], amount)
    }

    pub(super) async fn plan_nft_approval(
        &self,
        plan: &mut Plan<'_>,
        spender: Address,
        nft: &NftId,
    ) -> Result<(), ChainError> {
        let (spender, token) = (solana(spender)?, self.codec.nft_mint(nft)?);
        let mint = self.approvable(plan, &token).await?;
        require_nft(&mint, &token)?;
        permit(plan, &mint, [&token, &spender], 1)
    }

    /// Returns a mint of which the wallet has a token account.
    async fn approvable(&self, plan: &mut Plan<'_>, token: &Pubkey) -> Result<Mint, ChainError> {
        let [payer, mint] = plan.node.accounts([&plan.from, token]).await?;
        plan.held = payer.map_or(0, |account| account.lamports);
        let mint = plain_mint(token, mint.as_ref())?;
        let source = associated(&plan.from, token, &mint.program.id());
        let [account] = plan.node.accounts([&source]).await?;
        match token_account(&mint, token, &plan.from, account.as_ref()) {
            Some(_) => Ok(mint),
            None => Err(unsupported(format!("the wallet has no token account for {token}"))),
        }
    }
}

fn permit(
    plan: &mut Plan<'_>,
    mint: &Mint,
    [token, spender]: [&Pubkey; 2],
    amount: u64,
) -> Result<(), ChainError> {
    let (from, program) = (plan.from, mint.program.id());
    let source = associated(&from, token, &program);
    // These builders serve both programs.
    let instruction = if amount == 0 {
        token_instruction::revoke(&program, &source, &from, &[])
    } else {
        let decimals = mint.decimals;
        token_instruction::approve_checked(&program, &source, token, spender, &from, &[], amount, decimals)
    };
    let instruction = instruction
        .map_err(|error| ChainError::Corrupt(format!("the approval cannot be encoded: {error}")))?;
    plan.instructions.push(instruction);
    Ok(())
}
