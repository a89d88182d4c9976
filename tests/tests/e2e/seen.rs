//! Undecoded calls: their simulated effects are listed, counted, approved and explained like decoded ones.

use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, Bytes, U256};
use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::{Answer, Books, OwnerKey, call_data};
use serde_json::{Value, json};

use crate::permits::{address, scoped};
use crate::world::{ETHER, SOL, World, evm_payee, instant_up_to, solana_payee, text};

/// An EVM agent that may spend up to 100 dollars at a time, has allowed a contract 500 tokens, and may call it.
/// No token is listed.
async fn trusting(contract: fn(&World) -> String) -> Result<World> {
    let world = World::ethereum().await?;
    let (token, contract) = (world.localnet.evm.erc20.clone(), contract(&world));
    let approve = format!("0x095ea7b3{}{:064x}", word(&contract), 500 * ETHER);
    let (node, agent) = (&world.localnet.evm, &world.agent.address);
    e2e::rpc(&node.rpc, "anvil_impersonateAccount", json!([agent])).await?;
    node.transact_as(agent, &token, &approve).await?;
    world.policy("SPENDING_LIMIT", instant_up_to(100)).await?;
    scoped(&world, "CONTRACT_WHITELIST", json!({ "contracts": [{ "address": contract }] })).await?;
    Ok(world)
}

fn word(address: &str) -> String {
    format!("{:0>64}", address.trim_start_matches("0x").to_lowercase())
}

fn number(number: u128) -> DynSolValue {
    DynSolValue::Uint(U256::from(number), 256)
}

/// A deposit of so many tokens in the vault.
fn deposit(world: &World, tokens: u128) -> Result<Value> {
    let arguments = [number(tokens * ETHER), address(&world.agent.address)?];
    let data = call_data("deposit(uint256,address)", &arguments);
    Ok(json!({ "type": "CONTRACT_CALL", "to": world.localnet.evm.vault, "calldata": data }))
}

/// The same call as a transaction that is only to be signed.
async fn unsigned(world: &World, call: &Value) -> Result<Value> {
    let gwei = 1_000_000_000;
    let tx = TxEip1559 {
        chain_id: 31337,
        nonce: u64::try_from(world.localnet.evm.nonce(&world.agent.address).await?)?,
        gas_limit: 200_000,
        max_fee_per_gas: 3 * gwei,
        max_priority_fee_per_gas: gwei,
        to: text(call, "to")?.parse::<Address>()?.into(),
        value: U256::ZERO,
        access_list: Default::default(),
        input: text(call, "calldata")?.parse::<Bytes>()?,
    };
    Ok(json!({ "transaction": format!("0x{}", hex::encode(tx.encoded_for_signing())) }))
}

/// A sale of so many base units of the token for as many of the coin.
fn trade(world: &World, amount: u128, pool: &str) -> Result<Value> {
    let evm = &world.localnet.evm;
    let arguments = [address(&evm.erc20)?, number(amount), address(&evm.coin)?, address(pool)?];
    let data = call_data("trade(address,uint256,address,address)", &arguments);
    Ok(json!({ "type": "CONTRACT_CALL", "to": evm.aggregator, "calldata": data }))
}

/// How much more the exchange takes from now on, and whether it hides that from simulations.
async fn set(world: &World, surplus: u128, sly: bool) -> Result<()> {
    let evm = &world.localnet.evm;
    let data = call_data("set(uint256,bool)", &[number(surplus), DynSolValue::Bool(sly)]);
    evm.transact_as(&evm.account(5).await?, &evm.aggregator, &data).await.map(drop)
}

/// Reads the question to the owner and approves.
pub(crate) async fn approve(world: &World, owner: &OwnerKey, id: &str) -> Result<String> {
    let path = format!("/v1/transactions/{id}");
    let asked = world.daemon.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
    let yes = owner.answering(&world.daemon.anonymous(), &asked["approve"])?;
    yes.post_empty(&format!("{path}/approve")).await?.expect(200)?;
    Ok(asked["approve"].to_string())
}

/// The token may leave.
async fn list(world: &World) -> Result<()> {
    let tokens = json!({ "tokens": [{ "address": world.localnet.evm.erc20 }] });
    scoped(world, "ALLOWED_TOKENS", tokens).await
}

/// A policy that needs the consent of the wallet's owner, who gives it.
async fn agreed(world: &World, owner: &OwnerKey, policy_type: &str, rules: Value) -> Result<()> {
    let network = if world.agent.address.starts_with("0x") { json!("evm-localnet") } else { Value::Null };
    let body = json!({
        "type": policy_type, "walletId": world.agent.wallet, "network": network, "rules": rules,
    });
    let change = world.daemon.operator().post("/v1/policies", body).await?.expect(202)?;
    owner.agrees(&world.daemon.anonymous(), &change).await?.expect(200).map(drop)
}

fn code(answer: Answer) -> Result<String> {
    answer.refused(403)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_takes_what_was_seen_listed_counted_and_approved() -> Result<()> {
    let world = trusting(|world| world.localnet.evm.vault.clone()).await?;
    let vault = world.localnet.evm.vault.clone();
    let owner = OwnerKey::evm(3)?;
    world.agent.lock_owner(&world.daemon, &owner).await?;
    // A token that is not listed does not leave, however it leaves.
    assert_eq!(code(world.request(deposit(&world, 50)?).await?)?, "TOKEN_NOT_ALLOWED");
    let tokens = json!({ "tokens": [{ "address": world.localnet.evm.erc20 }] });
    agreed(&world, &owner, "ALLOWED_TOKENS", tokens).await?;
    let sent = world.request(deposit(&world, 50)?).await?.expect(201)?;
    ensure!(sent["status"] == "PENDING_APPROVAL", "{sent}");
    let seen = sent["effects"]["seen"].as_array().context("seen")?;
    let taken = json!(format!("0x{:x}", 50 * ETHER));
    ensure!(seen.len() == 1 && seen[0]["effect"] == "token_out" && seen[0]["amount"] == taken, "{sent}");
    let question = approve(&world, &owner, text(&sent, "id")?).await?;
    ensure!(question.contains("SEEN IN SIMULATION, NOT DECODED: send 50"), "{question}");
    let ended = world.ended(text(&sent, "id")?).await?;
    ensure!(ended["status"] == "CONFIRMED", "{ended}");
    assert_eq!(world.localnet.evm.erc20_balance(&vault).await?, 50 * ETHER);

    // The simulated outflow is held like any other spending, and the decision is repeated from it.
    let held = Books::open(world.daemon.data_dir()).await?.reservations(&world.agent.wallet).await?;
    ensure!(held.iter().any(|held| held.amount == 50 * ETHER), "{held:?}");
    let path = format!("/v1/transactions/{}/explain", text(&sent, "id")?);
    let why = world.agent.api(&world.daemon).get(&path).await?.expect(200)?;
    ensure!(why["reproduced"] == true && why["effects"]["seen"] == sent["effects"]["seen"], "{why}");

    // Naming the method leaves the call to the limits.
    let methods = json!({ "methods": [{ "contractAddress": vault, "selectors": ["0x6e553f65"] }] });
    agreed(&world, &owner, "METHOD_WHITELIST", methods).await?;
    let worth = async |tokens: u128| world.dry_run(deposit(&world, tokens)?).await;
    ensure!(worth(50).await?["policy"]["tier"] == "INSTANT", "{}", worth(50).await?);
    ensure!(worth(400).await?["policy"]["tier"] == "APPROVAL", "{}", worth(400).await?);
    let sent = world.request(deposit(&world, 50)?).await?.expect(201)?;
    ensure!(world.ended(text(&sent, "id")?).await?["status"] == "CONFIRMED", "{sent}");
    assert_eq!(world.localnet.evm.erc20_balance(&vault).await?, 100 * ETHER);

    // A call that is only signed runs at a time that others choose, so the owner is asked.
    let body = unsigned(&world, &deposit(&world, 50)?).await?;
    let api = world.agent.api(&world.daemon);
    let asked = api.post("/v1/transactions/sign", body).await?.expect(200)?;
    ensure!(asked["status"] == "PENDING_APPROVAL" && asked["signedTransaction"].is_null(), "{asked}");
    let path = format!("/v1/transactions/{}/explain", text(&asked, "id")?);
    let why = api.get(&path).await?.expect(200)?;
    ensure!(why.to_string().contains("does not bind a signature that is handed out"), "{why}");
    ensure!(why["reproduced"] == true, "{why}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_seen_must_be_listed_as_what_is_decoded() -> Result<()> {
    let world = trusting(|world| world.localnet.evm.aggregator.clone()).await?;
    list(&world).await?;
    let pool = evm_payee(61)?;
    assert_eq!(code(world.request(trade(&world, 5, &pool)?).await?)?, "OWNER_REQUIRED");
    let exchange = world.localnet.evm.aggregator.clone();
    let only = |who: Vec<&String>| json!({ "allowed_addresses": who });
    let whitelist = world.policy("WHITELIST", only(vec![&exchange, &pool])).await?;
    let owner = OwnerKey::evm(3)?;
    world.agent.lock_owner(&world.daemon, &owner).await?;
    let judged = async || world.dry_run(trade(&world, 5, &pool)?).await;
    ensure!(judged().await?["policy"]["tier"] == "APPROVAL", "{}", judged().await?);
    world.update(&whitelist, only(vec![&exchange])).await?.expect(200)?;
    ensure!(judged().await?["policy"]["code"] == "WHITELIST_DENIED", "{}", judged().await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_was_approved_is_not_signed_and_less_is() -> Result<()> {
    let world = trusting(|world| world.localnet.evm.aggregator.clone()).await?;
    list(&world).await?;
    let owner = OwnerKey::evm(3)?;
    world.agent.lock_owner(&world.daemon, &owner).await?;
    let pool = evm_payee(62)?;
    let asked = world.request(trade(&world, 100, &pool)?).await?.expect(201)?;
    set(&world, 1, false).await?;
    approve(&world, &owner, text(&asked, "id")?).await?;
    let ended = world.ended(text(&asked, "id")?).await?;
    ensure!(ended["status"] == "FAILED" && ended["errorCode"] == "SIMULATION_MISMATCH", "{ended}");
    assert_eq!(world.localnet.evm.erc20_balance(&pool).await?, 0);

    let asked = world.request(trade(&world, 100, &pool)?).await?.expect(201)?;
    set(&world, 0, false).await?;
    approve(&world, &owner, text(&asked, "id")?).await?;
    ensure!(world.ended(text(&asked, "id")?).await?["status"] == "CONFIRMED", "101 were approved");
    assert_eq!(world.localnet.evm.erc20_balance(&pool).await?, 100);

    // A contract that behaves differently in a simulation is still seen as it is.
    set(&world, 7, true).await?;
    let shown = world.dry_run(trade(&world, 100, &pool)?).await?;
    ensure!(shown["effects"]["seen"][0]["amount"] == "0x6b", "{shown}");
    Ok(())
}

/// The lookup table program, which no decoder knows; rent of one entry of a table, in lamports.
const TABLES: &str = "AddressLookupTab1e1111111111111111111111111";
const ENTRY: u64 = 32 * 6_960;

/// A call of a program as a request: accounts, of which some sign (`s`) and some are written (`w`).
fn program(id: &str, data: &[u8], accounts: &[(&str, &str)]) -> Value {
    let account = |(key, flags): &(&str, &str)| json!({ "pubkey": key, "isSigner": flags.contains('s'), "isWritable": flags.contains('w') });
    json!({
        "type": "CONTRACT_CALL", "programId": id, "instructionData": STANDARD.encode(data),
        "accounts": accounts.iter().map(account).collect::<Vec<_>>(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_unknown_program_takes_is_approved_as_seen() -> Result<()> {
    let world = World::solana().await?;
    world.policy("SPENDING_LIMIT", instant_up_to(100)).await?;
    world.policy("CONTRACT_WHITELIST", json!({ "contracts": [{ "address": TABLES }] })).await?;
    let owner = OwnerKey::solana(9);
    world.agent.lock_owner(&world.daemon, &owner).await?;
    // A table of the wallet's without entries, and no lamports for one.
    let (table, me) = (solana_payee(41), world.agent.address.as_str());
    let authority = bs58::decode(me).into_vec()?;
    let mut data = [&1u32.to_le_bytes()[..], &u64::MAX.to_le_bytes(), &[0; 9], &[1], &authority].concat();
    data.resize(56, 0);
    let account = json!({
        "lamports": (56 + 128) * 6_960, "owner": TABLES, "data": hex::encode(data), "executable": false,
    });
    e2e::rpc(&world.localnet.solana.rpc, "surfnet_setAccount", json!([table, account])).await?;
    let entry = bs58::decode(solana_payee(42)).into_vec()?;
    let extend = [&2u32.to_le_bytes()[..], &1u64.to_le_bytes(), &entry].concat();
    let system = "11111111111111111111111111111111";
    let call = program(TABLES, &extend, &[(&table, "w"), (me, "s"), (me, "sw"), (system, "")]);
    let sent = world.request(call).await?.expect(201)?;
    let seen = json!([{ "effect": "native_out", "to": TABLES, "amount": format!("{ENTRY:#x}") }]);
    ensure!(sent["status"] == "PENDING_APPROVAL" && sent["effects"]["seen"] == seen, "{sent}");
    let question = approve(&world, &owner, text(&sent, "id")?).await?;
    ensure!(question.contains("SEEN IN SIMULATION, NOT DECODED: send 0.00022272 SOL"), "{question}");
    ensure!(world.ended(text(&sent, "id")?).await?["status"] == "CONFIRMED", "{sent}");
    assert_eq!(world.localnet.solana.balance(&table).await?, 184 * 6_960 + ENTRY);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_account_is_closed_and_its_rent_comes_back() -> Result<()> {
    let world = World::solana().await?;
    let (node, me) = (&world.localnet.solana, world.agent.address.as_str());
    world.policy("SPENDING_LIMIT", instant_up_to(10_000)).await?;
    world.policy("ALLOWED_TOKENS", json!({ "tokens": [{ "address": node.spl_mint }] })).await?;
    world.policy("CONTRACT_WHITELIST", json!({ "contracts": [{ "address": TOKEN }] })).await?;
    let sent = world.send_token(&node.spl_mint, &solana_payee(43), "1000").await?.expect(201)?;
    ensure!(world.ended(text(&sent, "id")?).await?["status"] == "CONFIRMED", "{sent}");
    let filter =
        json!([me, { "mint": node.spl_mint }, { "encoding": "jsonParsed", "commitment": "processed" }]);
    let accounts = e2e::rpc(&node.rpc, "getTokenAccountsByOwner", filter).await?;
    let account = text(&accounts["value"][0], "pubkey")?;
    let before = node.balance(me).await?;
    // CloseAccount: the account, who gets its lamports, whose it is.
    let close = program(TOKEN, &[9], &[(account, "w"), (me, "w"), (me, "s")]);
    let sent = world.request(close).await?.expect(201)?;
    let ended = world.ended(text(&sent, "id")?).await?;
    ensure!(ended["status"] == "CONFIRMED", "{ended}");
    ensure!(node.balance(account).await? == 0 && node.balance(me).await? > before, "the rent came back");
    Ok(())
}

const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

/// Where an account holds the SPL token.
async fn token_account(world: &World, owner: &str) -> Result<String> {
    let node = &world.localnet.solana;
    let options = json!({ "encoding": "jsonParsed", "commitment": "processed" });
    let filter = json!([owner, { "mint": node.spl_mint }, options]);
    let accounts = e2e::rpc(&node.rpc, "getTokenAccountsByOwner", filter).await?;
    Ok(text(&accounts["value"][0], "pubkey")?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_an_unknown_program_takes_are_listed_counted_and_approved() -> Result<()> {
    const LOADER: &str = "BPFLoader2111111111111111111111111111111111";
    let world = World::solana().await?;
    let (node, me) = (&world.localnet.solana, world.agent.address.as_str());
    let (taker, pool) = (solana_payee(51), solana_payee(52));
    let account = json!({
        "lamports": 10 * SOL, "owner": LOADER, "data": hex::encode(e2e::taker()), "executable": true,
    });
    e2e::rpc(&node.rpc, "surfnet_setAccount", json!([taker, account])).await?;
    node.fund_spl(&pool, 1).await?;
    let (from, to) = (token_account(&world, me).await?, token_account(&world, &pool).await?);
    let sale = || world.request(program(&taker, &[], &[(&from, "w"), (&to, "w"), (me, "s"), (TOKEN, "")]));
    world.policy("SPENDING_LIMIT", instant_up_to(10_000)).await?;
    world.policy("CONTRACT_WHITELIST", json!({ "contracts": [{ "address": taker }] })).await?;
    sale().await?.refused(403)?;
    let owner = OwnerKey::solana(9);
    world.agent.lock_owner(&world.daemon, &owner).await?;
    assert_eq!(code(sale().await?)?, "TOKEN_NOT_ALLOWED");
    let tokens = json!({ "tokens": [{ "address": node.spl_mint }] });
    agreed(&world, &owner, "ALLOWED_TOKENS", tokens).await?;
    let sent = sale().await?.expect(201)?;
    let everything = 1000 * 10u64.pow(u32::from(node.spl_decimals));
    let seen = &sent["effects"]["seen"];
    let (what, amount) = (&seen[0]["effect"], &seen[0]["amount"]);
    ensure!(sent["status"] == "PENDING_APPROVAL" && seen[0]["to"] == taker.as_str(), "{sent}");
    ensure!(what == "token_out" && *amount == json!(format!("{everything:#x}")), "{sent}");
    let question = approve(&world, &owner, text(&sent, "id")?).await?;
    ensure!(question.contains("SEEN IN SIMULATION, NOT DECODED: send 1000 "), "{question}");
    ensure!(world.ended(text(&sent, "id")?).await?["status"] == "CONFIRMED", "{sent}");
    assert_eq!(node.token_balance(&pool, &node.spl_mint).await?, everything + 1);
    let held = Books::open(world.daemon.data_dir()).await?.reservations(&world.agent.wallet).await?;
    ensure!(held.iter().any(|held| held.amount == u128::from(everything)), "{held:?}");
    Ok(())
}
