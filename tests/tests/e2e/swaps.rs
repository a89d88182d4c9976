//! Swaps through a router with published code: the holder of the signature decides when they happen.

use std::time::SystemTime;

use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, Bytes, U256};
use anyhow::{Context as _, Result, ensure};
use e2e::{Agent, OwnerKey, call_data, rpc};
use serde_json::{Value, json};

use crate::permits::address;
use crate::prices::{main_agent, priced};
use crate::stage::{Stage, id};
use crate::world::{ETHER, text};

/// Where Uniswap's v2 router is on the main network.
const ROUTER: &str = "0x7a250d5630b4cf539739df2c5dacb4c659f2488d";

/// A main network with that router and a pool of two tokens, one for one, and an agent that may swap five of
/// one at a time.
async fn market() -> Result<(Stage, Agent)> {
    let (mut stage, _) = priced().await?;
    let agent = main_agent(&stage).await?;
    let evm = stage.localnet.evm.clone();
    let code = rpc(&evm.rpc, "eth_getCode", json!([evm.uniswap_v2_router, "latest"])).await?;
    rpc(&evm.rpc, "anvil_setCode", json!([ROUTER, code])).await?;
    // The node's own accounts sign for its own chain.
    rpc(&evm.rpc, "anvil_setChainId", json!([31337])).await?;
    evm.fund_erc20(&agent.address, 100 * ETHER).await?;
    rpc(&evm.rpc, "anvil_impersonateAccount", json!([agent.address])).await?;
    let approve = call_data("approve(address,uint256)", &[address(ROUTER)?, number(100 * ETHER)]);
    evm.transact_as(&agent.address, &evm.erc20, &approve).await?;
    rpc(&evm.rpc, "anvil_setChainId", json!([1])).await?;

    let tokens = [&evm.erc20, &evm.weth];
    let listed: Vec<_> = tokens.iter().map(|token| json!({ "address": token })).collect();
    for (policy_type, rules) in [
        ("CONTRACT_WHITELIST", json!({ "contracts": [{ "address": ROUTER }] })),
        ("ALLOWED_TOKENS", json!({ "tokens": listed })),
    ] {
        let body = json!({
            "walletId": agent.wallet, "network": "ethereum-mainnet", "type": policy_type, "rules": rules,
        });
        stage.daemon.operator().post("/v1/policies", body).await?.expect(201)?;
    }
    let table = tokens.map(|token| format!("\"eip155:1/erc20:{}\" = \"1\"\n", token.to_lowercase())).concat();
    let table = format!("[prices.table]\n\"eip155:1/slip44:60\" = \"1\"\n{table}");
    stage.daemon.reconfigure(|config| config.replace("[prices.table]\n", &table))?;
    Ok((stage, agent))
}

fn number(number: u128) -> DynSolValue {
    DynSolValue::Uint(U256::from(number), 256)
}

/// Five tokens for 4.9 at least.
fn swap(stage: &Stage, agent: &Agent, deadline: U256) -> Result<String> {
    let evm = &stage.localnet.evm;
    let arguments = [
        number(5 * ETHER),
        number(49 * ETHER / 10),
        DynSolValue::Array(vec![address(&evm.erc20)?, address(&evm.weth)?]),
        address(&agent.address)?,
        DynSolValue::Uint(deadline, 256),
    ];
    Ok(call_data("swapExactTokensForTokens(uint256,uint256,address[],address,uint256)", &arguments))
}

/// Asks for the signature alone.
async fn signed(stage: &Stage, agent: &Agent, deadline: U256) -> Result<e2e::Answer> {
    let gwei = 1_000_000_000;
    let tx = TxEip1559 {
        chain_id: 1,
        nonce: u64::try_from(stage.localnet.evm.nonce(&agent.address).await?)?,
        gas_limit: 300_000,
        max_fee_per_gas: 3 * gwei,
        max_priority_fee_per_gas: gwei,
        to: ROUTER.parse::<Address>()?.into(),
        value: U256::ZERO,
        access_list: Default::default(),
        input: swap(stage, agent, deadline)?.parse::<Bytes>()?,
    };
    let body = json!({
        "transaction": format!("0x{}", hex::encode(tx.encoded_for_signing())), "network": "ethereum-mainnet",
    });
    agent.api(&stage.daemon).post("/v1/transactions/sign", body).await
}

/// The least that comes out was compared with the prices of now. The holder of the signature may wait until
/// it is worth less than what goes in.
#[tokio::test(flavor = "multi_thread")]
async fn a_swap_that_is_handed_out_ends_soon_or_takes_the_owner() -> Result<()> {
    let (stage, agent) = market().await?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let (soon, late) = (U256::from(now + 600), U256::from(now + 7_200));

    // A swap that the daemon sends itself happens at once, so its deadline does not matter.
    let body = json!({
        "type": "CONTRACT_CALL", "to": ROUTER, "calldata": swap(&stage, &agent, U256::MAX)?,
        "network": "ethereum-mainnet",
    });
    let sent = agent.api(&stage.daemon).post("/v1/transactions/send", body).await?.expect(201)?;
    ensure!(sent["tier"] == "INSTANT", "{sent}");
    let ended = stage.settled_as(&agent, &id(&sent)?).await?;
    ensure!(ended["status"] == "CONFIRMED", "{ended}");

    for deadline in [late, U256::MAX] {
        let refused = signed(&stage, &agent, deadline).await?;
        ensure!(refused.body.to_string().contains("no deadline within 20 minutes"), "{}", refused.body);
        ensure!(refused.refused(403)? == "OWNER_REQUIRED");
    }
    let given = signed(&stage, &agent, soon).await?.expect(200)?;
    ensure!(
        (&given["status"], given["signedTransaction"].is_string()) == (&json!("SIGNED"), true),
        "{given}"
    );

    let owner = OwnerKey::evm(3)?;
    agent.lock_owner(&stage.daemon, &owner).await?;
    let asked = signed(&stage, &agent, late).await?.expect(200)?;
    ensure!(asked["status"] == "PENDING_APPROVAL" && asked["signedTransaction"].is_null(), "{asked}");
    let path = format!("/v1/transactions/{}/explain", text(&asked, "id")?);
    let why = agent.api(&stage.daemon).get(&path).await?.expect(200)?;
    ensure!(why["reproduced"] == true, "{why}");
    let effects = why["effects"]["items"].as_array().context("effects")?;
    let swap = effects.iter().find(|effect: &&Value| effect["effect"] == "swap").context("a swap")?;
    ensure!(swap["deadline"] == now + 7_200, "{swap}");
    stage.intact().await
}
