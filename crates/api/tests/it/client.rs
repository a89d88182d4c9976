//! Credentials go where they are wanted and nowhere else; errors keep their shape.

use std::time::Duration;

use serde_json::{Value, json};
use waiaas_api::client::{Client, ClientError, OwnerSignature, Sent};
use waiaas_api::page::PageQuery;
use waiaas_api::requests::{Operation, TransactionRequest, Transfer};
use waiaas_api::transactions::{ReplaceRequest, SendQuery};
use waiaas_core::ids::TxId;
use waiaas_core::intent::Amount;
use waiaas_core::transaction::Replacement;
use wiremock::matchers::{body_json, header, header_exists, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const TX: &str = "018f3a4e-0000-7000-8000-000000000003";
const WALLET: &str = "018f3a4e-0000-7000-8000-000000000001";

fn transaction() -> Value {
    json!({
        "id": TX, "walletId": WALLET, "sessionId": null, "type": "TRANSFER", "status": "SUBMITTED",
        "tier": "INSTANT", "chain": "solana", "network": "solana-localnet", "chainId": "solana:localnet",
        "toAddress": "r", "amount": "5000000000", "amountFormatted": "5 SOL", "amountDecimals": 9,
        "amountSymbol": "SOL", "amountUsd": 10.5, "assetId": "solana:localnet/slip44:501", "txHash": "h",
        "isFinal": false, "pendingCode": null, "pendingReason": null,
        "fee": null, "errorCode": null, "error": null, "executeAfter": null, "approvalExpiresAt": null,
        "effects": {}, "reasons": [], "digest": null, "createdAt": 1, "updatedAt": 1, "executedAt": null,
        "aFieldOfTomorrow": true,
    })
}

fn problem(code: &str) -> Value {
    json!({"code": code, "message": "No.", "retryable": false, "requestId": "r-1"})
}

async fn daemon() -> (MockServer, Client) {
    let server = MockServer::start().await;
    let client = Client::new(&server.uri()).expect("client").session_token("wai_sess_t".into());
    (server, client)
}

fn keys(requests: &[Request]) -> Vec<String> {
    let key = |r: &Request| r.headers["idempotency-key"].to_str().expect("ascii").to_owned();
    requests.iter().map(key).collect()
}

#[tokio::test]
async fn a_send_carries_the_token_and_a_fresh_key_each_time() {
    let (server, client) = daemon().await;
    Mock::given(method("POST"))
        .and(path("/v1/transactions/send"))
        .and(query_param("wait", "confirmed"))
        .and(header("authorization", "Bearer wai_sess_t"))
        .and(header_exists("idempotency-key"))
        .and(body_json(json!({"type": "TRANSFER", "to": "r", "amount": "5.0", "dryRun": false})))
        .respond_with(ResponseTemplate::new(201).set_body_json(transaction()))
        .mount(&server)
        .await;
    let request: TransactionRequest =
        Operation::Transfer(Transfer::new("r", Amount::parse("5.0").expect("an amount"))).into();
    let query = SendQuery { wait: Some("confirmed".into()), timeout: Some(5) };
    for key in [None, None, Some("mine")] {
        let sent = client.send_transaction(&request, &query, key).await.expect("sent");
        let Sent::Admitted(tx) = sent else { panic!("not a dry run") };
        assert_eq!(tx.amount_formatted, "5 SOL");
    }
    let requests = server.received_requests().await.expect("recorded");
    let keys = keys(&requests);
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[2], "mine");
    assert!(requests.iter().all(|r| !r.headers.contains_key("x-master-password")));
}

#[tokio::test]
async fn a_replacement_names_what_it_replaces_and_carries_a_key() {
    let (server, client) = daemon().await;
    let mut new = transaction();
    new["replaces"] = json!(TX);
    Mock::given(method("POST"))
        .and(path(format!("/v1/transactions/{TX}/replace")))
        .and(query_param("wait", "confirmed"))
        .and(header("authorization", "Bearer wai_sess_t"))
        .and(body_json(json!({"with": "CANCELLATION"})))
        .respond_with(ResponseTemplate::new(201).set_body_json(new))
        .mount(&server)
        .await;
    let id: TxId = TX.parse().expect("id");
    let request = ReplaceRequest { with: Replacement::Cancellation };
    let query = SendQuery { wait: Some("confirmed".into()), timeout: None };
    for key in [None, Some("mine")] {
        let new = client.replace_transaction(id, &request, &query, key).await.expect("sent");
        assert_eq!(new.replaces, Some(id));
    }
    let keys = keys(&server.received_requests().await.expect("recorded"));
    assert!(!keys[0].is_empty());
    assert_eq!(keys[1], "mine");
}

#[tokio::test]
async fn an_owners_message_travels_on_one_line_without_other_credentials() {
    let (server, client) = daemon().await;
    Mock::given(method("POST"))
        .and(path(format!("/v1/transactions/{TX}/approve")))
        .and(header("x-owner-message", "line one\\nline two"))
        .and(header("x-owner-signature", "0xsig"))
        .respond_with(ResponseTemplate::new(403).set_body_json(problem("OWNER_ADDRESS_MISMATCH")))
        .mount(&server)
        .await;
    let answer =
        OwnerSignature { message: "line one\nline two".into(), signature: "0xsig".into(), address: None };
    let id: TxId = TX.parse().expect("id");
    let error = client.approve(id, &answer).await.expect_err("refused");
    assert_eq!(error.code(), Some("OWNER_ADDRESS_MISMATCH"));
    assert!(!server.received_requests().await.expect("recorded")[0].headers.contains_key("authorization"));
}

#[tokio::test]
async fn a_missing_credential_is_found_before_anything_is_sent() {
    let (server, client) = daemon().await;
    let error = client.sessions(&PageQuery::default()).await.expect_err("no password");
    assert!(matches!(error, ClientError::NoMasterPassword));
    assert!(server.received_requests().await.expect("recorded").is_empty());
}

#[tokio::test]
async fn redirects_are_not_followed_and_strangers_are_recognised() {
    let (server, client) = daemon().await;
    let elsewhere = ResponseTemplate::new(307).insert_header("location", format!("{}/other", server.uri()));
    Mock::given(path("/v1/wallets")).respond_with(elsewhere).mount(&server).await;
    let error = client.wallets().await.expect_err("redirect");
    assert!(matches!(error, ClientError::NotTheDaemon { status: 307 }));
    assert_eq!(server.received_requests().await.expect("recorded").len(), 1);
}

#[tokio::test]
async fn silence_ends_in_a_timeout_that_names_no_secret() {
    let server = MockServer::start().await;
    let never = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(path("/health")).respond_with(never).mount(&server).await;
    let client = Client::with_timeout(&server.uri(), Duration::from_millis(200)).expect("client");
    let client = client.master_password("correct horse".into());
    let error = client.health().await.expect_err("timeout");
    assert!(matches!(error, ClientError::Transport { reason: "timed out", .. }));
    assert!(!format!("{error:?} {client:?}").contains("correct horse"));
}

#[tokio::test]
async fn an_answer_without_a_body_is_fine() {
    let (server, client) = daemon().await;
    let client = client.master_password("correct horse".into());
    Mock::given(method("DELETE")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    client.unlink_wallet(TX.parse().expect("id"), WALLET.parse().expect("id")).await.expect("204");
    assert!(matches!(Client::new("ftp://x"), Err(ClientError::BaseUrl)));
}
