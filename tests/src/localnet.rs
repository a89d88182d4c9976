//! Both chains, started by `localnet/start.sh` and stopped when dropped.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::node::rpc;
use crate::parts::{Parts, transact};

/// A running pair of nodes.
pub struct Localnet {
    child: Child,
    // Closing it tells the nodes to stop.
    stdin: Option<ChildStdin>,
    /// Solana.
    pub solana: SolanaNode,
    /// EVM.
    pub evm: EvmNode,
    /// What more can be put on them.
    pub parts: Parts,
}

/// The Solana node.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SolanaNode {
    /// JSON-RPC.
    pub rpc: String,
    /// A classic SPL mint.
    pub spl_mint: String,
    /// Its decimals.
    pub spl_decimals: u8,
    /// A Token-2022 mint.
    pub token2022_mint: String,
    /// Its decimals.
    pub token2022_decimals: u8,
}

/// The EVM node.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvmNode {
    /// JSON-RPC.
    pub rpc: String,
    /// Its funded, unlocked account.
    pub faucet: EvmFaucet,
    /// An ERC-20.
    pub erc20: String,
    /// Its decimals.
    pub erc20_decimals: u8,
    /// An ERC-721 the faucet may mint.
    pub erc721: String,
    /// An ERC-1155 the faucet may mint.
    pub erc1155: String,
    /// WETH.
    pub weth: String,
    /// Uniswap's v2 router, with a pool of the ERC-20 and ETH.
    pub uniswap_v2_router: String,
    /// An ERC-8004 identity registry.
    pub identity_registry: String,
    /// An ERC-8004 reputation registry of its agents.
    pub reputation_registry: String,
    /// An ERC-20 that signatures move (EIP-2612, EIP-3009).
    pub coin: String,
    /// Its decimals.
    pub coin_decimals: u8,
    /// Uniswap's Permit2, at its own address.
    pub permit2: String,
    /// An ERC-4626 vault of the ERC-20.
    pub vault: String,
    /// Pulls one token through an allowance and pays another; no decoder knows it.
    pub aggregator: String,
}

/// An account the EVM node signs for.
#[derive(Clone, Debug, Deserialize)]
pub struct EvmFaucet {
    /// Its address.
    pub address: String,
}

#[derive(Deserialize)]
struct Line {
    solana: SolanaNode,
    evm: EvmNode,
    parts: Parts,
}

/// How often a start is tried.
const STARTS: usize = 3;

/// The script that installs, builds and starts what is local.
pub(crate) fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../localnet/start.sh")
}

impl Localnet {
    /// Starts both nodes; the first time on a machine this builds them.
    ///
    /// # Errors
    ///
    /// Where they do not start, or announce nothing that can be read.
    pub fn start() -> Result<Self> {
        // A port that was free may be taken before a node listens on it; then others are chosen.
        for _ in 0..STARTS {
            if let Some(nodes) = Self::launch()? {
                return Ok(nodes);
            }
        }
        bail!("localnet did not start")
    }

    /// Starts both nodes; none if they ended without a word.
    fn launch() -> Result<Option<Self>> {
        let mut child = Command::new("bash")
            .arg(script())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting localnet/start.sh")?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("stdout")?;
        let mut text = String::new();
        BufReader::new(stdout).read_line(&mut text).context("reading the endpoints")?;
        if text.is_empty() {
            child.wait().context("waiting for localnet")?;
            return Ok(None);
        }
        let line: Line = serde_json::from_str(&text).context("what localnet announces")?;
        Ok(Some(Self { child, stdin, solana: line.solana, evm: line.evm, parts: line.parts }))
    }
}

impl Drop for Localnet {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

impl SolanaNode {
    /// Gives an account this many lamports.
    pub async fn fund(&self, address: &str, lamports: u64) -> Result<()> {
        rpc(&self.rpc, "surfnet_setAccount", json!([address, { "lamports": lamports }])).await.map(drop)
    }

    /// Gives an account this many base units of the SPL token.
    pub async fn fund_spl(&self, owner: &str, amount: u64) -> Result<()> {
        let params = json!([owner, self.spl_mint, { "amount": amount }]);
        rpc(&self.rpc, "surfnet_setTokenAccount", params).await.map(drop)
    }

    /// Gives an account this many base units of the Token-2022 token.
    pub async fn fund_token2022(&self, owner: &str, amount: u64) -> Result<()> {
        let program = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
        let params = json!([owner, self.token2022_mint, { "amount": amount }, program]);
        rpc(&self.rpc, "surfnet_setTokenAccount", params).await.map(drop)
    }

    /// Lamports of an account.
    pub async fn balance(&self, address: &str) -> Result<u64> {
        let params = json!([address, { "commitment": "processed" }]);
        let answer = rpc(&self.rpc, "getBalance", params).await?;
        answer["value"].as_u64().context("a balance")
    }

    /// Base units of a token an account holds.
    pub async fn token_balance(&self, owner: &str, mint: &str) -> Result<u64> {
        let params =
            json!([owner, { "mint": mint }, { "encoding": "jsonParsed", "commitment": "processed" }]);
        let answer = rpc(&self.rpc, "getTokenAccountsByOwner", params).await?;
        let mut sum = 0;
        for account in answer["value"].as_array().context("accounts")? {
            let amount = &account["account"]["data"]["parsed"]["info"]["tokenAmount"]["amount"];
            sum += amount.as_str().context("an amount")?.parse::<u64>()?;
        }
        Ok(sum)
    }
}

impl EvmNode {
    /// Gives an account this much wei.
    pub async fn fund(&self, address: &str, wei: u128) -> Result<()> {
        rpc(&self.rpc, "anvil_setBalance", json!([address, format!("{wei:#x}")])).await.map(drop)
    }

    /// Sends base units of the ERC-20 from the faucet.
    pub async fn fund_erc20(&self, to: &str, amount: u128) -> Result<()> {
        let data = format!("0xa9059cbb{}{amount:064x}", word(to));
        self.transact(&self.erc20, &data).await.map(drop)
    }

    /// Mints the next id of the ERC-721 to an account, and returns it.
    pub async fn fund_erc721(&self, to: &str) -> Result<u128> {
        let receipt = self.transact(&self.erc721, &format!("0x6a627842{}", word(to))).await?;
        // Transfer(address,address,uint256): the id is the third indexed argument.
        quantity(&receipt["logs"][0]["topics"][3])
    }

    /// Mints some of an id of the ERC-1155 to an account.
    pub async fn fund_erc1155(&self, to: &str, id: u128, amount: u128) -> Result<()> {
        let data = format!("0x731133e9{}{id:064x}{amount:064x}{:064x}{:064x}", word(to), 128, 0);
        self.transact(&self.erc1155, &data).await.map(drop)
    }

    /// Sends base units of the coin from the faucet.
    pub async fn fund_coin(&self, to: &str, amount: u128) -> Result<()> {
        self.transact(&self.coin, &format!("0xa9059cbb{}{amount:064x}", word(to))).await.map(drop)
    }

    /// One of the node's own accounts, which it signs for; 0 is the faucet.
    pub async fn account(&self, at: usize) -> Result<String> {
        let accounts = rpc(&self.rpc, "eth_accounts", json!([])).await?;
        Ok(accounts[at].as_str().context("an account of the node")?.to_owned())
    }

    /// Sends a call from the faucet and returns its receipt.
    async fn transact(&self, to: &str, data: &str) -> Result<Value> {
        self.transact_as(&self.faucet.address, to, data).await
    }

    /// Sends a call from an account of the node and returns its receipt; a call that fails is an error.
    pub async fn transact_as(&self, from: &str, to: &str, data: &str) -> Result<Value> {
        transact(&self.rpc, json!({ "to": to, "data": data }), from).await
    }

    /// Reads a number from a contract.
    pub async fn read(&self, contract: &str, data: &str) -> Result<u128> {
        quantity(&rpc(&self.rpc, "eth_call", json!([{ "to": contract, "data": data }, "latest"])).await?)
    }

    /// Wei of an account.
    pub async fn balance(&self, address: &str) -> Result<u128> {
        quantity(&rpc(&self.rpc, "eth_getBalance", json!([address, "latest"])).await?)
    }

    /// Base units of the ERC-20 an account holds.
    pub async fn erc20_balance(&self, owner: &str) -> Result<u128> {
        let owner = owner.trim_start_matches("0x").to_lowercase();
        let call = json!([{ "to": self.erc20, "data": format!("0x70a08231{owner:0>64}") }, "latest"]);
        quantity(&rpc(&self.rpc, "eth_call", call).await?)
    }

    /// How many transactions of an account are on chain.
    pub async fn nonce(&self, address: &str) -> Result<u128> {
        quantity(&rpc(&self.rpc, "eth_getTransactionCount", json!([address, "latest"])).await?)
    }
}

/// An address as one word of the ABI.
fn word(address: &str) -> String {
    format!("{:0>64}", address.trim_start_matches("0x").to_lowercase())
}

fn quantity(value: &Value) -> Result<u128> {
    let text = value.as_str().context("a quantity")?;
    Ok(u128::from_str_radix(text.trim_start_matches("0x").trim_start_matches('0'), 16).unwrap_or(0))
}
