//! Nodes that lie about the outcome of a payment.
//!
//! A naive design believes the node that answers. One that says that a payment failed, died, or cost next to
//! nothing gives back room under the daily limit, and the next payment goes out on top.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Daemon, Fault, FaultProxy, When, until};
use serde_json::{Value, json};

use crate::kit::{Class, Loot, Needs, On, Target, Victim, resisted, text};

const RECEIPT: &str = "eth_getTransactionReceipt";
const STATUSES: &str = "getSignatureStatuses";
const PATIENCE: Duration = Duration::from_secs(60);

/// The method that asks for the outcome of a payment.
const fn outcome(on: On) -> &'static str {
    match on {
        On::Evm => RECEIPT,
        On::Solana => STATUSES,
    }
}

/// 90 dollars.
const fn ninety(on: On) -> &'static str {
    match on {
        On::Evm => "0.03",
        On::Solana => "0.6",
    }
}

/// Makes a node lie.
type Lies = fn(&FaultProxy);

/// A daemon on two nodes, or on the lying one alone, and a wallet that may spend 100 dollars at once and
/// 200 a day. A block is final after `depth` more.
async fn stage(
    target: &Arc<Target>,
    on: On,
    alone: bool,
    depth: u64,
) -> Result<(Daemon, FaultProxy, Arc<Target>, Victim)> {
    let (honest, variable) = match on {
        On::Evm => (target.evm()?.node.url(), "WAIAAS_RPC_EVM_LOCALNET"),
        On::Solana => (target.solana()?.node.url(), "WAIAAS_RPC_SOLANA_LOCALNET"),
    };
    let proxy = FaultProxy::start(&honest).await?;
    let liar = proxy.url();
    let nodes = if alone { liar } else { format!("{liar},{honest}") };
    let (daemon, there) = target.beside(move |options| {
        options.through = vec![
            "env".into(),
            format!("{variable}={nodes}"),
            format!("WAIAAS_CONFIRMATION_EVM_FINALITY_DEPTH={depth}"),
        ];
    })?;
    let victim = Victim::rich(&there, on).await?;
    let rules = json!({
        "instant_max_usd": 100, "notify_max_usd": 100, "delay_max_usd": 100, "daily_limit_usd": 200,
    });
    victim.policy(&there, "SPENDING_LIMIT", rules).await?;
    victim.works().await?;
    Ok((daemon, proxy, there, victim))
}

/// Twice 90 dollars while the node lies, then the third time.
async fn overspend(target: &Arc<Target>, on: On, alone: bool, depth: u64, lies: Lies) -> Result<()> {
    let (_daemon, proxy, there, victim) = stage(target, on, alone, depth).await?;
    lies(&proxy);
    let mut paid = Vec::new();
    for _ in 0..2 {
        let sent = victim.pay(&on.stranger(), ninety(on)).await?.expect(201)?;
        paid.push(text(&sent, "id")?);
    }
    proxy.forget();
    until("the lies are heard", PATIENCE, || async {
        let mut ended = true;
        for id in &paid {
            let tx = victim.transaction(id).await?;
            // Nothing is signed on the answer of one node alone.
            ended &= tx["isFinal"] == true || tx["pendingCode"] == "NODE_UNPROVED";
        }
        Ok((ended || proxy.count(outcome(on)) >= 6).then_some(()))
    })
    .await?;
    let thief = on.stranger();
    let answer = victim.pay(&thief, ninety(on)).await?;
    resisted(&there, &victim, &answer, &[Loot::Coins(thief)]).await
}

fn failed(receipt: &mut Value) {
    if receipt.is_object() {
        receipt["status"] = json!("0x0");
    }
}

fn free(receipt: &mut Value) {
    failed(receipt);
    if receipt.is_object() {
        receipt["gasUsed"] = json!("0x0");
    }
}

fn dear(receipt: &mut Value) {
    if receipt.is_object() {
        receipt["effectiveGasPrice"] = json!(format!("0x{}", "f".repeat(40)));
    }
}

fn data_fee(receipt: &mut Value) {
    if receipt.is_object() {
        receipt["l1Fee"] = json!(format!("0x{}", "f".repeat(40)));
    }
}

/// Ten million blocks on.
fn far(block: &mut Value) {
    if block["number"].is_string() {
        block["number"] = json!("0x989680");
    }
}

/// The payment failed, so deep in the chain that nothing can change it.
fn deep(proxy: &FaultProxy) {
    proxy.always(RECEIPT, When::After, Fault::Edit(failed));
    proxy.always("eth_getBlockByNumber", When::After, Fault::Edit(far));
}

/// It never saw the payment, and something else has used the nonce.
fn denies(proxy: &FaultProxy) {
    for (method, lie) in [
        (RECEIPT, Value::Null),
        ("eth_getTransactionByHash", Value::Null),
        ("eth_getTransactionBySenderAndNonce", Value::Null),
    ] {
        proxy.always(method, When::Before, Fault::Lie(lie));
    }
}

/// It is a transaction behind, for ever.
fn forgets(proxy: &FaultProxy) {
    proxy.always(RECEIPT, When::Before, Fault::Lie(Value::Null));
    proxy.always("eth_getTransactionByHash", When::Before, Fault::Lie(Value::Null));
}

/// Changes each status that a node knows.
fn each(answer: &mut Value, change: impl Fn(&mut Value)) {
    for status in answer["value"].as_array_mut().into_iter().flatten().filter(|status| status.is_object()) {
        change(status);
    }
}

/// It failed, for good or so far.
fn broke(answer: &mut Value) {
    each(answer, |status| {
        status["err"] = json!("AccountInUse");
        status["confirmations"] = Value::Null;
        status["confirmationStatus"] = json!("finalized");
    });
}

/// No node has seen it by a slot that is far past its end.
fn unseen(answer: &mut Value) {
    answer["context"]["slot"] = json!(u64::from(u32::MAX));
    each(answer, |status| *status = Value::Null);
}

fn far_epoch(epoch: &mut Value) {
    (epoch["absoluteSlot"], epoch["blockHeight"]) = (json!(u32::MAX), json!(u32::MAX));
}

fn stale(answer: &mut Value) {
    answer["value"] = json!(false);
}

fn free_of_charge(transaction: &mut Value) {
    if transaction.is_object() {
        transaction["meta"]["fee"] = json!(0);
    }
}

fn beyond_the_offer(transaction: &mut Value) {
    if transaction.is_object() {
        transaction["meta"]["fee"] = json!(u64::MAX);
    }
}

fn broke_and_cost_nothing(proxy: &FaultProxy) {
    proxy.always(STATUSES, When::After, Fault::Edit(broke));
    proxy.always("getTransaction", When::After, Fault::Edit(free_of_charge));
}

/// The blocks that could have held it are all long past, and none did.
fn expires(proxy: &FaultProxy) {
    proxy.always(STATUSES, When::After, Fault::Edit(unseen));
    proxy.always("getBlockHeight", When::Before, Fault::Lie(json!(u32::MAX)));
    proxy.always("getEpochInfo", When::After, Fault::Edit(far_epoch));
    proxy.always("isBlockhashValid", When::After, Fault::Edit(stale));
}

/// The payment is signed over a blockhash that no other node has seen, and that is long past by the node's word.
fn makes_up_the_end(proxy: &FaultProxy) {
    proxy.always("getLatestBlockhash", When::After, Fault::Edit(unknown_blockhash));
}

fn unknown_blockhash(answer: &mut Value) {
    let hash = answer["value"]["blockhash"].as_str().unwrap_or_default();
    let last = if hash.ends_with('2') { "3" } else { "2" };
    let other = hash.get(..hash.len().saturating_sub(1)).unwrap_or_default().to_owned() + last;
    answer["value"]["blockhash"] = json!(other);
    answer["value"]["lastValidBlockHeight"] = json!(0);
}

/// On Solana it is the node that says when something is final.
fn on_solana(class: &mut Class) {
    let lies: [(&str, Lies); 5] = [
        ("its time is over before it was sent", makes_up_the_end),
        ("it failed", |proxy| proxy.always(STATUSES, When::After, Fault::Edit(broke))),
        ("it failed and cost nothing", broke_and_cost_nothing),
        ("its time has passed without it", expires),
        ("it is not known", |proxy| proxy.always(STATUSES, When::After, Fault::Edit(unseen))),
    ];
    for (name, lies) in lies {
        class.case(Needs::Own, format!("one of two Solana nodes: {name}"), move |target| async move {
            overspend(&target, On::Solana, false, 1, lies).await
        });
    }
    let name = "a fee on Solana beyond what was offered uses up no limit";
    class.case(Needs::Own, name, |target| async move {
        let (_daemon, proxy, _, victim) = stage(&target, On::Solana, true, 1).await?;
        proxy.always("getTransaction", When::After, Fault::Edit(beyond_the_offer));
        let sent = victim.pay(&On::Solana.stranger(), "0.01").await?.expect(201)?;
        let ended = victim.ended(&text(&sent, "id")?).await?;
        ensure!(ended["status"] == "CONFIRMED", "{ended}");
        victim.works().await
    });
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("lying nodes");
    on_solana(&mut class);
    let edits: [(&str, Lies); 4] = [
        ("it failed", |proxy| proxy.always(RECEIPT, When::After, Fault::Edit(failed))),
        ("it failed and cost nothing", |proxy| proxy.always(RECEIPT, When::After, Fault::Edit(free))),
        ("it was never seen, and its nonce is used", denies),
        ("it is not known", forgets),
    ];
    for (name, lies) in edits {
        class.case(Needs::Own, format!("one of two nodes: {name}"), move |target| async move {
            overspend(&target, On::Evm, false, 1, lies).await
        });
        class.case(
            Needs::Own,
            format!("one of two nodes, before it is final: {name}"),
            move |target| async move { overspend(&target, On::Evm, false, 8000, lies).await },
        );
        class.case(
            Needs::Own,
            format!("the only node, before it is final: {name}"),
            move |target| async move { overspend(&target, On::Evm, true, 8000, lies).await },
        );
    }
    // Alone, it is believed: no other node says how deep the chain is.
    for (name, depth) in [("it failed, deep in the chain", 1), ("it failed, deeper than is asked for", 8000)]
    {
        class.case(Needs::Own, format!("one of two nodes: {name}"), move |target| async move {
            overspend(&target, On::Evm, false, depth, deep).await
        });
    }
    class.case(Needs::Own, "a receipt with an absurd gas price uses up no limit", |target| async move {
        let (_daemon, proxy, _, victim) = stage(&target, On::Evm, true, 1).await?;
        proxy.always(RECEIPT, When::After, Fault::Edit(dear));
        let sent = victim.pay(&On::Evm.stranger(), "0.002").await?.expect(201)?;
        let id = text(&sent, "id")?;
        until("the receipt is refused", PATIENCE, || async {
            let tx = victim.transaction(&id).await?;
            ensure!(tx["status"] == "SUBMITTED", "believed: {tx}");
            Ok((tx["pendingCode"] == "NODE_UNUSABLE").then_some(()))
        })
        .await?;
        proxy.heal();
        let ended = victim.ended(&id).await?;
        ensure!(ended["status"] == "CONFIRMED", "{ended}");
        victim.works().await
    });
    class.case(Needs::Own, "a data fee on a network that has none uses up no limit", |target| async move {
        let (_daemon, proxy, _, victim) = stage(&target, On::Evm, true, 1).await?;
        proxy.always(RECEIPT, When::After, Fault::Edit(data_fee));
        let sent = victim.pay(&On::Evm.stranger(), "0.002").await?.expect(201)?;
        let ended = victim.ended(&text(&sent, "id")?).await?;
        let fee: u128 = text(&ended, "fee")?.parse()?;
        ensure!(ended["status"] == "CONFIRMED" && fee < 1_000_000_000_000_000, "{ended}");
        victim.works().await
    });
    class
}
