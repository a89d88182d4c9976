//! A change that loosens the protection of a wallet whose owner is LOCKED waits for that owner; one that
//! tightens it does not.

use anyhow::{Context as _, Result, ensure};
use e2e::{Agent, Api, Daemon, OwnerKey};
use serde_json::{Value, json};

use crate::credential_matrix::unreachable_nodes;
use crate::world::World;

/// A limit of so many dollars at once, and nothing above.
fn up_to(dollars: u32) -> Value {
    json!({ "instant_max_usd": dollars, "notify_max_usd": dollars, "delay_max_usd": dollars })
}

fn id(value: &Value) -> Result<String> {
    Ok(value["id"].as_str().with_context(|| format!("an id in {value}"))?.to_owned())
}

fn policy_path(policy: &str) -> String {
    format!("/v1/policies/{policy}")
}

fn change_path(change: &Value) -> Result<String> {
    Ok(format!("/v1/changes/{}", id(change)?))
}

/// Where a change is now.
async fn status(operator: &Api, change: &Value) -> Result<String> {
    let now = operator.get(&change_path(change)?).await?.expect(200)?;
    Ok(now["status"].as_str().context("a status")?.to_owned())
}

/// Every policy row, as text.
async fn rows(operator: &Api) -> Result<String> {
    Ok(operator.get("/v1/policies?limit=200").await?.expect(200)?["data"].to_string())
}

async fn intact(operator: &Api) -> Result<()> {
    let report = operator.get("/v1/admin/audit/verify").await?.expect(200)?;
    ensure!(report["intact"] == true, "{report}");
    Ok(())
}

/// Newest first, all of one kind.
async fn audited(operator: &Api, event: &str) -> Result<Vec<Value>> {
    let log = operator.get(&format!("/v1/audit-logs?limit=200&eventType={event}")).await?.expect(200)?;
    Ok(log["data"].as_array().context("entries")?.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_tightens_is_done_and_what_loosens_waits_for_the_signature() -> Result<()> {
    let world = World::solana().await?;
    let (operator, anonymous, owner) = (world.daemon.operator(), world.daemon.anonymous(), OwnerKey::evm(3)?);
    let (friend, stranger) = (OwnerKey::solana(21).address(), OwnerKey::solana(22).address());
    let limit = world.policy("SPENDING_LIMIT", up_to(100)).await?;
    let list = world.policy("WHITELIST", json!({ "allowed_addresses": [friend] })).await?;

    // While the address is not proved, the operator decides alone, and the log says what it was.
    let set = json!({ "ownerAddress": owner.address() });
    operator.put(&format!("/v1/wallets/{}/owner", world.agent.wallet), set).await?.expect(200)?;
    world.update(&limit, up_to(200)).await?.expect(200)?;
    world.update(&limit, up_to(100)).await?.expect(200)?;
    let entries = audited(&operator, "POLICY_UPDATED").await?;
    let loosens: Vec<_> = entries.iter().map(|entry| entry["details"]["loosens"].clone()).collect();
    assert_eq!(loosens, [json!(false), json!(true)]);
    world.agent.lock_owner(&world.daemon, &owner).await?;

    // Tighter: at once.
    world.update(&limit, up_to(50)).await?.expect(200)?;
    assert_eq!(world.judged(&friend, "0.4").await?, "APPROVAL", "0.4 SOL are 60 dollars");
    assert_eq!(world.judged(&friend, "0.3").await?, "INSTANT");
    let hours = json!({ "max_requests": 1000, "window_seconds": 3600 });
    world.policy("RATE_LIMIT", hours).await?;

    // Looser: every way of it waits, and nothing of it is in force.
    let before = rows(&operator).await?;
    let raise = world.update(&limit, up_to(500)).await?.expect(202)?;
    let summary = raise["summary"].as_str().context("a summary")?;
    ensure!(summary.contains("instant_max_usd from 50.0 to 500.0"), "{summary}");
    let asked = owner.asked(&raise)?["approve"]["message"].as_str().context("a message")?.to_owned();
    ensure!(asked.contains(summary) && asked.contains(&world.agent.address), "{asked}");
    ensure!(asked.contains(&format!("urn:waiaas:digest:sha256:{}", raise["digest"].as_str().unwrap_or("-"))));
    assert_eq!((&raise["kind"], &raise["status"]), (&json!("POLICY_UPDATE"), &json!("PENDING_CONSENT")));
    let off = operator.put(&policy_path(&list), json!({ "enabled": false })).await?.expect(202)?;
    let other = json!({ "rules": { "allowed_addresses": [friend, stranger] } });
    let wider = operator.put(&policy_path(&list), other).await?.expect(202)?;
    let gone = operator.delete(&policy_path(&list)).await?.expect(202)?;
    assert_eq!(gone["kind"], "POLICY_DELETE");
    for older in [&off, &wider] {
        assert_eq!(status(&operator, older).await?, "SUPERSEDED", "of changes to one thing, one waits");
    }
    assert_eq!(rows(&operator).await?, before);
    assert_eq!(world.judged(&friend, "0.4").await?, "APPROVAL");
    assert_eq!(world.judged(&stranger, "0.1").await?, "WHITELIST_DENIED");
    // A change that tightens is applied while these wait.
    let limits = json!({ "max_requests": 900, "window_seconds": 3600 });
    let rates = rows(&operator).await?;
    let rates: Value = serde_json::from_str(&rates)?;
    let rate = rates.as_array().into_iter().flatten().find(|row| row["type"] == "RATE_LIMIT");
    world.update(&id(rate.context("the rate limit")?)?, limits).await?.expect(200)?;

    // The owner's signature, and only that, brings each into force.
    let done = owner.agrees(&anonymous, &raise).await?.expect(200)?;
    assert_eq!((&done["status"], &done["questions"][0]["approve"]), (&json!("APPLIED"), &json!(null)));
    assert_eq!(world.judged(&friend, "0.4").await?, "INSTANT");
    assert_eq!(world.judged(&stranger, "0.1").await?, "WHITELIST_DENIED");
    owner.agrees(&anonymous, &gone).await?.expect(200)?;
    assert_eq!(world.judged(&stranger, "0.1").await?, "INSTANT");
    let entry = &audited(&operator, "POLICY_DELETED").await?[0];
    assert_eq!(entry["details"]["changeId"], gone["id"]);
    assert_eq!(entry["actor"], format!("owner:{}", owner.address()));
    let list = operator.get("/v1/changes?status=APPLIED").await?.expect(200)?;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(2));
    intact(&operator).await
}

/// A wallet with a proved owner and a limit of 10 dollars; on nodes that cannot be reached.
async fn owned(daemon: &Daemon, owner: &OwnerKey) -> Result<(Agent, String)> {
    let agent = Agent::create(daemon, "solana").await?;
    let limit = daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", up_to(10)).await?;
    agent.lock_owner(daemon, owner).await?;
    Ok((agent, limit))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_finds_no_way_around_the_owner() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let (operator, anonymous) = (daemon.operator(), daemon.anonymous());
    let (owner, stranger) = (OwnerKey::evm(3)?, OwnerKey::evm(4)?);
    let (agent, limit) = owned(&daemon, &owner).await?;
    let tokens = json!({ "tokens": [{ "address": OwnerKey::solana(50).address() }] });
    let body = |wallet: Option<&str>, kind: &str, rules: &Value, enabled: bool| json!({ "walletId": wallet, "type": kind, "rules": rules, "enabled": enabled });
    let mine = Some(agent.wallet.as_str());

    // Taking the limit away forbids everything; the looser one that follows waits.
    operator.delete(&policy_path(&limit)).await?.expect(200)?;
    let again = operator.post("/v1/policies", body(mine, "SPENDING_LIMIT", &up_to(10_000), true)).await?;
    let again = again.expect(202)?;
    // Rows that allow something by their existence: the wallet's, one for all wallets, one for a network.
    for (wallet, network) in [(mine, None), (None, None), (None, Some("solana-localnet"))] {
        let mut row = body(wallet, "ALLOWED_TOKENS", &tokens, true);
        row["network"] = json!(network);
        let waits = operator.post("/v1/policies", row).await?.expect(202)?;
        ensure!(owner.asked(&waits)?["approve"].is_object(), "{waits}");
    }
    // One on a network of the other chain is nothing to this wallet.
    let mut foreign = body(None, "CONTRACT_WHITELIST", &json!({ "contracts": [] }), true);
    foreign["rules"] = json!({ "contracts": [{ "address": "0x00000000000000000000000000000000000000aa" }] });
    foreign["network"] = json!("evm-localnet");
    operator.post("/v1/policies", foreign).await?.expect(201)?;
    // Made switched off is nothing yet; switching it on is.
    let dormant = operator.post("/v1/policies", body(mine, "SPENDING_LIMIT", &up_to(9_999), false)).await?;
    let dormant = id(&dormant.expect(201)?)?;
    assert_eq!(status(&operator, &again).await?, "SUPERSEDED");
    let on = operator.put(&policy_path(&dormant), json!({ "enabled": true })).await?.expect(202)?;
    ensure!(
        on["summary"].as_str().is_some_and(|text| text.contains("IN FORCE with") && text.contains("9999"))
    );

    // No credential but the owner's, no signature but over this very text, and not twice.
    let path = change_path(&on)?;
    let (yes, no) = (owner.asked(&on)?["approve"].clone(), owner.asked(&on)?["reject"].clone());
    for api in [&operator, &anonymous, &agent.api(&daemon)] {
        assert_eq!(api.post_empty(&format!("{path}/approve")).await?.status, 401);
        assert_eq!(api.post_empty(&format!("{path}/reject")).await?.status, 401);
    }
    assert_eq!(agent.api(&daemon).get(&path).await?.status, 401, "changes are not the agent's");
    let answer = async |key: &OwnerKey, question: &Value, verb: &str| -> Result<String> {
        key.answering(&anonymous, question)?.post_empty(&format!("{path}/{verb}")).await?.refused(401)
    };
    assert_eq!(answer(&stranger, &yes, "approve").await?, "INVALID_SIGNATURE");
    assert_eq!(answer(&owner, &no, "approve").await?, "INVALID_NONCE");
    assert_eq!(answer(&owner, &yes, "reject").await?, "INVALID_NONCE");
    let other = owner.asked(&again)?["approve"].clone();
    assert_eq!(answer(&owner, &other, "approve").await?, "INVALID_NONCE", "another change's text");
    let altered = yes["message"].as_str().context("a message")?.replacen("9999", "9998", 1);
    assert_eq!(answer(&owner, &json!({ "message": altered }), "approve").await?, "INVALID_NONCE");
    let wallet = format!("/v1/wallets/{}/owner/verify", agent.wallet);
    let elsewhere = owner.answering(&anonymous, &yes)?.post_empty(&wallet).await?;
    assert_eq!(elsewhere.refused(401)?, "INVALID_NONCE", "it answers nothing but this change");
    assert_eq!(status(&operator, &on).await?, "PENDING_CONSENT");

    let shown = anonymous.get(&format!("{path}/approval")).await?.expect(200)?;
    assert_eq!(shown["questions"][0]["approve"]["message"], yes["message"]);
    owner.agrees(&anonymous, &on).await?.expect(200)?;
    let replay = owner.agrees(&anonymous, &on).await?.refused(409)?;
    assert_eq!(replay, "CHANGE_ALREADY_DECIDED");
    assert_eq!(anonymous.get(&format!("{path}/approval")).await?.refused(404)?, "APPROVAL_NOT_FOUND");
    let shown = operator.get(&policy_path(&dormant)).await?.expect(200)?;
    assert_eq!(shown["enabled"], true);
    intact(&operator).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_ends_when_it_is_refused_withdrawn_or_overtaken() -> Result<()> {
    let mut daemon = Daemon::start(&unreachable_nodes())?;
    let owner = OwnerKey::solana(3);
    let (agent, limit) = owned(&daemon, &owner).await?;
    let raised = json!({ "rules": up_to(20) });
    let raise = async |daemon: &Daemon| -> Result<Value> {
        daemon.operator().put(&policy_path(&limit), raised.clone()).await?.expect(202)
    };
    let first = raise(&daemon).await?;
    assert_eq!(id(&raise(&daemon).await?)?, id(&first)?, "asked again, the same question stays");

    // It is in the database, not in memory.
    daemon.kill();
    daemon.restart()?;
    let (operator, anonymous) = (daemon.operator(), daemon.anonymous());
    assert_eq!(status(&operator, &first).await?, "PENDING_CONSENT");
    assert_eq!(owner.refuses(&anonymous, &first).await?.expect(200)?["status"], "REJECTED");
    assert_eq!(owner.agrees(&anonymous, &first).await?.refused(409)?, "CHANGE_ALREADY_DECIDED");

    let second = raise(&daemon).await?;
    let withdrawn = operator.delete(&change_path(&second)?).await?.expect(200)?;
    assert_eq!(withdrawn["status"], "WITHDRAWN");
    assert_eq!(operator.delete(&change_path(&second)?).await?.refused(409)?, "CHANGE_ALREADY_DECIDED");
    assert_eq!(owner.agrees(&anonymous, &second).await?.refused(409)?, "CHANGE_ALREADY_DECIDED");

    // Tightened meanwhile: the owner read another change than would be applied now.
    let third = raise(&daemon).await?;
    operator.put(&policy_path(&limit), json!({ "rules": up_to(5) })).await?.expect(200)?;
    assert_eq!(owner.agrees(&anonymous, &third).await?.refused(409)?, "CHANGE_ALREADY_DECIDED");
    assert_eq!(status(&operator, &third).await?, "SUPERSEDED");

    // The place is taken by a row that came by itself.
    let swaps = |category: &str, dollars: u32| json!({ "category": category, "daily_limit_usd": dollars });
    let category = operator.policy(&agent.wallet, "ACTION_CATEGORY_LIMIT", swaps("swap", 5)).await?;
    let moved = json!({ "rules": swaps("perp", 5) });
    let fourth = operator.put(&policy_path(&category), moved).await?.expect(202)?;
    operator.policy(&agent.wallet, "ACTION_CATEGORY_LIMIT", swaps("perp", 1)).await?;
    let before = rows(&operator).await?;
    assert_eq!(owner.agrees(&anonymous, &fourth).await?.refused(409)?, "CHANGE_SUPERSEDED");
    assert_eq!(status(&operator, &fourth).await?, "SUPERSEDED");
    assert_eq!(rows(&operator).await?, before);
    let unknown = json!({ "id": uuid::Uuid::now_v7(), "questions": fourth["questions"] });
    assert_eq!(owner.agrees(&anonymous, &unknown).await?.refused(404)?, "CHANGE_NOT_FOUND");

    // A change too long to be read before signing is refused.
    let many: Vec<_> = (1..=200).map(|seed| json!({ "address": OwnerKey::solana(seed).address() })).collect();
    let long = json!({ "walletId": agent.wallet, "type": "ALLOWED_TOKENS", "rules": { "tokens": many } });
    assert_eq!(operator.post("/v1/policies", long).await?.refused(400)?, "ACTION_VALIDATION_FAILED");
    intact(&operator).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_concerns_several_wallets_takes_every_owner() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let (operator, anonymous) = (daemon.operator(), daemon.anonymous());
    let (one, two, heir) = (OwnerKey::evm(3)?, OwnerKey::solana(4), OwnerKey::evm(5)?);
    let (_, own) = owned(&daemon, &one).await?;
    let second = owned(&daemon, &one).await?.0;
    let (third, _) = owned(&daemon, &two).await?;
    let list = json!({ "type": "WHITELIST", "rules": { "allowed_addresses": [second.address] } });
    let list = id(&operator.post("/v1/policies", list).await?.expect(201)?)?;

    let gone = operator.delete(&policy_path(&list)).await?.expect(202)?;
    assert_eq!(gone["questions"].as_array().map(Vec::len), Some(2), "one question for each owner: {gone}");
    let half = one.agrees(&anonymous, &gone).await?.expect(200)?;
    assert_eq!(half["status"], "PENDING_CONSENT");
    ensure!(one.asked(&half)?["approvedAt"].is_i64() && two.asked(&half)?["approvedAt"].is_null(), "{half}");
    assert_eq!(one.agrees(&anonymous, &gone).await?.refused(401)?, "INVALID_NONCE", "each text once");
    operator.get(&policy_path(&list)).await?.expect(200)?;

    // The third wallet gets another owner: its former one has no say, the new one must agree.
    let path = format!("/v1/wallets/{}/owner", third.wallet);
    let body = json!({ "ownerAddress": heir.address() });
    let told = operator.put(&path, body.clone()).await?.expect(409)?;
    let consent = two.answering(&operator, &told["details"]["challenge"])?;
    let set = consent.put(&path, body).await?.expect(200)?;
    heir.answering(&anonymous, &set["challenge"])?
        .post_empty(&format!("{path}/verify"))
        .await?
        .expect(200)?;
    assert_eq!(two.agrees(&anonymous, &gone).await?.refused(403)?, "OWNER_ADDRESS_MISMATCH");
    let asked = operator.delete(&policy_path(&list)).await?.expect(202)?;
    assert_eq!(id(&asked)?, id(&gone)?, "the same change, now for those who must agree today");
    assert_eq!(status(&operator, &gone).await?, "PENDING_CONSENT");
    assert_eq!(heir.agrees(&anonymous, &asked).await?.expect(200)?["status"], "APPLIED");
    assert_eq!(operator.get(&policy_path(&list)).await?.refused(404)?, "POLICY_NOT_FOUND");

    // A row of one wallet needs only that wallet's owner, and no owner without that wallet.
    let raise = operator.put(&policy_path(&own), json!({ "rules": up_to(99) })).await?.expect(202)?;
    assert_eq!(raise["questions"].as_array().map(Vec::len), Some(1));
    assert_eq!(raise["questions"][0]["ownerAddress"], one.address());
    let free = Agent::create(&daemon, "solana").await?;
    let loose = operator.policy(&free.wallet, "SPENDING_LIMIT", up_to(10)).await?;
    operator.put(&policy_path(&loose), json!({ "rules": up_to(1000) })).await?.expect(200)?;
    intact(&operator).await
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_switches_are_pulled_at_once_and_released_by_owners() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let (operator, anonymous, local) = (daemon.operator(), daemon.anonymous(), daemon.local_operator()?);
    let (one, two) = (OwnerKey::evm(3)?, OwnerKey::solana(4));
    let wallet = owned(&daemon, &one).await?.0.wallet;
    let other = owned(&daemon, &two).await?.0.wallet;

    // One wallet: its own owner.
    let (suspend, resume) = (format!("/v1/wallets/{wallet}/suspend"), format!("/v1/wallets/{wallet}/resume"));
    assert_eq!(operator.post_empty(&resume).await?.status, 409, "it is ACTIVE");
    operator.post_empty(&suspend).await?.expect(200)?;
    let waits = operator.post_empty(&resume).await?.expect(202)?;
    assert_eq!(waits["kind"], "WALLET_RESUME");
    let state = async || -> Result<Value> {
        Ok(operator.get(&format!("/v1/wallets/{wallet}")).await?.expect(200)?["status"].clone())
    };
    assert_eq!(state().await?, "SUSPENDED");
    ensure!(two.asked(&waits).is_err(), "another owner's wallet: {waits}");
    one.agrees(&anonymous, &waits).await?.expect(200)?;
    assert_eq!(state().await?, "ACTIVE");

    // All of them: every owner, while the kill switch is activated.
    operator.post_empty("/v1/admin/kill-switch").await?.expect(200)?;
    let switch = async || -> Result<Value> {
        Ok(operator.get("/v1/admin/kill-switch").await?.expect(200)?["state"].clone())
    };
    let stale = operator.post_empty("/v1/admin/recover").await?.expect(202)?;
    assert_eq!(stale["kind"], "KILL_SWITCH_RECOVERY");
    one.agrees(&anonymous, &stale).await?.expect(200)?;
    // Activated once more: an owner's earlier consent is void.
    operator.post_empty("/v1/admin/kill-switch").await?.expect(200)?;
    assert_eq!(two.agrees(&anonymous, &stale).await?.refused(409)?, "CHANGE_ALREADY_DECIDED");
    let waits = operator.post_empty("/v1/admin/recover").await?.expect(202)?;
    one.agrees(&anonymous, &waits).await?.expect(200)?;
    assert_eq!(switch().await?, "SUSPENDED");
    two.agrees(&anonymous, &waits).await?.expect(200)?;
    assert_eq!(switch().await?, "ACTIVE");
    assert_eq!(operator.post_empty("/v1/admin/recover").await?.refused(409)?, "KILL_SWITCH_NOT_ACTIVE");

    // The consent was to the end of that activation, not of the next.
    operator.post_empty("/v1/admin/kill-switch").await?.expect(200)?;
    assert_eq!(one.agrees(&anonymous, &waits).await?.refused(409)?, "CHANGE_ALREADY_DECIDED");
    let waits = operator.post_empty("/v1/admin/recover").await?.expect(202)?;
    // A wallet that will never sign again has no say.
    let gone = format!("/v1/wallets/{other}");
    assert_eq!(operator.delete(&gone).await?.refused(403)?, "SOCKET_ONLY", "the owner keeps the say");
    local.delete(&gone).await?.expect(200)?;
    assert_eq!(one.agrees(&anonymous, &waits).await?.expect(200)?["status"], "APPLIED");
    assert_eq!(switch().await?, "ACTIVE");
    local.delete(&format!("/v1/wallets/{wallet}")).await?.expect(200)?;
    operator.post_empty("/v1/admin/kill-switch").await?.expect(200)?;
    operator.post_empty("/v1/admin/recover").await?.expect(200)?;
    intact(&operator).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_says_that_it_waits_and_for_whom() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let owner = OwnerKey::solana(3);
    let (_, limit) = owned(&daemon, &owner).await?;
    let rules = up_to(20).to_string();
    let update = ["policy", "update", limit.as_str(), "--rules", &rules];
    let said = daemon.cli(&update)?;
    assert_eq!(said.status.code(), Some(7), "{said:?}");
    let text = String::from_utf8(said.stdout)?;
    ensure!(text.starts_with("NOT in force") && text.contains(&owner.address()), "{text}");
    ensure!(text.contains("waiaas.local wants you to sign in"), "the text to sign: {text}");
    let json = daemon.cli(&[&update[..], &["--json"]].concat())?;
    assert_eq!(json.status.code(), Some(7));
    let change: Value = serde_json::from_slice(&json.stdout)?;
    let waiting = id(&change)?;
    ensure!(text.contains(&waiting), "the same change: {text}");

    let list = daemon.cli_json(&["change", "list", "--status", "PENDING_CONSENT"])?;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
    let file = tempfile::NamedTempFile::new()?;
    let message = owner.asked(&change)?["approve"]["message"].as_str().context("a message")?;
    std::fs::write(file.path(), message)?;
    let (signature, path) = (owner.sign(message)?, file.path().to_string_lossy().into_owned());
    let done = daemon.cli_json(&[
        "change",
        "approve",
        &waiting,
        "--signature",
        &signature,
        "--message-file",
        &path,
    ])?;
    assert_eq!(done["status"], "APPLIED");
    assert_eq!(daemon.cli_json(&["change", "show", &waiting])?["status"], "APPLIED");
    let said = daemon.cli(&["policy", "update", &limit, "--rules", &up_to(30).to_string(), "--json"])?;
    let next = id(&serde_json::from_slice(&said.stdout)?)?;
    assert_eq!(daemon.cli_json(&["change", "withdraw", &next])?["status"], "WITHDRAWN");
    Ok(())
}
