//! A real EVM node for one test: started on a free port, mining only on request, killed with the test.
//!
//! `localnet/start.sh --build-only` installs the binary.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use waiaas_chains::rpc::{RpcOptions, RpcPool, http_client};
use waiaas_core::network::NetworkId;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// Returns creation code of a contract that answers every call with one word.
pub(crate) fn code_answering(word: u8) -> String {
    // PUSH1 word, PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, RETURN
    format!("0x60{word:02x}60005260206000f3")
}

/// Code that reverts every call: PUSH1 0, PUSH1 0, REVERT.
pub(crate) const CODE_REVERTING: &str = "0x60006000fd";

/// A running node.
pub(crate) struct Anvil {
    child: Child,
    url: String,
    admin: RpcPool,
}

/// A node without one method.
struct Lacking {
    method: &'static str,
    /// Its address and port.
    node: String,
}

impl Respond for Lacking {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let call: Value = serde_json::from_slice(&request.body).expect("a JSON request");
        if call["method"] == self.method {
            let error = json!({"code": -32601, "message": "method not found"});
            let answer = json!({"jsonrpc": "2.0", "id": call["id"], "error": error});
            return ResponseTemplate::new(200).set_body_json(answer);
        }
        let mut stream = TcpStream::connect(&self.node).expect("the node listens");
        let (host, length) = (&self.node, request.body.len());
        let head = format!(
            "POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), &request.body].concat()).expect("the node reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the node answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        ResponseTemplate::new(200).set_body_json(serde_json::from_str::<Value>(body).expect("a JSON answer"))
    }
}

impl Anvil {
    /// Chain id 31337, four slots an epoch, so that a block is final once eight are above it.
    pub(crate) fn start(extra: &[&str]) -> Self {
        let mut child = Command::new(parts().join("@foundry-rs").join(platform()).join("bin/anvil"))
            .args(["--host", "127.0.0.1", "--port", "0", "--no-mining", "--slots-in-an-epoch", "4"])
            .args(extra)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("anvil starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (sender, receiver) = mpsc::channel();
        // The thread keeps reading, because a full pipe would stop the node; it ends with the node.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(address) = line.strip_prefix("Listening on ") {
                    let _ = sender.send(format!("http://{address}"));
                }
            }
        });
        let url = receiver.recv_timeout(Duration::from_secs(30)).expect("anvil prints its address");
        let client = http_client().expect("client");
        let admin = RpcPool::new(&NetworkId::new("admin"), vec![url.clone()], client, RpcOptions::default());
        Self { child, url, admin: admin.expect("pool") }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        self.admin.call(method, params).await.unwrap_or_else(|failure| panic!("{method}: {failure}"))
    }

    /// Starts a server that forwards everything except `method` to the node.
    pub(crate) async fn without(&self, method: &'static str) -> MockServer {
        let server = MockServer::start().await;
        let lacking = Lacking { method, node: self.url.trim_start_matches("http://").to_owned() };
        Mock::given(any()).respond_with(lacking).mount(&server).await;
        server
    }

    /// Mines `blocks` blocks; the first takes the pool's transactions.
    pub(crate) async fn mine(&self, blocks: u64) {
        self.call("anvil_mine", json!([format!("0x{blocks:x}")])).await;
    }

    /// Deploys OpenZeppelin's `ERC20PresetFixedSupply` with its whole supply owned by `owner`.
    pub(crate) async fn deploy_erc20(&self, symbol: &str, supply: u64, owner: [u8; 20]) -> [u8; 20] {
        let head = format!("{:064x}{:064x}{supply:064x}{:0>64}", 128, 192, hex::encode(owner));
        let arguments = format!("{head}{}{}", text("Test token"), text(symbol));
        self.deploy("ERC20PresetFixedSupply", &arguments).await
    }

    /// Deploys OpenZeppelin's `ERC721PresetMinterPauserAutoId` and mints ids 0 and 1 to `owner`.
    pub(crate) async fn deploy_erc721(&self, owner: [u8; 20]) -> [u8; 20] {
        let arguments =
            format!("{:064x}{:064x}{:064x}{}{}{}", 96, 160, 224, text("Art"), text("ART"), text("ipfs"));
        let contract = self.deploy("ERC721PresetMinterPauserAutoId", &arguments).await;
        for _ in 0..2 {
            // mint(address)
            self.transact(contract, &format!("6a627842{:0>64}", hex::encode(owner))).await;
        }
        contract
    }

    /// Deploys OpenZeppelin's `ERC1155PresetMinterPauser` and mints `amount` of id 7 to `owner`.
    pub(crate) async fn deploy_erc1155(&self, owner: [u8; 20], amount: u64) -> [u8; 20] {
        let contract =
            self.deploy("ERC1155PresetMinterPauser", &format!("{:064x}{}", 32, text("ipfs"))).await;
        // mint(address,uint256,uint256,bytes)
        let owner = hex::encode(owner);
        self.transact(
            contract,
            &format!("731133e9{owner:0>64}{:064x}{amount:064x}{:064x}{:064x}", 7, 128, 0),
        )
        .await;
        contract
    }

    /// Deploys one of localnet's own contracts; `arguments` are hex.
    pub(crate) async fn deploy_own(&self, name: &str, arguments: &str) -> [u8; 20] {
        self.create(&format!("{}{arguments}", code_in("localnet-contracts", name))).await
    }

    /// Deploys ERC-8004 registries, identity and reputation, without agents or feedback.
    pub(crate) async fn deploy_registries(&self) -> ([u8; 20], [u8; 20]) {
        let code = |name: &str| code_in("localnet-contracts", name);
        let identity = self.create(&code("IdentityRegistry")).await;
        let linked = format!("{}{:0>64}", code("ReputationRegistry"), hex::encode(identity));
        (identity, self.create(&linked).await)
    }

    /// Creation code of an OpenZeppelin contract, as hex.
    pub(crate) fn code_of(name: &str) -> String {
        code_in("@openzeppelin/contracts/build/contracts", name)
    }

    async fn deploy(&self, name: &str, arguments: &str) -> [u8; 20] {
        self.create(&format!("{}{arguments}", Self::code_of(name))).await
    }

    pub(crate) async fn create(&self, code: &str) -> [u8; 20] {
        let receipt = self.send_as(0, json!({ "data": format!("0x{code}") })).await;
        let address = receipt["contractAddress"].as_str().expect("contract").trim_start_matches("0x");
        hex::decode(address).expect("hex").try_into().expect("20 bytes")
    }

    async fn transact(&self, to: [u8; 20], data: &str) {
        self.transact_as(0, to, data).await;
    }

    /// Calls a contract from one of the node's own accounts.
    pub(crate) async fn transact_as(&self, account: usize, to: [u8; 20], data: &str) {
        let call = json!({ "to": format!("0x{}", hex::encode(to)), "data": format!("0x{data}") });
        self.send_as(account, call).await;
    }

    /// One of the node's own accounts.
    pub(crate) async fn account(&self, account: usize) -> [u8; 20] {
        let accounts = self.call("eth_accounts", json!([])).await;
        let address = accounts[account].as_str().expect("an account").trim_start_matches("0x");
        hex::decode(address).expect("hex").try_into().expect("20 bytes")
    }

    /// Sends from one of the node's accounts and mines.
    pub(crate) async fn send_as(&self, account: usize, mut transaction: Value) -> Value {
        transaction["from"] = self.call("eth_accounts", json!([])).await[account].clone();
        transaction["gas"] = json!("0x5b8d80");
        let hash = self.call("eth_sendTransaction", json!([transaction])).await;
        self.mine(1).await;
        let receipt = self.call("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["status"], "0x1", "the node's own transaction succeeds");
        receipt
    }

    /// Ends the process and waits for its exit.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Creation code of a compiled contract in a folder of localnet's modules, as hex.
pub(crate) fn code_in(folder: &str, name: &str) -> String {
    let path = parts().join(folder).join(format!("{name}.json"));
    let artifact: Value = serde_json::from_slice(&std::fs::read(path).expect("artifact")).expect("json");
    artifact["bytecode"].as_str().expect("bytecode").trim_start_matches("0x").to_owned()
}

/// Encodes a string of at most 32 bytes as in the ABI, after the head.
fn text(text: &str) -> String {
    format!("{:064x}{:0<64}", text.len(), hex::encode(text))
}

fn platform() -> &'static str {
    if cfg!(target_arch = "aarch64") { "anvil-linux-arm64" } else { "anvil-linux-amd64" }
}

/// The newest `node_modules` of localnet's cache that has anvil.
pub(crate) fn parts() -> PathBuf {
    let cache = std::env::var_os("WAIAAS_LOCALNET_CACHE").map(PathBuf::from).unwrap_or_else(|| {
        Path::new(&std::env::var_os("HOME").expect("HOME is set")).join(".cache/waiaas-localnet")
    });
    let entries = std::fs::read_dir(&cache).into_iter().flatten().flatten();
    let installed = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("npm-"));
    let modules = installed.map(|entry| entry.path().join("node_modules"));
    let newest = modules
        .filter(|path| path.join("@foundry-rs").join(platform()).join("bin/anvil").is_file())
        .max_by_key(|path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok());
    newest.unwrap_or_else(|| panic!("no anvil in {}: run localnet/start.sh --build-only", cache.display()))
}
