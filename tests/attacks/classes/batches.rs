//! Batches, whose sum counts.
//!
//! A naive design judges each part by itself, skips kinds of parts, or drops the sum when one part has
//! no price. The limit per transaction is 0.01 of the coin and ten of each token.

use serde_json::{Value, json};

use super::{evm_tokens, solana_tokens};
use crate::kit::{
    Account, Class, Instruction, Loot, Needs, On, SPL_TOKEN, Victim, resisted, system_transfer,
};

/// Members; `t` is the thief, `m` the mint.
fn batches(victim: &Victim, t: &str, m: &str, m2: &str) -> Vec<(&'static str, Vec<Value>)> {
    let coins = |amount: &str| json!({ "type": "TRANSFER", "to": t, "amount": amount });
    let tokens = |mint: &str, amount: &str| json!({ "type": "TOKEN_TRANSFER", "to": t, "humanAmount": amount, "token": { "address": mint } });
    let approve = |amount: &str| json!({ "type": "APPROVE", "spender": t, "amount": amount, "token": { "address": m } });
    let call = system_transfer(&victim.address, t, 1_000_000_000).call();
    let small_call = system_transfer(&victim.address, t, 8_000_000).call();
    let owner = Instruction::new(SPL_TOKEN, vec![Account::signer(&victim.address)], vec![6, 2, 0]).call();
    vec![
        ("two halves above the limit", vec![coins("0.006"), coins("0.006")]),
        ("twenty pieces", vec![coins("0.009"); 20]),
        ("one coin among dust", vec![coins("0.0001"), coins("1.0"), coins("0.0001")]),
        ("two token halves", vec![tokens(m, "6"), tokens(m, "6")]),
        ("tokens above the limit beside dust", vec![tokens(m, "11"), coins("0.0001")]),
        ("tokens above the limit beside other tokens", vec![tokens(m2, "0.1"), tokens(m, "11")]),
        ("a delegate beside dust", vec![approve("1"), coins("0.0001")]),
        ("a delegate of everything", vec![coins("0.0001"), approve("18446744073709551615")]),
        ("a call beside dust", vec![coins("0.0001"), call.clone()]),
        ("a call that completes the sum", vec![coins("0.008"), small_call.clone()]),
        ("two calls", vec![small_call.clone(), small_call]),
        ("a change of authority", vec![coins("0.0001"), owner]),
        (
            "a batch in a batch",
            vec![coins("0.0001"), json!({ "type": "BATCH", "instructions": [coins("1.0")] })],
        ),
        (
            "a deployment in a batch",
            vec![coins("0.0001"), json!({ "type": "CONTRACT_DEPLOY", "bytecode": "0x00" })],
        ),
        ("a member without a type", vec![coins("0.0001"), json!({ "to": t, "amount": "0.001" })]),
        ("a member that is nothing", vec![coins("0.0001"), json!({})]),
        (
            "a member of another wallet",
            vec![
                coins("0.0001"),
                json!({ "type": "TRANSFER", "to": t, "amount": "0.001", "walletId": victim.wallet }),
            ],
        ),
        (
            "a member that is a dry run",
            vec![coins("0.0001"), json!({ "type": "TRANSFER", "to": t, "amount": "0.001", "dryRun": true })],
        ),
        (
            "a member with a condition",
            vec![
                coins("0.0001"),
                json!({ "type": "TRANSFER", "to": t, "amount": "0.001", "gasCondition": { "maxGasPrice": "1" } }),
            ],
        ),
        ("one member", vec![coins("0.001")]),
        ("no members", Vec::new()),
        ("twenty-one members", vec![coins("0.0001"); 21]),
        ("a negative member", vec![coins("1.0"), coins("-1.0")]),
        (
            "a member that overflows the sum",
            vec![
                coins("0.0001"),
                coins("115792089237316195423570985008687907853269984665640564039457584007913129639935"),
            ],
        ),
    ]
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("batch dilution");
    for at in 0..24 {
        let blank = Victim::blank();
        let Some((name, _)) = batches(&blank, "", "", "").into_iter().nth(at) else { continue };
        class.case(Needs::Nodes, name, move |target| async move {
            let (victim, thief) = (solana_tokens(&target).await?, On::Solana.stranger());
            let solana = target.solana()?;
            let made = batches(&victim, &thief, &solana.mint, &solana.mint_2022);
            let Some((_, members)) = made.into_iter().nth(at) else { return Ok(()) };
            let answer = victim.send(json!({ "type": "BATCH", "instructions": members })).await?;
            let account = solana.token_account(&victim.address, &solana.mint).await?;
            let loot = [
                Loot::Coins(thief.clone()),
                Loot::Tokens(solana.mint.clone(), thief),
                Loot::TokenAccount(account),
            ];
            if answer.body["code"] == "INSUFFICIENT_BALANCE" && name.contains("overflows") {
                for loot in loot {
                    loot.none(&target, &victim).await?;
                }
                return Ok(());
            }
            resisted(&target, &victim, &answer, &loot).await
        });
    }
    class.case(Needs::Nodes, "a batch on EVM", |target| async move {
        let (victim, thief) = (evm_tokens(&target).await?, On::Evm.stranger());
        let half = json!({ "type": "TRANSFER", "to": thief, "amount": "0.006" });
        let answer = victim.send(json!({ "type": "BATCH", "instructions": [half, half] })).await?;
        resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
    });
    class
}
