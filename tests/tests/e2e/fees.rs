//! Limits of fees: caps in dollars for everything that is signed, offers above the fee that the network asks,
//! gas conditions that bound the signed fee, and nonces that are far ahead.

use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_primitives::U256;
use anyhow::{Context as _, Result};
use e2e::{Answer, Books, rpc};
use serde_json::{Value, json};

use crate::permits::scoped;
use crate::world::{World, evm_payee, instant_up_to, solana_payee, text};

const GWEI: u128 = 1_000_000_000;

/// An unsigned transfer from the agent, at one price for everything.
fn transfer(to: &str, nonce: u64, value: u128, price: u128, tip: u128) -> Result<Value> {
    let tx = TxEip1559 {
        chain_id: 31337,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: price,
        max_priority_fee_per_gas: tip,
        to: to.parse::<alloy_primitives::Address>()?.into(),
        value: U256::from(value),
        access_list: Default::default(),
        input: Default::default(),
    };
    Ok(json!({ "transaction": format!("0x{}", hex::encode(tx.encoded_for_signing())) }))
}

async fn sign(world: &World, body: Value) -> Result<Answer> {
    world.agent.api(&world.daemon).post("/v1/transactions/sign", body).await
}

/// Sets the base fee of the node's next blocks and makes one.
async fn base_fee(world: &World, wei: u128) -> Result<()> {
    let evm = &world.localnet.evm.rpc;
    rpc(evm, "anvil_setNextBlockBaseFeePerGas", json!([format!("0x{wei:x}")])).await?;
    rpc(evm, "anvil_mine", json!(["0x1"])).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brought_transaction_burns_no_more_than_the_caps_and_nothing_beyond_the_asking_unseen() -> Result<()>
{
    let world = World::ethereum().await?;
    let policy = world.policy("SPENDING_LIMIT", json!({ "instant_max_usd": 0 })).await?;
    let me = world.agent.address.clone();
    base_fee(&world, GWEI).await?;
    let nothing = |nonce, price| transfer(&me, nonce, 0, price, price);

    // A coin is worth 3000 dollars: 900 gwei for 21 000 gas are 56.70.
    let tip = sign(&world, nothing(0, 900 * GWEI)?).await?.expect(422)?;
    assert_eq!(tip["code"], "FEE_ABOVE_CAP", "{tip}");
    assert!(text(&tip, "hint")?.contains("fees.evm_max_priority_wei"), "{tip}");
    // Within the cap for tips, above the five dollars for a transfer.
    let dear = sign(&world, nothing(0, 90 * GWEI)?).await?.expect(422)?;
    assert_eq!(dear["code"], "FEE_ABOVE_CAP", "{dear}");
    assert_eq!(dear["details"]["setting"], "fees.transfer_max_usd");
    assert_eq!(dear["details"]["need"], "0.00189 ETH");
    assert_eq!(dear["details"]["cap"], "0.001666666666666666 ETH");
    for named in ["0.00189 ETH", "0.001666666666666666 ETH", "fees.transfer_max_usd"] {
        assert!(text(&dear, "message")?.contains(named), "{dear}");
    }

    // Within every cap: an offer above the network's fee counts as spending, and none is allowed here.
    let beyond = sign(&world, nothing(0, 50 * GWEI)?).await?;
    assert_eq!(beyond.refused(403)?, "OWNER_REQUIRED");
    let asked = sign(&world, transfer(&me, 0, 0, 3 * GWEI, GWEI)?).await?.expect(200)?;
    assert_eq!((&asked["status"], &asked["tier"]), (&json!("SIGNED"), &json!("INSTANT")), "{asked}");
    let effects = asked["effects"]["items"].as_array().context("effects")?;
    assert!(effects.iter().any(|effect| effect["effect"] == "native_out"), "{asked}");

    // With three dollars to spend it goes, and counts as three dollars spent.
    world.update(&policy, instant_up_to(4)).await?.expect(200)?;
    let spent = sign(&world, nothing(1, 50 * GWEI)?).await?.expect(200)?;
    let usd = spent["amountUsd"].as_f64().context("a value")?;
    assert!((2.0..3.15).contains(&usd), "50 gwei are 3.15 dollars, most of it beyond the asking: {spent}");
    world.policy("WHITELIST", json!({ "allowed_addresses": [evm_payee(7)?] })).await?;
    assert_eq!(sign(&world, nothing(2, 50 * GWEI)?).await?.refused(403)?, "WHITELIST_DENIED");
    let usual = sign(&world, transfer(&me, 2, 0, 3 * GWEI, GWEI)?).await?;
    assert_eq!(usual.expect(200)?["status"], "SIGNED");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn caps_are_set_by_network_in_dollars_or_coins_and_the_refusal_names_them() -> Result<()> {
    let mut world = World::ethereum().await?;
    world.policy("SPENDING_LIMIT", instant_up_to(100)).await?;
    let to = evm_payee(9)?;
    base_fee(&world, 400 * GWEI).await?;
    let refused = world.send(&to, "0.001").await?.expect(422)?;
    assert_eq!(
        (&refused["code"], &refused["details"]["setting"]),
        (&json!("FEE_ABOVE_CAP"), &json!("fees.transfer_max_usd"))
    );
    assert!(text(&refused, "hint")?.contains("fees.transfer_max_usd"), "{refused}");
    for (entry, cap) in [("0.001 ETH", "0.001 ETH"), ("6 USD", "0.002 ETH")] {
        let table = format!("\n[fees.transfer_max]\nevm-localnet = \"{entry}\"\n");
        world
            .daemon
            .reconfigure(|text| text.split("\n[fees").next().unwrap_or_default().to_owned() + &table)?;
        let refused = world.send(&to, "0.001").await?.expect(422)?;
        assert_eq!(refused["details"]["setting"], "fees.transfer_max.\"evm-localnet\"");
        assert_eq!(refused["details"]["cap"], cap, "{refused}");
    }
    let table = "\n[fees.transfer_max]\nevm-localnet = \"0.1 ETH\"\n";
    world.daemon.reconfigure(|text| text.split("\n[fees").next().unwrap_or_default().to_owned() + table)?;
    let sent = world.send(&to, "0.001").await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");

    // A transaction that is no plain transfer has the other cap.
    base_fee(&world, 800 * GWEI).await?;
    let token = world.localnet.evm.erc20.clone();
    scoped(&world, "ALLOWED_TOKENS", json!({ "tokens": [{ "address": token }] })).await?;
    let refused = world.send_token(&token, &to, "1").await?.expect(422)?;
    assert_eq!(refused["details"]["setting"], "fees.max_usd", "{refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gas_condition_bounds_what_is_signed() -> Result<()> {
    let world = World::ethereum().await?;
    world.policy("SPENDING_LIMIT", instant_up_to(100)).await?;
    base_fee(&world, 10 * GWEI).await?;
    let prices = world.dry_run(json!({
        "to": evm_payee(9)?, "amount": "0.001", "gasCondition": { "maxGasPrice": "1" },
    }));
    let now: u128 = text(&prices.await?["gasCondition"], "currentGasPrice")?.parse()?;
    let most = now + now / 4;
    let body = json!({
        "to": evm_payee(9)?, "amount": "0.001", "gasCondition": { "maxGasPrice": most.to_string() },
    });
    let sent = world.request(body).await?.expect(201)?;
    let ended = world.ended(text(&sent, "id")?).await?;
    assert_eq!(ended["status"], "CONFIRMED", "{ended}");
    let hash = text(&ended, "txHash")?;
    let tx = rpc(&world.localnet.evm.rpc, "eth_getTransactionByHash", json!([hash])).await?;
    let signed = u128::from_str_radix(text(&tx, "maxFeePerGas")?.trim_start_matches("0x"), 16)?;
    assert!(signed <= most, "{signed} is more than {most}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_far_ahead_is_refused_by_name_and_what_was_handed_out_can_be_closed() -> Result<()> {
    let world = World::ethereum().await?;
    world.policy("SPENDING_LIMIT", instant_up_to(10)).await?;
    let to = evm_payee(9)?;
    for nonce in [9, 100_000, i64::MAX as u64, 1 << 63, u64::MAX - 1] {
        let refused = sign(&world, transfer(&to, nonce, 5, 3 * GWEI, GWEI)?).await?.expect(400)?;
        assert_eq!(refused["code"], "NONCE_TOO_FAR_AHEAD", "{nonce}: {refused}");
        assert!(refused["hint"].is_string(), "{refused}");
    }
    let signed = sign(&world, transfer(&to, 8, 5, 3 * GWEI, GWEI)?).await?.expect(200)?;
    let id = text(&signed, "id")?;
    let mut books = Books::open(world.daemon.data_dir()).await?;
    let mut held = async || {
        let all = books.reservations(&world.agent.wallet).await?;
        anyhow::Ok(all.into_iter().map(|one| one.status).collect::<Vec<_>>())
    };
    assert_eq!(held().await?, ["HELD", "HELD"], "the value and the fee, until it is known what became of it");

    let operator = world.daemon.operator();
    let listed = operator.get("/v1/admin/transactions?status=SIGNED").await?.expect(200)?;
    assert_eq!(listed["items"][0]["id"], signed["id"], "{listed}");
    let close = format!("/v1/admin/transactions/{id}/close");
    let said = operator.post(&close, json!({ "confirm": false })).await?.expect(200)?;
    assert_eq!(
        (&said["closed"], &said["transaction"]["status"]),
        (&json!(false), &json!("SIGNED")),
        "{said}"
    );
    assert_eq!(held().await?, ["HELD", "HELD"], "nothing is done without a word");
    let closed = operator.post(&close, json!({ "confirm": true })).await?.expect(200)?;
    assert_eq!(closed["transaction"]["errorCode"], "TRANSACTION_CLOSED", "{closed}");
    assert_eq!(held().await?, ["SETTLED", "SETTLED"], "the caller has the signature: spent from now on");
    let again = operator.post(&close, json!({ "confirm": true })).await?;
    assert_eq!(again.refused(409)?, "TX_ALREADY_PROCESSED");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_price_without_a_limit_is_refused_by_name() -> Result<()> {
    let world = World::solana().await?;
    world.policy("SPENDING_LIMIT", instant_up_to(1000)).await?;
    let answer = rpc(&world.localnet.solana.rpc, "getLatestBlockhash", json!([])).await?;
    let hash = bs58::decode(text(&answer["value"], "blockhash")?).into_vec()?;
    let payer = bs58::decode(&world.agent.address).into_vec()?;
    let program = bs58::decode("ComputeBudget111111111111111111111111111111").into_vec()?;
    let price = |micro: u64| [&[3u8][..], &micro.to_le_bytes()].concat();
    let limit = |units: u32| [&[2u8][..], &units.to_le_bytes()].concat();
    let wire = |instructions: &[Vec<u8>]| {
        // One signature, none yet; a legacy message of one signer and one program.
        let mut wire = vec![1];
        wire.resize(65, 0);
        wire.extend([1, 0, 1, 2]);
        wire.extend([payer.as_slice(), program.as_slice(), hash.as_slice()].concat());
        wire.push(u8::try_from(instructions.len()).unwrap_or(u8::MAX));
        for data in instructions {
            wire.extend([1, 0, u8::try_from(data.len()).unwrap_or(u8::MAX)]);
            wire.extend(data);
        }
        use base64::Engine as _;
        json!({ "transaction": base64::engine::general_purpose::STANDARD.encode(wire) })
    };
    let refused = sign(&world, wire(&[price(1_000_000_000_000)])).await?.expect(400)?;
    assert_eq!(refused["code"], "INVALID_TRANSACTION", "{refused}");
    assert!(text(&refused, "message")?.contains("without a compute unit limit"), "{refused}");
    let dear = sign(&world, wire(&[price(1_000_000_000_000), limit(3_000)])).await?.expect(422)?;
    assert_eq!(dear["code"], "FEE_ABOVE_CAP", "{dear}");
    assert!(text(&dear, "hint")?.contains("fees.solana_max_micro_lamports_per_cu"), "{dear}");
    let signed = sign(&world, wire(&[price(1_000), limit(3_000)])).await?.expect(200)?;
    assert_eq!(signed["status"], "SIGNED", "{signed}");
    let sent = world.send(&solana_payee(7), "0.1").await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    Ok(())
}
