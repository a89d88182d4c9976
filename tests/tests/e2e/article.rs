//! The article's promises, kept: its calls are run by bash and curl as they are printed.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use e2e::{Agent, Answer, Daemon, DaemonOptions, Localnet, OwnerKey};
use serde_json::{Value, json};

use crate::world::{SOL, World, daemon_without_nodes, solana_payee, text, verdict};

/// Runs one call of `tests/article.sh`.
fn call(daemon: &Daemon, name: &str, values: &[(&str, &str)]) -> Result<Answer> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("article.sh");
    let url = daemon.url().trim_end_matches('/');
    let mut child = Command::new("bash")
        .arg(script)
        .args([name, url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("stdin")?;
    for (placeholder, value) in values {
        writeln!(stdin, "{placeholder}={value}")?;
    }
    drop(stdin);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout)?;
    let (body, status) = printed.rsplit_once('\n').context("a status line")?;
    Ok(Answer { status: status.parse()?, body: serde_json::from_str(body)? })
}

/// How many transactions the operator sees.
async fn transactions(daemon: &Daemon) -> Result<usize> {
    let listed = daemon.operator().get("/v1/admin/transactions").await?.expect(200)?;
    Ok(listed["items"].as_array().context("items")?.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_the_article_do_what_it_says() -> Result<()> {
    // The article's five SOL are more than its thousand dollars, and its tenth of one more than ten.
    let price = ("solana:localnet/slip44:501".to_owned(), "250".to_owned());
    let world = World::solana_with(|options| options.prices.push(price)).await?;
    let (daemon, to) = (&world.daemon, solana_payee(7));
    let wallet = [("<wallet-uuid>", world.agent.wallet.as_str())];

    let session = call(daemon, "session", &wallet)?.expect(201)?;
    let token = text(&session, "token")?.strip_prefix("wai_sess_").context("the article's prefix")?;
    let limit = call(daemon, "spending_limit", &wallet)?.expect(201)?;
    assert_eq!((&limit["type"], &limit["walletId"]), (&json!("SPENDING_LIMIT"), &json!(world.agent.wallet)));
    assert_eq!(call(daemon, "spending_limit", &wallet)?.refused(409)?, "POLICY_ALREADY_EXISTS");
    let tokens = call(daemon, "allowed_tokens", &wallet)?.expect(201)?;
    assert_eq!(tokens["rules"]["tokens"][0]["symbol"], "USDC");
    // "Whitelist specific tokens only": another token stays.
    let other = world.send_token(&world.localnet.solana.spl_mint, &to, "1").await?;
    assert_eq!(other.refused(403)?, "TOKEN_NOT_ALLOWED");

    let agent = [("<token>", token)];
    let payment = [("<token>", token), ("recipient-address", to.as_str())];
    let balance = call(daemon, "balance", &agent)?.expect(200)?;
    assert_eq!((&balance["balance"], &balance["symbol"]), (&json!((100 * SOL).to_string()), &json!("SOL")));

    let rows = transactions(daemon).await?;
    let dry = call(daemon, "dry_run", &payment)?.expect(200)?;
    assert_eq!((verdict(&dry)?.as_str(), &dry["success"]), ("NOTIFY", &json!(true)), "25 dollars");
    assert_eq!(transactions(daemon).await?, rows, "a dry run leaves no row");
    assert_eq!(world.localnet.solana.balance(&to).await?, 0);

    // Without an owner there is no approval. A Solana owner signs with Ed25519.
    assert_eq!(call(daemon, "send", &payment)?.refused(403)?, "OWNER_REQUIRED");
    let owner = OwnerKey::solana(5);
    world.agent.lock_owner(daemon, &owner).await?;
    let sent = call(daemon, "send", &payment)?.expect(201)?;
    assert_eq!((&sent["tier"], &sent["status"]), (&json!("APPROVAL"), &json!("PENDING_APPROVAL")));
    approve(&world, &owner, text(&sent, "id")?).await?;
    assert_eq!(world.localnet.solana.balance(&to).await?, 5 * SOL);
    Ok(())
}

/// Signs the approval and sends it with the article's call.
async fn approve(world: &World, owner: &OwnerKey, tx: &str) -> Result<()> {
    let daemon = &world.daemon;
    let asked = daemon.anonymous().get(&format!("/v1/transactions/{tx}/approval")).await?.expect(200)?;
    let message = text(&asked["approve"], "message")?;
    assert!(message.contains("5 SOL"), "{message}");
    let encoded = base64::engine::general_purpose::STANDARD.encode(message);
    let with = |signature: &str| {
        let answer = [("<tx-id>", tx), ("<ed25519-signature>", signature), ("<signed-message>", &encoded)];
        call(daemon, "approve", &answer)
    };
    // A master password, a session and a stranger's signature approve nothing.
    let forged = with(&OwnerKey::solana(6).sign(message)?)?;
    assert_eq!(forged.refused(401)?, "INVALID_SIGNATURE");
    let approved = with(&owner.sign(message)?)?.expect(200)?;
    assert!(approved["approvedAt"].is_i64(), "{approved}");
    assert_eq!(world.ended(tx).await?["status"], "CONFIRMED");
    assert_eq!(with(&owner.sign(message)?)?.refused(409)?, "TX_ALREADY_PROCESSED");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_policies_the_article_sends_nothing() -> Result<()> {
    let world = World::solana().await?;
    let to = solana_payee(7);
    let token = world.agent.token.strip_prefix("wai_sess_").context("the article's prefix")?;
    let payment = [("<token>", token), ("recipient-address", to.as_str())];
    assert_eq!(call(&world.daemon, "send", &payment)?.refused(403)?, "SPENDING_LIMIT_REQUIRED");
    let dry = call(&world.daemon, "dry_run", &payment)?.expect(200)?;
    assert_eq!(verdict(&dry)?, "SPENDING_LIMIT_REQUIRED");
    let stranger = [("<token>", "nobody"), ("recipient-address", to.as_str())];
    assert_eq!(call(&world.daemon, "send", &stranger)?.refused(401)?, "INVALID_TOKEN");
    Ok(())
}

/// The operator's lists of wallets, policies and sessions.
async fn inventory(daemon: &Daemon) -> Result<[Value; 3]> {
    let operator = daemon.operator();
    let mut found = [Value::Null, Value::Null, Value::Null];
    let lists = [("/v1/wallets", "items"), ("/v1/policies?limit=200", "data"), ("/v1/sessions", "data")];
    for (slot, (path, field)) in found.iter_mut().zip(lists) {
        *slot = operator.get(path).await?.expect(200)?[field].take();
    }
    Ok(found)
}

/// Runs quickset twice; the second time finds everything in place.
async fn quickset_twice(daemon: &Daemon, mode: &str) -> Result<Value> {
    let first = daemon.cli_json(&["quickset", "--mode", mode])?;
    let before = inventory(daemon).await?;
    for (listed, what) in before.iter().zip(["wallets", "policies"]) {
        let ids = |rows: &Value| -> Vec<Value> {
            let mut ids: Vec<_> =
                rows.as_array().into_iter().flatten().map(|row| row["id"].clone()).collect();
            ids.sort_by_key(Value::to_string);
            ids
        };
        assert_eq!(ids(listed), ids(&first[what]), "quickset reports the {what} there are");
    }
    assert_eq!(before[2].as_array().map(Vec::len), Some(1));
    let second = daemon.cli_json(&["quickset", "--mode", mode])?;
    assert_eq!((&first["session"]["reused"], &second["session"]["reused"]), (&json!(false), &json!(true)));
    for path in ["/wallets", "/policies", "/session/token"] {
        assert_eq!(first.pointer(path), second.pointer(path), "{path}");
    }
    assert_eq!(inventory(daemon).await?, before);
    let kept = std::fs::read_to_string(text(&first["session"], "tokenFile")?)?;
    assert_eq!(json!(kept.trim()), first["session"]["token"]);
    Ok(first)
}

#[tokio::test(flavor = "multi_thread")]
async fn quickset_sets_an_agent_up_once() -> Result<()> {
    let localnet = Localnet::start()?;
    let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let made = quickset_twice(&daemon, "local").await?;
    let wallets = made["wallets"].as_array().context("wallets")?;
    let solana = wallets.iter().find(|wallet| wallet["chain"] == "solana").context("a Solana wallet")?;
    localnet.solana.fund(text(solana, "address")?, 10 * SOL).await?;
    let agent = Agent {
        wallet: text(solana, "id")?.to_owned(),
        address: text(solana, "address")?.to_owned(),
        session: String::new(),
        token: text(&made["session"], "token")?.to_owned(),
    };
    // As the article's snippets ask: neither of the two wallets is named.
    let balance = agent.api(&daemon).get("/v1/wallet/balance").await?.expect(200)?;
    assert_eq!((&balance["walletId"], &balance["symbol"]), (&json!(agent.wallet), &json!("SOL")));
    // 0.05 SOL are 7.50 dollars, within the INSTANT limit of the starter policies.
    let to = solana_payee(7);
    let body = json!({ "to": to, "amount": "0.05" });
    let sent =
        agent.api(&daemon).post("/v1/transactions/send?wait=confirmed", body.clone()).await?.expect(201)?;
    assert_eq!((&sent["tier"], &sent["status"]), (&json!("INSTANT"), &json!("CONFIRMED")));
    assert_eq!(sent["walletId"], json!(agent.wallet));
    let mut more = body;
    more["amount"] = json!("0.5");
    assert_eq!(
        agent.api(&daemon).post("/v1/transactions/send", more.clone()).await?.expect(201)?["tier"],
        "DELAY"
    );
    more["amount"] = json!("2.0");
    assert_eq!(agent.api(&daemon).post("/v1/transactions/send", more).await?.refused(403)?, "OWNER_REQUIRED");
    Ok(())
}

#[tokio::test]
async fn quickset_for_test_networks_needs_no_network() -> Result<()> {
    let daemon = daemon_without_nodes()?;
    let made = quickset_twice(&daemon, "testnet").await?;
    assert_eq!(made["mode"], "testnet");
    let wallets = made["wallets"].as_array().context("wallets")?;
    assert!(wallets.iter().all(|wallet| wallet["environment"] == "testnet"));
    Ok(())
}
