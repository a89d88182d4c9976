//! A double of the Telegram Bot API on loopback, in its true shape: long polling with confirmation by offset, its
//! limits, and its errors. Real client libraries run against it unchanged (`scripts/telegram/check.sh`).

mod people;
mod server;
mod wire;

use std::sync::Arc;

use anyhow::Result;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use self::people::{Person, Shown};
use self::server::State;

/// The token that the double accepts.
pub const TOKEN: &str = "7000000000:AAEhBP0av28sCr-NpDtrRLXtDZYXHH_z5aA";

/// The double. It stops when dropped.
pub struct TelegramDouble {
    url: String,
    state: Arc<State>,
    task: JoinHandle<()>,
}

impl TelegramDouble {
    /// Starts it on a free port of 127.0.0.1.
    pub async fn start() -> Result<Self> {
        Self::start_at("127.0.0.1:0").await
    }

    /// Starts it at an address, such as the one of a double that was stopped.
    pub async fn start_at(address: &str) -> Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(State::default());
        let router = server::router(state.clone());
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, state, task })
    }

    /// Its address, for `telegram.api_url`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A person who has opened the private chat with the bot.
    pub fn person(&self, number: i64, name: &str) -> Person {
        Person::new(self.state.clone(), number, name)
    }

    /// Answers the next requests to send a message with 429 and this waiting time.
    pub fn ask_to_wait(&self, requests: u32, seconds: u32) {
        self.state.ask_to_wait(requests, seconds);
    }

    /// Taps that the bot has not acknowledged yet.
    pub fn taps_waiting(&self) -> usize {
        self.state.taps_waiting()
    }

    /// Hands the bot an update as it is, with the next number.
    pub fn forge(&self, update: serde_json::Value) {
        self.state.forge(update);
    }
}

impl Drop for TelegramDouble {
    fn drop(&mut self) {
        self.task.abort();
    }
}
