//! Quantities that others control: events of a payment, and signatures that are never sent.

use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_primitives::U256;
use anyhow::{Result, ensure};
use e2e::rpc;
use serde_json::{Value, json};

use crate::world::{World, evm_payee, instant_up_to, text};

/// `for (i = COUNT; --i != 0;) BODY`
fn looping(count: u32, body: &str) -> String {
    format!("0x62{count:06x}5b{body}6001900380600457 00").replace(' ', "")
}

/// An event without anything in it.
const LOG: &str = "60006000a0";

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_confirmed_however_many_events_the_payee_writes() -> Result<()> {
    let world = World::ethereum_with(|options| {
        options.extra.push_str("\n[fees]\ntransfer_max_usd = \"1000\"\nmax_usd = \"1000\"\n");
    })
    .await?;
    world.policy("SPENDING_LIMIT", instant_up_to(10_000)).await?;
    let (node, payee) = (world.localnet.evm.rpc.clone(), evm_payee(91)?);
    // While it is judged the payee only uses up gas, about as much as the events will.
    rpc(&node, "anvil_setCode", json!([payee, looping(230_000, "")])).await?;
    rpc(&node, "evm_setAutomine", json!([false])).await?;
    let sent = world.send(&payee, "0.001").await?.expect(201)?;
    rpc(&node, "anvil_setCode", json!([payee, looping(14_000, LOG)])).await?;
    rpc(&node, "evm_setAutomine", json!([true])).await?;
    rpc(&node, "anvil_mine", json!(["0x2"])).await?;
    let ended = world.ended(text(&sent, "id")?).await?;
    ensure!(ended["status"] == "CONFIRMED", "{ended}");
    let receipt = rpc(&node, "eth_getTransactionReceipt", json!([ended["txHash"]])).await?;
    ensure!(
        receipt.to_string().len() > 4 * 1024 * 1024,
        "there were few events: {} bytes",
        receipt.to_string().len()
    );
    Ok(())
}

/// An empty transfer of the agent to itself, told from others by its gas.
fn empty(me: &str, gas: u64) -> Result<Value> {
    let tx = TxEip1559 {
        chain_id: 31337,
        nonce: 0,
        gas_limit: gas,
        max_fee_per_gas: 2_000_000_000,
        max_priority_fee_per_gas: 1,
        to: me.parse::<alloy_primitives::Address>()?.into(),
        value: U256::ZERO,
        access_list: Default::default(),
        input: Default::default(),
    };
    Ok(json!({ "transaction": format!("0x{}", hex::encode(tx.encoded_for_signing())) }))
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_signatures_are_out_at_once_until_some_have_ended() -> Result<()> {
    let world = World::ethereum_with(|options| {
        options.extra.push_str("\n[security]\nrate_limit_session_rpm = 100000\nrate_limit_tx_rpm = 10000\n");
    })
    .await?;
    world.policy("SPENDING_LIMIT", instant_up_to(10_000)).await?;
    let (api, me) = (world.agent.api(&world.daemon), world.agent.address.clone());
    let sign = async |gas: u64| api.post("/v1/transactions/sign", empty(&me, gas)?).await;
    let mut last = String::new();
    for gas in 0..100 {
        last = text(&sign(21_000 + gas).await?.expect(200)?, "id")?.to_owned();
    }
    let refused = sign(30_000).await?.expect(429)?;
    ensure!(refused["code"] == "TOO_MUCH_WAITING", "{refused}");
    ensure!(text(&refused, "hint")?.contains("waiaas tx close"), "{refused}");
    // A closed transaction makes room, and sent ones do not count.
    world.daemon.cli_json(&["tx", "close", &last, "--yes"])?;
    sign(30_000).await?.expect(200)?;
    sign(40_000).await?.expect(429)?;
    world.send(&evm_payee(92)?, "0.001").await?.expect(201)?;
    Ok(())
}
