//! Nodes that lie about what became of a payment.
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
const PATIENCE: Duration = Duration::from_secs(60);
/// 90 dollars.
const NINETY: &str = "0.03";

/// Makes a node lie.
type Lies = fn(&FaultProxy);
/// Changes what a node answers.
type Edit = fn(&mut Value);

/// A daemon on two nodes, or on the lying one alone, and a wallet that may spend 100 dollars at once and
/// 200 a day. What happened is final after `depth` blocks.
async fn stage(
    target: &Arc<Target>,
    alone: bool,
    depth: u64,
) -> Result<(Daemon, FaultProxy, Arc<Target>, Victim)> {
    let honest = target.evm()?.node.url();
    let proxy = FaultProxy::start(&honest).await?;
    let liar = proxy.url();
    let nodes = if alone { liar.clone() } else { format!("{liar},{honest}") };
    let (daemon, there) = target.beside(move |options| {
        options.evm = liar;
        options.through = vec![
            "env".into(),
            format!("WAIAAS_RPC_EVM_LOCALNET={nodes}"),
            format!("WAIAAS_CONFIRMATION_EVM_FINALITY_DEPTH={depth}"),
        ];
    })?;
    let victim = Victim::rich(&there, On::Evm).await?;
    let rules = json!({
        "instant_max_usd": 100, "notify_max_usd": 100, "delay_max_usd": 100, "daily_limit_usd": 200,
    });
    victim.policy(&there, "SPENDING_LIMIT", rules).await?;
    victim.works().await?;
    Ok((daemon, proxy, there, victim))
}

/// Twice 90 dollars while the node lies, then the third time.
async fn overspend(target: &Arc<Target>, alone: bool, depth: u64, lies: Lies) -> Result<()> {
    let (_daemon, proxy, there, victim) = stage(target, alone, depth).await?;
    lies(&proxy);
    let mut paid = Vec::new();
    for _ in 0..2 {
        let sent = victim.pay(&On::Evm.stranger(), NINETY).await?.expect(201)?;
        paid.push(text(&sent, "id")?);
    }
    proxy.forget();
    until("the lies are heard", PATIENCE, || async {
        let mut ended = true;
        for id in &paid {
            ended &= victim.transaction(id).await?["isFinal"] == true;
        }
        Ok((ended || proxy.count(RECEIPT) >= 6).then_some(()))
    })
    .await?;
    let thief = On::Evm.stranger();
    let answer = victim.pay(&thief, NINETY).await?;
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

pub(crate) fn class() -> Class {
    let mut class = Class::new("lying nodes");
    let edits: [(&str, Lies); 4] = [
        ("it failed", |proxy| proxy.always(RECEIPT, When::After, Fault::Edit(failed))),
        ("it failed and cost nothing", |proxy| proxy.always(RECEIPT, When::After, Fault::Edit(free))),
        ("it was never seen, and its nonce is used", denies),
        ("it is not known", forgets),
    ];
    for (name, lies) in edits {
        class.case(Needs::Own, format!("one of two nodes: {name}"), move |target| async move {
            overspend(&target, false, 1, lies).await
        });
        class.case(
            Needs::Own,
            format!("one of two nodes, before it is final: {name}"),
            move |target| async move { overspend(&target, false, 8000, lies).await },
        );
        class.case(
            Needs::Own,
            format!("the only node, before it is final: {name}"),
            move |target| async move { overspend(&target, true, 8000, lies).await },
        );
    }
    let fees: [(&str, Edit); 2] = [("gas price", dear), ("data fee", data_fee)];
    for (name, edit) in fees {
        class.case(
            Needs::Own,
            format!("a receipt with an absurd {name} uses up no limit"),
            move |target| async move {
                let (_daemon, proxy, _, victim) = stage(&target, true, 1).await?;
                proxy.always(RECEIPT, When::After, Fault::Edit(edit));
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
            },
        );
    }
    class
}
