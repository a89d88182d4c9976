//! Plain JSON-RPC to a node.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::http::client_for;

/// Calls a method; a JSON-RPC error is an error.
pub async fn rpc(url: &str, method: &str, params: Value) -> Result<Value> {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let answer: Value = client_for(url).post(url).json(&body).send().await?.json().await?;
    if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
        bail!("{method}: {error}");
    }
    Ok(answer["result"].clone())
}
