//! The attacks, one file per class of weakness.
//!
//! A file describes a naive design, attacks it, and asserts that this daemon resists. Variants of one
//! idea are rows of a table, each an attack of its own.

mod allowances;
mod amounts;
mod authorities;
mod batches;
mod calldata;
mod contract_accounts;
mod cross_wallet;
mod decimals;
mod default_deny;
mod denial_flood;
mod deployments;
mod doors;
mod dry_run;
mod fees;
mod gas_condition;
mod idempotency;
mod kept_value;
mod kill_switch;
mod lookalikes;
mod lookup_tables;
mod loosening;
mod lying_facts;
mod lying_nodes;
mod master_against_owner;
mod messages;
mod methods;
mod methods_that_move;
mod nested_calls;
mod nfts;
mod oracle;
mod owner_forgery;
mod owner_view;
mod peculiar_tokens;
mod permits;
mod planted_accounts;
mod policy_changes;
mod policy_rules;
mod provider_claim;
mod published;
mod races;
mod route_walk;
mod sessions;
mod signing;
mod simulations;
mod solana_instructions;
mod strict_bodies;
mod texts;

use std::sync::Arc;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::kit::{Case, On, Target, Victim, pocket, text};

/// Every attack, class by class.
pub(crate) async fn all(target: &Arc<Target>) -> Result<Vec<Case>> {
    let classes = [
        route_walk::class(target).await?,
        doors::class(),
        cross_wallet::class(),
        sessions::class(),
        strict_bodies::class(),
        amounts::class(),
        lookalikes::class(),
        texts::class(),
        owner_view::class(),
        default_deny::class(),
        denial_flood::class(),
        provider_claim::class(),
        decimals::class(),
        oracle::class(),
        calldata::class(),
        nested_calls::class(),
        methods::class(),
        methods_that_move::class(),
        kept_value::class(),
        published::class(),
        simulations::class(),
        authorities::class(),
        allowances::class(),
        nfts::class(),
        peculiar_tokens::class(),
        deployments::class(),
        permits::class(),
        contract_accounts::class(),
        messages::class(),
        signing::class(),
        solana_instructions::class(),
        lookup_tables::class(),
        planted_accounts::class(),
        batches::class(),
        gas_condition::class(),
        fees::class(),
        lying_facts::class(),
        lying_nodes::class(),
        races::class(),
        idempotency::class(),
        dry_run::class(),
        policy_rules::class(),
        policy_changes::class(),
        owner_forgery::class(),
        master_against_owner::class(),
        loosening::class(),
        kill_switch::class(),
    ];
    Ok(classes.into_iter().flat_map(crate::kit::Class::into_cases).collect())
}

/// Small change to spend on EVM, more takes an owner, and there is none.
async fn evm_pocket(target: &Arc<Target>) -> Result<Arc<Victim>> {
    target.shared("evm pocket", |target| async move { Victim::with_pocket(&target, On::Evm).await }).await
}

/// The same on Solana.
async fn solana_pocket(target: &Arc<Target>) -> Result<Arc<Victim>> {
    target
        .shared("solana pocket", |target| async move { Victim::with_pocket(&target, On::Solana).await })
        .await
}

/// Small change, and tokens may leave, on EVM.
async fn evm_tokens(target: &Arc<Target>) -> Result<Arc<Victim>> {
    target.shared("evm tokens", |target| async move { Victim::with_tokens(&target, On::Evm).await }).await
}

/// The same on Solana.
async fn solana_tokens(target: &Arc<Target>) -> Result<Arc<Victim>> {
    target
        .shared("solana tokens", |target| async move { Victim::with_tokens(&target, On::Solana).await })
        .await
}

/// A wallet without money whose only part is to stay untouched.
async fn evm_bystander(target: &Arc<Target>) -> Result<Arc<Victim>> {
    target.shared("bystander", |target| async move { Victim::poor(&target, On::Evm).await }).await
}

/// Selectors of a named method and of the wrappers that unpack a list of calls.
const NAMED: [&str; 4] = ["0x12345678", "0xac9650d8", "0x5ae401dc", "0x1f0464d1"];

/// A telltale contract that the operator listed, on top of tokens that may leave; ten of its own as well,
/// so that nothing but what a call does can be a reason to refuse it.
async fn contracts(target: &Arc<Target>) -> Result<Arc<Victim>> {
    target.shared("evm contracts", |target| async move { listed(&target, None).await }).await
}

/// The same, and [`NAMED`] methods of it may be called without the owner.
async fn wrappers(target: &Arc<Target>) -> Result<Arc<Victim>> {
    let make = |target: Arc<Target>| async move { listed(&target, Some(&NAMED)).await };
    target.shared("evm wrappers", make).await
}

async fn listed(target: &Target, methods: Option<&[&str]>) -> Result<Victim> {
    let (mut victim, evm) = (Victim::rich(target, On::Evm).await?, target.evm()?);
    victim.contract = evm.collection(&victim.address).await?;
    let mut limit = pocket(target, On::Evm)?;
    limit["token_limits"][format!("eip155:31337/erc20:{}", victim.contract)] =
        json!({ "instant_max": "10", "notify_max": "10", "delay_max": "10" });
    victim.policy(target, "SPENDING_LIMIT", limit).await?;
    let both = json!([{ "address": evm.erc20 }, { "address": victim.contract }]);
    victim.policy(target, "ALLOWED_TOKENS", json!({ "tokens": both })).await?;
    victim.policy(target, "CONTRACT_WHITELIST", json!({ "contracts": both })).await?;
    if let Some(selectors) = methods {
        let rules = json!({ "methods": [{ "contractAddress": victim.contract, "selectors": selectors }] });
        victim.policy(target, "METHOD_WHITELIST", rules).await?;
        let body = json!({ "type": "CONTRACT_CALL", "to": victim.contract, "calldata": "0x12345678" });
        confirmed(&victim, body).await?;
        let called = evm.called(&victim.contract, &[0x12, 0x34, 0x56, 0x78]).await?;
        ensure!(called, "a telltale tells nothing");
    }
    victim.works().await?;
    victim.nonce = evm.nonce(&victim.address).await?;
    Ok(victim)
}

/// An allowed request works.
async fn confirmed(victim: &Victim, body: Value) -> Result<()> {
    let sent = victim.send(body).await?.expect(201)?;
    let ended = victim.ended(&text(&sent, "id")?).await?;
    ensure!(ended["status"] == "CONFIRMED", "what is allowed does not work: {ended}");
    Ok(())
}
