//! A request that no policy in force could grant is denied with every node unreachable; others are not.

use serde_json::{Value, json};
use waiaas_api::wallets::{CreateWallet, Wallet};
use waiaas_core::network::{Chain, Environment};

use crate::daemon::{Daemon, PASSWORD, read};

/// A port without a listener.
const NOWHERE: &str = "http://127.0.0.1:9";
const SOLANA_PAYEE: &str = "US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx";
const EVM_PAYEE: &str = "0x00000000000000000000000000000000000000a7";
const MINT: &str = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
const PROGRAM: &str = "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4";
const USDC: &str = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";

/// A daemon whose nodes do not answer, one wallet per chain, and a session of each.
struct World {
    daemon: Daemon,
    solana: (Wallet, String),
    evm: (Wallet, String),
}

impl World {
    async fn new() -> Self {
        let daemon = Daemon::with(&[("rpc.solana_localnet", NOWHERE), ("rpc.evm_localnet", NOWHERE)]).await;
        let mut made = Vec::new();
        for (name, chain) in [("solana", Chain::Solana), ("evm", Chain::Ethereum)] {
            let (name, environment) = (name.to_owned(), Environment::Local);
            let new = CreateWallet { name, chain, environment, create_session: false };
            let wallet = daemon.operator().create_wallet(&new).await.expect("wallet").wallet;
            let session = daemon.session(&wallet).await;
            made.push((wallet, daemon.agent_header(&session)));
        }
        let (evm, solana) = (made.pop().expect("evm"), made.pop().expect("solana"));
        Self { daemon, solana, evm }
    }

    async fn policy(&self, wallet: &Wallet, policy_type: &str, rules: Value) {
        self.policy_on(wallet, None, policy_type, rules).await;
    }

    async fn policy_on(&self, wallet: &Wallet, network: Option<&str>, policy_type: &str, rules: Value) {
        let body = json!({ "walletId": wallet.id, "type": policy_type, "rules": rules, "network": network });
        let ask = self.daemon.ask("POST", "/v1/policies").header("X-Master-Password", PASSWORD).json(&body);
        let (status, answer) = read(ask).await;
        assert_eq!(status, 201, "{answer}");
    }

    async fn limits(&self) {
        for (wallet, _) in [&self.solana, &self.evm] {
            let rules = json!({ "instant_max_usd": 100, "notify_max_usd": 200, "delay_max_usd": 300 });
            self.policy(wallet, "SPENDING_LIMIT", rules).await;
        }
    }

    async fn post(&self, token: &str, path: &str, body: &Value) -> (u16, Value) {
        read(self.daemon.ask("POST", path).header("Authorization", token).json(body)).await
    }

    /// Sends, and expects the same code from a dry run of both forms; the code of each.
    async fn denied(&self, (_, token): &(Wallet, String), body: &Value, code: &str) -> Value {
        let (status, sent) = self.post(token, "/v1/transactions/send", body).await;
        assert_eq!((status, &sent["code"]), (403, &json!(code)), "{body}: {sent}");
        let mut dry = body.clone();
        dry["dryRun"] = json!(true);
        for (path, body) in [("/v1/transactions/send", &dry), ("/v1/transactions/simulate", body)] {
            let (status, run) = self.post(token, path, body).await;
            assert_eq!((status, &run["policy"]["code"]), (200, &json!(code)), "{path} {body}: {run}");
            let hint = &run["policy"]["denials"][0]["hint"];
            assert_eq!(hint.is_string(), sent["hint"].is_string(), "{run} {sent}");
            assert_eq!((&run["fee"], &run["simulation"]["success"]), (&Value::Null, &json!(false)), "{run}");
        }
        sent
    }

    /// A request that may be granted needs a node.
    async fn needs_a_node(&self, (_, token): &(Wallet, String), body: &Value) {
        let (status, sent) = self.post(token, "/v1/transactions/send", body).await;
        assert_eq!(status, 502, "{body}: {sent}");
    }
}

fn transfer(to: &str) -> Value {
    json!({ "to": to, "amount": "0.001" })
}

#[tokio::test]
async fn without_a_limit_nothing_is_asked_of_a_node() {
    let world = World::new().await;
    let call = json!({ "type": "CONTRACT_CALL", "to": USDC, "calldata": "0x12345678" });
    let program = json!({
        "type": "CONTRACT_CALL", "programId": PROGRAM, "instructionData": "AQ==", "accounts": [],
    });
    for (wallet, body, code) in [
        (&world.solana, transfer(SOLANA_PAYEE), "SPENDING_LIMIT_REQUIRED"),
        (&world.evm, transfer(EVM_PAYEE), "SPENDING_LIMIT_REQUIRED"),
        (&world.solana, program, "CONTRACT_NOT_WHITELISTED"),
        (&world.evm, call, "CONTRACT_NOT_WHITELISTED"),
    ] {
        world.denied(wallet, &body, code).await;
    }
}

#[tokio::test]
async fn lists_that_are_not_met_deny_early_and_those_that_are_do_not() {
    let world = World::new().await;
    world.limits().await;
    let token = |to: &str, address: &str, amount: &str| json!({ "type": "TOKEN_TRANSFER", "to": to, "amount": amount, "token": { "address": address } });
    // No policy lists a token. Its decimals are not known, for either form of the amount.
    for amount in ["5", "5.0"] {
        world.denied(&world.solana, &token(SOLANA_PAYEE, MINT, amount), "TOKEN_NOT_ALLOWED").await;
        world.denied(&world.evm, &token(EVM_PAYEE, USDC, amount), "TOKEN_NOT_ALLOWED").await;
    }
    let approve = json!({
        "type": "APPROVE", "spender": EVM_PAYEE, "amount": "5", "token": { "address": USDC },
    });
    // It may turn out to be an NFT, and then another list is missing; either way it is denied.
    let (status, sent) = world.post(&world.evm.1, "/v1/transactions/send", &approve).await;
    assert_eq!((status, &sent["code"]), (403, &json!("TOKEN_NOT_ALLOWED")), "{sent}");

    world.needs_a_node(&world.solana, &transfer(SOLANA_PAYEE)).await;
    world.needs_a_node(&world.evm, &transfer(EVM_PAYEE)).await;
    let listed = json!({ "tokens": [{ "address": MINT }] });
    world.policy(&world.solana.0, "ALLOWED_TOKENS", listed).await;
    world.needs_a_node(&world.solana, &token(SOLANA_PAYEE, MINT, "5")).await;

    let payees = json!({ "allowed_addresses": [EVM_PAYEE] });
    world.policy(&world.evm.0, "WHITELIST", payees).await;
    world.denied(&world.evm, &transfer(USDC), "WHITELIST_DENIED").await;
    world.needs_a_node(&world.evm, &transfer(EVM_PAYEE)).await;

    let elsewhere = json!({ "networks": [{ "network": "solana-mainnet" }] });
    world.policy(&world.solana.0, "ALLOWED_NETWORKS", elsewhere).await;
    world.denied(&world.solana, &transfer(SOLANA_PAYEE), "NETWORK_NOT_ALLOWED").await;
}

#[tokio::test]
async fn what_only_an_owner_could_approve_is_denied_early_without_one() {
    let world = World::new().await;
    world.limits().await;
    let deploy = json!({ "type": "CONTRACT_DEPLOY", "bytecode": "0x6001600101" });
    world.denied(&world.evm, &deploy, "OWNER_REQUIRED").await;
    let text = json!({ "message": "hello, this is a text" });
    for (_, token) in [&world.solana, &world.evm] {
        let (status, sent) = world.post(token, "/v1/transactions/sign-message", &text).await;
        assert_eq!((status, &sent["code"]), (403, &json!("OWNER_REQUIRED")), "{sent}");
    }
}

#[tokio::test]
async fn the_denial_is_kept_explained_and_repeated_by_its_key() {
    let world = World::new().await;
    let (wallet, token) = &world.solana;
    let send = || {
        let ask = world.daemon.ask("POST", "/v1/transactions/send").header("Authorization", token);
        ask.header("Idempotency-Key", "once").json(&transfer(SOLANA_PAYEE))
    };
    let (_, first) = read(send()).await;
    let id = first["details"]["transactionId"].as_str().expect("a row").to_owned();
    world.limits().await;
    let (status, again) = read(send()).await;
    assert_eq!((status, &again["details"]["transactionId"]), (403, &json!(id)), "the first answer stands");

    let get = |path: String| read(world.daemon.ask("GET", &path).header("Authorization", token));
    let (_, row) = get(format!("/v1/transactions/{id}")).await;
    assert_eq!((&row["status"], &row["walletId"]), (&json!("DENIED"), &json!(wallet.id)), "{row}");
    assert_eq!(row["toAddress"], json!(SOLANA_PAYEE), "{row}");
    let (status, explained) = get(format!("/v1/transactions/{id}/explain")).await;
    assert_eq!((status, &explained["reproduced"]), (200, &json!(true)), "{explained}");
    let audit = world.daemon.ask("GET", "/v1/audit-logs?event_type=POLICY_DENIED");
    let (_, log) = read(audit.header("X-Master-Password", PASSWORD)).await;
    assert_eq!(log["data"][0]["txId"], json!(id), "{log}");
}

#[tokio::test]
async fn a_malformed_request_is_refused_for_what_it_is() {
    let world = World::new().await;
    for (wallet, body) in [
        (&world.solana, json!({ "to": "nobody", "amount": "1" })),
        (&world.evm, json!({ "to": EVM_PAYEE, "amount": "1", "memo": "no place for it" })),
        (&world.solana, json!({ "type": "CONTRACT_DEPLOY", "bytecode": "0x00" })),
    ] {
        let (status, sent) = world.post(&wallet.1, "/v1/transactions/send", &body).await;
        assert_ne!(status, 403, "{body}: {sent}");
        assert_ne!(status, 502, "{body}: {sent}");
    }
}
