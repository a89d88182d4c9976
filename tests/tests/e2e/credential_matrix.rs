//! Every operation of the served OpenAPI document, called with every kind of credential.
//!
//! The table must name exactly the operations of the document: an operation without a row fails the
//! test, and so does a row without an operation.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};
use e2e::{Agent, Answer, Api, Daemon, DaemonOptions, Localnet, OwnerKey, generous_policy};
use reqwest::Method;
use serde_json::{Value, json};

const SOL: u64 = 1_000_000_000;
/// An id that nothing has.
const NOTHING: &str = "018f3a4e-0000-7000-8000-000000000001";

/// The thing that `{id}` names.
#[derive(Clone, Copy)]
enum At {
    /// The agent's wallet.
    Wallet,
    /// The agent's session.
    Session,
    /// The agent's policy.
    Policy,
    /// The agent's transaction that waits for the owner.
    Waiting,
    /// The agent's delayed transaction.
    Queued,
    /// A change that waits for the owner.
    Change,
    /// Nothing that exists.
    Nothing,
}

/// One operation: expected statuses for no credential, the agent's session, a session of another
/// wallet, the master password, and the owner's headers.
struct Row {
    method: &'static str,
    path: &'static str,
    at: At,
    query: &'static str,
    body: Body,
    expected: [u16; 5],
}

#[derive(Clone, Copy)]
enum Body {
    None,
    Empty,
    /// Links the agent's wallet.
    Link,
    /// Sends from the agent's wallet, by name.
    Send,
    Replace,
    Message,
    /// A transaction to be signed that is none.
    Nonsense,
    Abi,
    Rename,
    Owner,
    Priority,
    Pause,
    Role,
}

const fn row(method: &'static str, path: &'static str, at: At, body: Body, expected: [u16; 5]) -> Row {
    Row { method, path, at, query: "", body, expected }
}

/// The same, naming the agent's wallet in the query.
const fn of_wallet(method: &'static str, path: &'static str, expected: [u16; 5]) -> Row {
    Row { method, path, at: At::Nothing, query: "walletId", body: Body::None, expected }
}

const OPERATOR: [u16; 5] = [401, 401, 401, 200, 401];
const OPERATOR_BUT_INVALID: [u16; 5] = [401, 401, 401, 400, 401];
const OPERATOR_BUT_UNREADY: [u16; 5] = [401, 401, 401, 503, 401];
const OPERATOR_BUT_ABSENT: [u16; 5] = [401, 401, 401, 404, 401];
/// By the socket alone, with any credential.
const SOCKET: [u16; 5] = [401, 401, 401, 403, 401];
const PUBLIC: [u16; 5] = [200; 5];
/// The agent; a foreign session learns that the wallet is not its own.
const AGENT: [u16; 5] = [401, 200, 403, 401, 401];
/// The agent; for a foreign session the transaction does not exist.
const AGENT_HIDDEN: [u16; 5] = [401, 200, 404, 401, 401];

const REDELIVER: &str = "/v1/webhooks/{id}/deliveries/{deliveryId}/redeliver";

/// In an order in which no row spoils a later one.
const ROWS: &[Row] = &[
    row("GET", "/health", At::Nothing, Body::None, PUBLIC),
    row("GET", "/doc", At::Nothing, Body::None, PUBLIC),
    row("GET", "/v1/proof", At::Nothing, Body::None, PUBLIC),
    row("POST", "/v1/proof", At::Nothing, Body::Empty, [400; 5]),
    row("GET", "/v1/transactions/{id}/approval", At::Waiting, Body::None, PUBLIC),
    row("GET", "/v1/changes/{id}/approval", At::Change, Body::None, PUBLIC),
    // Reads by an agent.
    of_wallet("GET", "/v1/wallet/address", AGENT),
    of_wallet("GET", "/v1/wallet/balance", AGENT),
    of_wallet("GET", "/v1/wallet/assets", AGENT),
    of_wallet("GET", "/v1/transactions", AGENT),
    of_wallet("GET", "/v1/transactions/pending", AGENT),
    row("GET", "/v1/transactions/{id}", At::Waiting, Body::None, AGENT_HIDDEN),
    row("GET", "/v1/transactions/{id}/explain", At::Waiting, Body::None, AGENT_HIDDEN),
    row("GET", "/v1/wallets", At::Nothing, Body::None, [401, 200, 200, 200, 401]),
    row("GET", "/v1/wallets/{id}", At::Wallet, Body::None, [401, 200, 403, 200, 401]),
    row("GET", "/v1/wallets/{id}/networks", At::Wallet, Body::None, [401, 200, 403, 200, 401]),
    of_wallet("GET", "/v1/policies", [401, 200, 403, 200, 401]),
    // Requests by an agent.
    row("POST", "/v1/transactions/simulate", At::Nothing, Body::Send, AGENT),
    row("POST", "/v1/transactions/send", At::Nothing, Body::Send, [401, 201, 403, 401, 401]),
    row("POST", "/v1/transactions/sign-message", At::Nothing, Body::Message, AGENT),
    row("POST", "/v1/transactions/sign", At::Nothing, Body::Nonsense, [401, 400, 403, 401, 401]),
    row("POST", "/v1/utils/encode-calldata", At::Nothing, Body::Abi, [401, 200, 200, 401, 401]),
    // Nothing is signed yet, so there is nothing to replace.
    row("POST", "/v1/transactions/{id}/replace", At::Queued, Body::Replace, [401, 409, 404, 401, 401]),
    row("POST", "/v1/transactions/{id}/cancel", At::Queued, Body::None, AGENT_HIDDEN),
    // 403 to its own session as well: it is too early to renew.
    row("PUT", "/v1/sessions/{id}/renew", At::Session, Body::None, [401, 403, 403, 401, 401]),
    // Decisions by an owner. The headers carry an approval: it rejects nothing.
    row("POST", "/v1/transactions/{id}/reject", At::Waiting, Body::None, [401; 5]),
    row("POST", "/v1/transactions/{id}/approve", At::Waiting, Body::None, [401, 401, 401, 401, 200]),
    row("POST", "/v1/wallets/{id}/owner/verify", At::Wallet, Body::None, [401; 5]),
    // The signature over a payment agrees to no change.
    row("POST", "/v1/changes/{id}/approve", At::Change, Body::None, [401; 5]),
    row("POST", "/v1/changes/{id}/reject", At::Change, Body::None, [401; 5]),
    // Reads by the operator.
    row("GET", "/v1/policies/{id}", At::Policy, Body::None, OPERATOR),
    row("GET", "/v1/changes", At::Nothing, Body::None, OPERATOR),
    row("GET", "/v1/changes/{id}", At::Change, Body::None, OPERATOR),
    row("GET", "/v1/sessions", At::Nothing, Body::None, OPERATOR),
    row("GET", "/v1/sessions/{id}/wallets", At::Session, Body::None, OPERATOR),
    row("GET", "/v1/audit-logs", At::Nothing, Body::None, OPERATOR),
    row("GET", "/v1/admin/audit/verify", At::Nothing, Body::None, OPERATOR),
    row("GET", "/v1/admin/kill-switch", At::Nothing, Body::None, OPERATOR),
    row("GET", "/v1/admin/status", At::Nothing, Body::None, OPERATOR),
    of_wallet("GET", "/v1/admin/exposure", OPERATOR),
    row("GET", "/v1/tokens", At::Nothing, Body::None, OPERATOR),
    row("GET", "/v1/telegram/chats", At::Nothing, Body::None, OPERATOR),
    row("GET", "/v1/wallets/{id}/wc/pair/status", At::Wallet, Body::None, OPERATOR_BUT_UNREADY),
    row("GET", "/v1/wallets/{id}/wc/session", At::Wallet, Body::None, OPERATOR_BUT_ABSENT),
    row("GET", "/v1/webhooks", At::Nothing, Body::None, OPERATOR),
    row("GET", "/v1/webhooks/{id}", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("GET", "/v1/webhooks/{id}/logs", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("GET", "/v1/admin/wallets/{id}/balance", At::Wallet, Body::None, OPERATOR),
    row("GET", "/v1/admin/transactions", At::Nothing, Body::None, OPERATOR),
    row("GET", "/v1/admin/transactions/{id}", At::Waiting, Body::None, OPERATOR),
    row("GET", "/v1/admin/transactions/{id}/explain", At::Waiting, Body::None, OPERATOR),
    // Changes by the operator; past the credential, most of these find nothing to change.
    row("POST", "/v1/wallets", At::Nothing, Body::Empty, OPERATOR_BUT_INVALID),
    row("POST", "/v1/wallets/import", At::Nothing, Body::Empty, OPERATOR_BUT_INVALID),
    row("PUT", "/v1/wallets/{id}", At::Nothing, Body::Rename, OPERATOR_BUT_ABSENT),
    row("PUT", "/v1/wallets/{id}/default-network", At::Nothing, Body::Empty, OPERATOR_BUT_ABSENT),
    row("DELETE", "/v1/wallets/{id}", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("POST", "/v1/wallets/{id}/suspend", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("POST", "/v1/wallets/{id}/resume", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("PUT", "/v1/wallets/{id}/owner", At::Nothing, Body::Owner, OPERATOR_BUT_ABSENT),
    row("DELETE", "/v1/wallets/{id}/owner", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("POST", "/v1/wallets/{id}/owner/challenge", At::Wallet, Body::None, OPERATOR),
    row("POST", "/v1/admin/policies/replay", At::Nothing, Body::Empty, OPERATOR_BUT_INVALID),
    row("POST", "/v1/sessions", At::Nothing, Body::Empty, OPERATOR_BUT_INVALID),
    row("DELETE", "/v1/sessions/{id}", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("POST", "/v1/sessions/{id}/rotate", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("POST", "/v1/sessions/{id}/wallets", At::Nothing, Body::Link, OPERATOR_BUT_ABSENT),
    row("PUT", "/v1/sessions/{id}/default-wallet", At::Nothing, Body::Link, OPERATOR_BUT_ABSENT),
    row("DELETE", "/v1/sessions/{id}/wallets/{walletId}", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("POST", "/v1/policies", At::Nothing, Body::Empty, OPERATOR_BUT_INVALID),
    row("PUT", "/v1/policies/{id}", At::Nothing, Body::Priority, OPERATOR_BUT_ABSENT),
    row("DELETE", "/v1/policies/{id}", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("DELETE", "/v1/changes/{id}", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("POST", "/v1/admin/transactions/{id}/cancel", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("POST", "/v1/admin/transactions/{id}/close", At::Nothing, Body::Empty, OPERATOR_BUT_ABSENT),
    row("POST", "/v1/admin/transactions/{id}/reject", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("PUT", "/v1/telegram/chats/{chatId}", At::Nothing, Body::Role, OPERATOR_BUT_ABSENT),
    row("DELETE", "/v1/telegram/chats/{chatId}", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("POST", "/v1/wallets/{id}/wc/pair", At::Wallet, Body::None, OPERATOR_BUT_UNREADY),
    row("DELETE", "/v1/wallets/{id}/wc/session", At::Wallet, Body::None, OPERATOR_BUT_ABSENT),
    row("POST", "/v1/webhooks", At::Nothing, Body::Empty, OPERATOR_BUT_INVALID),
    row("PUT", "/v1/webhooks/{id}", At::Nothing, Body::Pause, OPERATOR_BUT_ABSENT),
    row("DELETE", "/v1/webhooks/{id}", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("POST", "/v1/webhooks/{id}/test", At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("POST", REDELIVER, At::Nothing, Body::None, OPERATOR_BUT_ABSENT),
    row("PUT", "/v1/admin/master-password", At::Nothing, Body::Empty, SOCKET),
    row("POST", "/v1/admin/rotate-secret", At::Nothing, Body::None, OPERATOR),
    row("POST", "/v1/admin/backup", At::Nothing, Body::None, OPERATOR),
    row("POST", "/v1/admin/backup/download", At::Nothing, Body::None, SOCKET),
    row("DELETE", "/v1/tokens", At::Nothing, Body::Empty, SOCKET),
    row("POST", "/v1/admin/kill-switch", At::Nothing, Body::None, OPERATOR),
    // While the kill switch is activated, sessions are refused everywhere, and here all the same.
    // The wallet has an owner, who has to agree to the recovery.
    row("POST", "/v1/admin/recover", At::Nothing, Body::None, [401, 401, 401, 202, 401]),
    row("POST", "/v1/admin/shutdown", At::Nothing, Body::None, SOCKET),
];

/// The credentials and the things they are tried on.
struct Scene {
    agent: Agent,
    policy: String,
    waiting: String,
    queued: String,
    change: String,
    recipient: String,
    callers: [(&'static str, Api); 5],
}

impl Scene {
    async fn set(daemon: &Daemon, localnet: &Localnet) -> Result<Self> {
        let agent = Agent::create(daemon, "solana").await?;
        let foreign = Agent::create(daemon, "solana").await?;
        localnet.solana.fund(&agent.address, 200 * SOL).await?;
        let policy = daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;
        let owner = OwnerKey::evm(3)?;
        agent.lock_owner(daemon, &owner).await?;
        let recipient = OwnerKey::solana(7).address();
        let queued = agent.send(daemon, &recipient, "5.0").await?.expect(201)?;
        let waiting = agent.send(daemon, &recipient, "50.0").await?.expect(201)?;
        let id = |tx: &Value| tx["id"].as_str().map(str::to_owned).context("an id");
        let (queued, waiting) = (id(&queued)?, id(&waiting)?);
        let loosening = json!({ "rules": { "instant_max_usd": 1_000_000 } });
        let change =
            daemon.operator().put(&format!("/v1/policies/{policy}"), loosening).await?.expect(202)?;
        let change = id(&change)?;
        let path = format!("/v1/transactions/{waiting}/approval");
        let asked = daemon.anonymous().get(&path).await?.expect(200)?;
        let callers = [
            ("no credential", daemon.anonymous()),
            ("the agent", agent.api(daemon)),
            ("a foreign agent", foreign.api(daemon)),
            ("the operator", daemon.operator()),
            ("the owner", owner.answering(&daemon.anonymous(), &asked["approve"])?),
        ];
        Ok(Self { agent, policy, waiting, queued, change, recipient, callers })
    }

    fn path(&self, row: &Row) -> String {
        let id = match row.at {
            At::Wallet => &self.agent.wallet,
            At::Session => &self.agent.session,
            At::Policy => &self.policy,
            At::Waiting => &self.waiting,
            At::Queued => &self.queued,
            At::Change => &self.change,
            At::Nothing => NOTHING,
        };
        let path = row.path.replace("{id}", id).replace("{walletId}", NOTHING);
        let path = path.replace("{deliveryId}", NOTHING).replace("{chatId}", "7000000001");
        if row.query.is_empty() { path } else { format!("{path}?{}={}", row.query, self.agent.wallet) }
    }

    fn body(&self, row: &Row) -> Option<Value> {
        match row.body {
            Body::None => None,
            Body::Empty => Some(json!({})),
            Body::Link => Some(json!({ "walletId": self.agent.wallet })),
            Body::Send => {
                Some(json!({ "to": self.recipient, "amount": "0.05", "walletId": self.agent.wallet }))
            }
            Body::Replace => Some(json!({ "with": "HIGHER_FEE" })),
            Body::Message => Some(json!({ "message": "I am who I am", "walletId": self.agent.wallet })),
            Body::Nonsense => Some(json!({ "transaction": "AAAA", "walletId": self.agent.wallet })),
            Body::Abi => Some(json!({
                "abi": [{ "type": "function", "name": "f", "inputs": [], "outputs": [] }], "functionName": "f",
            })),
            Body::Rename => Some(json!({ "name": "another" })),
            Body::Owner => Some(json!({ "ownerAddress": self.recipient })),
            Body::Priority => Some(json!({ "priority": 1 })),
            Body::Role => Some(json!({ "role": "ADMIN" })),
            Body::Pause => Some(json!({ "enabled": false })),
        }
    }

    async fn call(&self, row: &Row, caller: &Api) -> Result<Answer> {
        let path = self.path(row);
        match (row.method, self.body(row)) {
            ("GET", None) => caller.get(&path).await,
            ("DELETE", Some(body)) => {
                caller.raw(Method::DELETE, &path, "application/json", body.to_string().into_bytes()).await
            }
            ("DELETE", None) => caller.delete(&path).await,
            ("POST", Some(body)) => caller.post(&path, body).await,
            ("POST", None) => caller.post_empty(&path).await,
            ("PUT", Some(body)) => caller.put(&path, body).await,
            ("PUT", None) => caller.raw(Method::PUT, &path, "application/json", Vec::new()).await,
            (method, _) => bail!("the table has no way to call {method} {path}"),
        }
    }
}

fn operations(document: &Value, wanted: impl Fn(&Value) -> bool) -> BTreeSet<(String, String)> {
    let items = document["paths"].as_object().into_iter().flatten();
    items
        .flat_map(|(path, item)| {
            item.as_object().into_iter().flatten().map(move |(method, op)| (path, method, op))
        })
        .filter(|(_, _, operation)| wanted(operation))
        .map(|(path, method, _)| (method.to_uppercase(), path.clone()))
        .collect()
}

fn pairs(rows: impl Iterator<Item = (&'static str, &'static str)>) -> BTreeSet<(String, String)> {
    rows.map(|(method, path)| (method.to_owned(), path.to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_takes_its_credential_and_no_other() -> Result<()> {
    let localnet = Localnet::start()?;
    let mut daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let document = daemon.anonymous().get("/doc").await?.expect(200)?;
    let documented = operations(&document, |_| true);
    let tabled = pairs(ROWS.iter().map(|row| (row.method, row.path)));
    assert_eq!(tabled.len(), ROWS.len(), "an operation has two rows");
    assert_eq!(documented.difference(&tabled).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "no row");
    assert_eq!(
        tabled.difference(&documented).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new(),
        "no operation"
    );
    let public = pairs(
        [
            ("GET", "/health"),
            ("GET", "/doc"),
            ("GET", "/v1/proof"),
            ("POST", "/v1/proof"),
            ("GET", "/v1/transactions/{id}/approval"),
            ("GET", "/v1/changes/{id}/approval"),
        ]
        .into_iter(),
    );
    let stated_public = |operation: &Value| operation["security"].as_array().is_none_or(Vec::is_empty);
    assert_eq!(operations(&document, stated_public), public);

    let scene = Scene::set(&daemon, &localnet).await?;
    let mut wrong = Vec::new();
    for row in ROWS {
        let open = public.contains(&(row.method.to_owned(), row.path.to_owned()));
        assert_eq!(row.expected[0] == 401, !open, "{} {}: no credential is 401", row.method, row.path);
        // Refusals first: none of them may have changed anything when the right caller comes.
        let mut order = [0, 1, 2, 3, 4];
        order.sort_by_key(|&column| std::cmp::Reverse(row.expected[column]));
        for column in order {
            let (who, caller) = &scene.callers[column];
            let answer = scene.call(row, caller).await?;
            if answer.status != row.expected[column] {
                let (method, path, wanted) = (row.method, row.path, row.expected[column]);
                wrong.push(format!(
                    "{method} {path} by {who}: {} not {wanted}: {}",
                    answer.status, answer.body
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    ensure!(!daemon.has_ended()?, "nothing that comes by the port stops the daemon");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_credentials_at_once_are_ambiguous_and_a_credential_in_the_wrong_place_is_none() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let agent = Agent::create(&daemon, "solana").await?;
    let both = agent.api(&daemon).password(e2e::PASSWORD);
    for path in ["/v1/wallets", "/v1/policies", &format!("/v1/wallets/{}", agent.wallet)] {
        assert_eq!(both.get(path).await?.refused(400)?, "AMBIGUOUS_CREDENTIALS", "{path}");
    }
    let misplaced = daemon.anonymous().token(e2e::PASSWORD);
    for path in ["/v1/wallets", "/v1/admin/status", "/v1/wallet/address"] {
        assert_eq!(misplaced.get(path).await?.status, 401, "{path}");
    }
    let in_query = format!("/v1/wallet/address?token={}", agent.token);
    assert_eq!(daemon.anonymous().get(&in_query).await?.status, 401);
    Ok(())
}

/// For tests that never reach a node.
pub(crate) fn unreachable_nodes() -> DaemonOptions {
    let nowhere = "http://127.0.0.1:9/".to_owned();
    DaemonOptions {
        solana: nowhere.clone(),
        evm: nowhere,
        prices: Vec::new(),
        extra: String::new(),
        through: Vec::new(),
    }
}
