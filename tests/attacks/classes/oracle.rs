//! Value that cannot be known, or is known wrongly.
//!
//! A naive design lets assets without a price count as nothing, so that a limit in dollars does not see it,
//! and one worthless part voids the sum of the whole.

use std::sync::Arc;

use alloy_primitives::U256;
use anyhow::{Result, ensure};
use serde_json::json;

use crate::kit::{Class, Loot, Needs, On, Target, Victim, resisted};

/// Ten dollars at once and no more, and these tokens may leave.
async fn dollars(target: &Target, tokens: &[&str]) -> Result<Victim> {
    let victim = Victim::rich(target, On::Evm).await?;
    let rules = json!({ "instant_max_usd": 10, "notify_max_usd": 10, "delay_max_usd": 10 });
    victim.policy(target, "SPENDING_LIMIT", rules).await?;
    let tokens: Vec<_> = tokens.iter().map(|token| json!({ "address": token })).collect();
    victim.policy(target, "ALLOWED_TOKENS", json!({ "tokens": tokens })).await?;
    victim.works().await?;
    Ok(victim)
}

async fn send(victim: &Victim, token: &str, to: &str, amount: &str) -> Result<e2e::Answer> {
    let body = json!({ "type": "TOKEN_TRANSFER", "to": to, "amount": amount, "token": { "address": token } });
    victim.send(body).await
}

/// A daemon whose table has another line; returns the victim there.
async fn elsewhere(
    target: &Arc<Target>,
    asset: String,
    price: &str,
) -> Result<(e2e::Daemon, Arc<Target>, Victim)> {
    let line = (asset, price.to_owned());
    let (daemon, there) = target.beside(move |options| {
        options.prices.retain(|(known, _)| *known != line.0);
        options.prices.push(line);
    })?;
    let token = there.evm()?.erc20.clone();
    let victim = dollars(&there, &[&token]).await?;
    Ok((daemon, there, victim))
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("oracle failure");
    for (name, amount) in [
        ("one token", "1000000000000000000"),
        ("one base unit", "1"),
        ("a thousand tokens", "1000000000000000000000"),
    ] {
        class.case(Needs::Nodes, format!("a token without a price: {name}"), move |target| async move {
            let token = target.evm()?.unpriced_token().await?;
            let (victim, thief) = (dollars(&target, &[&token]).await?, On::Evm.stranger());
            target.evm()?.deal(&victim.address, &token, 1_000_000_000_000_000_000_000).await?;
            let answer = send(&victim, &token, &thief, amount).await?;
            resisted(&target, &victim, &answer, &[Loot::Tokens(token, thief)]).await
        });
    }
    class.case(Needs::Nodes, "a token without a price, approved instead of sent", |target| async move {
        let token = target.evm()?.unpriced_token().await?;
        let (victim, thief) = (dollars(&target, &[&token]).await?, On::Evm.stranger());
        target.evm()?.deal(&victim.address, &token, 1_000_000_000_000_000_000_000).await?;
        let rules = json!({ "spenders": [{ "address": thief }] });
        victim.policy(&target, "APPROVED_SPENDERS", rules).await?;
        let body = json!({
            "type": "APPROVE", "spender": thief, "amount": "1000000000000000000", "token": { "address": token },
        });
        let answer = victim.send(body).await?;
        resisted(&target, &victim, &answer, &[Loot::Allowance(token, thief)]).await
    });
    class.case(Needs::Own, "a price of almost nothing still counts", |target| async move {
        let asset = target.evm()?.asset();
        let (_daemon, there, victim) = elsewhere(&target, asset, "0.000001").await?;
        let (token, thief) = (there.evm()?.erc20.clone(), On::Evm.stranger());
        // A thousand tokens are a tenth of a cent: allowed. That is the price's word, and it is counted.
        let answer = send(&victim, &token, &thief, "1000000000000000000000").await?;
        ensure!(answer.status == 201, "HTTP {}: {}", answer.status, answer.body);
        ensure!(!answer.body["amountUsd"].is_null(), "not valued: {}", answer.body);
        Ok(())
    });
    class.case(Needs::Own, "a price that makes one base unit too much", |target| async move {
        let asset = target.evm()?.asset();
        let (_daemon, there, victim) = elsewhere(&target, asset, "100000000").await?;
        let (token, thief) = (there.evm()?.erc20.clone(), On::Evm.stranger());
        let answer = send(&victim, &token, &thief, "1000000000000000000").await?;
        resisted(&there, &victim, &answer, &[Loot::Tokens(token, thief)]).await
    });
    class.case(Needs::Nodes, "a fraction of a cent, rounded against the agent", |target| async move {
        let token = target.evm()?.erc20.clone();
        let (victim, thief) = (dollars(&target, &[&token]).await?, On::Evm.stranger());
        // Ten dollars and a hair in the coin: 3000 dollars each.
        let answer = victim.pay(&thief, "3333333333666667").await?;
        resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
    });
    class.case(Needs::Own, "the node that knows the decimals goes away", |target| async move {
        let token = target.evm()?.unpriced_token().await?;
        let proxy = e2e::FaultProxy::start(&target.evm()?.node.url()).await?;
        let url = proxy.url();
        let (_daemon, there) = target.beside(move |options| options.evm = url)?;
        let (victim, thief) = (dollars(&there, &[&token]).await?, On::Evm.stranger());
        there.evm()?.deal(&victim.address, &token, 1_000_000_000_000_000_000).await?;
        proxy.always("eth_call", e2e::When::Before, e2e::Fault::Garbage);
        let answer = send(&victim, &token, &thief, "1").await?;
        ensure!(answer.status >= 400, "HTTP {}: {}", answer.status, answer.body);
        Loot::Tokens(token, thief).none(&there, &victim).await
    });
    class.case(Needs::Own, "a node that lies about decimals after they were learnt", |target| async move {
        let token = target.evm()?.erc20.clone();
        let proxy = e2e::FaultProxy::start(&target.evm()?.node.url()).await?;
        let url = proxy.url();
        let (_daemon, there) = target.beside(move |options| options.evm = url)?;
        let victim = dollars(&there, &[&token]).await?;
        let friend = On::Evm.stranger();
        send(&victim, &token, &friend, "1000000000000000000").await?.expect(201)?;
        // 36 decimals would make a thousand tokens a trifle.
        let lie = json!(format!("0x{:064x}", 36));
        proxy.always("eth_call", e2e::When::Before, e2e::Fault::Lie(lie));
        let thief = On::Evm.stranger();
        let answer = send(&victim, &token, &thief, "900000000000000000000").await?;
        ensure!(answer.status >= 400, "HTTP {}: {}", answer.status, answer.body);
        Loot::Tokens(token, thief).none(&there, &victim).await
    });
    class.case(Needs::Nodes, "two prices' worth in one window", |target| async move {
        let token = target.evm()?.erc20.clone();
        let victim = Victim::rich(&target, On::Evm).await?;
        let rules = json!({
            "instant_max_usd": 10, "notify_max_usd": 10, "delay_max_usd": 10, "daily_limit_usd": 15,
        });
        victim.policy(&target, "SPENDING_LIMIT", rules).await?;
        let tokens = json!({ "tokens": [{ "address": token }] });
        victim.policy(&target, "ALLOWED_TOKENS", tokens).await?;
        let (friend, thief) = (On::Evm.stranger(), On::Evm.stranger());
        // Nine dollars of the token, then nine of the coin: together more than fifteen.
        if !target.is_own() {
            return Ok(()); // The token has a price only in the kit's own configuration.
        }
        send(&victim, &token, &friend, "9000000000000000000").await?.expect(201)?;
        let answer = victim.pay(&thief, "0.003").await?;
        resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await?;
        let left = target.evm()?.token_balance(&token, &victim.address).await?;
        ensure!(left >= U256::from(991u16) * U256::from(1_000_000_000_000_000_000_u64), "{left} left");
        Ok(())
    });
    class
}
