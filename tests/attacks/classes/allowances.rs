//! Permissions over tokens.
//!
//! A naive design values an approval at nothing, stores a cap it never reads, or takes only the largest
//! number for unlimited. One friend is an approved spender, another up to five tokens; the limit is ten.

use std::sync::Arc;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::U256;
use anyhow::{Result, ensure};
use serde_json::json;

use super::solana_tokens;
use crate::kit::{Class, Loot, Needs, On, Target, Victim, calldata, resisted, text};

const FRIEND: &str = "0x52908400098527886e0f7030069857d2e4169ee7";
const CAPPED: &str = "0x8617e340b3d01fa5f11f306f4090fd50e238070d";
const TOKEN: u128 = 1_000_000_000_000_000_000;

async fn victim(target: &Arc<Target>) -> Result<Arc<Victim>> {
    let make = |target: Arc<Target>| async move {
        let victim = Victim::with_tokens(&target, On::Evm).await?;
        let five = (5 * TOKEN).to_string();
        let spenders = json!({
            "spenders": [{ "address": FRIEND }, { "address": CAPPED, "maxAmount": five }],
        });
        victim.policy(&target, "APPROVED_SPENDERS", spenders).await?;
        // An allowed approval works, and is revoked.
        for amount in ["1000", "0"] {
            let sent = approve(&target, &victim, FRIEND, amount).await?.expect(201)?;
            let ended = victim.ended(&text(&sent, "id")?).await?;
            ensure!(ended["status"] == "CONFIRMED", "an allowed approval: {ended}");
        }
        Ok(victim)
    };
    target.shared("evm allowances", make).await
}

async fn approve(target: &Target, victim: &Victim, spender: &str, amount: &str) -> Result<e2e::Answer> {
    let token = json!({ "address": target.evm()?.erc20 });
    victim.send(json!({ "type": "APPROVE", "spender": spender, "amount": amount, "token": token })).await
}

fn amounts() -> Vec<(&'static str, U256)> {
    let power = |bits: usize| U256::from(1u8) << bits;
    let one = U256::from(1u8);
    vec![
        ("everything", U256::MAX),
        ("half of everything", U256::MAX >> 1),
        ("2^255", power(255)),
        ("2^254", power(254)),
        ("the largest of 160 bits", power(160) - one),
        ("the largest of 128 bits", power(128) - one),
        ("the largest of 96 bits", power(96) - one),
        ("one more than there is", U256::from(1000 * TOKEN) + one),
        ("all there is", U256::from(1000 * TOKEN)),
        ("one more than the limit", U256::from(10 * TOKEN) + one),
    ]
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("allowance exposure");
    for (name, amount) in amounts() {
        for (who, spender) in
            [("an approved spender", Some(FRIEND)), ("a capped spender", Some(CAPPED)), ("a stranger", None)]
        {
            class.case(Needs::Nodes, format!("{name} to {who}"), move |target| async move {
                let victim = victim(&target).await?;
                let spender = spender.map_or_else(|| On::Evm.stranger(), str::to_owned);
                let answer = approve(&target, &victim, &spender, &amount.to_string()).await?;
                let token = target.evm()?.erc20.clone();
                resisted(&target, &victim, &answer, &[Loot::Allowance(token, spender)]).await
            });
        }
    }
    class.case(Needs::Nodes, "one more than a spender's cap", |target| async move {
        let victim = victim(&target).await?;
        let amount = (5 * TOKEN + 1).to_string();
        let answer = approve(&target, &victim, CAPPED, &amount).await?;
        let token = target.evm()?.erc20.clone();
        resisted(&target, &victim, &answer, &[Loot::Allowance(token, CAPPED.to_owned())]).await
    });
    class.case(Needs::Nodes, "a spender's cap in steps", |target| async move {
        let victim = Victim::with_tokens(&target, On::Evm).await?;
        let spenders = json!({ "spenders": [{ "address": CAPPED, "maxAmount": (5 * TOKEN).to_string() }] });
        victim.policy(&target, "APPROVED_SPENDERS", spenders).await?;
        let first = approve(&target, &victim, CAPPED, &(3 * TOKEN).to_string()).await?.expect(201)?;
        victim.ended(&text(&first, "id")?).await?;
        let amount = DynSolValue::Uint(U256::from(3 * TOKEN), 256);
        let step = vec![DynSolValue::Address(CAPPED.parse()?), amount];
        let data = format!("0x{}", hex::encode(calldata("increaseAllowance(address,uint256)", step)));
        let token = target.evm()?.erc20.clone();
        let answer = victim.send(json!({ "type": "CONTRACT_CALL", "to": token, "calldata": data })).await?;
        ensure!(answer.refused(403)? == "APPROVE_AMOUNT_EXCEEDED", "3 and 3 are more than 5");
        Ok(())
    });
    class.case(Needs::Nodes, "one base unit to a stranger", |target| async move {
        let (victim, thief) = (victim(&target).await?, On::Evm.stranger());
        let answer = approve(&target, &victim, &thief, "1").await?;
        let token = target.evm()?.erc20.clone();
        resisted(&target, &victim, &answer, &[Loot::Allowance(token, thief)]).await
    });
    for tier in ["INSTANT", "NOTIFY"] {
        class.case(
            Needs::Nodes,
            format!("a tier override of {tier} lowers nothing"),
            move |target| async move {
                let victim = Victim::with_tokens(&target, On::Evm).await?;
                let spenders = json!({ "spenders": [{ "address": FRIEND }] });
                victim.policy(&target, "APPROVED_SPENDERS", spenders).await?;
                victim.policy(&target, "APPROVE_TIER_OVERRIDE", json!({ "tier": tier })).await?;
                let answer = approve(&target, &victim, FRIEND, &(11 * TOKEN).to_string()).await?;
                let token = target.evm()?.erc20.clone();
                resisted(&target, &victim, &answer, &[Loot::Allowance(token, FRIEND.to_owned())]).await
            },
        );
    }
    class.case(
        Needs::Nodes,
        "unlimited may not be blocked, and the limit counts all the same",
        |target| async move {
            let victim = Victim::with_tokens(&target, On::Evm).await?;
            let spenders = json!({ "spenders": [{ "address": FRIEND }] });
            victim.policy(&target, "APPROVED_SPENDERS", spenders).await?;
            victim.policy(&target, "APPROVE_AMOUNT_LIMIT", json!({ "blockUnlimited": false })).await?;
            let answer = approve(&target, &victim, FRIEND, &U256::MAX.to_string()).await?;
            let token = target.evm()?.erc20.clone();
            resisted(&target, &victim, &answer, &[Loot::Allowance(token, FRIEND.to_owned())]).await
        },
    );
    class.case(Needs::Nodes, "approvals in pieces against a daily limit", |target| async move {
        let victim = Victim::rich(&target, On::Evm).await?;
        let asset = target.evm()?.asset();
        let step = json!({ "instant_max": "5", "notify_max": "5", "delay_max": "5", "daily_max": "8" });
        let coin = json!({ "instant_max": "1", "notify_max": "1", "delay_max": "1" });
        let limits = json!({ "token_limits": { asset: step, "native:ethereum": coin } });
        victim.policy(&target, "SPENDING_LIMIT", limits).await?;
        let token = target.evm()?.erc20.clone();
        let tokens = json!({ "tokens": [{ "address": token }] });
        victim.policy(&target, "ALLOWED_TOKENS", tokens).await?;
        let thieves = [On::Evm.stranger(), On::Evm.stranger()];
        let spenders: Vec<_> = thieves.iter().map(|thief| json!({ "address": thief })).collect();
        victim.policy(&target, "APPROVED_SPENDERS", json!({ "spenders": spenders })).await?;
        let [one, two] = &thieves;
        let first = approve(&target, &victim, one, &(5 * TOKEN).to_string()).await?.expect(201)?;
        victim.ended(&text(&first, "id")?).await?;
        let second = approve(&target, &victim, two, &(5 * TOKEN).to_string()).await?;
        resisted(&target, &victim, &second, &[Loot::Allowance(token, two.clone())]).await
    });
    for (name, amount) in [("everything", u64::MAX), ("all there is", 1_000_000_000), ("one base unit", 1)] {
        class.case(Needs::Nodes, format!("{name} to a delegate on Solana"), move |target| async move {
            let (victim, thief) = (solana_tokens(&target).await?, On::Solana.stranger());
            let solana = target.solana()?;
            let account = solana.token_account(&victim.address, &solana.mint).await?;
            let token = json!({ "address": solana.mint });
            let body = json!({
                "type": "APPROVE", "spender": thief, "amount": amount.to_string(), "token": token,
            });
            let answer = victim.send(body).await?;
            resisted(&target, &victim, &answer, &[Loot::TokenAccount(account)]).await
        });
    }
    class
}
