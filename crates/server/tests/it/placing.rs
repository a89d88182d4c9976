//! Which wallet and which network a request means that does not say.

use serde_json::{Value, json};
use waiaas_api::wallets::{CreateWallet, Wallet};
use waiaas_core::network::{Chain, Environment};

use crate::daemon::{Daemon, PASSWORD, read};

const NOWHERE: &str = "http://127.0.0.1:9";
const SOLANA_PAYEE: &str = "US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx";
const EVM_PAYEE: &str = "0x00000000000000000000000000000000000000a7";

/// A daemon without a node that answers.
async fn daemon() -> Daemon {
    Daemon::with(&[("rpc.solana_localnet", NOWHERE), ("rpc.evm_localnet", NOWHERE)]).await
}

async fn wallet(daemon: &Daemon, name: &str, chain: Chain, environment: Environment) -> Wallet {
    let new = CreateWallet { name: name.to_owned(), chain, environment, create_session: false };
    daemon.operator().create_wallet(&new).await.expect("wallet").wallet
}

/// A session of these wallets: its id and its header.
async fn session(daemon: &Daemon, wallets: &[&Wallet]) -> (String, String) {
    let ids: Vec<_> = wallets.iter().map(|wallet| wallet.id).collect();
    let new = waiaas_api::sessions::CreateSession { wallet_ids: Some(ids), ..Default::default() };
    let made = daemon.operator().create_session(&new).await.expect("session");
    (made.id.to_string(), daemon.agent_header(&made))
}

async fn get(daemon: &Daemon, token: &str, path: &str) -> (u16, Value) {
    read(daemon.ask("GET", path).header("Authorization", token)).await
}

/// The wallet that a request is denied for, which no policy allows anything; or the code it is refused with.
async fn placed(daemon: &Daemon, token: &str, path: &str, body: Value) -> Value {
    let ask = daemon.ask("POST", path).header("Authorization", token).json(&body);
    let (status, answer) = read(ask).await;
    match answer["details"]["transactionId"].as_str() {
        Some(id) => {
            let (_, row) = get(daemon, token, &format!("/v1/transactions/{id}")).await;
            json!([row["walletId"], row["network"]])
        }
        None => json!([status, answer["code"]]),
    }
}

#[tokio::test]
async fn the_wallet_follows_from_the_request_where_one_fits() {
    let daemon = daemon().await;
    let solana = wallet(&daemon, "solana", Chain::Solana, Environment::Local).await;
    let evm = wallet(&daemon, "evm", Chain::Ethereum, Environment::Local).await;
    let (_, token) = session(&daemon, &[&solana, &evm]).await;
    let send = "/v1/transactions/send";
    let sol = json!([solana.id, "solana-localnet"]);
    let eth = json!([evm.id, "evm-localnet"]);
    let token_of = |asset: &str| json!({ "assetId": asset });
    let spl = "solana:localnet/token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
    let typed = json!({
        "domain": { "chainId": 31337, "name": "T" }, "primaryType": "A", "message": { "a": "5" },
        "types": { "A": [{ "name": "a", "type": "uint8" }] },
    });
    for (path, body, expected) in [
        (send, json!({ "to": SOLANA_PAYEE, "amount": "0.1" }), &sol),
        (send, json!({ "to": EVM_PAYEE, "amount": "0.1" }), &eth),
        (send, json!({ "type": "CONTRACT_DEPLOY", "bytecode": "0x6001" }), &eth),
        (
            send,
            json!({ "type": "TOKEN_TRANSFER", "to": SOLANA_PAYEE, "amount": "5", "token": token_of(spl) }),
            &sol,
        ),
        (
            send,
            json!({ "type": "APPROVE", "spender": EVM_PAYEE, "amount": "5", "token": { "address": EVM_PAYEE.replace("a7", "a8") } }),
            &eth,
        ),
        ("/v1/transactions/sign-message", json!({ "signType": "typedData", "typedData": typed }), &eth),
        ("/v1/transactions/sign-message", json!({ "message": "a text", "network": "evm-localnet" }), &eth),
        // A text is signed on either chain.
        (
            "/v1/transactions/sign-message",
            json!({ "message": "a text" }),
            &json!([400, "WALLET_ID_REQUIRED"]),
        ),
    ] {
        assert_eq!(placed(&daemon, &token, path, body.clone()).await, *expected, "{path} {body}");
    }
    let (status, answer) = read(
        daemon
            .ask("POST", "/v1/transactions/simulate")
            .header("Authorization", &token)
            .json(&json!({ "to": EVM_PAYEE, "amount": "0.1" })),
    )
    .await;
    assert_eq!((status, &answer["meta"]["network"]), (200, &json!("evm-localnet")), "{answer}");
}

#[tokio::test]
async fn money_that_could_leave_from_two_wallets_needs_one_named() {
    let daemon = daemon().await;
    let one = wallet(&daemon, "one", Chain::Ethereum, Environment::Local).await;
    let two = wallet(&daemon, "two", Chain::Ethereum, Environment::Local).await;
    let far = wallet(&daemon, "far", Chain::Ethereum, Environment::Testnet).await;
    let (_, token) = session(&daemon, &[&far, &one, &two]).await;
    let send = async |body: Value| placed(&daemon, &token, "/v1/transactions/send", body).await;
    let body = json!({ "to": EVM_PAYEE, "amount": "0.1" });
    assert_eq!(send(body.clone()).await, json!([400, "WALLET_ID_REQUIRED"]));
    let here = json!({ "to": EVM_PAYEE, "amount": "0.1", "network": "evm-localnet" });
    assert_eq!(send(here.clone()).await, json!([400, "WALLET_ID_REQUIRED"]));
    let named = json!({ "to": EVM_PAYEE, "amount": "0.1", "walletId": two.id });
    assert_eq!(send(named).await, json!([two.id, "evm-localnet"]));
    let there = json!({ "to": EVM_PAYEE, "amount": "0.1", "network": "base-sepolia" });
    assert_eq!(send(there).await, json!([far.id, "base-sepolia"]), "the network decides");
    // A wallet that never signs again is out of the question.
    daemon.operator().terminate_wallet(two.id).await.expect("terminated");
    assert_eq!(send(here).await, json!([one.id, "evm-localnet"]));
}

#[tokio::test]
async fn a_field_at_fault_is_named_before_the_wallet() {
    let daemon = daemon().await;
    let solana = wallet(&daemon, "solana", Chain::Solana, Environment::Local).await;
    let evm = wallet(&daemon, "evm", Chain::Ethereum, Environment::Local).await;
    let other = wallet(&daemon, "other", Chain::Ethereum, Environment::Local).await;
    let (_, both) = session(&daemon, &[&solana, &evm]).await;
    let (_, evms) = session(&daemon, &[&evm, &other]).await;
    let (address, network) = ("INVALID_ADDRESS", "ENVIRONMENT_NETWORK_MISMATCH");
    let pay = |to: &str| json!({ "to": to, "amount": "0.1" });
    let on = |to: &str, network: &str| json!({ "to": to, "amount": "0.1", "network": network });
    let token =
        |token: Value| json!({ "type": "TOKEN_TRANSFER", "to": EVM_PAYEE, "amount": "5", "token": token });
    let call = |to: &str| json!({ "type": "CONTRACT_CALL", "to": to, "calldata": "0x" });
    let cases = [
        (&both, pay("nobody"), address, "to"),
        (&both, pay("0x52908400098527886E0F7030069857D2E4169Ee7"), address, "checksum"),
        (&both, on(EVM_PAYEE, "base-mainnet"), network, "base-mainnet"),
        (&both, on(EVM_PAYEE, "solana-localnet"), address, "to"),
        (&both, on("nobody", "solana-localnet"), address, "to"),
        (&both, on(EVM_PAYEE, "nowhere"), "NETWORK_NOT_FOUND", "network"),
        (&both, token(json!({ "assetId": "eip155:31337/nothing" })), address, "token.assetId"),
        (
            &both,
            token(json!({ "assetId": format!("eip155:1/erc20:{EVM_PAYEE}") })),
            network,
            "ethereum-mainnet",
        ),
        (&both, token(json!({ "address": SOLANA_PAYEE })), address, "token.address"),
        (&evms, pay(SOLANA_PAYEE), address, "to"),
        (&evms, call("nobody"), address, "to"),
        // Nothing is at fault but that two wallets could pay.
        (&evms, pay(EVM_PAYEE), "WALLET_ID_REQUIRED", "several"),
        (&evms, call(EVM_PAYEE), "WALLET_ID_REQUIRED", "several"),
    ];
    for (session, body, code, part) in cases {
        let ask = daemon.ask("POST", "/v1/transactions/send").header("Authorization", session).json(&body);
        let (status, answer) = read(ask).await;
        assert_eq!((status, &answer["code"]), (400, &json!(code)), "{body}: {answer}");
        assert!(answer["message"].as_str().is_some_and(|text| text.contains(part)), "{body}: {answer}");
    }
    for path in ["/v1/wallet/balance?network=base-mainnet", "/v1/wallet/assets?network=base-mainnet"] {
        let (status, answer) = get(&daemon, &both, path).await;
        assert_eq!((status, &answer["code"]), (400, &json!(network)), "{path}: {answer}");
    }
}

#[tokio::test]
async fn reading_means_the_default_wallet_that_the_operator_can_set() {
    let daemon = daemon().await;
    let evm = wallet(&daemon, "evm", Chain::Ethereum, Environment::Local).await;
    let solana = wallet(&daemon, "solana", Chain::Solana, Environment::Local).await;
    // The first one named, though the other is older.
    let (id, token) = session(&daemon, &[&solana, &evm]).await;
    let address = async |query: &str| {
        let (status, answer) = get(&daemon, &token, &format!("/v1/wallet/address{query}")).await;
        if status == 200 { answer["walletId"].clone() } else { answer["code"].clone() }
    };
    assert_eq!(address("").await, json!(solana.id));
    assert_eq!(address(&format!("?walletId={}", evm.id)).await, json!(evm.id));
    // A node would be asked, and about the wallet that is on the network named.
    for (path, status) in [("/v1/wallet/balance", 502), ("/v1/wallet/balance?network=evm-localnet", 502)] {
        let (found, answer) = get(&daemon, &token, path).await;
        assert_eq!(found, status, "{path}: {answer}");
        assert!(answer.to_string().contains(if path.contains("evm") { "evm" } else { "solana" }), "{answer}");
    }
    let set = async |wallet: &Wallet| {
        let ask = daemon.ask("PUT", &format!("/v1/sessions/{id}/default-wallet"));
        read(ask.header("X-Master-Password", PASSWORD).json(&json!({ "walletId": wallet.id }))).await
    };
    assert_eq!(set(&evm).await.0, 200);
    assert_eq!(address("").await, json!(evm.id));
    let foreign = wallet(&daemon, "foreign", Chain::Solana, Environment::Local).await;
    let (status, refused) = set(&foreign).await;
    assert_eq!((status, &refused["code"]), (404, &json!("WALLET_NOT_FOUND")), "{refused}");
    let unlink = daemon.ask("DELETE", &format!("/v1/sessions/{id}/wallets/{}", evm.id));
    assert_eq!(read(unlink.header("X-Master-Password", PASSWORD)).await.0, 204);
    assert_eq!(address("").await, json!(solana.id), "what is left");
    let agents = daemon.ask("PUT", &format!("/v1/sessions/{id}/default-wallet"));
    let (status, _) =
        read(agents.header("Authorization", &token).json(&json!({ "walletId": solana.id }))).await;
    assert_eq!(status, 401, "not the agent's to set");
}

#[tokio::test]
async fn a_network_is_named_only_where_several_can_be_used() {
    let daemon = daemon().await;
    let evm = wallet(&daemon, "evm", Chain::Ethereum, Environment::Testnet).await;
    let (_, token) = session(&daemon, &[&evm]).await;
    let body = json!({ "to": EVM_PAYEE, "amount": "0.1" });
    let send = async |body: Value| placed(&daemon, &token, "/v1/transactions/send", body).await;
    assert_eq!(send(body.clone()).await[0], json!(400), "several test networks have nodes");
    let set = async |network: Value| {
        let ask = daemon.ask("PUT", &format!("/v1/wallets/{}/default-network", evm.id));
        read(ask.header("X-Master-Password", PASSWORD).json(&json!({ "network": network }))).await
    };
    let (status, shown) = set(json!("eip155:84532")).await;
    assert_eq!((status, &shown["network"]), (200, &json!("base-sepolia")), "{shown}");
    assert_eq!(send(body.clone()).await, json!([evm.id, "base-sepolia"]));
    // An asset names its network, and a named network decides.
    let asset = "eip155:421614/erc20:0x00000000000000000000000000000000000000a8";
    let token_out =
        json!({ "type": "TOKEN_TRANSFER", "to": EVM_PAYEE, "amount": "5", "token": { "assetId": asset } });
    assert_eq!(send(token_out).await, json!([evm.id, "arbitrum-sepolia"]));
    let named = json!({ "to": EVM_PAYEE, "amount": "0.1", "network": "optimism-sepolia" });
    assert_eq!(send(named).await, json!([evm.id, "optimism-sepolia"]));
    for foreign in ["base-mainnet", "solana-devnet", "nowhere"] {
        assert_eq!(set(json!(foreign)).await.0, 400, "{foreign}");
    }
    assert_eq!(set(Value::Null).await.0, 200);
    assert_eq!(send(body).await[0], json!(400));
}

#[tokio::test]
async fn the_only_network_with_a_node_needs_no_name() {
    let networks =
        ["ethereum_sepolia", "polygon_amoy", "arbitrum_sepolia", "optimism_sepolia", "hyperevm_testnet"];
    let off: Vec<_> = networks.iter().map(|name| (format!("rpc.evm_{name}"), String::new())).collect();
    let settings: Vec<_> = off.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let daemon = Daemon::with(&settings).await;
    let evm = wallet(&daemon, "evm", Chain::Ethereum, Environment::Testnet).await;
    let (_, token) = session(&daemon, &[&evm]).await;
    let body = json!({ "to": EVM_PAYEE, "amount": "0.1" });
    let found = placed(&daemon, &token, "/v1/transactions/send", body).await;
    assert_eq!(found, json!([evm.id, "base-sepolia"]));
}

#[tokio::test]
async fn a_request_that_contradicts_itself_is_refused_with_the_field() {
    let daemon = daemon().await;
    let evm = wallet(&daemon, "evm", Chain::Ethereum, Environment::Local).await;
    let (_, token) = session(&daemon, &[&evm]).await;
    let nft = format!("eip155:31337/erc721:{EVM_PAYEE}/7");
    let transfer = |token: Value| json!({ "type": "NFT_TRANSFER", "to": EVM_PAYEE, "token": token });
    let approve = |nft_fields: Value| {
        json!({
            "type": "APPROVE", "spender": EVM_PAYEE, "amount": "0", "token": { "assetId": nft }, "nft": nft_fields,
        })
    };
    for (body, path) in [
        (transfer(json!({ "assetId": nft, "tokenId": "8" })), "token.tokenId"),
        (transfer(json!({ "assetId": nft, "standard": "ERC-1155" })), "token.standard"),
        (approve(json!({ "tokenId": "8", "standard": "ERC-721" })), "nft.tokenId"),
        (approve(json!({ "tokenId": "7", "standard": "ERC-1155" })), "nft.standard"),
        (transfer(json!([EVM_PAYEE, "7", "ERC-721"])), "token"),
        (transfer(json!({ "assetId": nft, "a\u{202e}b": 1 })), "token.a\\u{202e}b"),
    ] {
        for door in ["/v1/transactions/send", "/v1/transactions/simulate"] {
            let ask = daemon.ask("POST", door).header("Authorization", &token).json(&body);
            let (status, answer) = read(ask).await;
            assert_eq!(
                (status, &answer["code"]),
                (400, &json!("ACTION_VALIDATION_FAILED")),
                "{body}: {answer}"
            );
            assert_eq!(answer["details"]["issues"][0]["path"], path, "{answer}");
        }
    }
}
