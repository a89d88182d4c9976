//! A JSON-RPC call to the EVM node.
//!
//! Belongs here: the envelope. Method names and their parameters belong to the callers.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// The node is on loopback and mines at once; a longer silence means that it hangs.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A node with JSON-RPC over HTTP.
pub struct JsonRpc {
    client: reqwest::Client,
    url: String,
}

impl JsonRpc {
    /// Makes a client for the node at `url`.
    pub fn new(url: String) -> Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            // Loopback must not be reached through a proxy from the environment.
            .no_proxy()
            .build()
            .context("HTTP client")?;
        Ok(Self { client, url })
    }

    /// Calls `method` and returns its result; the node's error is an error.
    pub async fn call(&self, method: &str, parameters: Value) -> Result<Value> {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters});
        let reply = self.client.post(&self.url).json(&request).send().await;
        let mut reply: Value = reply
            .with_context(|| format!("{method}: no answer"))?
            .json()
            .await
            .with_context(|| format!("{method}: the answer is not JSON"))?;
        if let Some(error) = reply.get("error") {
            bail!("{method}: {error}");
        }
        Ok(reply.get_mut("result").map(Value::take).unwrap_or_default())
    }
}
