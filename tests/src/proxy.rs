//! A proxy between daemon and node that breaks things on purpose, at a chosen call.
//!
//! Belongs here: the faults on the way to a node, and a record of the calls. Does not belong here: how the
//! daemon should react.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::stream;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::http::client_for;

/// On which side of the node's work the fault happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// The node never sees the call.
    Before,
    /// The node has done it; the daemon never hears.
    After,
}

/// A fault.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The daemon's process is killed at that instant.
    Kill(Pid),
    /// The connection answers HTTP 502.
    Unavailable,
    /// The answer is not JSON.
    Garbage,
    /// The connection breaks in the middle of the answer, as when a node restarts.
    Broken,
    /// No answer ever comes.
    Silent,
    /// A JSON-RPC error object.
    Refusal(i64, String),
    /// A result of our making; with [`When::Before`] the node is not asked.
    Lie(Value),
    /// The node's own result, altered. Only with [`When::After`].
    Edit(fn(&mut Value)),
}

struct Plan {
    method: String,
    when: When,
    fault: Fault,
    /// Calls that still pass unharmed.
    spare: usize,
    /// Whether it goes on happening.
    always: bool,
    hit: Option<oneshot::Sender<()>>,
    spent: bool,
}

/// A call as the daemon made it.
#[derive(Clone)]
struct Call {
    method: String,
    params: Value,
}

#[derive(Clone)]
struct Shared {
    target: String,
    client: reqwest::Client,
    plans: Arc<Mutex<Vec<Plan>>>,
    calls: Arc<Mutex<Vec<Call>>>,
}

/// A running proxy; it ends with the test's runtime.
pub struct FaultProxy {
    address: SocketAddr,
    shared: Shared,
}

impl FaultProxy {
    /// Starts in front of a node, with nothing wrong yet.
    pub async fn start(target: &str) -> Result<Self> {
        let shared = Shared {
            target: target.to_owned(),
            client: client_for(target),
            plans: Arc::default(),
            calls: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new().route("/", post(forward)).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, shared })
    }

    /// The URL to give to the daemon.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Arms one fault at the next call of `method`; the receiver hears when it happened.
    pub fn once(&self, method: &str, when: When, fault: Fault) -> oneshot::Receiver<()> {
        self.nth(method, 1, when, fault)
    }

    /// Arms one fault at the `nth` call of `method` from now, counted from 1.
    pub fn nth(&self, method: &str, nth: usize, when: When, fault: Fault) -> oneshot::Receiver<()> {
        self.arm(method, nth.saturating_sub(1), when, fault, false)
    }

    /// Arms a fault at every call of `method` (`*` = of any) until [`FaultProxy::heal`].
    pub fn always(&self, method: &str, when: When, fault: Fault) {
        drop(self.arm(method, 0, when, fault, true));
    }

    fn arm(
        &self,
        method: &str,
        spare: usize,
        when: When,
        fault: Fault,
        always: bool,
    ) -> oneshot::Receiver<()> {
        let (hit, heard) = oneshot::channel();
        let method = method.to_owned();
        self.shared.plans().push(Plan { method, when, fault, spare, always, hit: Some(hit), spent: false });
        heard
    }

    /// Everything works again.
    pub fn heal(&self) {
        self.shared.plans().clear();
    }

    /// How often a method was called.
    pub fn count(&self, method: &str) -> usize {
        self.shared.calls().iter().filter(|call| call.method == method).count()
    }

    /// How often a method was called before the first call of another.
    pub fn count_before(&self, method: &str, other: &str) -> usize {
        let calls = self.shared.calls();
        calls.iter().take_while(|call| call.method != other).filter(|call| call.method == method).count()
    }

    /// The parameters of every call of a method, oldest first.
    pub fn params(&self, method: &str) -> Vec<Value> {
        let calls = self.shared.calls();
        calls.iter().filter(|call| call.method == method).map(|call| call.params.clone()).collect()
    }

    /// Forgets the calls made so far.
    pub fn forget(&self) {
        self.shared.calls().clear();
    }
}

impl Shared {
    fn plans(&self) -> MutexGuard<'_, Vec<Plan>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault to play now, if one is due.
    fn due(&self, method: &str, when: When) -> Option<Fault> {
        let mut plans = self.plans();
        let fits = |plan: &&mut Plan| {
            !plan.spent && plan.when == when && (plan.method == method || plan.method == "*")
        };
        let plan = plans.iter_mut().find(fits)?;
        if let Some(spare) = plan.spare.checked_sub(1) {
            plan.spare = spare;
            return None;
        }
        plan.spent = !plan.always;
        if let Some(hit) = plan.hit.take() {
            let _ = hit.send(());
        }
        Some(plan.fault.clone())
    }
}

async fn forward(State(shared): State<Shared>, body: Bytes) -> Response {
    let call: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let method = call["method"].as_str().unwrap_or("batch").to_owned();
    shared.calls().push(Call { method: method.clone(), params: call["params"].clone() });
    if let Some(fault) = shared.due(&method, When::Before) {
        return play(fault, &call["id"], None).await;
    }
    let answer = pass(&shared, body).await;
    if let Some(fault) = shared.due(&method, When::After) {
        return play(fault, &call["id"], answer.ok().map(|(_, bytes)| bytes)).await;
    }
    match answer {
        Ok((status, bytes)) => (status, [("content-type", "application/json")], bytes).into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

async fn pass(shared: &Shared, body: Bytes) -> Result<(StatusCode, Bytes)> {
    let request = shared.client.post(&shared.target).header("content-type", "application/json").body(body);
    let response = request.send().await?;
    let status = StatusCode::from_u16(response.status().as_u16()).context("a status")?;
    Ok((status, response.bytes().await?))
}

/// Plays a fault on the call with this id; `truth` is what the node answered, if it was asked.
async fn play(fault: Fault, id: &Value, truth: Option<Bytes>) -> Response {
    match fault {
        Fault::Kill(pid) => {
            let _ = kill_process(pid, Signal::KILL);
            // The connection dies with the daemon; nothing is to be answered.
            std::future::pending().await
        }
        Fault::Unavailable => StatusCode::BAD_GATEWAY.into_response(),
        Fault::Garbage => (StatusCode::OK, "<html>not a node</html>").into_response(),
        Fault::Broken => {
            let torn = stream::iter([Ok(Bytes::from_static(b"{\"jsonrpc\"")), Err("gone")]);
            (StatusCode::OK, Body::from_stream(torn)).into_response()
        }
        Fault::Silent => std::future::pending().await,
        Fault::Refusal(code, message) => {
            let error = json!({ "code": code, "message": message });
            axum::Json(json!({ "jsonrpc": "2.0", "id": id, "error": error })).into_response()
        }
        Fault::Lie(result) => {
            axum::Json(json!({ "jsonrpc": "2.0", "id": id, "result": result })).into_response()
        }
        Fault::Edit(edit) => {
            let mut answer: Value =
                truth.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
            match answer.get_mut("result") {
                Some(result) => edit(result),
                None => return StatusCode::BAD_GATEWAY.into_response(),
            }
            axum::Json(answer).into_response()
        }
    }
}
