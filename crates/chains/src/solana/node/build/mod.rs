//! From an intent to a draft: reads the chain, refuses requests that cannot work, and measures the compute
//! units.
//!
//! Belongs here: the instructions that carry out an intent and the checks before them; each kind of intent
//! has a file of its own. Does not belong here: volatile fields (`complete`) and the meaning of the result
//! (`decode`).

mod approve;
mod batch;
mod program;
mod transfer;

use std::collections::{BTreeMap, BTreeSet};

use solana_instruction::Instruction;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;
use waiaas_core::U256;
use waiaas_core::draft::Draft;
use waiaas_core::intent::Intent;

use super::SolanaChain;
use super::rpc::Node;
use crate::solana::codec::account::Account;
use crate::solana::codec::body::{Body, Builder};
use crate::solana::codec::fees::{self, Terms};
use crate::solana::codec::instructions::{compile, unbuilt};
use crate::solana::codec::mint::{Mint, TokenProgram};
use crate::solana::codec::recipient::Recipient;
use crate::solana::codec::text::Text;
use crate::solana::codec::{address, reason, solana};
use crate::{ChainError, Refusal};

/// The instructions of a request before they are measured. It grows by one request at a time; later ones take
/// account of earlier ones.
struct Plan<'a> {
    node: &'a Node,
    from: Pubkey,
    /// The lamports that an account must hold to exist.
    floor: u64,
    instructions: Vec<Instruction>,
    tables: Vec<Pubkey>,
    /// The wallet's lamports.
    held: u64,
    /// Lamports sent by the instructions.
    sent: u64,
    /// Lamports for accounts opened by the instructions.
    rent: u64,
    /// Lamports sent to accounts that do not exist yet.
    founded: BTreeMap<Pubkey, u64>,
    /// Base units sent from the wallet's token accounts.
    taken: BTreeMap<Pubkey, u64>,
    /// Token accounts opened by the instructions.
    opened: BTreeSet<Pubkey>,
}

impl Plan<'_> {
    /// Checks that the wallet can pay all of it and a fee, and still keep the floor: the runtime refuses to
    /// leave a payer below the rent-exempt minimum. A wallet cannot be emptied to exactly zero, because the
    /// exact fee is not known beforehand.
    fn check_funds(&self, fee: u64) -> Result<(), ChainError> {
        let left = self.held.saturating_sub(self.sent);
        let need = fee.saturating_add(self.rent).saturating_add(self.floor);
        if left < need {
            let (have, need) = (U256::from(left), U256::from(need));
            return Err(refuse(Refusal::InsufficientForFee { have, need }));
        }
        Ok(())
    }
}

fn refuse(refusal: Refusal) -> ChainError {
    ChainError::Refused(refusal)
}

fn unsupported(text: impl Into<String>) -> ChainError {
    refuse(Refusal::Unsupported(text.into()))
}

fn more_than_zero(amount: U256) -> Result<(), ChainError> {
    if amount.is_zero() { Err(unsupported("the amount must be more than zero")) } else { Ok(()) }
}

impl SolanaChain {
    /// Returns the draft that carries out `intent`.
    pub(super) async fn build_draft(&self, from: Pubkey, intent: &Intent) -> Result<Draft, ChainError> {
        match intent {
            Intent::SignTransaction { transaction } => self.build_external(&from, transaction).await,
            Intent::SignMessage { message } => {
                let body = Text::new(message).map_err(refuse)?.body();
                Ok(self.codec.draft(&from, body))
            }
            Intent::Transfer { .. }
            | Intent::TokenTransfer { .. }
            | Intent::ContractCall { .. }
            | Intent::ProgramCall { .. }
            | Intent::Approve { .. }
            | Intent::ApproveNft { .. }
            | Intent::ApproveCollection { .. }
            | Intent::NftTransfer { .. }
            | Intent::Deploy { .. }
            | Intent::Batch { .. }
            | Intent::SignTypedData { .. }
            | Intent::Cancellation { .. } => self.build_transaction(from, intent).await,
        }
    }

    async fn build_transaction(&self, from: Pubkey, intent: &Intent) -> Result<Draft, ChainError> {
        let node = self.node().await?;
        let plan = self.plan(node, from, intent).await?;
        let tables = self.tables(node, &plan.tables).await?;
        // Before the simulation, because its own reason for missing lamports is less precise.
        plan.check_funds(fees::PER_SIGNATURE)?;
        let units =
            self.measure(node, &compile(&from, &plan.instructions, fees::MAX_UNITS, &tables)?).await?;
        let message = compile(&from, &plan.instructions, units, &tables)?;
        let terms = Terms::read(&message).map_err(unsupported)?;
        let fee_budget = fees::budget(terms.signatures, units, &self.options);
        plan.check_funds(fee_budget)?;
        let facts = self.gather(node, &message).await?;
        let body = Body::new(Builder::Here, fee_budget, facts, message)?.draft()?;
        Ok(self.codec.draft(&from, body))
    }

    /// Returns the plan for `intent`.
    async fn plan<'a>(&self, node: &'a Node, from: Pubkey, intent: &Intent) -> Result<Plan<'a>, ChainError> {
        let mut plan = Plan {
            node,
            from,
            floor: node.rent_exempt(0).await?,
            instructions: Vec::new(),
            tables: Vec::new(),
            held: 0,
            sent: 0,
            rent: 0,
            founded: BTreeMap::new(),
            taken: BTreeMap::new(),
            opened: BTreeSet::new(),
        };
        match intent {
            Intent::Batch { members } => self.plan_batch(&mut plan, members).await?,
            single => self.plan_single(&mut plan, single).await?,
        }
        Ok(plan)
    }

    /// Adds one request that is not a batch.
    async fn plan_single(&self, plan: &mut Plan<'_>, intent: &Intent) -> Result<(), ChainError> {
        match intent {
            Intent::Transfer { to, amount, memo } => {
                self.plan_transfer(plan, *to, *amount, memo.as_deref()).await
            }
            Intent::TokenTransfer { to, token, amount, memo, allow_off_curve } => {
                let recipient = Recipient { address: solana(*to)?, allow_off_curve: *allow_off_curve };
                self.plan_token_transfer(plan, recipient, *token, *amount, memo.as_deref()).await
            }
            Intent::NftTransfer { to, nft, quantity, allow_off_curve } => {
                let recipient = Recipient { address: solana(*to)?, allow_off_curve: *allow_off_curve };
                self.plan_nft_transfer(plan, recipient, nft, *quantity).await
            }
            Intent::ProgramCall { instructions, lookup_tables } => {
                self.plan_program_call(plan, instructions, lookup_tables).await
            }
            Intent::Approve { spender, token, amount } => {
                self.plan_approval(plan, *spender, *token, *amount).await
            }
            Intent::ApproveNft { spender, nft } => self.plan_nft_approval(plan, *spender, nft).await,
            Intent::ApproveCollection { .. }
            | Intent::ContractCall { .. }
            | Intent::Deploy { .. }
            | Intent::SignTypedData { .. }
            | Intent::Cancellation { .. }
            | Intent::Batch { .. }
            | Intent::SignTransaction { .. }
            | Intent::SignMessage { .. } => Err(unbuilt(intent).into()),
        }
    }

    /// Returns the compute units to request, from a simulation.
    async fn measure(&self, node: &Node, message: &VersionedMessage) -> Result<u32, ChainError> {
        let outcome = node.simulate(message).await?;
        if !outcome.err().is_null() {
            return Err(refuse(Refusal::SimulationFailed(reason::explain(outcome.err(), message))));
        }
        let used =
            outcome.units_consumed.ok_or_else(|| self.bad_answer("no compute units in a simulation"))?;
        Ok(fees::unit_limit(used, self.options.compute_margin_percent))
    }
}

/// Reads a mint, or refuses an account that is not a mint.
pub(super) fn read_mint(token: &Pubkey, account: Option<&Account>) -> Result<Mint, ChainError> {
    account
        .and_then(|account| Mint::read(TokenProgram::of(&account.owner)?, &account.data))
        .ok_or_else(|| refuse(Refusal::NotAToken(address(token))))
}
