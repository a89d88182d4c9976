//! From an intent to a draft: read the chain, refuse what cannot work, measure what the rest takes.
//!
//! Belongs here: which instructions carry out an intent and the checks before them. Does not belong
//! here: volatile fields (`complete`) and what the result means (`decode`).

use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_message::v0;
use solana_pubkey::Pubkey;
use solana_system_interface::instruction as system;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;
use spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent as open_account;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::draft::Draft;
use waiaas_core::intent::Intent;

use super::body::{Body, MAX_TRANSACTION};
use super::mint::{Mint, TokenAccount, TokenProgram};
use super::node::{Account, Node};
use super::{SolanaChain, address, fees, reason, solana};
use crate::{ChainError, Refusal};

const SYSVARS: Pubkey = Pubkey::from_str_const("Sysvar1111111111111111111111111111111111111");

/// What is to be done, before it is measured.
struct Plan {
    instructions: Vec<Instruction>,
    /// Lamports the wallet holds.
    held: u64,
    /// Lamports the instructions send.
    sent: u64,
    /// Lamports an account opened on the way takes.
    rent: u64,
    /// Whose token account receives.
    recipient: Option<Pubkey>,
}

impl Plan {
    /// Whether the wallet can pay all of it and a fee, and still keep `floor`: the runtime refuses to
    /// leave a payer below the rent-exempt minimum. Emptying a wallet to exactly zero is not offered,
    /// because the fee is not known to the lamport beforehand.
    fn check_funds(&self, fee: u64, floor: u64) -> Result<(), ChainError> {
        let left = self.held.saturating_sub(self.sent);
        let need = fee.saturating_add(self.rent).saturating_add(floor);
        if left < need {
            let (have, need) = (U256::from(left), U256::from(need));
            return Err(ChainError::Refused(Refusal::InsufficientForFee { have, need }));
        }
        Ok(())
    }
}

fn refuse(refusal: Refusal) -> ChainError {
    ChainError::Refused(refusal)
}

fn bad_recipient(text: String) -> ChainError {
    refuse(Refusal::BadRecipient(text))
}

impl SolanaChain {
    /// The draft that carries out `intent`.
    pub(super) async fn build_draft(&self, from: Pubkey, intent: &Intent) -> Result<Draft, ChainError> {
        let node = self.node().await?;
        if intent.amount().is_zero() {
            return Err(refuse(Refusal::Unsupported("the amount must be more than zero".to_owned())));
        }
        let to = solana(intent.to())?;
        let floor = node.rent_exempt(0).await?;
        let plan = match intent {
            Intent::Transfer { to: _, amount, memo } => {
                self.plan_transfer(node, &from, &to, *amount, memo.as_deref(), floor).await?
            }
            Intent::TokenTransfer { to: _, token, amount, memo } => {
                let mint = solana(*token).map_err(|_| refuse(Refusal::NotAToken(*token)))?;
                self.plan_token_transfer(node, &from, &to, &mint, *amount, memo.as_deref()).await?
            }
        };
        // Before the simulation, whose own reason for missing lamports says less.
        plan.check_funds(fees::PER_SIGNATURE, floor)?;
        let units = self.measure(node, &compile(&from, fees::MAX_UNITS, &plan.instructions)?).await?;
        let fee_budget = fees::budget(units, &self.options)?;
        plan.check_funds(fee_budget, floor)?;
        let message = compile(&from, units, &plan.instructions)?;
        let body = Body::new(fee_budget, plan.rent, plan.recipient, message)?.draft()?;
        Ok(Draft { network: self.network.id.clone(), from: address(&from), body })
    }

    /// Compute units to ask for, from a simulation.
    async fn measure(&self, node: &Node, message: &v0::Message) -> Result<u32, ChainError> {
        let outcome = node.simulate(message).await?;
        if !outcome.err.is_null() {
            return Err(refuse(Refusal::SimulationFailed(reason::explain(&outcome.err, message))));
        }
        let used =
            outcome.units_consumed.ok_or_else(|| self.bad_answer("no compute units in a simulation"))?;
        Ok(fees::unit_limit(used, self.options.compute_margin_percent))
    }

    async fn plan_transfer(
        &self,
        node: &Node,
        from: &Pubkey,
        to: &Pubkey,
        amount: U256,
        memo: Option<&str>,
        floor: u64,
    ) -> Result<Plan, ChainError> {
        let [payer, receiver] = node.accounts([from, to]).await?;
        let held = payer.map_or(0, |account| account.lamports);
        let sent = enough(amount, held, &self.network.native())?;
        check_recipient(to, receiver.as_ref())?;
        if receiver.is_none() && sent < floor {
            return Err(bad_recipient(format!(
                "{to} does not exist yet and the network does not open an account with less than {floor} lamports"
            )));
        }
        let mut instructions = memo_instruction(memo);
        instructions.push(system::transfer(from, to, sent));
        Ok(Plan { instructions, held, sent, rent: 0, recipient: None })
    }

    async fn plan_token_transfer(
        &self,
        node: &Node,
        from: &Pubkey,
        to: &Pubkey,
        token: &Pubkey,
        amount: U256,
        memo: Option<&str>,
    ) -> Result<Plan, ChainError> {
        let [payer, receiver, mint] = node.accounts([from, to, token]).await?;
        let held = payer.map_or(0, |account| account.lamports);
        let mint = read_mint(token, mint.as_ref())?;
        if let Some(extension) = mint.obstacle() {
            let text = format!("the token {token} has the extension {extension}, which is not supported");
            return Err(refuse(Refusal::Unsupported(text)));
        }
        check_recipient(to, receiver.as_ref())?;
        if receiver.is_none() && !to.is_on_curve() {
            return Err(bad_recipient(format!("no key belongs to {to} and no account exists there")));
        }
        let program = mint.program.id();
        let (source, destination) = (associated(from, token, &program), associated(to, token, &program));
        let [source_account, destination_account] = node.accounts([&source, &destination]).await?;
        let asset = AssetId::token(&self.network.caip2, address(token));
        let units = enough(amount, spendable(&mint, token, from, source_account.as_ref())?, &asset)?;

        let open = !receives(&mint, token, to, destination_account.as_ref())?;
        let mut instructions = Vec::new();
        let mut rent = 0;
        if open {
            let size = mint.account_size.ok_or_else(|| self.bad_answer("no size for a token account"))?;
            rent = node.rent_exempt(size).await?;
            instructions.push(open_account(from, to, token, &program));
        }
        // Directly before the transfer, where Token-2022 looks when the recipient insists on a memo.
        instructions.extend(memo_instruction(memo));
        instructions.push(transfer_checked(&mint, [&source, token, &destination, from], units)?);
        Ok(Plan { instructions, held, sent: 0, rent, recipient: Some(*to) })
    }
}

/// A mint, or the refusal that says it is none.
pub(super) fn read_mint(token: &Pubkey, account: Option<&Account>) -> Result<Mint, ChainError> {
    account
        .and_then(|account| Mint::read(TokenProgram::of(&account.owner)?, &account.data))
        .ok_or_else(|| refuse(Refusal::NotAToken(address(token))))
}

/// `amount` as what the chain counts in, if `held` is enough.
fn enough(amount: U256, held: u64, asset: &AssetId) -> Result<u64, ChainError> {
    u64::try_from(amount).ok().filter(|amount| *amount <= held).ok_or_else(|| {
        let (asset, have) = (asset.to_string(), U256::from(held));
        refuse(Refusal::InsufficientBalance { asset, have, need: amount })
    })
}

/// Recipients are wallets. Programs, sysvars, mints and token accounts would keep what they are sent.
fn check_recipient(to: &Pubkey, account: Option<&Account>) -> Result<(), ChainError> {
    let Some(account) = account else { return Ok(()) };
    let what = if account.executable {
        "a program"
    } else if TokenProgram::of(&account.owner).is_some() {
        "a mint or token account; name the wallet that owns it"
    } else if account.owner == SYSVARS {
        "a system variable"
    } else {
        return Ok(());
    };
    Err(bad_recipient(format!("{to} is not a wallet but {what}")))
}

/// Base units the wallet can send from its token account.
fn spendable(
    mint: &Mint,
    token: &Pubkey,
    owner: &Pubkey,
    account: Option<&Account>,
) -> Result<u64, ChainError> {
    let Some(found) = token_account(mint, token, owner, account) else { return Ok(0) };
    if found.frozen {
        return Err(refuse(Refusal::Unsupported("the wallet's token account is frozen".to_owned())));
    }
    Ok(found.amount)
}

/// Whether the recipient's token account is there already and takes the token; `false` when it is to
/// be opened.
fn receives(mint: &Mint, token: &Pubkey, to: &Pubkey, account: Option<&Account>) -> Result<bool, ChainError> {
    // Lamports alone, sent there by anybody, do not make a token account.
    let Some(account) = account.filter(|account| account.owner != solana_system_interface::program::ID)
    else {
        return Ok(false);
    };
    match token_account(mint, token, to, Some(account)) {
        Some(found) if found.frozen => Err(bad_recipient(format!("the token account of {to} is frozen"))),
        Some(_) => Ok(true),
        None => Err(bad_recipient(format!("the token account of {to} belongs to somebody else by now"))),
    }
}

/// The account as a token account of `token` that belongs to `owner`, if it is that.
fn token_account(
    mint: &Mint,
    token: &Pubkey,
    owner: &Pubkey,
    account: Option<&Account>,
) -> Option<TokenAccount> {
    let account = account.filter(|account| account.owner == mint.program.id())?;
    TokenAccount::read(mint.program, &account.data)
        .filter(|found| found.mint == *token && found.owner == *owner)
}

fn memo_instruction(memo: Option<&str>) -> Vec<Instruction> {
    let memo = memo.filter(|text| !text.is_empty());
    memo.map(|text| {
        spl_memo_interface::instruction::build_memo(&spl_memo_interface::v3::ID, text.as_bytes(), &[])
    })
    .into_iter()
    .collect()
}

fn transfer_checked(
    mint: &Mint,
    [source, token, destination, authority]: [&Pubkey; 4],
    amount: u64,
) -> Result<Instruction, ChainError> {
    let program = mint.program.id();
    // This crate's builder serves both programs; the older one takes its own only.
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

/// The message that runs `instructions`, with zero blockhash and unit price.
fn compile(payer: &Pubkey, unit_limit: u32, instructions: &[Instruction]) -> Result<v0::Message, ChainError> {
    let mut all = vec![
        ComputeBudgetInstruction::set_compute_unit_limit(unit_limit),
        ComputeBudgetInstruction::set_compute_unit_price(0),
    ];
    all.extend_from_slice(instructions);
    let message = v0::Message::try_compile(payer, &all, &[], Hash::default())
        .map_err(|error| ChainError::Corrupt(format!("the message cannot be compiled: {error}")))?;
    // One byte for the number of signatures, then 64 for the only one.
    if message.serialize().len().saturating_add(65) > MAX_TRANSACTION {
        let text = "the transaction is too large for the network; shorten the memo";
        return Err(refuse(Refusal::Unsupported(text.to_owned())));
    }
    Ok(message)
}
