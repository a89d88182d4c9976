//! Instructions before, in, and after the one that is judged.
//!
//! A naive design judges the program that is named and builds the rest along with it. The harmless part
//! here is a payment of small change that is allowed by itself.

use std::sync::Arc;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{confirmed, solana_tokens};
use crate::kit::{
    Account, Class, Instruction, Loot, Message, Needs, On, SPL_TOKEN, SYSTEM, Target, Victim, fresh,
    leaks_no_signature, resisted, solana_account, system_transfer, text,
};

/// Instructions the network itself would refuse, so that only their signature is worth anything.
const FAILING: [&str; 7] = [
    "a nonce advanced",
    "a mint authority",
    "an unknown opcode of the token program",
    "an unknown program",
    "an unknown program without accounts",
    "a program's upgrade",
    "a stake's authority",
];

/// The address of `base` with a seed, for an account of the system program.
fn seeded(base: &str, seed: &str) -> Result<String> {
    use k256::sha2::{Digest as _, Sha256};
    let base = bs58::decode(base).into_vec()?;
    let hash = Sha256::new().chain_update(base).chain_update(seed).chain_update([0u8; 32]).finalize();
    Ok(bs58::encode(hash).into_string())
}

/// The stake program.
const STAKE: &str = "Stake11111111111111111111111111111111111111";
/// The highest fee that the daemon's default settings allow.
const FEE_CAP: u64 = 5_000_000;

const KINDS: [&str; 22] = [
    "a coin",
    "a coin in small parts",
    "the account given to a program",
    "a coin to a new account with a seed",
    "a coin from a seed",
    "a nonce advanced",
    "tokens",
    "tokens, checked",
    "a delegate",
    "a delegate, checked",
    "a new owner of the token account",
    "a new hand that may close it",
    "tokens burnt",
    "a mint authority",
    "an unknown opcode of the token program",
    "an unknown program",
    "an unknown program without accounts",
    "an unlisted program",
    "an unlisted program with the wallet",
    "a program's upgrade",
    "a stake's authority",
    "a fee that eats the wallet",
];

async fn instructions(
    target: &Arc<Target>,
    victim: &Victim,
    kind: &str,
    thief: &str,
) -> Result<Vec<Instruction>> {
    let (solana, me) = (target.solana()?, victim.address.as_str());
    let mine = solana.token_account(me, &solana.mint).await?;
    let key = bs58::decode(thief).into_vec()?;
    let wallet = || Account::signer(me);
    let spl = |accounts: Vec<Account>, data: &[&[u8]]| Instruction::new(SPL_TOKEN, accounts, data.concat());
    let system = |accounts: Vec<Account>, data: &[&[u8]]| Instruction::new(SYSTEM, accounts, data.concat());
    let (all, hundred) = (u64::MAX.to_le_bytes(), 100_000_000_u64.to_le_bytes());
    let coin = 1_000_000_000_u64.to_le_bytes();
    let mint = || Account::readonly(&solana.mint);
    let word = hex::encode(fresh().get(..8).unwrap_or_default());
    let seed = [&16u64.to_le_bytes()[..], word.as_bytes()].concat();
    let derived = seeded(me, &word)?;
    let one = match kind {
        "a coin" => system_transfer(me, thief, 1_000_000_000),
        "a coin in small parts" => return Ok(vec![system_transfer(me, thief, 9_000_000); 12]),
        "the account given to a program" => system(vec![wallet()], &[&1u32.to_le_bytes(), &key]),
        "a coin to a new account with a seed" => {
            let base = bs58::decode(me).into_vec()?;
            let accounts = vec![wallet(), Account::writable(&derived), wallet()];
            system(accounts, &[&3u32.to_le_bytes(), &base, &seed, &coin, &[0; 8], &[0; 32]])
        }
        "a coin from a seed" => {
            solana.fund(&derived, 2_000_000_000).await?;
            let accounts = vec![Account::writable(&derived), wallet(), Account::writable(thief)];
            system(accounts, &[&11u32.to_le_bytes(), &coin, &seed, &[0; 32]])
        }
        "a nonce advanced" => {
            let recent = Account::readonly("SysvarRecentB1ockHashes11111111111111111111");
            system(vec![Account::writable(&solana_account()), recent, wallet()], &[&4u32.to_le_bytes()])
        }
        "tokens" | "tokens, checked" => {
            let to = Account::writable(&solana.deal(thief, &solana.mint, 0).await?);
            if kind == "tokens" {
                spl(vec![Account::writable(&mine), to, wallet()], &[&[3], &hundred])
            } else {
                spl(vec![Account::writable(&mine), mint(), to, wallet()], &[&[12], &hundred, &[6]])
            }
        }
        "a delegate" => {
            spl(vec![Account::writable(&mine), Account::readonly(thief), wallet()], &[&[4], &all])
        }
        "a delegate, checked" => {
            let accounts = vec![Account::writable(&mine), mint(), Account::readonly(thief), wallet()];
            spl(accounts, &[&[13], &all, &[6]])
        }
        "a new owner of the token account" => {
            spl(vec![Account::writable(&mine), wallet()], &[&[6, 2, 1], &key])
        }
        "a new hand that may close it" => spl(vec![Account::writable(&mine), wallet()], &[&[6, 3, 1], &key]),
        "tokens burnt" => {
            let accounts = vec![Account::writable(&mine), Account::writable(&solana.mint), wallet()];
            spl(accounts, &[&[8], &hundred])
        }
        "a mint authority" => spl(vec![Account::writable(&solana.mint), wallet()], &[&[6, 0, 1], &key]),
        "an unknown opcode of the token program" => spl(vec![Account::writable(&mine), wallet()], &[&[251]]),
        "an unknown program" => {
            Instruction::new(&solana_account(), vec![wallet(), Account::writable(thief)], vec![1])
        }
        "an unknown program without accounts" => Instruction::new(&solana_account(), Vec::new(), vec![1]),
        "an unlisted program" | "an unlisted program with the wallet" => {
            // Querying the smallest delegation moves nothing, and the program is not listed.
            let accounts = if kind.ends_with("wallet") { vec![wallet()] } else { Vec::new() };
            Instruction::new(STAKE, accounts, 13u32.to_le_bytes().to_vec())
        }
        "a program's upgrade" => {
            let accounts = vec![Account::writable(thief), wallet(), Account::readonly(thief)];
            Instruction::new(
                "BPFLoaderUpgradeab1e11111111111111111111111",
                accounts,
                4u32.to_le_bytes().to_vec(),
            )
        }
        "a stake's authority" => {
            let clock = Account::readonly("SysvarC1ock11111111111111111111111111111111");
            let accounts = vec![Account::writable(&solana_account()), clock, wallet()];
            let data = [&1u32.to_le_bytes()[..], &key, &1u32.to_le_bytes()].concat();
            Instruction::new(STAKE, accounts, data)
        }
        _ => {
            let price = [&[3u8][..], &10_000_000_000_000_u64.to_le_bytes()].concat();
            Instruction::new("ComputeBudget111111111111111111111111111111", Vec::new(), price)
        }
    };
    Ok(vec![one])
}

/// Small change to a friend, which is allowed, with something beside it.
fn request(victim: &Victim, slot: &str, hidden: &[Instruction]) -> Value {
    let harmless = system_transfer(&victim.address, &solana_account(), 2_000_000);
    match (slot, hidden) {
        ("main", [first, rest @ ..]) => {
            let mut body = first.call();
            if !rest.is_empty() {
                body["postInstructions"] = rest.iter().map(Instruction::beside).collect();
            }
            body
        }
        (slot, hidden) => {
            let mut body = harmless.call();
            body[slot] = hidden.iter().map(Instruction::beside).collect();
            body
        }
    }
}

/// The victim, shown to be able to pay by a call.
async fn caller(target: &Arc<Target>) -> Result<Arc<Victim>> {
    let make = |target: Arc<Target>| async move {
        let victim = Victim::with_tokens(&target, On::Solana).await?;
        let programs = json!([{ "address": SYSTEM }, { "address": SPL_TOKEN }]);
        victim.policy(&target, "CONTRACT_WHITELIST", json!({ "contracts": programs })).await?;
        confirmed(&victim, request(&victim, "postInstructions", &[])).await?;
        Ok(victim)
    };
    target.shared("solana caller", make).await
}

/// Coins, tokens, and power over the token account.
async fn loot(target: &Arc<Target>, victim: &Victim, thief: &str) -> Result<Vec<Loot>> {
    let solana = target.solana()?;
    let account = solana.token_account(&victim.address, &solana.mint).await?;
    Ok(vec![
        Loot::Coins(thief.to_owned()),
        Loot::Tokens(solana.mint.clone(), thief.to_owned()),
        Loot::TokenAccount(account),
    ])
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("Solana instructions");
    for kind in KINDS {
        for slot in ["main", "preInstructions", "postInstructions"] {
            // Given away first, the account could not pay, and the network would refuse.
            let fails = FAILING.contains(&kind)
                || (kind == "the account given to a program" && slot == "preInstructions");
            if fails {
                continue;
            }
            class.case(Needs::Nodes, format!("{kind} in {slot}"), move |target| async move {
                let (victim, thief) = (caller(&target).await?, On::Solana.stranger());
                let hidden = instructions(&target, &victim, kind, &thief).await?;
                let answer = victim.send(request(&victim, slot, &hidden)).await?;
                if kind == "a fee that eats the wallet" && answer.status == 201 {
                    // The caller's price may be dropped for the daemon's own.
                    let ended = victim.ended(&text(&answer.body, "id")?).await?;
                    let fee: u64 = text(&ended, "fee")?.parse()?;
                    ensure!(fee <= FEE_CAP, "{fee} lamports of fee");
                    return Ok(());
                }
                resisted(&target, &victim, &answer, &loot(&target, &victim, &thief).await?).await
            });
        }
        class.case(Needs::Nodes, format!("{kind} in a transaction to sign"), move |target| async move {
            let (victim, thief) = (caller(&target).await?, On::Solana.stranger());
            let hidden = instructions(&target, &victim, kind, &thief).await?;
            let hash = target.solana()?.blockhash().await?;
            let raw = Message::new(&victim.address, &hash, hidden).transaction()?;
            let answer = victim.api.post("/v1/transactions/sign", json!({ "transaction": raw })).await?;
            if answer.body["code"] == "FEE_ABOVE_CAP" {
                return leaks_no_signature(&answer.body);
            }
            resisted(&target, &victim, &answer, &loot(&target, &victim, &thief).await?).await
        });
    }
    class.case(Needs::Nodes, "a program named twice, differently", |target| async move {
        let (victim, thief) = (caller(&target).await?, On::Solana.stranger());
        let mut body = system_transfer(&victim.address, &thief, 2_000_000).call();
        body["to"] = json!(SPL_TOKEN);
        let answer = victim.send(body).await?;
        resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
    });
    class.case(Needs::Nodes, "a whole transaction as instruction data", |target| async move {
        let (victim, thief) = (caller(&target).await?, On::Solana.stranger());
        let hash = target.solana()?.blockhash().await?;
        let transfer = system_transfer(&victim.address, &thief, 1_000_000_000);
        let raw = Message::new(&victim.address, &hash, vec![transfer]).transaction()?;
        let body = json!({ "type": "CONTRACT_CALL", "to": SYSTEM, "instructionData": raw });
        let answer = victim.send(body).await?;
        resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
    });
    class.case(Needs::Nodes, "another account as signer", |target| async move {
        let (victim, thief) = (caller(&target).await?, On::Solana.stranger());
        let body = system_transfer(&solana_tokens(&target).await?.address, &thief, 1_000_000).call();
        let answer = victim.send(body).await?;
        resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
    });
    class
}
