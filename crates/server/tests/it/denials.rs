//! Denials are cheap: bounded, equal ones counted together, and within a quota of the session.

use serde_json::{Value, json};

use crate::daemon::{Daemon, PASSWORD, read};

const NOWHERE: &str = "http://127.0.0.1:9";

struct World {
    daemon: Daemon,
    token: String,
}

impl World {
    async fn new(quota: &str) -> Self {
        let settings = [
            ("rpc.solana_localnet", NOWHERE),
            ("policy.denials_kept_per_day", quota),
            ("security.rate_limit_tx_rpm", "10000"),
            ("security.rate_limit_session_rpm", "10000"),
        ];
        let daemon = Daemon::with(&settings).await;
        let wallet = daemon.wallet("main").await;
        let token = daemon.agent_header(&daemon.session(&wallet).await);
        Self { daemon, token }
    }

    /// Asks for a signature over a text, which no policy allows.
    async fn denied(&self, text: &str, key: Option<&str>) -> Value {
        let ask =
            self.daemon.ask("POST", "/v1/transactions/sign-message").header("Authorization", &self.token);
        let ask = key.into_iter().fold(ask, |ask, key| ask.header("Idempotency-Key", key));
        let (status, answer) = read(ask.json(&json!({ "message": text }))).await;
        assert_eq!(status, 403, "{answer}");
        answer
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.daemon.ask("GET", path).header("Authorization", &self.token)).await
    }

    async fn rows(&self) -> Vec<Value> {
        let (_, list) = self.get("/v1/transactions?limit=200").await;
        list["items"].as_array().expect("items").clone()
    }

    async fn log(&self, event: &str) -> Vec<Value> {
        let ask = self.daemon.ask("GET", &format!("/v1/audit-logs?event_type={event}"));
        let (_, log) = read(ask.header("X-Master-Password", PASSWORD)).await;
        log["data"].as_array().expect("data").clone()
    }
}

fn id(answer: &Value) -> String {
    answer["details"]["transactionId"].as_str().expect("a row").to_owned()
}

#[tokio::test]
async fn equal_denials_are_one_row_with_a_count() {
    let world = World::new("1000").await;
    let first = id(&world.denied("a text", None).await);
    for _ in 0..4 {
        assert_eq!(id(&world.denied("a text", None).await), first);
    }
    assert_eq!(id(&world.denied("a text", Some("key")).await), first, "a key finds it, too");
    assert_eq!(id(&world.denied("a text", Some("key")).await), first, "a repeat is no denial of its own");
    let other = id(&world.denied("another text", None).await);
    assert_ne!(other, first);
    let rows = world.rows().await;
    let count = |id: &str| rows.iter().find(|row| row["id"] == *id).expect("row")["denials"].clone();
    assert_eq!((rows.len(), count(&first), count(&other)), (2, json!(6), json!(1)));
    assert_eq!(world.log("POLICY_DENIED").await.len(), 2, "the first of each is in the log");
}

#[tokio::test]
async fn what_is_long_is_kept_by_its_digest() {
    let world = World::new("1000").await;
    let text = "x ".repeat(30_000);
    let denied = id(&world.denied(&text, None).await);
    let (status, row) = world.get(&format!("/v1/transactions/{denied}")).await;
    assert_eq!((status, &row["status"]), (200, &json!("DENIED")));
    assert!(row.to_string().len() < 4_000, "{} bytes", row.to_string().len());
    let (status, explained) = world.get(&format!("/v1/transactions/{denied}/explain")).await;
    assert_eq!((status, &explained["reproduced"]), (200, &json!(false)), "{explained}");
    assert_eq!(explained["verdict"]["code"], json!("SPENDING_LIMIT_REQUIRED"), "{explained}");
    let rest: Vec<_> = explained["notKept"].as_array().expect("what is missing").iter().collect();
    let intent = rest.iter().find(|part| part["what"] == "intent").expect("the text itself");
    assert!(intent["bytes"].as_u64().expect("bytes") > 60_000, "{intent}");
    assert_eq!(intent["digest"].as_str().map(str::len), Some(64));
    let short = id(&world.denied("a short text", None).await);
    let (_, explained) = world.get(&format!("/v1/transactions/{short}/explain")).await;
    assert_eq!((&explained["reproduced"], &explained["notKept"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn beyond_the_quota_denials_are_answered_and_only_counted() {
    let world = World::new("3").await;
    for n in 0..3 {
        id(&world.denied(&format!("text number {n}"), None).await);
    }
    for n in 3..20 {
        let answer = world.denied(&format!("text number {n}"), Some(&format!("key-{n}"))).await;
        assert_eq!(answer["code"], json!("SPENDING_LIMIT_REQUIRED"));
        assert_eq!(answer["details"]["transactionId"], Value::Null, "{answer}");
        assert!(answer["details"]["denials"].is_array() && answer["hint"].is_string(), "{answer}");
    }
    // A repeat of a stored denial is still counted.
    id(&world.denied("text number 1", None).await);
    assert_eq!(world.rows().await.len(), 3);
    let noted = world.log("DENIALS_NOT_KEPT").await;
    assert_eq!((noted.len(), &noted[0]["details"]["quota"]), (1, &json!(3)), "{noted:?}");
    assert_eq!(world.log("POLICY_DENIED").await.len(), 3);
}

#[tokio::test]
async fn a_key_finds_its_transaction_and_waiting_is_what_is_listed_as_pending() {
    let world = World::new("1000").await;
    let denied = id(&world.denied("a text", Some("the-key")).await);
    let found = async |query: &str| {
        let (status, list) = world.get(&format!("/v1/transactions?{query}")).await;
        assert_eq!(status, 200, "{list}");
        let items = list["items"].as_array().expect("items");
        items.iter().map(|row| row["id"].as_str().expect("id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("idempotencyKey=the-key").await, std::slice::from_ref(&denied));
    assert_eq!(found("idempotencyKey=the-key&status=DENIED").await, [denied]);
    assert_eq!(found("idempotencyKey=the-key&status=CONFIRMED").await, [""; 0]);
    assert_eq!(found("idempotencyKey=another").await, [""; 0]);
    // Another session's keys are its own.
    let wallet = world.daemon.wallet("other").await;
    let stranger = world.daemon.agent_header(&world.daemon.session(&wallet).await);
    let ask = world.daemon.ask("GET", "/v1/transactions?idempotencyKey=the-key");
    let (_, list) = read(ask.header("Authorization", stranger)).await;
    assert_eq!(list["items"], json!([]));
    let (status, waiting) = world.get("/v1/transactions/pending").await;
    assert_eq!((status, &waiting["items"]), (200, &json!([])));
}
