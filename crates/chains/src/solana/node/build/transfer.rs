//! Transfers of SOL, of tokens, and of NFTs.

use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_system_interface::instruction as system;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;
use spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent as open_account;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::nft::NftId;

use super::{Plan, more_than_zero, read_mint, refuse, unsupported};
use crate::solana::SolanaChain;
use crate::solana::codec::account::Account;
use crate::solana::codec::mint::{Mint, TokenAccount};
use crate::solana::codec::recipient::{self, Recipient};
use crate::solana::codec::{address, solana};
use crate::{ChainError, Refusal};

/// A transfer from the wallet's token account.
struct Payment<'a> {
    to: Recipient,
    token: Pubkey,
    amount: U256,
    memo: Option<&'a str>,
}

impl SolanaChain {
    pub(super) async fn plan_transfer(
        &self,
        plan: &mut Plan<'_>,
        to: Address,
        amount: U256,
        memo: Option<&str>,
    ) -> Result<(), ChainError> {
        let to = solana(to)?;
        more_than_zero(amount)?;
        let [payer, receiver] = plan.node.accounts([&plan.from, &to]).await?;
        plan.held = payer.map_or(0, |account| account.lamports);
        let sent = enough(amount, plan.sent, plan.held, &self.codec.network.native())?;
        recipient::check(&to, receiver.as_ref()).map_err(refuse)?;
        if receiver.is_none() {
            let founded = plan.founded.entry(to).or_default();
            *founded = founded.saturating_add(sent);
            if *founded < plan.floor {
                return Err(bad_recipient(format!(
                    "{to} does not exist yet, and the network does not create an account with less than {} lamports",
                    plan.floor
                )));
            }
        }
        plan.sent = plan.sent.saturating_add(sent);
        plan.instructions.extend(memo_instruction(memo));
        plan.instructions.push(system::transfer(&plan.from, &to, sent));
        Ok(())
    }

    pub(super) async fn plan_token_transfer(
        &self,
        plan: &mut Plan<'_>,
        to: Recipient,
        token: Address,
        amount: U256,
        memo: Option<&str>,
    ) -> Result<(), ChainError> {
        more_than_zero(amount)?;
        let token = solana(token).map_err(|_| refuse(Refusal::NotAToken(token)))?;
        let [payer, receiver, mint] = plan.node.accounts([&plan.from, &to.address, &token]).await?;
        plan.held = payer.map_or(0, |account| account.lamports);
        let mint = plain_mint(&token, mint.as_ref())?;
        self.plan_payment(plan, &mint, &Payment { to, token, amount, memo }, receiver.as_ref()).await
    }

    pub(super) async fn plan_nft_transfer(
        &self,
        plan: &mut Plan<'_>,
        to: Recipient,
        nft: &NftId,
        quantity: U256,
    ) -> Result<(), ChainError> {
        let token = self.codec.nft_mint(nft)?;
        if quantity != U256::ONE {
            return Err(unsupported("the quantity of this NFT must be 1"));
        }
        let [payer, receiver, mint] = plan.node.accounts([&plan.from, &to.address, &token]).await?;
        plan.held = payer.map_or(0, |account| account.lamports);
        let mint = plain_mint(&token, mint.as_ref())?;
        require_nft(&mint, &token)?;
        let payment = Payment { to, token, amount: quantity, memo: None };
        self.plan_payment(plan, &mint, &payment, receiver.as_ref()).await
    }

    async fn plan_payment(
        &self,
        plan: &mut Plan<'_>,
        mint: &Mint,
        payment: &Payment<'_>,
        receiver: Option<&Account>,
    ) -> Result<(), ChainError> {
        payment.to.check(receiver).map_err(refuse)?;
        let (from, to, token) = (plan.from, payment.to.address, payment.token);
        let program = mint.program.id();
        let (source, destination) = (associated(&from, &token, &program), associated(&to, &token, &program));
        let [source_account, destination_account] = plan.node.accounts([&source, &destination]).await?;
        let asset = AssetId::token(&self.codec.network.caip2, address(&token));
        let taken = plan.taken.entry(source).or_default();
        let held = spendable(mint, &token, &from, source_account.as_ref())?;
        let units = enough(payment.amount, *taken, held, &asset)?;
        *taken = taken.saturating_add(units);

        let there = receives(mint, &token, &to, destination_account.as_ref())?;
        if !there && plan.opened.insert(destination) {
            let size = mint.account_size.ok_or_else(|| self.bad_answer("no size for a token account"))?;
            plan.rent = plan.rent.saturating_add(plan.node.rent_exempt(size).await?);
            plan.instructions.push(open_account(&from, &to, &token, &program));
        }
        // Directly before the transfer, where Token-2022 expects it if the recipient requires a memo.
        plan.instructions.extend(memo_instruction(payment.memo));
        plan.instructions.push(transfer_checked(mint, [&source, &token, &destination, &from], units)?);
        Ok(())
    }
}

/// Reads a mint whose transfers move exactly their amount.
pub(super) fn plain_mint(token: &Pubkey, account: Option<&Account>) -> Result<Mint, ChainError> {
    let mint = read_mint(token, account)?;
    match &mint.obstacle {
        None => Ok(mint),
        Some(extension) => Err(unsupported(format!(
            "the token {token} has the extension {extension}, which is not supported"
        ))),
    }
}

pub(super) fn require_nft(mint: &Mint, token: &Pubkey) -> Result<(), ChainError> {
    if mint.fact(token).nft {
        Ok(())
    } else {
        Err(unsupported(format!("{token} is not an NFT: more than one unit of it exists or can be minted")))
    }
}

fn bad_recipient(text: String) -> ChainError {
    refuse(Refusal::BadRecipient(text))
}

/// Converts `amount` to the chain's integer, if `held` is enough for it and for what the members of the batch before
/// it take.
fn enough(amount: U256, taken: u64, held: u64, asset: &AssetId) -> Result<u64, ChainError> {
    let need = amount.saturating_add(U256::from(taken));
    match u64::try_from(amount) {
        Ok(amount) if need <= U256::from(held) => Ok(amount),
        Ok(_) | Err(_) => {
            let (asset, have) = (asset.to_string(), U256::from(held));
            Err(refuse(Refusal::InsufficientBalance { asset, have, need }))
        }
    }
}

/// Returns the base units that the wallet can send from its token account.
fn spendable(
    mint: &Mint,
    token: &Pubkey,
    owner: &Pubkey,
    account: Option<&Account>,
) -> Result<u64, ChainError> {
    let Some(found) = token_account(mint, token, owner, account) else { return Ok(0) };
    if found.frozen {
        return Err(unsupported("the wallet's token account is frozen"));
    }
    Ok(found.amount)
}

/// Whether the recipient's token account exists and accepts the token; `false` if it must be opened.
fn receives(mint: &Mint, token: &Pubkey, to: &Pubkey, account: Option<&Account>) -> Result<bool, ChainError> {
    // Lamports sent to an address do not make a token account of it.
    let Some(account) = account.filter(|account| account.owner != solana_system_interface::program::ID)
    else {
        return Ok(false);
    };
    match token_account(mint, token, to, Some(account)) {
        Some(found) if found.frozen => Err(bad_recipient(format!("the token account of {to} is frozen"))),
        Some(_) => Ok(true),
        None => Err(bad_recipient(format!("the token account of {to} belongs to another owner"))),
    }
}

/// Returns the account as a token account of `token` and `owner`, if it is one.
pub(super) fn token_account(
    mint: &Mint,
    token: &Pubkey,
    owner: &Pubkey,
    account: Option<&Account>,
) -> Option<TokenAccount> {
    let account = account.filter(|account| account.owner == mint.program.id())?;
    TokenAccount::read(mint.program, &account.data)
        .filter(|found| found.mint == *token && found.owner == *owner)
}

fn memo_instruction(memo: Option<&str>) -> Option<Instruction> {
    let memo = memo.filter(|text| !text.is_empty())?;
    let program = spl_memo_interface::v3::ID;
    Some(spl_memo_interface::instruction::build_memo(&program, memo.as_bytes(), &[]))
}

fn transfer_checked(
    mint: &Mint,
    [source, token, destination, authority]: [&Pubkey; 4],
    amount: u64,
) -> Result<Instruction, ChainError> {
    let program = mint.program.id();
    // This crate's builder serves both programs; the older one serves only its own.
    spl_token_2022_interface::instruction::transfer_checked(
        &program,
        source,
        token,
        destination,
        authority,
        &[],
        amount,
        mint.decimals,
    )
    .map_err(|error| ChainError::Corrupt(format!("the transfer cannot be encoded: {error}")))
}
