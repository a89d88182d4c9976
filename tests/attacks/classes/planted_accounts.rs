//! Planted token accounts.
//!
//! Any user of Solana may create an account, give away one of their own, or let others close it. A naive design
//! takes the address for the owner, so that tokens for a friend are the thief's; or it stops at the first account
//! that it cannot read, so that one planted account stops the wallet. The friend is the only one who may receive.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::confirmed;
use crate::kit::{Class, Loot, Needs, On, SPL_TOKEN, TOKEN_2022, Target, Victim, resisted, solana_account};

/// Length of a token account, of one of Token-2022 that could be a multisig's, and where its state stands.
const LENGTH: usize = 165;
const OF_A_MULTISIG: usize = 355;
const STATE: usize = 108;

fn key(text: &str) -> Result<Vec<u8>> {
    bs58::decode(text).into_vec().context("base58")
}

/// A token account as its program writes it.
fn written(mint: &str, owner: &str, amount: u64) -> Result<Vec<u8>> {
    let mut data = [key(mint)?, key(owner)?, amount.to_le_bytes().to_vec()].concat();
    data.resize(STATE, 0);
    data.push(1);
    data.resize(LENGTH, 0);
    Ok(data)
}

/// A victim that may send ten tokens at a time, to a friend only.
async fn friendly(target: &Target) -> Result<(Victim, String)> {
    let (victim, friend) = (Victim::with_tokens(target, On::Solana).await?, On::Solana.stranger());
    victim.policy(target, "WHITELIST", json!({ "allowed_addresses": [friend] })).await?;
    Ok((victim, friend))
}

fn tokens(mint: &str, to: &str) -> Value {
    json!({ "type": "TOKEN_TRANSFER", "to": to, "humanAmount": "5", "token": { "address": mint } })
}

/// The friend's account, once it is the thief's: its owner gave it away, before or after it was emptied.
async fn given_away(target: Arc<Target>, of_2022: bool) -> Result<()> {
    let (victim, friend) = friendly(&target).await?;
    let (solana, thief) = (target.solana()?, solana_account());
    let (mint, program) = if of_2022 { (&solana.mint_2022, TOKEN_2022) } else { (&solana.mint, SPL_TOKEN) };
    let account = solana.deal(&friend, mint, 0).await?;
    solana.plant(&account, program, &written(mint, &thief, 0)?).await?;
    let answer = victim.send(tokens(mint, &friend)).await?;
    let loot = [Loot::Tokens(mint.clone(), thief)];
    resisted(&target, &victim, &answer, &loot).await
}

/// The wallet's own account of a token is named by an account that only looks like one of the wallet's.
async fn looks_like_mine(target: Arc<Target>) -> Result<()> {
    let victim = Victim::with_tokens(&target, On::Solana).await?;
    let solana = target.solana()?;
    for length in [LENGTH, OF_A_MULTISIG, 82, 0, 10_000] {
        let mut data = written(&solana.mint_2022, &victim.address, u64::MAX)?;
        data.resize(length, 0);
        solana.plant(&solana_account(), TOKEN_2022, &data).await?;
    }
    // A mint that is not there.
    let data = written(&solana_account(), &victim.address, 9)?;
    solana.plant(&solana_account(), TOKEN_2022, &data).await?;
    victim.works().await?;
    let payee = On::Solana.stranger();
    confirmed(&victim, tokens(&solana.mint_2022, &payee)).await?;
    let came = solana.token_balance(&payee, &solana.mint_2022).await?;
    ensure!(came == 5_000_000_000, "{came} base units came");
    let assets = victim.api.get("/v1/wallet/assets").await?.expect(200)?;
    ensure!(assets["assets"].as_array().is_some_and(|rows| rows.len() >= 3), "{assets}");
    Ok(())
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("planted accounts");
    for (name, of_2022) in [("a token account", false), ("a Token-2022 account", true)] {
        class.case(Needs::Nodes, format!("{name} that its owner gave away"), move |target| {
            given_away(target, of_2022)
        });
    }
    class.case(Needs::Nodes, "accounts that look like the wallet's stop nothing", looks_like_mine);
    class
}
