//! JSON-RPC to the nodes, for money before and the truth afterwards.

use anyhow::{Result, bail};
use e2e::{Localnet, Parts, client_for};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::kit::{Evm, Solana};

/// One endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    client: reqwest::Client,
    url: String,
}

impl Node {
    pub(crate) fn new(url: &str) -> Self {
        Self { client: client_for(url), url: url.to_owned() }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Calls a method; a JSON-RPC error is an error.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Result<Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer: Value = self.client.post(&self.url).json(&body).send().await?.json().await?;
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            bail!("{method}: {error}");
        }
        Ok(answer["result"].clone())
    }
}

/// Both nodes under the daemon.
#[derive(Clone, Debug)]
pub(crate) struct Nodes {
    pub(crate) evm: Evm,
    pub(crate) solana: Solana,
    /// What more can be put on them.
    pub(crate) parts: Parts,
}

/// The line that `localnet/start.sh` prints.
#[derive(Deserialize)]
struct Line {
    solana: e2e::SolanaNode,
    evm: e2e::EvmNode,
    parts: Parts,
}

impl Nodes {
    pub(crate) fn of(localnet: &Localnet) -> Self {
        Self::new(&localnet.evm, &localnet.solana, localnet.parts.clone())
    }

    /// From the line that `localnet/start.sh` prints.
    pub(crate) fn parse(line: &str) -> Result<Self> {
        let line: Line = serde_json::from_str(line)?;
        Ok(Self::new(&line.evm, &line.solana, line.parts))
    }

    fn new(evm: &e2e::EvmNode, solana: &e2e::SolanaNode, parts: Parts) -> Self {
        Self {
            evm: Evm::new(Node::new(&evm.rpc), &evm.erc20),
            solana: Solana::new(Node::new(&solana.rpc), &solana.spl_mint, &solana.token2022_mint),
            parts,
        }
    }
}
