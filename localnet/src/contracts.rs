//! Compiled contracts and transactions of the faucet, the account that the node signs for.
//!
//! Belongs here: the way from an artifact to a contract. The list of contracts belongs to the file of each
//! kind.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::json_rpc::JsonRpc;

const MINING_TIMEOUT: Duration = Duration::from_secs(10);
const MINING_POLL: Duration = Duration::from_millis(10);

/// Artifacts in a `node_modules`, and the account that deploys them.
pub struct Contracts<'a> {
    /// The node.
    pub rpc: &'a JsonRpc,
    /// `node_modules`.
    pub modules: PathBuf,
    /// Its unlocked account.
    pub from: &'a str,
}

#[derive(Deserialize)]
struct Artifact {
    bytecode: String,
}

impl Contracts<'_> {
    /// Deploys `artifact`, a path below `node_modules`, with constructor arguments as hex, and returns its address.
    pub async fn deploy(&self, artifact: &str, arguments: &str) -> Result<String> {
        let bytecode = read(&self.modules.join(artifact))?;
        let receipt = self.send(json!({ "data": format!("0x{bytecode}{arguments}") })).await?;
        let address = receipt["contractAddress"].as_str().context("the receipt has no contract address")?;
        Ok(address.to_owned())
    }

    /// Calls `to` with hex data and an amount of wei.
    pub async fn transact(&self, to: &str, data: &str, wei: u128) -> Result<()> {
        let transaction = json!({ "to": to, "data": format!("0x{data}"), "value": format!("{wei:#x}") });
        self.send(transaction).await.map(drop)
    }

    async fn send(&self, mut transaction: Value) -> Result<Value> {
        transaction["from"] = json!(self.from);
        let hash = self.rpc.call("eth_sendTransaction", json!([transaction])).await?;
        let receipt = self.receipt(&hash).await?;
        ensure!(receipt["status"] == "0x1", "a transaction of the faucet failed: {receipt}");
        Ok(receipt)
    }

    /// Waits for the receipt: anvil mines at once, but may answer before that.
    async fn receipt(&self, hash: &Value) -> Result<Value> {
        let deadline = Instant::now() + MINING_TIMEOUT;
        while Instant::now() < deadline {
            let receipt = self.rpc.call("eth_getTransactionReceipt", json!([hash])).await?;
            if !receipt.is_null() {
                return Ok(receipt);
            }
            tokio::time::sleep(MINING_POLL).await;
        }
        bail!("transaction {hash} is not mined");
    }
}

fn read(artifact: &Path) -> Result<String> {
    let text =
        std::fs::read_to_string(artifact).with_context(|| format!("cannot read {}", artifact.display()))?;
    let Artifact { bytecode } =
        serde_json::from_str(&text).with_context(|| format!("{}", artifact.display()))?;
    Ok(bytecode.trim_start_matches("0x").to_owned())
}

/// Encodes a number as one word of the ABI, in hex.
pub fn word(number: u128) -> String {
    format!("{number:064x}")
}

/// Encodes an address as one word of the ABI, in hex.
pub fn address_word(address: &str) -> String {
    format!("{:0>64}", address.trim_start_matches("0x").to_ascii_lowercase())
}

/// Encodes strings that fit one word each: the offsets from the start of the arguments, then lengths and
/// texts, with the `before` words of other arguments in between.
pub fn short_strings(texts: &[&str], before: &[String]) -> String {
    const WORD: usize = 32;
    let head = (texts.len() + before.len()) * WORD;
    let offsets = (0..texts.len()).map(|at| format!("{:064x}", head + at * 2 * WORD));
    let tails = texts.iter().map(|text| {
        let bytes: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        format!("{:064x}{bytes:0<64}", text.len())
    });
    offsets.chain(before.iter().cloned()).chain(tails).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constructor_arguments_are_abi_encoded() {
        let others = [word(1), address_word("0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266")];
        let encoded = short_strings(&["AB", "C"], &others);
        let words: Vec<&str> =
            encoded.as_bytes().chunks(64).filter_map(|word| str::from_utf8(word).ok()).collect();
        let expected = [
            "0000000000000000000000000000000000000000000000000000000000000080",
            "00000000000000000000000000000000000000000000000000000000000000c0",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "000000000000000000000000f39fd6e51aad88f6f4ce6ab8827279cfffb92266",
            "0000000000000000000000000000000000000000000000000000000000000002",
            "4142000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "4300000000000000000000000000000000000000000000000000000000000000",
        ];
        assert_eq!(words, expected);
    }
}
