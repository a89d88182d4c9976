//! Nodes that invent policy facts.
//!
//! A naive design asks the first node how many decimals a token has, or what an address lookup table holds, and
//! keeps to its answer. One lie then moves every limit, or puts a friend where the chain will pay a thief.

use std::sync::Arc;

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::{Answer, Daemon, Fault, FaultProxy, When};
use serde_json::{Value, json};

use crate::kit::{
    Account, Class, Loot, Message, Needs, On, Target, Victim, leaks_no_signature, pocket, resisted,
    solana_account, system_transfer,
};

const LOOKUP_TABLES: &str = "AddressLookupTab1e1111111111111111111111111";
/// The recipient that the operator lists, as an account key.
const FRIEND: [u8; 32] = [7; 32];
/// Five thousandths of a coin, within the pocket.
const SMALL: u64 = 5_000_000;
/// Half a thousand test tokens, fifty times the pocket.
const FORTUNE: &str = "500000000000000000000";

/// A daemon on two nodes, of which one may lie, and a wallet with a pocket.
async fn stage(
    target: &Arc<Target>,
    on: On,
    first: bool,
) -> Result<(Daemon, FaultProxy, Arc<Target>, Victim)> {
    let (honest, variable) = match on {
        On::Evm => (target.evm()?.node.url(), "WAIAAS_RPC_EVM_LOCALNET"),
        On::Solana => (target.solana()?.node.url(), "WAIAAS_RPC_SOLANA_LOCALNET"),
    };
    let proxy = FaultProxy::start(&honest).await?;
    let liar = proxy.url();
    let nodes = if first { format!("{liar},{honest}") } else { format!("{honest},{liar}") };
    let (daemon, there) = target.beside(move |options| {
        options.through = vec!["env".into(), format!("{variable}={nodes}")];
    })?;
    let victim = Victim::rich(&there, on).await?;
    victim.policy(&there, "SPENDING_LIMIT", pocket(&there, on)?).await?;
    victim.works().await?;
    Ok((daemon, proxy, there, victim))
}

/// 18 decimals become 30.
fn twelve_more(answer: &mut Value) {
    if answer.as_str().is_some_and(|word| word.len() == 66 && word.ends_with("0012")) {
        *answer = json!(format!("0x{:064x}", 30));
    }
}

async fn tokens(target: &Target, victim: &Victim, thief: &str, dry: bool) -> Result<Answer> {
    let token = json!({ "address": target.evm()?.erc20 });
    let mut body = json!({ "type": "TOKEN_TRANSFER", "to": thief, "amount": FORTUNE, "token": token });
    if dry {
        body["dryRun"] = json!(true);
    }
    victim.send(body).await
}

/// Refused for want of agreement, and nothing of it happened.
async fn contradicted(target: &Target, victim: &Victim, answer: &Answer, loot: Loot) -> Result<()> {
    loot.none(target, victim).await?;
    leaks_no_signature(&answer.body)?;
    ensure!(
        answer.status == 502 && answer.body["code"] == "NODES_CONTRADICT",
        "believed: HTTP {} {}",
        answer.status,
        answer.body
    );
    Ok(())
}

fn decimals(class: &mut Class) {
    for (place, first) in [("first", true), ("second", false)] {
        let name = format!("decimals at first sight, by the {place} of two nodes, in a dry run");
        class.case(Needs::Own, name, move |target| async move {
            let (_daemon, proxy, there, victim) = stage(&target, On::Evm, first).await?;
            let rules = json!({ "tokens": [{ "address": there.evm()?.erc20 }] });
            victim.policy(&there, "ALLOWED_TOKENS", rules).await?;
            let thief = On::Evm.stranger();
            proxy.always("eth_call", When::After, Fault::Edit(twelve_more));
            tokens(&there, &victim, &thief, true).await?;
            let answer = tokens(&there, &victim, &thief, false).await?;
            let loot = Loot::Tokens(there.evm()?.erc20.clone(), thief.clone());
            contradicted(&there, &victim, &answer, loot.clone()).await?;
            proxy.heal();
            let answer = tokens(&there, &victim, &thief, false).await?;
            resisted(&there, &victim, &answer, &[loot]).await
        });
    }
}

/// Replaces the last entry of a lookup table by the friend.
fn befriend(answer: &mut Value) {
    for account in answer["value"].as_array_mut().into_iter().flatten() {
        if account["owner"] != LOOKUP_TABLES {
            continue;
        }
        let data = account["data"][0].as_str().and_then(|text| STANDARD.decode(text).ok());
        if let Some(mut data) = data.filter(|data| data.len() > FRIEND.len()) {
            let entries = data.len() - FRIEND.len();
            data.truncate(entries);
            data.extend(FRIEND);
            account["data"][0] = json!(STANDARD.encode(data));
        }
    }
}

/// A table on chain with one entry.
async fn table(target: &Target, entry: &[u8]) -> Result<String> {
    let mut data = [&1u32.to_le_bytes()[..], &u64::MAX.to_le_bytes(), &0u64.to_le_bytes(), &[0, 0]].concat();
    data.resize(56, 0);
    data.extend(entry);
    let address = solana_account();
    target.solana()?.plant(&address, LOOKUP_TABLES, &data).await?;
    Ok(address)
}

/// Asks for a signature over a small payment to the account that the table names.
async fn payment(target: &Target, victim: &Victim, table: String) -> Result<Answer> {
    let mut transfer = system_transfer(&victim.address, &victim.address, SMALL);
    transfer.accounts = vec![Account::signer(&victim.address), Account::writable("table:0")];
    let mut message = Message::new(&victim.address, &target.solana()?.blockhash().await?, vec![transfer]);
    message.tables = vec![(table, vec![0], vec![])];
    let raw = message.transaction()?;
    victim.api.post("/v1/transactions/sign", json!({ "transaction": raw })).await
}

fn tables(class: &mut Class) {
    for (place, first) in [("first", true), ("second", false)] {
        let name = format!("an entry of a lookup table, by the {place} of two nodes");
        class.case(Needs::Own, name, move |target| async move {
            let (_daemon, proxy, there, victim) = stage(&target, On::Solana, first).await?;
            let rules = json!({ "allowed_addresses": [bs58::encode(FRIEND).into_string()] });
            victim.policy(&there, "WHITELIST", rules).await?;
            let honest = payment(&there, &victim, table(&there, &FRIEND).await?).await?;
            ensure!(honest.body["status"] == "SIGNED", "a friend is not paid: {}", honest.body);
            let thief = solana_account();
            proxy.always("getMultipleAccounts", When::After, Fault::Edit(befriend));
            let answer =
                payment(&there, &victim, table(&there, &bs58::decode(&thief).into_vec()?).await?).await?;
            contradicted(&there, &victim, &answer, Loot::Coins(thief)).await
        });
    }
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("lying facts");
    decimals(&mut class);
    tables(&mut class);
    class
}
