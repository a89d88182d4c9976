//! Every type of request beside transfers, on both nodes: its effect on chain, and the policies that have to
//! allow it. The attack kit tries to abuse them.

use anyhow::{Context as _, Result};
use e2e::{Answer, OwnerKey};
use serde_json::{Value, json};

use crate::world::{ETHER, SOL, World, evm_payee, instant_up_to, solana_payee, text};

/// A policy of the agent's wallet on its own network: a contract is another one elsewhere.
async fn scoped(world: &World, policy_type: &str, rules: Value) -> Result<()> {
    let body = json!({
        "type": policy_type, "walletId": world.agent.wallet, "network": "evm-localnet", "rules": rules,
    });
    world.daemon.operator().post("/v1/policies", body).await?.expect(201).map(drop)
}

/// An EVM agent that may spend up to 100 dollars at a time and use the ERC-20.
async fn spender() -> Result<World> {
    let world = World::ethereum().await?;
    world.policy("SPENDING_LIMIT", instant_up_to(100)).await?;
    let token = world.localnet.evm.erc20.clone();
    scoped(&world, "ALLOWED_TOKENS", json!({ "tokens": [{ "address": token }] })).await?;
    Ok(world)
}

fn code(answer: Answer) -> Result<String> {
    answer.refused(403)
}

/// The owner's yes to a waiting transaction.
async fn approve(world: &World, owner: &OwnerKey, id: &str) -> Result<Value> {
    let path = format!("/v1/transactions/{id}");
    let asked = world.daemon.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
    let yes = owner.answering(&world.daemon.anonymous(), &asked["approve"])?;
    yes.post_empty(&format!("{path}/approve")).await?.expect(200)
}

fn word(address: &str) -> String {
    format!("{:0>64}", address.trim_start_matches("0x").to_lowercase())
}

async fn call(world: &World, to: &str, data: &str) -> Result<String> {
    let params = json!([{ "to": to, "data": data }, "latest"]);
    let answer = e2e::rpc(&world.localnet.evm.rpc, "eth_call", params).await?;
    Ok(answer.as_str().context("an answer")?.to_owned())
}

async fn allowance(world: &World, spender: &str) -> Result<u128> {
    let data = format!("0xdd62ed3e{}{}", word(&world.agent.address), word(spender));
    let answer = call(world, &world.localnet.evm.erc20, &data).await?;
    Ok(u128::from_str_radix(answer.trim_start_matches("0x").trim_start_matches('0'), 16).unwrap_or(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowance_needs_an_approved_spender_and_an_end() -> Result<()> {
    let world = spender().await?;
    let (token, friend, stranger) = (world.localnet.evm.erc20.clone(), evm_payee(21)?, evm_payee(22)?);
    let approve = |who: &str, amount: &str| {
        world.request(json!({
            "type": "APPROVE", "spender": who, "humanAmount": amount, "token": { "address": token },
        }))
    };
    assert_eq!(code(approve(&friend, "5").await?)?, "SPENDER_NOT_APPROVED", "no spender is listed");
    let most = (7 * ETHER).to_string();
    let rules = json!({ "spenders": [{ "address": friend, "maxAmount": most }] });
    scoped(&world, "APPROVED_SPENDERS", rules).await?;
    assert_eq!(code(approve(&stranger, "5").await?)?, "SPENDER_NOT_APPROVED");
    assert_eq!(code(approve(&friend, "7.000000000000000001").await?)?, "APPROVE_AMOUNT_EXCEEDED");
    let given = approve(&friend, "7").await?.expect(201)?;
    assert_eq!(world.ended(text(&given, "id")?).await?["status"], "CONFIRMED");
    assert_eq!(allowance(&world, &friend).await?, 7 * ETHER, "the boundary is inside");

    // The same bytes as a contract call are the same effects, and meet the same policies.
    let raw = |who: &str, amount: u128| {
        let data = format!("0x095ea7b3{}{amount:064x}", word(who));
        world.request(json!({ "type": "CONTRACT_CALL", "to": token, "calldata": data }))
    };
    assert_eq!(code(raw(&stranger, ETHER).await?)?, "SPENDER_NOT_APPROVED");
    assert_eq!(code(raw(&friend, 8 * ETHER).await?)?, "APPROVE_AMOUNT_EXCEEDED");

    // Increments add up; no single one names the total.
    let step = format!("0x39509351{}{:064x}", word(&friend), ETHER);
    let step = world.request(json!({ "type": "CONTRACT_CALL", "to": token, "calldata": step })).await?;
    assert_eq!(code(step)?, "APPROVE_AMOUNT_EXCEEDED", "7 and 1 are more than 7");
    assert_eq!(allowance(&world, &friend).await?, 7 * ETHER);

    // Revoking an allowance needs no listed spender.
    let back = approve(&stranger, "0").await?.expect(201)?;
    assert_eq!(world.ended(text(&back, "id")?).await?["status"], "CONFIRMED");
    let back = approve(&friend, "0").await?.expect(201)?;
    assert_eq!(world.ended(text(&back, "id")?).await?["status"], "CONFIRMED");
    assert_eq!(allowance(&world, &friend).await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowance_beyond_the_balance_is_unlimited() -> Result<()> {
    let world = spender().await?;
    let (token, friend) = (world.localnet.evm.erc20.clone(), evm_payee(21)?);
    scoped(&world, "APPROVED_SPENDERS", json!({ "spenders": [{ "address": friend }] })).await?;
    let approve = |amount: &str| {
        world.request(json!({
            "type": "APPROVE", "spender": friend, "amount": amount, "token": { "address": token },
        }))
    };
    let everything = 1000 * ETHER;
    assert_eq!(code(approve(&(everything + 1).to_string()).await?)?, "UNLIMITED_APPROVE_BLOCKED");
    let max = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    assert_eq!(code(approve(max).await?)?, "UNLIMITED_APPROVE_BLOCKED");
    // All of it is not more than all of it; it is worth more than 100 dollars, so the owner is asked.
    assert_eq!(code(approve(&everything.to_string()).await?)?, "OWNER_REQUIRED");
    scoped(&world, "APPROVE_TIER_OVERRIDE", json!({ "tier": "DELAY" })).await?;
    let waits = approve("1").await?.expect(201)?;
    assert_eq!((&waits["tier"], &waits["status"]), (&json!("DELAY"), &json!("QUEUED")), "a floor");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undecoded_call_needs_its_contract_and_its_method() -> Result<()> {
    let world = spender().await?;
    let weth = world.localnet.evm.weth.clone();
    // deposit(): on this chain no WETH is pinned, so it is a method like any other.
    let deposit = || {
        world.request(json!({
            "type": "CONTRACT_CALL", "to": weth, "calldata": "0xd0e30db0", "value": (ETHER / 1000).to_string(),
        }))
    };
    assert_eq!(code(deposit().await?)?, "CONTRACT_NOT_WHITELISTED");
    scoped(&world, "CONTRACT_WHITELIST", json!({ "contracts": [{ "address": weth }] })).await?;
    assert_eq!(code(deposit().await?)?, "OWNER_REQUIRED", "listed, but no policy names the method");
    let methods =
        |selectors: Value| json!({ "methods": [{ "contractAddress": weth, "selectors": selectors }] });
    scoped(&world, "METHOD_WHITELIST", methods(json!(["0xd0e30db0"]))).await?;
    let sent = deposit().await?.expect(201)?;
    assert_eq!((&sent["tier"], &sent["type"]), (&json!("INSTANT"), &json!("CONTRACT_CALL")));
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    let held = call(&world, &weth, &format!("0x70a08231{}", word(&world.agent.address))).await?;
    assert_eq!(u128::from_str_radix(&held[2..], 16)?, ETHER / 1000);
    let withdraw = world
        .request(json!({ "type": "CONTRACT_CALL", "to": weth, "calldata": format!("0x2e1a7d4d{:064x}", 1) }))
        .await?;
    assert_eq!(code(withdraw)?, "METHOD_NOT_WHITELISTED");

    // The decision can be repeated from the stored inputs.
    let id = text(&sent, "id")?;
    let why =
        world.agent.api(&world.daemon).get(&format!("/v1/transactions/{id}/explain")).await?.expect(200)?;
    assert_eq!(why["reproduced"], true, "{why}");
    assert_eq!(why["policies"].as_array().map(Vec::len), Some(4));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nfts_and_new_contracts_take_the_owner() -> Result<()> {
    let world = spender().await?;
    let (collection, to) = (world.localnet.evm.erc721.clone(), evm_payee(23)?);
    let id = world.localnet.evm.fund_erc721(&world.agent.address).await?;
    let send = || {
        world.request(json!({
            "type": "NFT_TRANSFER", "to": to,
            "token": { "address": collection, "tokenId": id.to_string(), "standard": "ERC-721" },
        }))
    };
    assert_eq!(code(send().await?)?, "CONTRACT_NOT_WHITELISTED");
    scoped(&world, "CONTRACT_WHITELIST", json!({ "contracts": [{ "address": collection }] })).await?;
    assert_eq!(code(send().await?)?, "OWNER_REQUIRED");
    let deploy = || {
        // Ten bytes of creation code that store and return one byte of code.
        world.request(json!({ "type": "CONTRACT_DEPLOY", "bytecode": "0x600160005360016000f3" }))
    };
    assert_eq!(code(deploy().await?)?, "OWNER_REQUIRED");
    let owner = OwnerKey::evm(3)?;
    world.agent.lock_owner(&world.daemon, &owner).await?;
    for sent in [send().await?.expect(201)?, deploy().await?.expect(201)?] {
        assert_eq!(sent["status"], "PENDING_APPROVAL");
        let id = text(&sent, "id")?;
        approve(&world, &owner, id).await?;
        assert_eq!(world.ended(id).await?["status"], "CONFIRMED");
    }
    let holder = call(&world, &collection, &format!("0x6352211e{id:064x}")).await?;
    assert_eq!(holder, format!("0x{}", word(&to)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_signed_after_the_owner_read_it_and_a_hash_never() -> Result<()> {
    let world = spender().await?;
    let sign = |body: Value| {
        let api = world.agent.api(&world.daemon);
        async move { api.post("/v1/transactions/sign-message", body).await }
    };
    let hash = format!("0x{}", "ab".repeat(32));
    assert_eq!(sign(json!({ "message": hash })).await?.status, 400, "a hash may be of anything");
    assert_eq!(code(sign(json!({ "message": "hello" })).await?)?, "OWNER_REQUIRED");
    let owner = OwnerKey::evm(3)?;
    world.agent.lock_owner(&world.daemon, &owner).await?;
    let asked = sign(json!({ "message": "hello" })).await?.expect(200)?;
    assert_eq!((&asked["status"], &asked["signature"]), (&json!("PENDING_APPROVAL"), &json!(null)));
    let id = text(&asked, "id")?;
    approve(&world, &owner, id).await?;
    let signed = world.agent.transaction(&world.daemon, id).await?;
    assert_eq!((&signed["status"], &signed["type"]), (&json!("SIGNED"), &json!("SIGN")), "{signed}");
    let signature = text(&signed, "signature")?;
    assert_eq!(signature.len(), 2 + 130);
    let signature: alloy_primitives::Signature = signature.parse()?;
    assert_eq!(signature.recover_address_from_msg("hello")?.to_checksum(None), world.agent.address);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_for_solana_and_land_whole() -> Result<()> {
    let evm = spender().await?;
    let member = |to: &str, amount: &str| json!({ "type": "TRANSFER", "to": to, "amount": amount });
    let to = evm_payee(24)?;
    let batch = json!({ "type": "BATCH", "instructions": [member(&to, "0.001"), member(&to, "0.001")] });
    assert_eq!(evm.request(batch).await?.refused(400)?, "BATCH_NOT_SUPPORTED");

    let world = World::solana().await?;
    world.policy("SPENDING_LIMIT", instant_up_to(100)).await?;
    let (a, b, mint) = (solana_payee(31), solana_payee(32), world.localnet.solana.spl_mint.clone());
    let batch = |last: &str| {
        json!({ "type": "BATCH", "instructions": [
            member(&a, "0.1"),
            { "type": "TOKEN_TRANSFER", "to": b, "amount": "2.0", "token": { "address": mint } },
            member(&b, last),
        ]})
    };
    assert_eq!(
        code(world.request(batch("0.1")).await?)?,
        "TOKEN_NOT_ALLOWED",
        "a member is judged like a request"
    );
    world.policy("ALLOWED_TOKENS", json!({ "tokens": [{ "address": mint }] })).await?;
    // 0.9 SOL would pass alone; together with the others it does not.
    assert_eq!(code(world.request(batch("0.99")).await?)?, "OWNER_REQUIRED");
    let sent = world.request(batch("0.2")).await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    assert_eq!(world.localnet.solana.balance(&a).await?, SOL / 10);
    assert_eq!(world.localnet.solana.balance(&b).await?, SOL / 5);
    let units = 10u64.pow(u32::from(world.localnet.solana.spl_decimals));
    assert_eq!(world.localnet.solana.token_balance(&b, &mint).await?, 2 * units);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_called_after_the_owner_agreed() -> Result<()> {
    let world = World::solana().await?;
    world.policy("SPENDING_LIMIT", instant_up_to(100)).await?;
    let stake = "Stake11111111111111111111111111111111111111";
    // GetMinimumDelegation of the stake program: harmless, and nothing the decoder knows.
    let call = || {
        world.request(json!({
            "type": "CONTRACT_CALL", "programId": stake, "instructionData": "DQAAAA==", "accounts": [],
        }))
    };
    assert_eq!(code(call().await?)?, "CONTRACT_NOT_WHITELISTED");
    world.policy("CONTRACT_WHITELIST", json!({ "contracts": [{ "address": stake }] })).await?;
    assert_eq!(code(call().await?)?, "OWNER_REQUIRED");
    let owner = OwnerKey::solana(9);
    world.agent.lock_owner(&world.daemon, &owner).await?;
    let sent = call().await?.expect(201)?;
    let id = text(&sent, "id")?;
    approve(&world, &owner, id).await?;
    assert_eq!(world.ended(id).await?["status"], "CONFIRMED");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gas_condition_waits_after_everything_else_and_lowers_nothing() -> Result<()> {
    let world = spender().await?;
    let to = evm_payee(25)?;
    let with = |amount: &str, price: &str| json!({ "to": to, "amount": amount, "gasCondition": { "maxGasPrice": price, "timeout": 60 } });
    let shown = world.dry_run(with("0.001", "1")).await?;
    assert_eq!(shown["gasCondition"]["met"], false, "{shown}");
    let waits = world.request(with("0.001", "1")).await?.expect(201)?;
    assert_eq!((&waits["status"], &waits["txHash"]), (&json!("EXECUTING"), &json!(null)));
    let cheap = world.request(with("0.001", "999999999999999")).await?.expect(201)?;
    assert_eq!(world.ended(text(&cheap, "id")?).await?["status"], "CONFIRMED");
    assert_eq!(world.localnet.evm.balance(&to).await?, ETHER / 1000, "the other one still waits");
    // A request that needs the owner needs the owner under any gas condition.
    assert_eq!(code(world.request(with("1.0", "999999999999999")).await?)?, "OWNER_REQUIRED");
    Ok(())
}
