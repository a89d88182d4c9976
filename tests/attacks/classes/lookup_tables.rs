//! Accounts that a message names by number.
//!
//! A naive design judges the addresses that are written in the message, and the thief's is not.

use std::sync::Arc;

use anyhow::Result;
use serde_json::json;

use super::solana_tokens;
use crate::kit::{
    Account, Class, Instruction, Loot, Message, Needs, On, SYSTEM, Target, Victim, resisted, solana_account,
    system_transfer,
};

const PROGRAM: &str = "AddressLookupTab1e1111111111111111111111111";

const KINDS: [&str; 10] = [
    "the recipient",
    "the recipient, behind others",
    "the recipient in a second table",
    "an entry beyond the end",
    "a table that is switched off",
    "a table of another program",
    "a table that does not exist",
    "a table too short for its head",
    "the program itself",
    "the sender's own account twice",
];

/// A table on chain with these entries.
async fn table(target: &Target, owner: &str, active: bool, entries: &[&str]) -> Result<String> {
    let off = if active { u64::MAX } else { 1 };
    let mut data = [&1u32.to_le_bytes()[..], &off.to_le_bytes(), &0u64.to_le_bytes(), &[0, 0]].concat();
    data.resize(56, 0);
    for entry in entries {
        data.extend(bs58::decode(entry).into_vec()?);
    }
    let address = solana_account();
    target.solana()?.plant(&address, owner, &data).await?;
    Ok(address)
}

/// A coin to the `at`-th looked-up account.
fn coin(victim: &Victim, at: usize) -> Instruction {
    let mut transfer = system_transfer(&victim.address, &victim.address, 1_000_000_000);
    transfer.accounts = vec![Account::signer(&victim.address), Account::writable(&format!("table:{at}"))];
    transfer
}

async fn message(target: &Arc<Target>, victim: &Victim, kind: &str, thief: &str) -> Result<Message> {
    let hash = target.solana()?.blockhash().await?;
    let others: Vec<_> = (0..5).map(|_| solana_account()).collect();
    let with = |tables, instruction| {
        let mut message = Message::new(&victim.address, &hash, vec![instruction]);
        message.tables = tables;
        message
    };
    let whole = async |owner: &str, active| table(target, owner, active, &[thief]).await;
    Ok(match kind {
        "the recipient, behind others" => {
            let mut entries: Vec<&str> = others.iter().map(String::as_str).collect();
            entries.push(thief);
            with(vec![(table(target, PROGRAM, true, &entries).await?, vec![5], vec![0])], coin(victim, 0))
        }
        "the recipient in a second table" => {
            let entries: Vec<&str> = others.iter().map(String::as_str).collect();
            let first = table(target, PROGRAM, true, &entries).await?;
            let second = whole(PROGRAM, true).await?;
            with(vec![(first, vec![0], vec![]), (second, vec![0], vec![])], coin(victim, 1))
        }
        "an entry beyond the end" => {
            with(vec![(whole(PROGRAM, true).await?, vec![9], vec![])], coin(victim, 0))
        }
        "a table that is switched off" => {
            with(vec![(whole(PROGRAM, false).await?, vec![0], vec![])], coin(victim, 0))
        }
        "a table of another program" => {
            with(vec![(whole(SYSTEM, true).await?, vec![0], vec![])], coin(victim, 0))
        }
        "a table that does not exist" => with(vec![(solana_account(), vec![0], vec![])], coin(victim, 0)),
        "a table too short for its head" => {
            let address = solana_account();
            target.solana()?.plant(&address, PROGRAM, &[1, 0, 0, 0, 255]).await?;
            with(vec![(address, vec![0], vec![])], coin(victim, 0))
        }
        "the program itself" => {
            let entries = [SYSTEM, thief];
            let table = table(target, PROGRAM, true, &entries).await?;
            let mut transfer = coin(victim, 0);
            transfer.program = "table:1".to_owned();
            with(vec![(table, vec![1], vec![0])], transfer)
        }
        "the sender's own account twice" => {
            let entries = [victim.address.as_str(), thief];
            let table = table(target, PROGRAM, true, &entries).await?;
            with(vec![(table, vec![0, 1], vec![])], coin(victim, 1))
        }
        _ => with(vec![(whole(PROGRAM, true).await?, vec![0], vec![])], coin(victim, 0)),
    })
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("lookup tables");
    for kind in KINDS {
        class.case(Needs::Nodes, format!("{kind}, in a transaction to sign"), move |target| async move {
            let (victim, thief) = (solana_tokens(&target).await?, On::Solana.stranger());
            let raw = message(&target, &victim, kind, &thief).await?.transaction()?;
            let answer = victim.api.post("/v1/transactions/sign", json!({ "transaction": raw })).await?;
            resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
        });
    }
    for (name, known) in [("that names the thief", true), ("that does not exist", false)] {
        class.case(Needs::Nodes, format!("a call with a table {name}"), move |target| async move {
            let (victim, thief) = (solana_tokens(&target).await?, On::Solana.stranger());
            let table = match known {
                true => table(&target, PROGRAM, true, &[&thief]).await?,
                false => solana_account(),
            };
            let mut body = system_transfer(&victim.address, &thief, 1_000_000_000).call();
            body["addressLookupTableAddresses"] = json!([table]);
            let answer = victim.send(body).await?;
            resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
        });
    }
    class
}
