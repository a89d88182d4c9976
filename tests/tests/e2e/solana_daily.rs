//! Everyday requests on Solana that must not be refused, and those of their kind that must.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::{OwnerKey, rpc};
use ed25519_dalek::VerifyingKey;
use serde_json::{Value, json};

use crate::world::{SOL, World, instant_up_to, solana_payee, text};

const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

/// An address that no key belongs to.
fn vault() -> Result<String> {
    let bytes = (1..=u8::MAX).map(|byte| [byte; 32]).find(|bytes| VerifyingKey::from_bytes(bytes).is_err());
    Ok(bs58::encode(bytes.context("half of all bytes are off the curve")?).into_string())
}

/// An agent that may spend up to 100 dollars at a time, in SOL and in the SPL token.
async fn spender() -> Result<World> {
    let world = World::solana().await?;
    world.policy("SPENDING_LIMIT", instant_up_to(100)).await?;
    let token = world.localnet.solana.spl_mint.clone();
    world.policy("ALLOWED_TOKENS", json!({ "tokens": [{ "address": token }] })).await?;
    Ok(world)
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_reach_a_vault_that_the_request_or_a_whitelist_names() -> Result<()> {
    let world = spender().await?;
    let (token, vault) = (world.localnet.solana.spl_mint.clone(), vault()?);
    let pay = |more: Value| {
        let mut body = json!({
            "type": "TOKEN_TRANSFER", "to": vault, "humanAmount": "1", "token": { "address": token },
        });
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        body
    };
    let refused = world.request(pay(json!({}))).await?.expect(400)?;
    assert_eq!(refused["code"], "RECIPIENT_OFF_CURVE");
    assert!(text(&refused, "hint")?.contains("allowOwnerOffCurve"), "{refused}");

    // Plain coin goes there with a warning, and changes nothing about who can sign.
    let coin = json!({ "to": vault, "amount": "0.1" });
    let dry = world.dry_run(coin.clone()).await?;
    let warned = dry["warnings"].as_array().context("warnings")?;
    assert!(warned.iter().any(|warning| warning["code"] == "RECIPIENT_OFF_CURVE"), "{dry}");
    let sent = world.request(coin).await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    let member = |kind: &str, token: Option<&str>| {
        let mut member = json!({ "type": kind, "to": vault, "humanAmount": "0.1" });
        if let Some(token) = token {
            member["token"] = json!({ "address": token });
        }
        member
    };
    let batch = json!([member("TRANSFER", None), member("TOKEN_TRANSFER", Some(token.as_str()))]);
    let batch = json!({ "type": "BATCH", "instructions": batch });
    assert_eq!(world.request(batch).await?.refused(400)?, "RECIPIENT_OFF_CURVE");

    let sent = world.request(pay(json!({ "allowOwnerOffCurve": true }))).await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    let other = solana_payee(41);
    world.policy("WHITELIST", json!({ "allowed_addresses": [vault, other] })).await?;
    let sent = world.request(pay(json!({}))).await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    let units = 10u64.pow(u32::from(world.localnet.solana.spl_decimals));
    assert_eq!(world.localnet.solana.token_balance(&vault, &token).await?, 2 * units);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_planted_token_account_is_a_row_with_an_error() -> Result<()> {
    let world = spender().await?;
    let key = |address: &str| bs58::decode(address).into_vec().context("base58");
    // A Token-2022 account with nine units of a mint that is not there.
    let gone = solana_payee(51);
    let mut data = [key(&gone)?, key(&world.agent.address)?, 9u64.to_le_bytes().to_vec()].concat();
    data.resize(165, 0);
    data[108] = 1;
    let account = json!({ "lamports": 5_000_000, "owner": TOKEN_2022, "data": hex::encode(data) });
    let node = &world.localnet.solana;
    rpc(&node.rpc, "surfnet_setAccount", json!([solana_payee(52), account])).await?;

    let assets = world.agent.api(&world.daemon).get("/v1/wallet/assets").await?.expect(200)?;
    let rows = assets["assets"].as_array().context("assets")?;
    let row = |mint: &str| rows.iter().find(|row| row["mint"] == mint).with_context(|| mint.to_owned());
    assert_eq!(row("native")?["error"], Value::Null);
    assert_eq!(row(&node.spl_mint)?["error"], Value::Null);
    assert!(text(row(&gone)?, "error")?.starts_with("9 base units"), "{assets}");

    let dry = world.dry_run(json!({ "to": solana_payee(53), "amount": "0.1" })).await?;
    assert_eq!(dry["policy"]["tier"], "INSTANT", "{dry}");
    Ok(())
}

/// A transfer that the caller built, with a fresh blockhash and without its signature.
async fn brought(world: &World, to: &str, lamports: u64) -> Result<String> {
    let latest = rpc(&world.localnet.solana.rpc, "getLatestBlockhash", json!([])).await?;
    let key = |text: &str| bs58::decode(text).into_vec().context("base58");
    let mut bytes = vec![1];
    bytes.extend([0; 64]);
    // One signer, one account that is only read, three accounts: payer, recipient, system program.
    bytes.extend([1, 0, 1, 3]);
    bytes.extend(key(&world.agent.address)?);
    bytes.extend(key(to)?);
    bytes.extend([0; 32]);
    bytes.extend(key(text(&latest["value"], "blockhash")?)?);
    // One instruction of the third account, over the first two: Transfer.
    bytes.extend([1, 2, 2, 0, 1, 12, 2, 0, 0, 0]);
    bytes.extend(lamports.to_le_bytes());
    Ok(STANDARD.encode(bytes))
}

#[tokio::test(flavor = "multi_thread")]
async fn brought_bytes_wait_no_longer_than_they_live() -> Result<()> {
    let world = World::solana().await?;
    // A SOL is 150 dollars here.
    let rules = json!({
        "instant_max_usd": 150, "notify_max_usd": 150, "delay_max_usd": 300, "delay_seconds": 60,
    });
    world.policy("SPENDING_LIMIT", rules).await?;
    world.agent.lock_owner(&world.daemon, &OwnerKey::solana(61)).await?;
    let sign = async |lamports: u64| {
        let raw = brought(&world, &solana_payee(62), lamports).await?;
        world.agent.api(&world.daemon).post("/v1/transactions/sign", json!({ "transaction": raw })).await
    };
    sign(SOL / 10).await?.expect(200)?;

    let refused = sign(SOL * 3 / 2).await?.expect(403)?;
    assert_eq!(refused["code"], "TRANSACTION_EXPIRES", "a minute of delay is all that they have");
    assert!(text(&refused, "hint")?.contains("instructions"), "{refused}");
    let same = json!({ "to": solana_payee(62), "amount": "1.5" });
    assert_eq!(world.request(same).await?.expect(201)?["status"], "QUEUED", "built here, it may wait");

    let asked = sign(SOL * 3).await?.expect(200)?;
    let id = text(&asked, "id")?;
    let tx = world.agent.transaction(&world.daemon, id).await?;
    let number = |field: &str| tx[field].as_i64().with_context(|| format!("{field} in {tx}"));
    assert_eq!(tx["status"], "PENDING_APPROVAL");
    assert!(number("approvalExpiresAt")? - number("createdAt")? <= 60, "{tx}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_a_stranger_may_close_is_paid_by_no_instruction() -> Result<()> {
    const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
    let world = spender().await?;
    world.policy("CONTRACT_WHITELIST", json!({ "contracts": [{ "address": TOKEN }] })).await?;
    let (payee, stranger, account) = (solana_payee(71), solana_payee(72), solana_payee(73));
    world.policy("WHITELIST", json!({ "allowed_addresses": [payee] })).await?;
    let key = |address: &str| bs58::decode(address).into_vec().context("base58");
    let node = &world.localnet.solana;
    let plant = async |close_authority: Option<&str>| {
        let mut data = [key(&node.spl_mint)?, key(&payee)?].concat();
        data.resize(165, 0);
        data[108] = 1;
        if let Some(closer) = close_authority {
            data[129] = 1;
            data[133..].copy_from_slice(&key(closer)?);
        }
        let planted = json!({ "lamports": 5_000_000, "owner": TOKEN, "data": hex::encode(data) });
        rpc(&node.rpc, "surfnet_setAccount", json!([account, planted])).await.map(drop)
    };
    let derived = rpc(
        &node.rpc,
        "getTokenAccountsByOwner",
        json!([world.agent.address, { "mint": node.spl_mint }, { "encoding": "base64" }]),
    )
    .await?;
    let source = text(&derived["value"][0], "pubkey")?.to_owned();
    let pay = || {
        // TransferChecked of 1000 base units.
        let data = [&[12u8][..], &1_000u64.to_le_bytes(), &[node.spl_decimals]].concat();
        let meta = |pubkey: &str, signer: bool, writable: bool| json!({ "pubkey": pubkey, "isSigner": signer, "isWritable": writable });
        world.request(json!({
            "type": "CONTRACT_CALL", "programId": TOKEN, "instructionData": STANDARD.encode(data),
            "accounts": [
                meta(&source, false, true), meta(&node.spl_mint, false, false),
                meta(&account, false, true), meta(&world.agent.address, true, false),
            ],
        }))
    };
    plant(Some(&stranger)).await?;
    assert_eq!(
        pay().await?.refused(403)?,
        "UNKNOWN_EFFECT",
        "a stranger may close it and open it as another's"
    );
    plant(None).await?;
    let sent = pay().await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_shown_as_a_whole_where_it_is_denied_or_unfunded() -> Result<()> {
    let world = World::solana().await?;
    let batch = |amounts: [&str; 2]| {
        let members =
            amounts.map(|amount| json!({ "type": "TRANSFER", "to": solana_payee(7), "amount": amount }));
        json!({ "type": "BATCH", "instructions": members })
    };
    // Without a policy it is denied before a node is asked, and shown with its sum.
    let denied = world.request(batch(["7", "1000000000"])).await?.expect(403)?;
    let id = denied["details"]["transactionId"].as_str().context("id")?;
    assert_eq!(world.agent.transaction(&world.daemon, id).await?["amount"], "1000000007");

    world.policy("SPENDING_LIMIT", instant_up_to(100_000)).await?;
    let balance = world.localnet.solana.balance(&world.agent.address).await?;
    let most = balance.to_string();
    let unfunded = world.request(batch([&most[..], "5"])).await?.expect(400)?;
    assert_eq!(unfunded["code"], "INSUFFICIENT_BALANCE", "{unfunded}");
    let (have, need) = (&unfunded["details"]["have"], &unfunded["details"]["need"]);
    assert_eq!((have, need), (&json!(most), &json!((balance + 5).to_string())), "{unfunded}");
    let many = vec![json!({ "type": "TRANSFER", "to": solana_payee(7), "amount": "5" }); 21];
    let refused = world.request(json!({ "type": "BATCH", "instructions": many })).await?.expect(400)?;
    assert_eq!(refused["details"]["issues"][0]["code"], "too_big", "{refused}");
    Ok(())
}
