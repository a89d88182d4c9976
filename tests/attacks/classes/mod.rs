//! The attacks, one file per class of weakness.
//!
//! A file says what a naive design does, plays it, and asserts against exactly that. Variants of one
//! idea are rows of a table, each an attack of its own.

mod amounts;
mod cross_wallet;
mod decimals;
mod default_deny;
mod dry_run;
mod gas_condition;
mod idempotency;
mod kill_switch;
mod lookalikes;
mod master_against_owner;
mod oracle;
mod owner_forgery;
mod policy_changes;
mod policy_rules;
mod provider_claim;
mod races;
mod route_walk;
mod sessions;
mod strict_bodies;
mod texts;

use std::sync::Arc;

use anyhow::Result;

use crate::kit::{Case, On, Target, Victim};

/// Every attack, class by class.
pub(crate) async fn all(target: &Arc<Target>) -> Result<Vec<Case>> {
    let classes = [
        route_walk::class(target).await?,
        cross_wallet::class(),
        sessions::class(),
        strict_bodies::class(),
        amounts::class(),
        lookalikes::class(),
        texts::class(),
        default_deny::class(),
        provider_claim::class(),
        decimals::class(),
        oracle::class(),
        gas_condition::class(),
        races::class(),
        idempotency::class(),
        dry_run::class(),
        policy_rules::class(),
        policy_changes::class(),
        owner_forgery::class(),
        master_against_owner::class(),
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
