//! Webhooks: audit events reach a real receiver, signed, once or again with the same id, and nowhere else.

mod documented;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Daemon, PASSWORD, Received, Receiver, until};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::Home;
use crate::credential_matrix::unreachable_nodes;
use documented::is_genuine;

const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon that may reach these addresses.
fn daemon(allowed: &[&Receiver]) -> Result<Daemon> {
    let list: Vec<String> = allowed.iter().map(|receiver| format!("\"{}\"", receiver.address())).collect();
    let mut options = unreachable_nodes();
    options.extra.push_str(&format!("[outbound]\nallow = [{}]\n", list.join(", ")));
    Daemon::start(&options)
}

/// A webhook with its secret.
struct Hook {
    id: String,
    secret: String,
}

async fn hook(daemon: &Daemon, receiver: &Receiver, events: &[&str]) -> Result<Hook> {
    let body = json!({ "url": receiver.url(), "events": events });
    let made = daemon.operator().post("/v1/webhooks", body).await?.expect(201)?;
    Ok(Hook { id: text(&made, "id")?, secret: text(&made, "secret")? })
}

fn text(value: &Value, field: &str) -> Result<String> {
    Ok(value[field].as_str().with_context(|| format!("{field} in {value}"))?.to_owned())
}

/// Something that the audit log notes: a wallet of this name.
async fn event(daemon: &Daemon, name: &str) -> Result<()> {
    let wallet = json!({ "name": name, "chain": "ethereum", "environment": "local" });
    daemon.operator().post("/v1/wallets", wallet).await?.expect(201).map(drop)
}

/// The names of the wallets in the requests, in order.
fn names(received: &[Received]) -> Result<Vec<String>> {
    received.iter().map(|request| text(&request.json()?["data"]["details"], "name")).collect()
}

async fn log(daemon: &Daemon, hook: &Hook, query: &str) -> Result<Vec<Value>> {
    let path = format!("/v1/webhooks/{}/logs{query}", hook.id);
    let page = daemon.operator().get(&path).await?.expect(200)?;
    Ok(page["data"].as_array().context("data")?.clone())
}

/// Waits for a delivery in the log in this state.
async fn logged(daemon: &Daemon, hook: &Hook, delivery: &str, status: &str) -> Result<Value> {
    until(&format!("{delivery} {status}"), PATIENCE, || async {
        let all = log(daemon, hook, "").await?;
        Ok(all.into_iter().find(|entry| entry["id"] == delivery && entry["status"] == status))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_arrives_with_a_signature_that_the_documented_receiver_accepts() -> Result<()> {
    let receiver = Receiver::start().await?;
    let daemon = daemon(&[&receiver])?;
    let made = daemon.cli_json(&["webhook", "create", &receiver.url(), "--event", "WALLET_CREATED"])?;
    let hook = Hook { id: text(&made, "id")?, secret: text(&made, "secret")? };
    ensure!(hook.secret.len() == 64 && made["enabled"] == true, "{made}");

    event(&daemon, "treasury").await?;
    let [request] = &receiver.wait_for(1).await?[..] else { anyhow::bail!("one request") };
    let body = request.json()?;
    ensure!(body["event"] == "WALLET_CREATED" && body["id"] == request.delivery().as_str(), "{body}");
    ensure!(body["data"]["details"]["name"] == "treasury" && body["data"]["actor"] == "master", "{body}");
    ensure!(request.header("x-waiaas-event") == "WALLET_CREATED");
    ensure!(request.header("user-agent") == "WAIaaS-Webhook/1.0");
    ensure!(request.header("content-type") == "application/json");
    let seq = body["data"]["seq"].as_i64().context("seq")?;
    let entry = logged(&daemon, &hook, &request.delivery(), "DELIVERED").await?;
    ensure!(entry["auditId"] == seq && entry["httpStatus"] == 200 && entry["attempt"] == 1, "{entry}");

    let at: i64 = request.header("x-waiaas-timestamp").parse()?;
    ensure!(is_genuine(&hook.secret, request, &request.body, at)?);
    ensure!(!is_genuine(&hook.secret, request, &request.body, at + 301)?, "recorded and sent again");
    ensure!(!is_genuine(PASSWORD, request, &request.body, at)?, "another key");
    let mut altered = request.body.to_vec();
    *altered.last_mut().context("a body")? = b' ';
    ensure!(!is_genuine(&hook.secret, request, &altered, at)?, "another body");
    for header in ["x-waiaas-timestamp", "x-waiaas-delivery"] {
        let mut other = request.clone();
        other.headers.insert(header, "1".parse()?);
        ensure!(!is_genuine(&hook.secret, &other, &request.body, 1)?, "{header} is signed");
    }

    // The secret is in one answer, and nowhere else.
    let mut elsewhere = String::new();
    for arguments in
        [vec!["webhook", "list"], vec!["webhook", "show", &hook.id], vec!["webhook", "logs", &hook.id]]
    {
        elsewhere += &String::from_utf8(daemon.cli(&arguments)?.stdout)?;
        elsewhere += &daemon.cli_json(&arguments)?.to_string();
    }
    ensure!(elsewhere.contains(&receiver.url()) && elsewhere.contains("WALLET_CREATED"), "{elsewhere}");
    let audit = daemon.operator().get("/v1/audit-logs?limit=200").await?.expect(200)?.to_string();
    ensure!(audit.contains("WEBHOOK_CREATED") && !audit.contains("/hook"), "{audit}");
    let printed = std::fs::read_to_string(daemon.data_dir().join("test.log"))?;
    for text in [elsewhere, audit, printed, String::from_utf8(request.body.to_vec())?] {
        ensure!(!text.contains(&hook.secret), "{text}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_tried_again_and_a_refusal_ends() -> Result<()> {
    let (receiver, elsewhere) = (Receiver::start().await?, Receiver::start().await?);
    let daemon = daemon(&[&receiver, &elsewhere])?;
    let hook = hook(&daemon, &receiver, &["WALLET_CREATED"]).await?;
    receiver.then(500).then(429).then(200).then(404).then_redirect(&elsewhere.url());
    for name in ["a", "b", "c", "d"] {
        event(&daemon, name).await?;
    }
    let received = receiver.wait_for(6).await?;
    ensure!(
        names(&received)? == ["a", "a", "a", "b", "c", "d"],
        "in order, and none before the last has ended"
    );
    let ids: Vec<_> = received.iter().map(Received::delivery).collect();
    ensure!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "{ids:?}");
    ensure!(received[0].body == received[2].body, "the same body in every attempt");
    let at: Vec<i64> =
        received.iter().map(|one| Ok(one.header("x-waiaas-timestamp").parse()?)).collect::<Result<_>>()?;
    ensure!(at[1] > at[0] && at[2] > at[1], "each attempt has a time of its own: {at:?}");
    for request in [&received[0], &received[1], &received[2]] {
        let at = request.header("x-waiaas-timestamp").parse()?;
        ensure!(is_genuine(&hook.secret, request, &request.body, at)?);
    }
    let entry = logged(&daemon, &hook, &ids[0], "DELIVERED").await?;
    ensure!(entry["attempt"] == 3 && entry["error"].is_null() && entry["nextAttemptAt"].is_null(), "{entry}");
    for (id, status) in [(&ids[3], 404), (&ids[4], 307)] {
        let entry = logged(&daemon, &hook, id, "REFUSED").await?;
        ensure!(entry["attempt"] == 1 && entry["httpStatus"] == status, "{entry}");
    }
    ensure!(elsewhere.received().is_empty(), "redirects are not followed");
    logged(&daemon, &hook, &ids[5], "DELIVERED").await?;
    ensure!(log(&daemon, &hook, "?status=REFUSED").await?.len() == 2);
    ensure!(log(&daemon, &hook, "?eventType=TX_CONFIRMED").await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_the_middle_loses_nothing_and_a_slow_receiver_holds_up_no_other() -> Result<()> {
    let (slow, quick) = (Receiver::start().await?, Receiver::start().await?);
    let mut daemon = daemon(&[&slow, &quick])?;
    let first = hook(&daemon, &slow, &["WALLET_CREATED"]).await?;
    let second = hook(&daemon, &quick, &["WALLET_CREATED"]).await?;
    slow.then_silence();
    for name in ["a", "b", "c"] {
        event(&daemon, name).await?;
    }
    let others = quick.wait_for(3).await?;
    ensure!(names(&others)? == ["a", "b", "c"], "the other waits for nothing");
    logged(&daemon, &second, &others[2].delivery(), "DELIVERED").await?;
    let [interrupted] = &slow.wait_for(1).await?[..] else { anyhow::bail!("one request is on its way") };
    daemon.kill();
    daemon.restart()?;
    let received = slow.wait_for(4).await?;
    ensure!(names(&received)? == ["a", "a", "b", "c"]);
    ensure!(received[1].delivery() == interrupted.delivery(), "the same delivery");
    ensure!(received[1].body == interrupted.body);
    logged(&daemon, &first, &received[3].delivery(), "DELIVERED").await?;
    ensure!(quick.received().len() == 3, "what was delivered is not sent again");

    // A clean stop does not wait for an answer either.
    slow.then_silence();
    event(&daemon, "d").await?;
    slow.wait_for(5).await?;
    daemon.stop()?;
    daemon.restart()?;
    let received = slow.wait_for(6).await?;
    ensure!(names(&received[4..])? == ["d", "d"] && received[4].delivery() == received[5].delivery());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_a_test_and_a_redelivery_do_what_they_say() -> Result<()> {
    let receiver = Receiver::start().await?;
    let daemon = daemon(&[&receiver])?;
    let hook = hook(&daemon, &receiver, &["WALLET_CREATED"]).await?;
    let webhook = |arguments: &[&str]| daemon.cli_json(&[&["webhook"], arguments].concat());
    ensure!(webhook(&["pause", &hook.id])?["enabled"] == false);
    event(&daemon, "a").await?;
    event(&daemon, "b").await?;
    let tested = webhook(&["test", &hook.id])?;
    ensure!(tested["status"] == "DELIVERED" && tested["eventType"] == "WEBHOOK_TEST", "{tested}");
    let [test] = &receiver.received()[..] else { anyhow::bail!("the test alone arrived") };
    let at = test.header("x-waiaas-timestamp").parse()?;
    ensure!(
        is_genuine(&hook.secret, test, &test.body, at)?
            && test.json()?["data"]["webhookId"] == hook.id.as_str()
    );

    receiver.then(410);
    ensure!(webhook(&["resume", &hook.id])?["enabled"] == true);
    let received = receiver.wait_for(3).await?;
    ensure!(names(&received[1..])? == ["a", "b"], "what happened during the pause");
    let refused = received[1].delivery();
    logged(&daemon, &hook, &refused, "REFUSED").await?;
    logged(&daemon, &hook, &received[2].delivery(), "DELIVERED").await?;

    receiver.then(503);
    let failed = daemon.cli(&["--json", "webhook", "redeliver", &hook.id, &refused])?;
    ensure!(failed.status.code() == Some(6), "{failed:?}");
    let entry: Value = serde_json::from_slice(&failed.stdout)?;
    ensure!(entry["status"] == "EXHAUSTED" && entry["attempt"] == 2 && entry["httpStatus"] == 503, "{entry}");
    let entry = webhook(&["redeliver", &hook.id, &refused])?;
    ensure!(entry["status"] == "DELIVERED" && entry["attempt"] == 3, "{entry}");
    let received = receiver.received();
    ensure!(received.len() == 5 && received[4].delivery() == refused && received[4].body == received[1].body);

    let operator = daemon.operator();
    let path = format!("/v1/webhooks/{}", hook.id);
    let unknown = operator.post_empty(&format!("{path}/deliveries/{}/redeliver", hook.id)).await?;
    ensure!(unknown.refused(404)? == "DELIVERY_NOT_FOUND");
    let change = json!({ "events": [], "description": "all of it" });
    let changed = operator.put(&path, change).await?.expect(200)?;
    ensure!(changed["events"] == json!([]) && changed["description"] == "all of it", "{changed}");
    receiver.wait_for_event("WEBHOOK_UPDATED").await?;
    ensure!(daemon.cli_without_password(&["webhook", "delete", &hook.id])?.status.code() == Some(2));
    ensure!(webhook(&["delete", &hook.id, "--yes"])?["deleted"] == true);
    ensure!(operator.get(&path).await?.refused(404)? == "WEBHOOK_NOT_FOUND");
    ensure!(webhook(&["list"])?["data"] == json!([]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_not_public_are_refused_unless_allowed() -> Result<()> {
    let (receiver, allowed) = (Receiver::start().await?, Receiver::start().await?);
    let daemon = daemon(&[&allowed])?;
    let operator = daemon.operator();
    let create = async |url: &str| operator.post("/v1/webhooks", json!({ "url": url })).await;
    let port = receiver.address().rsplit(':').next().context("a port")?.to_owned();
    for url in [
        receiver.url(),
        format!("https://127.0.0.1:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://0.0.0.0:{port}/"),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://10.0.0.1/".to_owned(),
        "https://[fd00::1]/".to_owned(),
        "http://8.8.8.8/".to_owned(),
        "https://user:secret@hooks.example.com/".to_owned(),
        "ftp://hooks.example.com/".to_owned(),
    ] {
        let refused = create(&url).await?.expect(400)?;
        ensure!(refused["code"] == "ACTION_VALIDATION_FAILED", "{refused}");
        ensure!(refused["details"]["issues"][0]["path"] == "url", "{refused}");
        ensure!(!refused.to_string().contains("secret"), "{refused}");
    }
    // The answer to a name is known only when it is asked for.
    let named = create(&format!("https://localhost:{port}/hook")).await?.expect(201)?;
    let id = text(&named, "id")?;
    let tested = operator.post_empty(&format!("/v1/webhooks/{id}/test")).await?.expect(200)?;
    ensure!(tested["status"] == "EXHAUSTED" && tested["httpStatus"].is_null(), "{tested}");
    ensure!(text(&tested, "error")?.contains("allow-list"), "{tested}");
    ensure!(receiver.received().is_empty());
    create(&allowed.url()).await?.expect(201).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_outlives_another_master_password_and_a_restored_backup() -> Result<()> {
    let receiver = Receiver::start().await?;
    let daemon = daemon(&[&receiver])?;
    let hook = hook(&daemon, &receiver, &["WALLET_CREATED"]).await?;
    const OTHER: &str = "another-long-passphrase";
    let change = json!({ "newPassword": OTHER });
    daemon.local_operator()?.put("/v1/admin/master-password", change).await?.expect(200)?;
    let tested = daemon.cli_with(&["webhook", "test", &hook.id], &[("WAIAAS_MASTER_PASSWORD", OTHER)])?;
    ensure!(tested.status.success(), "{tested:?}");
    let genuine = |request: &Received| -> Result<bool> {
        let at = request.header("x-waiaas-timestamp").parse()?;
        is_genuine(&hook.secret, request, &request.body, at)
    };
    ensure!(genuine(&receiver.wait_for(1).await?[0])?);

    let directory = TempDir::new()?;
    let copy = directory.path().join("copy.backup").to_string_lossy().into_owned();
    let made = daemon.cli_with(&["backup", "--to", &copy], &[("WAIAAS_MASTER_PASSWORD", OTHER)])?;
    ensure!(made.status.success(), "{made:?}");
    drop(daemon);
    let home = Home::new(Some(OTHER))?;
    std::fs::remove_file(home.path("config.toml"))?;
    home.done(&["restore", &copy])?;
    let running = home.start(&[])?;
    home.done(&["webhook", "test", &hook.id])?;
    ensure!(genuine(&receiver.wait_for(2).await?[1])?, "the restored secret signs");
    let wallet = json!({ "name": "after", "chain": "ethereum", "environment": "local" });
    running.api()?.password(OTHER).post("/v1/wallets", wallet).await?.expect(201)?;
    ensure!(names(&receiver.wait_for(3).await?[2..])? == ["after"]);
    Ok(())
}
