//! Requests that say of one thing two different things, and errors that name the part of the request.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use waiaas_api::json::read;
use waiaas_api::requests::TransactionRequest;
use waiaas_engine::core::origin::Origin;
use waiaas_engine::{Details, Session};

use crate::stage::{Stage, limits, payee, requested};

/// The field that a dry run of the body is refused for; none if its fields are accepted.
async fn fault(stage: &Stage, session: &Session, body: &Value) -> Result<Option<String>> {
    let request: TransactionRequest = read(body.to_string().as_bytes())
        .map_err(|refusal| anyhow::anyhow!("{body} is no request: {refusal:?}"))?;
    let asked = requested(request.operation, Origin::default());
    let Err(error) = stage.engine().agent(session).simulate(asked).await else { return Ok(None) };
    let Some(Details::Invalid { issues }) = error.details.as_deref() else { return Ok(None) };
    let path = issues.first().context("an issue")?.path.clone();
    assert!(error.message.starts_with(&format!("{path}: ")), "{}", error.message);
    Ok(Some(path))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_part_of_an_nft_must_agree_with_its_asset_id() -> Result<()> {
    let stage = Stage::ethereum().await?;
    let session = stage.session().await?;
    let collection = stage.localnet.evm.erc721.clone();
    let id = format!("eip155:31337/erc721:{collection}/7");
    let other = stage.localnet.evm.erc20.clone();
    let transfer = |token: Value| json!({ "type": "NFT_TRANSFER", "to": other, "token": token });
    let approve = |token: Value, nft: Value| json!({ "type": "APPROVE", "spender": other, "amount": "0", "token": token, "nft": nft });
    for (body, path) in [
        (transfer(json!({ "assetId": id })), None),
        (
            transfer(json!({ "assetId": id, "tokenId": "7", "standard": "ERC-721", "address": collection })),
            None,
        ),
        (transfer(json!({ "assetId": id, "tokenId": "8" })), Some("token.tokenId")),
        (transfer(json!({ "assetId": id, "tokenId": "seven" })), Some("token.tokenId")),
        (transfer(json!({ "assetId": id, "standard": "ERC-1155" })), Some("token.standard")),
        (transfer(json!({ "assetId": id, "address": other })), Some("token")),
        (transfer(json!({ "assetId": id, "address": "x" })), Some("token.address")),
        (approve(json!({ "assetId": id }), json!({ "standard": "ERC-721" })), None),
        (approve(json!({ "assetId": id }), json!({ "standard": "ERC-721", "tokenId": "7" })), None),
        (
            approve(json!({ "assetId": id }), json!({ "standard": "ERC-721", "tokenId": "8" })),
            Some("nft.tokenId"),
        ),
        (
            approve(json!({ "assetId": id }), json!({ "standard": "ERC-1155", "tokenId": "7" })),
            Some("nft.standard"),
        ),
        (
            approve(json!({ "assetId": id, "decimals": 6 }), json!({ "standard": "ERC-721" })),
            Some("token.decimals"),
        ),
    ] {
        assert_eq!(fault(&stage, &session, &body).await?.as_deref(), path, "{body}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_nft_of_solana_has_no_token_id() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let session = stage.session().await?;
    let (mint, to) = (stage.localnet.solana.spl_mint.clone(), payee(3));
    let transfer = |token: Value| json!({ "type": "NFT_TRANSFER", "to": to, "token": token });
    let by_id = format!("solana:localnet/metaplex:{mint}");
    for (token, path) in [
        (json!({ "address": mint, "standard": "METAPLEX" }), None),
        (json!({ "address": mint, "standard": "METAPLEX", "tokenId": "1" }), Some("token.tokenId")),
        (json!({ "assetId": by_id }), None),
        (json!({ "assetId": by_id, "tokenId": "0" }), Some("token.tokenId")),
    ] {
        let body = transfer(token);
        assert_eq!(fault(&stage, &session, &body).await?.as_deref(), path, "{body}");
    }
    let approve = json!({
        "type": "APPROVE", "spender": to, "amount": "0", "token": { "address": mint },
        "nft": { "standard": "METAPLEX", "tokenId": "1" },
    });
    assert_eq!(fault(&stage, &session, &approve).await?.as_deref(), Some("nft.tokenId"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_names_the_member_of_a_batch_and_the_part_of_a_call() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let session = stage.session().await?;
    let (mint, to) = (stage.localnet.solana.spl_mint.clone(), payee(3));
    // An unlisted token is denied before the chain is asked for its decimals.
    stage.policy("SPENDING_LIMIT", limits(1, 1_000)).await?;
    stage.policy("ALLOWED_TOKENS", json!({ "tokens": [{ "address": mint }] })).await?;
    let program = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
    let account =
        |pubkey: &str, signs: bool| json!([{ "pubkey": pubkey, "isSigner": signs, "isWritable": false }]);
    let call = |program: &str, accounts: Value| json!({ "type": "CONTRACT_CALL", "programId": program, "instructionData": "aGk=", "accounts": accounts });
    let batch = |member: Value, tables: Value| {
        json!({
            "type": "BATCH", "addressLookupTableAddresses": tables,
            "instructions": [{ "type": "TRANSFER", "to": to, "amount": "1" }, member],
        })
    };
    let after = |accounts: Value| {
        let mut call = call(program, json!([]));
        call["postInstructions"] = json!([{ "programId": program, "data": "aGk=", "accounts": accounts }]);
        call
    };
    let mut tables = call(program, json!([]));
    tables["addressLookupTableAddresses"] = json!([to, "x"]);
    let token = |token: Value| json!({ "type": "TOKEN_TRANSFER", "to": to, "amount": "1", "token": token });
    let honest = call(program, json!([]));
    for (body, path) in [
        (call("x", json!([])), "programId"),
        (call(program, account("x", false)), "accounts[0].pubkey"),
        (call(program, account(&to, true)), "accounts[0].isSigner"),
        (after(account("x", false)), "postInstructions[0].accounts[0].pubkey"),
        (tables, "addressLookupTableAddresses[1]"),
        (batch(honest.clone(), json!(["x"])), "addressLookupTableAddresses[0]"),
        (batch(call(program, account("x", false)), json!([])), "instructions[1].accounts[0].pubkey"),
        (
            batch(token(json!({ "address": mint, "decimals": 3 })), json!([])),
            "instructions[1].token.decimals",
        ),
        (
            batch(
                token(json!({ "address": to, "assetId": format!("solana:localnet/token:{mint}") })),
                json!([]),
            ),
            "instructions[1].token",
        ),
    ] {
        assert_eq!(fault(&stage, &session, &body).await?.as_deref(), Some(path), "{body}");
    }
    assert_eq!(fault(&stage, &session, &batch(honest, json!([]))).await?, None);
    Ok(())
}
