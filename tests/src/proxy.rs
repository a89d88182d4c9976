//! A proxy between daemon and node that breaks things on purpose, at a chosen call.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// On which side of the node's work the fault happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// The node never sees the call.
    Before,
    /// The node has done it; the daemon never hears.
    After,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The daemon's process is killed at that instant.
    Kill(Pid),
    /// The connection answers HTTP 502.
    Unavailable,
    /// The answer is not JSON.
    Garbage,
}

struct Plan {
    method: String,
    when: When,
    fault: Fault,
    /// Whether it goes on happening.
    always: bool,
    hit: Option<oneshot::Sender<()>>,
    spent: bool,
}

#[derive(Clone)]
struct Shared {
    target: String,
    client: reqwest::Client,
    plan: Arc<Mutex<Option<Plan>>>,
    calls: Arc<Mutex<Vec<String>>>,
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
            client: reqwest::Client::new(),
            plan: Arc::default(),
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
        self.arm(method, when, fault, false)
    }

    /// Arms a fault at every call of `method` (`*` = of any) until [`FaultProxy::heal`].
    pub fn always(&self, method: &str, when: When, fault: Fault) {
        drop(self.arm(method, when, fault, true));
    }

    fn arm(&self, method: &str, when: When, fault: Fault, always: bool) -> oneshot::Receiver<()> {
        let (hit, heard) = oneshot::channel();
        let plan = Plan { method: method.to_owned(), when, fault, always, hit: Some(hit), spent: false };
        *self.shared.plan.lock().unwrap_or_else(PoisonError::into_inner) = Some(plan);
        heard
    }

    /// Everything works again.
    pub fn heal(&self) {
        *self.shared.plan.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// How often a method was called.
    pub fn count(&self, method: &str) -> usize {
        let calls = self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().filter(|called| *called == method).count()
    }
}

impl Shared {
    /// The fault to play now, if it is due.
    fn due(&self, method: &str, when: When) -> Option<Fault> {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = plan.as_mut()?;
        if plan.when != when || plan.spent || (plan.method != method && plan.method != "*") {
            return None;
        }
        plan.spent = !plan.always;
        if let Some(hit) = plan.hit.take() {
            let _ = hit.send(());
        }
        Some(plan.fault)
    }
}

async fn forward(State(shared): State<Shared>, body: Bytes) -> Response {
    let call: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let method = call["method"].as_str().unwrap_or("batch").to_owned();
    shared.calls.lock().unwrap_or_else(PoisonError::into_inner).push(method.clone());
    if let Some(fault) = shared.due(&method, When::Before) {
        return play(fault).await;
    }
    let answer = pass(&shared, body).await;
    if let Some(fault) = shared.due(&method, When::After) {
        return play(fault).await;
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

async fn play(fault: Fault) -> Response {
    match fault {
        Fault::Kill(pid) => {
            let _ = kill_process(pid, Signal::KILL);
            // The connection dies with the daemon; nothing is to be answered.
            std::future::pending().await
        }
        Fault::Unavailable => StatusCode::BAD_GATEWAY.into_response(),
        Fault::Garbage => (StatusCode::OK, "<html>not a node</html>").into_response(),
    }
}
