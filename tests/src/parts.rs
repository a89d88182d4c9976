//! The parts that localnet installed: the anvil binary, and compiled contracts for nodes of any chain.
//!
//! Belongs here: where code is found, and how it gets onto a chain, at an address of its own or at its
//! well-known one. Which contracts a test wants is its own business.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::keccak256;
use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::node::rpc;
use crate::{localnet, until};

/// Where wallets look for Permit2, on every network.
pub const PERMIT2: &str = "0x000000000022D473030F116dDEE9F6B43aC78BA3";

/// Gas for constructors that deploy whole protocols.
const PLENTY: &str = "0x1c9c380";

/// The installed parts.
#[derive(Clone, Debug, Deserialize)]
pub struct Parts {
    /// The native anvil binary.
    pub anvil: PathBuf,
    /// `node_modules` with the compiled contracts.
    pub modules: PathBuf,
}

impl Parts {
    /// Installs them where they are missing, which takes npm and no compiler.
    ///
    /// # Errors
    ///
    /// Where they cannot be installed, or the script names none.
    pub fn install() -> Result<Self> {
        let output = Command::new("bash")
            .arg(localnet::script())
            .arg("--parts")
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .context("starting localnet/start.sh")?;
        ensure!(output.status.success(), "localnet/start.sh --parts failed: {}", output.status);
        serde_json::from_slice(&output.stdout).context("the parts that localnet/start.sh names")
    }

    fn read(&self, file: &str) -> Result<String> {
        let path = self.modules.join(file);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// Creation code of an artifact, a path below `node_modules`, as hex without a prefix.
    pub fn code(&self, artifact: &str) -> Result<String> {
        let artifact: Value = serde_json::from_str(&self.read(artifact)?)?;
        let code = artifact["bytecode"].as_str().or(artifact["bytecode"]["object"].as_str());
        Ok(code.context("an artifact has its bytecode")?.trim_start_matches("0x").to_owned())
    }

    /// The same of one of localnet's own contracts.
    pub fn own(&self, name: &str) -> Result<String> {
        self.code(&format!("localnet-contracts/{name}.json"))
    }

    /// The same of Multicall3, as it is on every network.
    pub fn multicall3(&self) -> Result<String> {
        let constants = self.read("viem/_cjs/constants/contracts.js")?;
        let (_, rest) = constants.split_once("multicall3Bytecode = '0x").context("Multicall3's code")?;
        let (code, _) = rest.split_once('\'').context("the end of Multicall3's code")?;
        Ok(code.to_owned())
    }

    /// Puts Permit2 on a chain, with that chain in the place of the one its code was published from.
    pub async fn plant_permit2(&self, node: &str, chain_id: u64) -> Result<()> {
        let source = self.read("@uniswap/v4-periphery/lib/permit2/test/utils/DeployPermit2.sol")?;
        let (_, rest) = source.split_once("hex\"").context("Permit2's code")?;
        let (code, _) = rest.split_once('"').context("the end of Permit2's code")?;
        set_code(node, PERMIT2, code).await?;
        // The constructor stored the domain of its chain in the code.
        let question = json!([{ "to": PERMIT2, "data": "0x3644e515" }, "latest"]);
        let published = rpc(node, "eth_call", question.clone()).await?;
        let published = published.as_str().context("a domain")?.trim_start_matches("0x").to_owned();
        let domain = domain(chain_id);
        set_code(node, PERMIT2, &code.replace(&published, &domain)).await?;
        let now = rpc(node, "eth_call", question).await?;
        ensure!(now == format!("0x{domain}"), "Permit2's domain is {now}, not {domain}");
        Ok(())
    }
}

/// The EIP-712 domain separator of Permit2, as hex; it has no version.
fn domain(chain_id: u64) -> String {
    let mut words = Vec::new();
    words.extend(keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"));
    words.extend(keccak256("Permit2"));
    words.extend([0; 24]);
    words.extend(chain_id.to_be_bytes());
    words.extend([0; 12]);
    words.extend(hex::decode(PERMIT2.trim_start_matches("0x")).unwrap_or_default());
    hex::encode(keccak256(words))
}

async fn set_code(node: &str, at: &str, code: &str) -> Result<()> {
    rpc(node, "anvil_setCode", json!([at, format!("0x{code}")])).await.map(drop)
}

fn creation(code: &str, arguments: &[DynSolValue]) -> String {
    let arguments = DynSolValue::Tuple(arguments.to_vec()).abi_encode_params();
    format!("{code}{}", hex::encode(arguments))
}

/// The account that a node of anvil's signs for, its first one.
pub async fn faucet(node: &str) -> Result<String> {
    let accounts = rpc(node, "eth_accounts", json!([])).await?;
    Ok(accounts[0].as_str().context("an account of the node")?.to_owned())
}

/// Nodes choose the next nonce by themselves, and choose the same one for two simultaneous requests.
static SENDING: Mutex<()> = Mutex::const_new(());

/// Sends a transaction from an account that the node signs for, and gives its receipt; one that fails is an error.
pub async fn transact(node: &str, mut transaction: Value, from: &str) -> Result<Value> {
    transaction["from"] = json!(from);
    // An estimate for one block may be too low for the next, which has another time.
    if transaction["gas"].is_null() {
        transaction["gas"] = json!(PLENTY);
    }
    let sending = SENDING.lock().await;
    let hash = rpc(node, "eth_sendTransaction", json!([transaction])).await?;
    drop(sending);
    let receipt = until("a receipt", Duration::from_secs(30), || async {
        let receipt = rpc(node, "eth_getTransactionReceipt", json!([hash])).await?;
        Ok((!receipt.is_null()).then_some(receipt))
    })
    .await?;
    ensure!(receipt["status"] == "0x1", "the transaction failed: {receipt}");
    Ok(receipt)
}

/// Deploys creation code with these arguments from the node's first account, and gives the address.
pub async fn deploy(node: &str, code: &str, arguments: &[DynSolValue]) -> Result<String> {
    let data = json!({ "data": format!("0x{}", creation(code, arguments)), "gas": PLENTY });
    let receipt = transact(node, data, &faucet(node).await?).await?;
    Ok(receipt["contractAddress"].as_str().context("an address")?.to_owned())
}

/// Puts a contract at its well-known address: its constructor runs at that address, once for the code that
/// it returns and once for what it stores.
pub async fn plant(node: &str, at: &str, code: &str, arguments: &[DynSolValue]) -> Result<()> {
    set_code(node, at, &creation(code, arguments)).await?;
    let runtime = rpc(node, "eth_call", json!([{ "to": at, "gas": PLENTY }, "latest"])).await?;
    transact(node, json!({ "to": at, "gas": PLENTY }), &faucet(node).await?).await?;
    rpc(node, "anvil_setCode", json!([at, runtime])).await.map(drop)
}
