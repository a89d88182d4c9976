//! Addresses that look like a listed one.
//!
//! A naive design compares texts, or their beginning and end, or folds case where case matters. The
//! wallet may pay one address; every variant here is another address, or none.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::kit::{Class, Loot, Needs, On, Target, Victim, pocket, resisted, text};

const FRIEND: &str = "0x52908400098527886E0F7030069857D2E4169EE7";
const FRIEND_SOLANA: &str = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM";

async fn victim(target: &Arc<Target>, on: On) -> Result<Arc<Victim>> {
    let key = if on == On::Evm { "evm whitelist" } else { "solana whitelist" };
    let make = move |target: Arc<Target>| async move {
        let victim = Victim::rich(&target, on).await?;
        victim.policy(&target, "SPENDING_LIMIT", pocket(&target, on)?).await?;
        let friend = if on == On::Evm { FRIEND } else { FRIEND_SOLANA };
        victim.policy(&target, "WHITELIST", json!({ "allowed_addresses": [friend] })).await?;
        let sent = victim.pay(friend, "0.005").await?.expect(201)?;
        let ended = victim.ended(&text(&sent, "id")?).await?;
        anyhow::ensure!(ended["status"] == "CONFIRMED", "the friend is paid: {ended}");
        Ok(victim)
    };
    target.shared(key, make).await
}

/// The friend's address with the characters at `at` replaced.
fn altered(friend: &str, at: std::ops::Range<usize>, with: &str) -> String {
    let (head, tail) = (friend.get(..at.start).unwrap_or_default(), friend.get(at.end..).unwrap_or_default());
    format!("{head}{with}{tail}")
}

fn evm_variants() -> Vec<(&'static str, String)> {
    let lower = FRIEND.to_lowercase();
    vec![
        ("same beginning and end", altered(&lower, 8..34, "deadbeefdeadbeefdeadbeefde")),
        ("one digit in the middle", altered(&lower, 20..21, "1")),
        ("the last digit", altered(&lower, 41..42, "8")),
        ("the first digit", altered(&lower, 2..3, "4")),
        ("swapped digits", altered(&lower, 4..6, "09")),
        ("wrong checksum", altered(FRIEND, 22..23, "e")),
        ("one byte more", format!("{lower}00")),
        ("one byte in front", format!("0x00{}", lower.trim_start_matches("0x"))),
        ("32 bytes", format!("0x{:0>64}", lower.trim_start_matches("0x"))),
        ("one digit less", altered(&lower, 41..42, "")),
        ("capital X", altered(&lower, 1..2, "X")),
        ("without 0x", lower.trim_start_matches("0x").to_owned()),
        ("Cyrillic letter", altered(&lower, 22..23, "е")),
        ("full-width digit", altered(&lower, 2..3, "５")),
        ("zero-width joiner", altered(&lower, 10..10, "\u{200d}")),
        ("a space behind", format!("{lower} ")),
        ("a line break behind", format!("{lower}\n")),
        ("CAIP-10 of another chain", format!("eip155:1:{lower}")),
        ("a name", "friend.eth".to_owned()),
        ("a list in text", format!("{lower},{}", On::Evm.stranger())),
        ("the zero address", format!("0x{}", "0".repeat(40))),
        ("a precompile", format!("0x{}1", "0".repeat(39))),
        ("a Solana address", FRIEND_SOLANA.to_owned()),
    ]
}

fn solana_variants() -> Vec<(&'static str, String)> {
    vec![
        ("last letters in the other case", altered(FRIEND_SOLANA, 41..44, "wwm")),
        ("all in lower case", FRIEND_SOLANA.to_lowercase()),
        ("one letter in the other case", altered(FRIEND_SOLANA, 10..11, "K")),
        ("same beginning and end", altered(FRIEND_SOLANA, 6..36, "bmkg8ZTbNMqUxvQRAyrZzDsGYdLVL1")),
        ("a zero for an o", altered(FRIEND_SOLANA, 3..4, "0")),
        ("a leading one", format!("1{FRIEND_SOLANA}")),
        ("a letter less", altered(FRIEND_SOLANA, 43..44, "")),
        ("a space in front", format!(" {FRIEND_SOLANA}")),
        ("an EVM address", FRIEND.to_owned()),
        ("a name", "friend.sol".to_owned()),
    ]
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("address look-alikes");
    let evm = evm_variants().into_iter().map(|(name, to)| (On::Evm, name, to));
    let solana = solana_variants().into_iter().map(|(name, to)| (On::Solana, name, to));
    for (on, name, to) in evm.chain(solana) {
        class.case(Needs::Nodes, format!("{} {name}", on.chain()), move |target| async move {
            let victim = victim(&target, on).await?;
            let answer = victim.pay(&to, "0.001").await?;
            // Where it is an address at all, nothing may have arrived there.
            let known = [format!("0x{}", "0".repeat(40)), format!("0x{}1", "0".repeat(39))];
            let address = match on {
                On::Evm => to.len() == 42 && to.is_ascii() && to.starts_with("0x") && !known.contains(&to),
                On::Solana => bs58::decode(&to).into_vec().is_ok_and(|bytes| bytes.len() == 32),
            };
            let loot = address.then_some(Loot::Coins(to)).into_iter().collect::<Vec<_>>();
            let before = answer.status;
            // The checksum variant is the friend's own account, already paid.
            let loot = if name == "wrong checksum" { Vec::new() } else { loot };
            resisted(&target, &victim, &answer, &loot).await.with_context(|| format!("HTTP {before}"))
        });
    }
    class.case(Needs::Nodes, "a stranger's token account for a listed owner", |target| async move {
        let victim = victim(&target, On::Solana).await?;
        let solana = target.solana()?;
        let thief = On::Solana.stranger();
        let account = solana.deal(&thief, &solana.mint, 0).await?;
        let answer = victim.pay(&account, "0.001").await?;
        resisted(&target, &victim, &answer, &[]).await
    });
    class.case(
        Needs::Nodes,
        "a stranger as recipient of tokens sent through a listed contract",
        |target| async move {
            let victim = victim(&target, On::Evm).await?;
            let (evm, thief) = (target.evm()?, On::Evm.stranger());
            let body = json!({
                "type": "TOKEN_TRANSFER", "to": thief, "amount": "1", "token": { "address": evm.erc20 },
            });
            let answer = victim.send(body).await?;
            resisted(&target, &victim, &answer, &[Loot::Tokens(evm.erc20.clone(), thief)]).await
        },
    );
    class
}
