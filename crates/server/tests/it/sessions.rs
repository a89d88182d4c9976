//! Sessions over the wire: the operations that an agent's token opens, and its end.

use serde_json::{Value, json};
use waiaas_api::client::{Client, ClientError};
use waiaas_api::page::PageQuery;
use waiaas_api::policies::CreatePolicy;
use waiaas_api::requests::{Operation, TransactionRequest, Transfer};
use waiaas_api::transactions::SendQuery;
use waiaas_core::intent::Amount;

use crate::daemon::{Daemon, PASSWORD, read};

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.expect_err("refused").code().unwrap_or("no answer").to_owned()
}

#[tokio::test]
async fn the_first_calls_of_the_guide_work_as_written() {
    let daemon = Daemon::start().await;
    let wallet = daemon.wallet("main").await;
    let post = |path: &str, body: Value| {
        let request = daemon.ask("POST", path).header("X-Master-Password", PASSWORD);
        read(request.header("Content-Type", "application/json").body(body.to_string()))
    };
    let (status, session) = post("/v1/sessions", json!({"walletId": wallet.id})).await;
    assert_eq!(status, 201, "{session}");
    assert!(session["token"].as_str().is_some_and(|token| token.starts_with("wai_sess_")));
    assert!(session["expiresAt"].as_i64().is_some_and(|at| at > 0));
    assert_eq!(session["wallets"][0], json!({"id": wallet.id, "name": "main"}));
    let (status, limit) = post(
        "/v1/policies",
        json!({"walletId": wallet.id, "type": "SPENDING_LIMIT", "rules": {
            "instant_max_usd": 10, "notify_max_usd": 100, "delay_max_usd": 1000, "delay_seconds": 900,
            "daily_limit_usd": 5000}}),
    )
    .await;
    assert_eq!(status, 201, "{limit}");
    let (status, tokens) = post(
        "/v1/policies",
        json!({"walletId": wallet.id, "type": "ALLOWED_TOKENS", "rules": {"tokens": [
            {"address": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "symbol": "USDC", "chain": "solana"}]}}),
    )
    .await;
    assert_eq!(status, 201, "{tokens}");
    let policies = daemon.operator().policies(&PageQuery::default()).await.expect("policies");
    assert_eq!((policies.data.len(), policies.total), (2, Some(2)));
}

#[tokio::test]
async fn a_replaced_or_revoked_token_is_dead_at_once() {
    let daemon = Daemon::start().await;
    let operator = daemon.operator();
    let first = daemon.session(&daemon.wallet("main").await).await;
    let old = daemon.agent(&first);
    assert_eq!(old.address(None).await.expect("address").network.as_deref(), Some("solana-localnet"));
    let second = operator.rotate_session(first.id).await.expect("rotated");
    assert_eq!(second.token_issued_count, 2);
    assert!(["INVALID_TOKEN", "SESSION_REVOKED"].contains(&code(old.address(None).await).as_str()));
    let new = daemon.agent(&second);
    new.address(None).await.expect("the new token works");
    assert_eq!(code(new.renew_session(first.id).await), "RENEWAL_TOO_EARLY");
    operator.revoke_session(first.id).await.expect("revoked");
    assert_eq!(code(new.address(None).await), "SESSION_REVOKED");
    let listed = operator.sessions(&PageQuery::default()).await.expect("sessions");
    assert_eq!(listed.data[0].status, "REVOKED");
}

#[tokio::test]
async fn a_session_sees_only_its_own_wallets() {
    let daemon = Daemon::start().await;
    let (mine, other) = (daemon.wallet("mine").await, daemon.wallet("other").await);
    let session = daemon.session(&mine).await;
    let agent = daemon.agent(&session);
    assert_eq!(agent.wallets().await.expect("wallets").len(), 1);
    assert_eq!(daemon.operator().wallets().await.expect("wallets").len(), 2);
    assert_eq!(code(agent.wallet(other.id).await), "WALLET_ACCESS_DENIED");
    assert_eq!(code(agent.address(Some(other.id)).await), "WALLET_ACCESS_DENIED");
    let query = PageQuery { wallet_id: Some(other.id), ..PageQuery::default() };
    assert_eq!(code(agent.policies(&query).await), "WALLET_ACCESS_DENIED");
    daemon.operator().link_wallet(session.id, other.id).await.expect("linked");
    assert_eq!(agent.address(None).await.expect("address").wallet_id, mine.id, "the default of the two");
    assert_eq!(daemon.operator().session_wallets(session.id).await.expect("wallets").len(), 2);
    daemon.operator().unlink_wallet(session.id, mine.id).await.expect("unlinked");
    assert_eq!(agent.address(None).await.expect("address").wallet_id, other.id);
    assert_eq!(code(daemon.operator().unlink_wallet(session.id, other.id).await), "SESSION_REQUIRES_WALLET");
}

#[tokio::test]
async fn the_wallets_of_a_revoked_session_stay_as_they_are() {
    let daemon = Daemon::start().await;
    let (one, two, three) =
        (daemon.wallet("one").await, daemon.wallet("two").await, daemon.wallet("three").await);
    let session = daemon.session(&one).await;
    daemon.operator().link_wallet(session.id, two.id).await.expect("linked");
    daemon.operator().revoke_session(session.id).await.expect("revoked");
    let path = format!("/v1/sessions/{}", session.id);
    for (method, path, body) in [
        ("POST", format!("{path}/wallets"), json!({ "walletId": three.id })),
        ("PUT", format!("{path}/default-wallet"), json!({ "walletId": two.id })),
        ("DELETE", format!("{path}/wallets/{}", two.id), Value::Null),
    ] {
        let request = daemon.ask(method, &path).header("X-Master-Password", PASSWORD);
        let request = if body.is_null() { request } else { request.json(&body) };
        let (status, answer) = read(request).await;
        assert_eq!((status, &answer["code"]), (401, &json!("SESSION_REVOKED")), "{method} {path}: {answer}");
    }
    assert_eq!(daemon.operator().session_wallets(session.id).await.expect("wallets").len(), 2);
}

#[tokio::test]
async fn sends_have_a_bucket_of_their_own() {
    let daemon = Daemon::with(&[("security.rate_limit_tx_rpm", "1"), ("rpc.solana_localnet", "")]).await;
    let agent = daemon.agent(&daemon.session(&daemon.wallet("main").await).await);
    let amount = Amount::parse("1").expect("an amount");
    let request = TransactionRequest::from(Operation::Transfer(Transfer::new("x", amount)));
    let send = || agent.send_transaction(&request, &SendQuery { wait: None, timeout: None }, None);
    assert_ne!(code(send().await), "RATE_LIMITED");
    assert_eq!(code(send().await), "RATE_LIMITED");
    agent.address(None).await.expect("reading is not sending");
}

#[tokio::test]
async fn a_request_that_is_not_understood_is_not_a_payment() {
    let daemon = Daemon::start().await;
    let token = daemon.agent_header(&daemon.session(&daemon.wallet("main").await).await);
    let send = |body: Value| {
        let request = daemon.ask("POST", "/v1/transactions/send").header("authorization", &token);
        read(request.header("content-type", "application/json").body(body.to_string()))
    };
    for (body, code, path) in [
        (json!({"to": "r", "amount": "1", "dry_run": true}), "ACTION_VALIDATION_FAILED", "dry_run"),
        (json!({"to": "r", "amount": 1}), "ACTION_VALIDATION_FAILED", "amount"),
        (json!({"to": "r", "amount": "1", "gasCondition": {}}), "ACTION_VALIDATION_FAILED", "gasCondition"),
        (
            json!({"to": "r", "amount": "1", "actionProvider": "x"}),
            "ACTION_VALIDATION_FAILED",
            "actionProvider",
        ),
    ] {
        let (status, answer) = send(body).await;
        assert_eq!((status, &answer["code"]), (400, &json!(code)), "{answer}");
        assert_eq!(answer["details"]["issues"][0]["path"], path);
    }
    let (status, answer) = send(json!({"type": "X402_PAYMENT", "to": "r", "calldata": "0x"})).await;
    assert_eq!((status, &answer["code"]), (400, &json!("UNSUPPORTED_TX_TYPE")));
    let types = "TRANSFER, TOKEN_TRANSFER, CONTRACT_CALL, APPROVE, BATCH, NFT_TRANSFER, CONTRACT_DEPLOY";
    assert_eq!(answer["hint"], format!("Use one of {types}."));
}

#[tokio::test]
async fn policies_are_checked_changed_and_deleted() {
    let daemon = Daemon::start().await;
    let operator = daemon.operator();
    let wallet = daemon.wallet("main").await;
    let policy = |policy_type: &str, rules: Value| CreatePolicy {
        wallet_id: Some(wallet.id),
        network: None,
        policy_type: policy_type.to_owned(),
        rules,
        priority: 0,
        enabled: true,
    };
    let limit = policy("SPENDING_LIMIT", json!({"instant_max_usd": 1}));
    let made = operator.create_policy(&limit).await.expect("policy").done().expect("no owner");
    assert_eq!(code(operator.create_policy(&limit).await), "POLICY_ALREADY_EXISTS");
    assert_eq!(
        code(operator.create_policy(&policy("SPENDING_LIMIT", json!({}))).await),
        "POLICY_RULES_INVALID"
    );
    assert_eq!(code(operator.create_policy(&policy("NO_SUCH", json!({}))).await), "POLICY_TYPE_UNKNOWN");
    let off = waiaas_api::policies::UpdatePolicy { enabled: Some(false), ..Default::default() };
    assert!(!operator.update_policy(made.id, &off).await.expect("changed").done().expect("done").enabled);
    assert!(operator.delete_policy(made.id).await.expect("deleted").done().expect("done").deleted);
    assert_eq!(code(operator.policy(made.id).await), "POLICY_NOT_FOUND");
}

#[tokio::test]
async fn a_stranger_has_no_token() {
    let daemon = Daemon::start().await;
    let stranger = Client::new(&daemon.base).expect("client").session_token("wai_sess_a.b.c".into());
    assert_eq!(code(stranger.wallets().await), "INVALID_TOKEN");
}
