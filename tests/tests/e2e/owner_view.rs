//! The owner's view: the text, the document behind it, the command line that checks both, and the addresses
//! that can be owners at all.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Agent, Api, Daemon, DaemonOptions, Localnet, OwnerKey, generous_policy, until};
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::credential_matrix::unreachable_nodes;

const ETHER: u128 = 1_000_000_000_000_000_000;
const SOL: u64 = 1_000_000_000;

fn string<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field].as_str().with_context(|| format!("{field} in {value}"))
}

/// A daemon with a wallet whose owner, of the file's key, is asked above small change.
struct Owned {
    localnet: Localnet,
    daemon: Daemon,
    agent: Agent,
    owner: OwnerKey,
    key_file: String,
    keys: tempfile::TempDir,
}

impl Owned {
    async fn start() -> Result<Self> {
        let localnet = Localnet::start()?;
        let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
        let agent = Agent::create(&daemon, "ethereum").await?;
        localnet.evm.fund(&agent.address, 500 * ETHER).await?;
        let small = json!({ "instant_max": "1", "notify_max": "1", "delay_max": "1" });
        daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", small).await?;
        let owner = OwnerKey::evm(3)?;
        agent.lock_owner(&daemon, &owner).await?;
        let keys = tempfile::TempDir::new()?;
        let path = keys.path().join("evm.key");
        std::fs::write(&path, format!("0x{}\n", hex::encode([3u8; 32])))?;
        let key_file = path.to_string_lossy().into_owned();
        Ok(Self { localnet, daemon, agent, owner, key_file, keys })
    }

    /// Asks for a payment: its id.
    async fn ask(&self, to: &str) -> Result<String> {
        let sent = self.agent.send(&self.daemon, to, "2.5").await?.expect(201)?;
        ensure!(sent["status"] == "PENDING_APPROVAL", "{sent}");
        Ok(string(&sent, "id")?.to_owned())
    }

    async fn document(&self, id: &str) -> Result<Value> {
        self.daemon.anonymous().get(&format!("/v1/transactions/{id}/approval")).await?.expect(200)
    }

    /// The exit code and output of `waiaas owner approve`.
    fn approve(&self, arguments: &[&str]) -> Result<(Option<i32>, String)> {
        self.answer("approve", arguments)
    }

    /// The same of `waiaas owner approve` or `waiaas owner reject`.
    fn answer(&self, verb: &str, arguments: &[&str]) -> Result<(Option<i32>, String)> {
        let output = self.daemon.cli(&[&["owner", verb], arguments].concat())?;
        let text = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8_lossy(&text).into_owned()))
    }

    async fn reaches(&self, id: &str, status: &str) -> Result<()> {
        until("the end of a transaction", Duration::from_secs(30), || async {
            Ok((self.agent.transaction(&self.daemon, id).await?["status"] == status).then_some(()))
        })
        .await
    }
}

/// Documents that a lying daemon could send in place of the true one.
fn lies(truth: &Value) -> Result<Vec<(&'static str, Value)>> {
    let message = string(&truth["approve"], "message")?;
    let lie = |change: &dyn Fn(&mut Value)| {
        let mut document = truth.clone();
        change(&mut document);
        document
    };
    let say = |text: String| lie(&|document| document["approve"]["message"] = json!(text));
    let effect = |document: &mut Value| {
        document["presentation"]["effects"]["items"][0]["amount"] = json!("0x1");
    };
    Ok(vec![
        ("another amount in the words", say(message.replacen("2.5 ETH", "0.5 ETH", 1))),
        ("a sentence more", say(message.replacen("It does this:", "It is harmless. It does this:", 1))),
        ("the other question", lie(&|document| document["approve"] = truth["reject"].clone())),
        ("a login elsewhere", say(message.replace("waiaas.local", "bank.example"))),
        ("any text", say("I give everything away.".to_owned())),
        ("another amount in the description", lie(&effect)),
        ("an effect less", lie(&|document| document["presentation"]["effects"]["items"] = json!([]))),
        (
            "another wallet in the description",
            lie(&|document| {
                document["presentation"]["effects"]["from"] =
                    json!("0x52908400098527886E0F7030069857D2E4169EE7");
            }),
        ),
        ("a description of a later form", lie(&|document| document["presentation"]["version"] = json!(2))),
        (
            "other bytes",
            lie(&|document| {
                let body = document["draft"]["body"].as_str().unwrap_or_default().to_owned();
                document["draft"]["body"] = json!(format!("{body}00"));
            }),
        ),
        ("no bytes that can be read", lie(&|document| document["draft"]["body"] = json!("0xzz"))),
        ("no description", lie(&|document| document["presentation"] = Value::Null)),
        ("no bytes", lie(&|document| document["draft"] = Value::Null)),
        ("neither description nor bytes", lie(&leave_out)),
        (
            "the other question, and neither description nor bytes",
            lie(&|document| {
                document["approve"] = truth["reject"].clone();
                leave_out(document);
            }),
        ),
    ])
}

/// As a document that nothing can be checked against.
fn leave_out(document: &mut Value) {
    document["presentation"] = Value::Null;
    document["draft"] = Value::Null;
}

/// Documents that a lying daemon could send to an owner who rejects.
fn lies_to_reject(truth: &Value) -> Vec<(&'static str, Value)> {
    let mut bare = truth.clone();
    leave_out(&mut bare);
    let mut approval = truth.clone();
    approval["reject"] = truth["approve"].clone();
    let mut bare_approval = approval.clone();
    leave_out(&mut bare_approval);
    vec![
        ("neither description nor bytes", bare),
        ("the approve text", approval),
        ("the approve text, and neither description nor bytes", bare_approval),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_signs_only_what_it_has_checked_and_shown() -> Result<()> {
    let owned = Owned::start().await?;
    let to = OwnerKey::evm(31)?.address();
    let id = owned.ask(&to).await?;
    let truth = owned.document(&id).await?;
    ensure!(truth["presentation"]["effects"]["items"][0]["to"] == json!(to), "{truth}");

    // Nothing is signed that the bytes do not bear out, even for a script.
    let approve = lies(&truth)?.into_iter().map(|lie| ("approve", lie));
    let reject = lies_to_reject(&truth).into_iter().map(|lie| ("reject", lie));
    for (verb, (why, document)) in approve.chain(reject) {
        let liar = MockServer::start().await;
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(200).set_body_json(document))
            .mount(&liar)
            .await;
        let signed = Mock::given(method("POST")).respond_with(ResponseTemplate::new(500)).expect(0);
        signed.mount(&liar).await;
        let arguments = [id.as_str(), "--key-file", &owned.key_file, "--yes", "--base-url", &liar.uri()];
        let (code, said) = owned.answer(verb, &arguments)?;
        ensure!(code == Some(6) && said.contains("nothing was signed"), "{verb}, {why}: {code:?} {said}");
    }
    // Without a terminal `--yes` is needed.
    let (code, said) = owned.approve(&[&id, "--key-file", &owned.key_file])?;
    ensure!(code == Some(2) && said.contains("--yes"), "{code:?} {said}");
    ensure!(said.contains(&format!("1. send 2.5 ETH to {to};")), "it was shown: {said}");
    ensure!(owned.agent.transaction(&owned.daemon, &id).await?["status"] == "PENDING_APPROVAL");

    // A signature made elsewhere, over the text in a file as an editor saves it.
    let message = string(&truth["approve"], "message")?;
    let file = owned.keys.path().join("message.txt");
    std::fs::write(&file, format!("{message}\n"))?;
    let signature = owned.owner.sign(message)?;
    let file = file.to_string_lossy();
    let (code, said) = owned.approve(&[&id, "--signature", &signature, "--message-file", &file])?;
    ensure!(code == Some(0), "{said}");
    owned.reaches(&id, "CONFIRMED").await?;

    let second = owned.ask(&to).await?;
    let (code, said) = owned.approve(&[&second, "--key-file", &owned.key_file, "--yes"])?;
    ensure!(code == Some(0) && said.contains("The text that is signed:"), "{said}");
    owned.reaches(&second, "CONFIRMED").await?;
    ensure!(owned.localnet.evm.balance(&to).await? == 5 * ETHER);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_is_asked_whole_and_one_too_long_not_at_all() -> Result<()> {
    let owned = Owned::start().await?;
    let api = owned.agent.api(&owned.daemon);
    let ask = async |text: &str| api.post("/v1/transactions/sign-message", json!({ "message": text })).await;
    let long = "I agree to this. ".repeat(670);
    let waits = ask(&long).await?.expect(200)?;
    let path = format!("/v1/transactions/{}", string(&waits, "id")?);
    let asked = owned.daemon.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
    ensure!(string(&asked["approve"], "message")?.contains(&format!("sign the text '{long}'")));
    let yes = owned.owner.answering(&owned.daemon.anonymous(), &asked["approve"])?;
    let signed = yes.post_empty(&format!("{path}/approve")).await?.expect(200)?;
    ensure!(signed["status"] == "SIGNED" && signed["signature"].is_string(), "{signed}");

    let too_long = "I agree to this. ".repeat(730);
    for path in ["/v1/transactions/sign-message"] {
        let refused = api.post(path, json!({ "message": too_long })).await?.expect(400)?;
        ensure!(refused["code"] == "APPROVAL_TOO_LONG", "{refused}");
        ensure!(refused["hint"].as_str().is_some_and(|hint| hint.contains("shorter")), "{refused}");
    }
    let pending = api.get("/v1/transactions?status=PENDING_APPROVAL").await?.expect(200)?;
    ensure!(!pending.to_string().contains(&too_long), "nothing waits of it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_whose_transaction_does_not_run_is_not_reported_as_done() -> Result<()> {
    let owned = Owned::start().await?;
    let id = owned.ask(&OwnerKey::evm(32)?.address()).await?;
    owned.daemon.operator().post("/v1/admin/kill-switch", json!({ "reason": "drill" })).await?;
    let activated = owned.daemon.operator().get("/v1/admin/kill-switch").await?.expect(200)?;
    ensure!(activated["state"] != "ACTIVE", "{activated}");
    let (code, said) = owned.approve(&[&id, "--key-file", &owned.key_file, "--yes"])?;
    ensure!(code == Some(5), "{code:?} {said}");
    ensure!(!said.contains("Approved; the transaction is CANCELLED"), "{said}");
    Ok(())
}

/// Signatures as wallets give them: compact (EIP-2098), and over the envelope of an off-chain message.
#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_a_signature_proves_the_owner() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let challenge = async |agent: &Agent, owner: &OwnerKey| -> Result<Value> {
        let path = format!("/v1/wallets/{}/owner", agent.wallet);
        let set =
            daemon.operator().put(&path, json!({ "ownerAddress": owner.address() })).await?.expect(200)?;
        Ok(set["challenge"].clone())
    };
    let verify = async |agent: &Agent, message: &str, signature: &str| -> Result<u16> {
        let path = format!("/v1/wallets/{}/owner/verify", agent.wallet);
        Ok(answering(&daemon.anonymous(), message, signature).post_empty(&path).await?.status)
    };
    for seed in [5, 6, 7, 8] {
        let agent = Agent::create(&daemon, "solana").await?;
        let owner = OwnerKey::evm(seed)?;
        let asked = challenge(&agent, &owner).await?;
        let message = string(&asked, "message")?;
        let long = hex::decode(owner.sign(message)?.trim_start_matches("0x"))?;
        let (mut compact, parity) = (long[..64].to_vec(), long[64] - 27);
        compact[32] |= (1 - parity) << 7;
        ensure!(
            verify(&agent, message, &format!("0x{}", hex::encode(&compact))).await? == 401,
            "the other point"
        );
        compact[32] ^= 0x80;
        ensure!(verify(&agent, message, &format!("0x{}", hex::encode(&compact))).await? == 200);
    }
    type Layout = fn(&[u8], &[u8]) -> Vec<u8>;
    let layouts: [Layout; 4] = [
        |_, text| [b"\xffsolana offchain\x00\x01", length(text).as_slice(), text].concat(),
        |key, text| {
            [b"\xffsolana offchain\x00", [0; 32].as_slice(), &[1, 1], key, &length(text), text].concat()
        },
        |key, text| [b"\xffsolana offchain\x01\x01", key, text].concat(),
        |key, text| [b"\xffsolana offchain\x01\x01", key, &length(text), text].concat(),
    ];
    for (seed, envelope) in (40..).zip(layouts) {
        let agent = Agent::create(&daemon, "ethereum").await?;
        let owner = OwnerKey::solana(seed);
        let asked = challenge(&agent, &owner).await?;
        let message = string(&asked, "message")?;
        let OwnerKey::Solana(key) = &owner else { anyhow::bail!("a Solana key") };
        let public = key.verifying_key().to_bytes();
        let sign =
            |text: &str| bs58::encode(key.sign(&envelope(&public, text.as_bytes())).to_bytes()).into_string();
        ensure!(verify(&agent, message, &sign("another text")).await? == 401);
        ensure!(verify(&agent, message, &sign(message)).await? == 200, "layout {seed}");
    }
    Ok(())
}

fn length(text: &[u8]) -> [u8; 2] {
    u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes()
}

fn answering(api: &Api, message: &str, signature: &str) -> Api {
    use base64::Engine as _;
    let message = base64::engine::general_purpose::STANDARD.encode(message);
    api.clone().header("x-owner-message", &message).header("x-owner-signature", signature)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_can_never_answer_is_no_owner() -> Result<()> {
    let localnet = Localnet::start()?;
    let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let (evm, solana) = (Agent::create(&daemon, "ethereum").await?, Agent::create(&daemon, "solana").await?);
    localnet.solana.fund(&solana.address, SOL).await?;
    let token_program = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
    // Derived from a seed so that it is off the curve.
    let derived = "SysvarC1ock11111111111111111111111111111111";
    for (address, reason) in [
        ("0x0000000000000000000000000000000000000000", "zero-address"),
        ("11111111111111111111111111111111", "zero-address"),
        (evm.address.as_str(), "the-wallet-itself"),
        (solana.address.as_str(), "another-wallet"),
        (localnet.evm.erc20.as_str(), "contract"),
        (localnet.evm.permit2.as_str(), "contract"),
        (localnet.solana.spl_mint.as_str(), "program-account"),
        (localnet.solana.token2022_mint.as_str(), "program-account"),
    ] {
        let path = format!("/v1/wallets/{}/owner", evm.wallet);
        let refused = daemon.operator().put(&path, json!({ "ownerAddress": address })).await?.expect(400)?;
        ensure!(refused["code"] == "OWNER_UNFIT", "{address}: {refused}");
        ensure!(refused["details"]["reason"] == reason, "{address}: {refused}");
    }
    for address in [token_program, derived] {
        let path = format!("/v1/wallets/{}/owner", solana.wallet);
        let refused = daemon.operator().put(&path, json!({ "ownerAddress": address })).await?.expect(400)?;
        ensure!(refused["code"] == "OWNER_UNFIT", "{address}: {refused}");
    }
    let refused = daemon.cli(&["owner", "set", &evm.wallet, &localnet.evm.erc20])?;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    ensure!(refused.status.code() == Some(5) && said.contains("contract"), "{said}");
    evm.lock_owner(&daemon, &OwnerKey::solana(9)).await?;
    solana.lock_owner(&daemon, &OwnerKey::evm(9)?).await?;
    // Nor does an owner's key become a wallet's.
    let body = json!({
        "name": "owner", "chain": "ethereum", "environment": "local", "privateKey": hex::encode([9u8; 32]),
    });
    let refused = daemon.operator().post("/v1/wallets/import", body).await?.expect(400)?;
    ensure!(refused["code"] == "OWNER_UNFIT", "{refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn base_units_that_were_hardly_meant_are_pointed_out() -> Result<()> {
    let localnet = Localnet::start()?;
    let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let agent = Agent::create(&daemon, "solana").await?;
    localnet.solana.fund(&agent.address, 10 * SOL).await?;
    daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;
    let to = OwnerKey::solana(50).address();
    localnet.solana.fund(&to, SOL).await?;
    let warned = |answer: &Value| -> Vec<String> {
        let warnings = answer["warnings"].as_array().into_iter().flatten();
        warnings
            .filter(|warning| warning["code"] == "AMOUNT_IN_BASE_UNITS")
            .filter_map(|warning| warning["message"].as_str().map(str::to_owned))
            .collect()
    };
    for (amount, expected) in [
        (json!({ "amount": "5" }), true),
        (json!({ "amount": "0.000000005" }), false),
        (json!({ "humanAmount": "0.000000005" }), false),
        (json!({ "amount": "1000000000" }), false),
    ] {
        let mut body = json!({ "type": "TRANSFER", "to": to });
        body.as_object_mut().context("an object")?.extend(amount.as_object().cloned().unwrap_or_default());
        let dry = agent.api(&daemon).post("/v1/transactions/simulate", body.clone()).await?.expect(200)?;
        ensure!(warned(&dry).len() == usize::from(expected), "{amount}: {dry}");
        ensure!(string(&dry["balanceChanges"][0], "changeFormatted")?.starts_with('-'), "{dry}");
        ensure!(string(&dry["balanceChanges"][0], "changeFormatted")?.ends_with(" SOL"), "{dry}");
        let sent = agent.api(&daemon).post("/v1/transactions/send", body).await?.expect(201)?;
        ensure!(warned(&sent).len() == usize::from(expected), "{amount}: {sent}");
        if expected {
            ensure!(
                warned(&sent)[0].contains("5 was read as base units, which is 0.000000005 SOL"),
                "{sent}"
            );
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_field_at_fault_is_named() -> Result<()> {
    let localnet = Localnet::start()?;
    let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let agent = Agent::create(&daemon, "ethereum").await?;
    let token = json!({ "address": localnet.evm.erc20 });
    let nft = json!({ "address": localnet.evm.erc721, "tokenId": "1", "standard": "ERC-721" });
    let own = agent.address.as_str();
    for (body, field) in [
        (json!({ "type": "APPROVE", "spender": own, "amount": "1", "token": token }), "spender"),
        (json!({ "type": "APPROVE", "spender": "nobody", "amount": "1", "token": token }), "spender"),
        (json!({ "type": "TOKEN_TRANSFER", "to": own, "amount": "1", "token": token }), "to"),
        (json!({ "type": "NFT_TRANSFER", "to": own, "token": nft }), "to"),
        (json!({ "type": "TRANSFER", "to": "nobody", "amount": "1" }), "to"),
    ] {
        let refused = agent.api(&daemon).post("/v1/transactions/send", body.clone()).await?.expect(400)?;
        ensure!(refused["details"]["issues"][0]["path"] == field, "{body}: {refused}");
        ensure!(string(&refused, "message")?.starts_with(&format!("{field}: ")), "{body}: {refused}");
    }
    Ok(())
}
