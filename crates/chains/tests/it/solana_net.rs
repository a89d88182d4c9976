//! A real Solana runtime for these tests, and a wallet that carries out all steps: build, decode, complete,
//! sign, submit, watch.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use waiaas_chains::rpc::{RpcOptions, RpcPool, http_client};
use waiaas_chains::solana::{SolanaChain, SolanaOptions};
use waiaas_chains::{Chain, ChainError, CodecError, Known, Lane, Outcome, SignedTx, Submission};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::draft::{Draft, SigningPayload};
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::intent::Intent;
use waiaas_core::network::Networks;

pub(crate) const SOL: u64 = 1_000_000_000;
pub(crate) const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
const PATIENCE: Duration = Duration::from_secs(60);

/// The nodes, stopped when this is dropped.
pub(crate) struct Localnet {
    child: Child,
    pub(crate) url: String,
    pub(crate) faucet: Wallet,
    pub(crate) spl_mint: Address,
    pub(crate) token_2022_mint: Address,
    http: reqwest::Client,
}

/// The number of attempts to start.
const STARTS: usize = 3;

/// Starts the nodes and returns their announcement, unless they ended without one.
fn launch() -> Option<(Child, Value)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../localnet/start.sh");
    let mut child = Command::new(script)
        .args(["--slot-ms", "50"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("localnet starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("piped");
    BufReader::new(stdout).read_line(&mut line).expect("localnet prints a line");
    if line.is_empty() {
        child.wait().expect("own child");
        return None;
    }
    Some((child, serde_json::from_str(&line).expect("JSON")))
}

impl Localnet {
    /// Starts nodes with fast slots and waits for their announcement.
    pub(crate) fn start() -> Self {
        // A free port may be taken before the node listens on it; then others are chosen.
        let (child, told) = (0..STARTS).find_map(|_| launch()).expect("one line of JSON");
        let text = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).expect(pointer).to_owned();
        let address = |pointer: &str| text(pointer).parse().expect("an address");
        let secret = bs58::decode(text("/solana/faucet/secretKey")).into_vec().expect("base58");
        let seed = secret[..32].try_into().expect("64 bytes");
        Self {
            child,
            url: text("/solana/rpc"),
            faucet: Wallet(SigningKey::from_bytes(&seed)),
            spl_mint: address("/solana/splMint"),
            token_2022_mint: address("/solana/token2022Mint"),
            http: http_client().expect("client"),
        }
    }

    /// Stops the nodes now.
    pub(crate) fn stop(&mut self) {
        // Closing its standard input makes it exit with its own children.
        drop(self.child.stdin.take());
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if self.child.try_wait().expect("own child").is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn chain(&self, network: &str, options: SolanaOptions) -> SolanaChain {
        let network = Networks::builtin().find(network).expect("built in").clone();
        let pool =
            RpcPool::new(&network.id, vec![self.url.clone()], self.http.clone(), RpcOptions::default());
        SolanaChain::new(network, pool.expect("pool"), options)
    }

    pub(crate) fn local(&self) -> SolanaChain {
        self.chain("solana-localnet", SolanaOptions::default())
    }

    /// A raw call, independent of the code under test.
    pub(crate) async fn raw(&self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer: Value =
            self.http.post(&self.url).json(&body).send().await.expect("sent").json().await.expect("JSON");
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Returns lamports or base units from the node, 0 if there is no account.
    pub(crate) async fn lamports(&self, address: Address) -> u64 {
        let answer = self.raw("getBalance", json!([address.to_string(), {"commitment": "confirmed"}])).await;
        answer["value"].as_u64().expect("lamports")
    }

    pub(crate) async fn tokens(&self, owner: Address, mint: Address) -> u64 {
        let params = json!([
            owner.to_string(), {"mint": mint.to_string()}, {"encoding": "jsonParsed", "commitment": "confirmed"},
        ]);
        let answer = self.raw("getTokenAccountsByOwner", params).await;
        let accounts = answer["value"].as_array().expect("accounts").clone();
        let amount = |account: &Value| -> u64 {
            let text =
                account.pointer("/account/data/parsed/info/tokenAmount/amount").and_then(Value::as_str);
            text.expect("amount").parse().expect("number")
        };
        accounts.iter().map(amount).sum()
    }

    pub(crate) async fn finalized_height(&self) -> u64 {
        self.raw("getBlockHeight", json!([{"commitment": "finalized"}])).await.as_u64().expect("height")
    }

    /// Broadcasts without a preflight, so that a failure happens on chain.
    pub(crate) async fn force(&self, signed: &SignedTx) {
        let params = json!([BASE64.encode(&signed.bytes), {"encoding": "base64", "skipPreflight": true}]);
        assert_eq!(self.raw("sendTransaction", params).await, json!(signed.hash));
    }

    /// Sets an account on the chain to any content, including content that no transaction can produce.
    pub(crate) async fn plant(&self, address: Address, owner: &str, data: &[u8]) {
        let account =
            json!({"lamports": 10 * SOL, "owner": owner, "data": hex::encode(data), "executable": false});
        self.raw("surfnet_setAccount", json!([address.to_string(), account])).await;
    }

    /// A new wallet with this many lamports.
    pub(crate) async fn wallet(&self, seed: u8, lamports: u64) -> Wallet {
        let wallet = Wallet::new(seed);
        self.faucet.send(&self.local(), &sol(wallet.address(), lamports)).await.confirmed();
        wallet
    }
}

impl Drop for Localnet {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(crate) fn sol(to: Address, lamports: u64) -> Intent {
    Intent::Transfer { to, amount: U256::from(lamports), memo: None }
}

pub(crate) fn tokens(to: Address, token: Address, amount: u64) -> Intent {
    Intent::TokenTransfer { to, token, amount: U256::from(amount), memo: None, allow_off_curve: false }
}

/// A Token-2022 account: mint, owner, amount, initialised, then the extensions.
pub(crate) fn token_account(mint: Address, owner: Address, amount: u64, extensions: &[u8]) -> Vec<u8> {
    let mut data = [mint.as_bytes(), owner.as_bytes(), &amount.to_le_bytes()].concat();
    data.resize(165, 0);
    data[108] = 1;
    data.push(2);
    data.extend_from_slice(extensions);
    data
}

/// An unused address.
pub(crate) fn fresh(seed: u8) -> Address {
    Wallet::new(seed).address()
}

/// A key and its actions on a chain.
pub(crate) struct Wallet(SigningKey);

/// The result of one intent.
pub(crate) struct Done {
    pub(crate) effects: Effects,
    pub(crate) signed: SignedTx,
    pub(crate) outcome: Outcome,
}

impl Done {
    /// The fee, if it succeeded.
    pub(crate) fn confirmed(&self) -> u64 {
        match &self.outcome {
            Outcome::Confirmed { fee, block, .. } => {
                assert!(*block > 0);
                u64::try_from(*fee).expect("lamports")
            }
            other => panic!("not confirmed: {other:?}"),
        }
    }

    /// The sum of the outflows in one asset: native, or the given token.
    pub(crate) fn outflow(&self, token: Option<Address>) -> u64 {
        let of = self.effects.outflows().filter(|out| out.asset.token_address() == token);
        of.map(|out| u64::try_from(out.amount).expect("64 bits")).sum()
    }

    /// Returns the effects without the fee.
    pub(crate) fn without_fee(&self) -> Vec<Effect> {
        let items = self.effects.items.iter();
        items.filter(|effect| !matches!(effect, Effect::NetworkFee { .. })).cloned().collect()
    }
}

impl Wallet {
    pub(crate) fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    pub(crate) fn address(&self) -> Address {
        Address::Solana(self.0.verifying_key().to_bytes())
    }

    pub(crate) async fn draft(&self, chain: &SolanaChain, intent: &Intent) -> Draft {
        chain.build(self.address(), intent).await.expect("a draft")
    }

    /// Returns the refusal of an intent.
    pub(crate) async fn refusal(&self, chain: &SolanaChain, intent: &Intent) -> waiaas_chains::Refusal {
        match chain.build(self.address(), intent).await {
            Err(ChainError::Refused(refusal)) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub(crate) fn signature(&self, payload: &SigningPayload) -> [u8; 64] {
        let SigningPayload::Ed25519(message) = payload else { panic!("another chain's payload") };
        self.0.sign(message).to_bytes()
    }

    /// Completes and signs, without broadcasting.
    pub(crate) async fn sign(&self, chain: &SolanaChain, draft: &Draft) -> SignedTx {
        let completed = chain.complete(draft, &Lane::default()).await.expect("completed");
        assert_eq!(completed.draft(), draft.digest(), "the completed draft is the judged one");
        let signature = self.signature(completed.payload());
        let other = Self::new(251).signature(completed.payload());
        assert!(matches!(chain.codec().assemble(&completed, &other), Err(CodecError::Corrupt(_))));
        chain.codec().assemble(&completed, &signature).expect("assembled")
    }

    /// Carries out all steps until the outcome is decided.
    pub(crate) async fn send(&self, chain: &SolanaChain, intent: &Intent) -> Done {
        let draft = self.draft(chain, intent).await;
        let effects = chain.codec().effects(&draft).expect("effects");
        let signed = self.sign(chain, &draft).await;
        assert_eq!(chain.submit(&signed).await.expect("submitted"), Submission::Accepted);
        let outcome = self.settle(chain, &signed).await;
        Done { effects, signed, outcome }
    }

    pub(crate) async fn settle(&self, chain: &SolanaChain, signed: &SignedTx) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match chain.outcome(self.address(), signed, Known::default()).await.expect("an outcome") {
                Outcome::Pending if Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                outcome => return outcome,
            }
        }
    }
}
