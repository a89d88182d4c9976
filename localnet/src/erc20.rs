//! The ERC-20 on the EVM chain: OpenZeppelin's `ERC20PresetFixedSupply`, its whole supply with the faucet.
//!
//! Belongs here: the deployment. Transfers are plain calls that tests make themselves (see README.md).

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::json_rpc::JsonRpc;

/// OpenZeppelin's default.
pub const DECIMALS: u8 = 18;

const NAME: &str = "Localnet Token";
const SYMBOL: &str = "LOCAL";
/// A billion tokens.
const SUPPLY: u128 = 1_000_000_000 * 10_u128.pow(DECIMALS as u32);

const MINING_TIMEOUT: Duration = Duration::from_secs(10);
const MINING_POLL: Duration = Duration::from_millis(10);

/// A deployed token.
pub struct Erc20 {
    /// Its contract.
    pub address: String,
}

#[derive(Deserialize)]
struct Artifact {
    bytecode: String,
}

/// Deploys the token through the node's unlocked `owner` account and gives that account the whole supply.
pub async fn deploy(rpc: &JsonRpc, artifact: &Path, owner: &str) -> Result<Erc20> {
    let text =
        std::fs::read_to_string(artifact).with_context(|| format!("cannot read {}", artifact.display()))?;
    let Artifact { bytecode } =
        serde_json::from_str(&text).with_context(|| format!("{}", artifact.display()))?;

    let data = bytecode + &constructor_arguments(NAME, SYMBOL, SUPPLY, owner);
    let hash = rpc.call("eth_sendTransaction", json!([{"from": owner, "data": data}])).await?;
    let receipt = receipt(rpc, &hash).await?;
    ensure!(receipt["status"] == "0x1", "the ERC-20 was not deployed: {receipt}");
    let address = receipt["contractAddress"].as_str().context("the receipt names no contract")?;

    let balance = rpc.call("eth_call", json!([{"to": address, "data": balance_of(owner)}, "latest"])).await?;
    ensure!(balance == format!("0x{SUPPLY:064x}"), "the faucet's balance is {balance}");
    Ok(Erc20 { address: address.to_owned() })
}

/// Waits for the receipt: anvil mines at once, but may answer before it has done so.
async fn receipt(rpc: &JsonRpc, hash: &Value) -> Result<Value> {
    let deadline = Instant::now() + MINING_TIMEOUT;
    while Instant::now() < deadline {
        let receipt = rpc.call("eth_getTransactionReceipt", json!([hash])).await?;
        if !receipt.is_null() {
            return Ok(receipt);
        }
        tokio::time::sleep(MINING_POLL).await;
    }
    bail!("transaction {hash} is not mined");
}

/// ABI encoding of `constructor(string name, string symbol, uint256 supply, address owner)`, as hex.
/// By hand: it is the only encoding this program needs. Both names must fit one word.
fn constructor_arguments(name: &str, symbol: &str, supply: u128, owner: &str) -> String {
    const HEAD: usize = 4 * 32;
    const STRING: usize = 2 * 32;
    [
        word(HEAD),
        word(HEAD + STRING),
        format!("{supply:064x}"),
        address_word(owner),
        short_string(name),
        short_string(symbol),
    ]
    .concat()
}

/// Call data of `balanceOf(address)`.
fn balance_of(owner: &str) -> String {
    format!("0x70a08231{}", address_word(owner))
}

fn word(number: usize) -> String {
    format!("{number:064x}")
}

fn address_word(address: &str) -> String {
    format!("{:0>64}", address.trim_start_matches("0x").to_ascii_lowercase())
}

/// Length, then the bytes padded on the right to one word.
fn short_string(text: &str) -> String {
    let bytes: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{}{bytes:0<64}", word(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constructor_arguments_are_abi_encoded() {
        let encoded = constructor_arguments("AB", "C", 1, "0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
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
