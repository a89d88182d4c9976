//! A receiver of webhooks: a real HTTP server on this machine that records every request.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::until;

/// Time for a request to arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// A recorded request.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, to the byte.
    pub body: Bytes,
}

impl Received {
    /// A header as text; empty if it is missing.
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The id of the delivery.
    pub fn delivery(&self) -> String {
        self.header("x-waiaas-delivery")
    }
}

/// How a request is answered.
#[derive(Clone, Debug)]
enum Reply {
    Status(u16),
    Redirect(String),
    /// Never.
    Silence,
}

#[derive(Default)]
struct Record {
    received: Vec<Received>,
    replies: VecDeque<Reply>,
}

/// The server. It ends when it is dropped.
pub struct Receiver {
    address: SocketAddr,
    record: Arc<Mutex<Record>>,
    server: JoinHandle<()>,
}

impl Receiver {
    /// Starts one that answers with 200.
    ///
    /// # Errors
    ///
    /// If there is no free port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let record = Arc::<Mutex<Record>>::default();
        let app = Router::new().fallback(receive).with_state(record.clone());
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { address, record, server })
    }

    /// Its address, as in an allow-list.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The URL of its hook.
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Answers one request that has no other answer yet with this status.
    pub fn then(&self, status: u16) -> &Self {
        self.reply(Reply::Status(status))
    }

    /// Answers one with a redirect.
    pub fn then_redirect(&self, to: &str) -> &Self {
        self.reply(Reply::Redirect(to.to_owned()))
    }

    /// Never answers one.
    pub fn then_silence(&self) -> &Self {
        self.reply(Reply::Silence)
    }

    fn reply(&self, reply: Reply) -> &Self {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).replies.push_back(reply);
        self
    }

    /// All requests so far.
    pub fn received(&self) -> Vec<Received> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).received.clone()
    }

    /// Waits until there are this many requests, and gives all there are.
    ///
    /// # Errors
    ///
    /// If they do not arrive.
    pub async fn wait_for(&self, count: usize) -> Result<Vec<Received>> {
        let enough = || async {
            let received = self.received();
            Ok((received.len() >= count).then_some(received))
        };
        until(&format!("{count} requests"), PATIENCE, enough).await
    }

    /// Waits for a request about an event, the first one.
    ///
    /// # Errors
    ///
    /// If none arrives.
    pub async fn wait_for_event(&self, event: &str) -> Result<Received> {
        let found = || async {
            Ok(self.received().into_iter().find(|request| request.header("x-waiaas-event") == event))
        };
        until(&format!("the event {event}"), PATIENCE, found).await.context("waiting at the receiver")
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(State(record): State<Arc<Mutex<Record>>>, headers: HeaderMap, body: Bytes) -> Response {
    let reply = {
        let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
        record.received.push(Received { headers, body });
        record.replies.pop_front()
    };
    match reply.unwrap_or(Reply::Status(200)) {
        Reply::Status(status) => StatusCode::from_u16(status).unwrap_or_default().into_response(),
        Reply::Redirect(to) => (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response(),
        Reply::Silence => std::future::pending().await,
    }
}
