//! Test support: a chain on its own node, and a wallet with a key.

use k256::ecdsa::SigningKey;
use serde_json::json;
use waiaas_chains::evm::{EvmChain, EvmOptions};
use waiaas_chains::rpc::{RpcOptions, RpcPool, http_client};
use waiaas_chains::{Chain, ChainError, Expiry, Known, Lane, Outcome, SignedTx, Submission};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::draft::{Completed, Draft, SigningPayload};
use waiaas_core::effect::Effect;
use waiaas_core::intent::Intent;
use waiaas_core::network::{Environment, Finality, Network, NetworkId, Networks};

use crate::anvil::Anvil;

/// One coin in wei.
pub(crate) const COIN: u64 = 1_000_000_000_000_000_000;

/// A recipient without a key.
pub(crate) const STRANGER: Address = Address::Evm([0x5b; 20]);

pub(crate) struct World {
    pub(crate) anvil: Anvil,
    pub(crate) chain: EvmChain,
    pub(crate) wallet: Wallet,
}

impl World {
    /// Starts a node with a wallet of ten coins.
    pub(crate) async fn new() -> Self {
        Self::with(&[], options()).await
    }

    pub(crate) async fn with(anvil: &[&str], options: EvmOptions) -> Self {
        let anvil = Anvil::start(anvil);
        let chain = chain(vec![anvil.url()], options);
        let wallet = Wallet::new();
        wallet.fund(&anvil, 10).await;
        Self { anvil, chain, wallet }
    }

    pub(crate) async fn balance(&self, address: Address) -> U256 {
        self.chain.balance(address).await.expect("balance")
    }

    /// Builds, completes and signs, with `lane` in flight.
    pub(crate) async fn sign(&self, intent: &Intent, lane: &[u64]) -> SignedTx {
        let draft = self.chain.build(self.wallet.address, intent).await.expect("a draft");
        self.sign_draft(&draft, lane).await
    }

    pub(crate) async fn sign_draft(&self, draft: &Draft, lane: &[u64]) -> SignedTx {
        let lane = Lane { nonces_in_flight: lane.to_vec(), ..Lane::default() };
        let completed = self.chain.complete(draft, &lane).await.expect("completes");
        self.sign_completed(draft, &completed)
    }

    /// Completes and signs `draft` as the replacement of `old`.
    pub(crate) async fn sign_in_place_of(&self, old: &SignedTx, draft: &Draft) -> SignedTx {
        let completed = self.chain.complete(draft, &in_place_of(old)).await.expect("completes");
        self.sign_completed(draft, &completed)
    }

    fn sign_completed(&self, draft: &Draft, completed: &Completed) -> SignedTx {
        assert_eq!(completed.draft(), draft.digest(), "completing does not change the draft");
        self.chain.codec().assemble(completed, &self.wallet.sign(completed)).expect("assembles")
    }

    pub(crate) async fn submit(&self, signed: &SignedTx) -> Submission {
        self.chain.submit(signed).await.expect("the node answers")
    }

    pub(crate) async fn outcome(&self, signed: &SignedTx) -> Outcome {
        self.outcome_knowing(signed, Known::default()).await
    }

    pub(crate) async fn outcome_knowing(&self, signed: &SignedTx, known: Known<'_>) -> Outcome {
        self.chain.outcome(self.wallet.address, signed, known).await.expect("the node answers")
    }

    /// Sets the code of an address.
    pub(crate) async fn set_code(&self, address: Address, code: &str) {
        self.anvil.call("anvil_setCode", json!([address, code])).await;
    }
}

/// Returns a lane in which only `old` is in flight, and is to be replaced.
pub(crate) fn in_place_of(old: &SignedTx) -> Lane {
    let Expiry::Nonce(nonce) = old.expiry else { panic!("an EVM transaction") };
    Lane { nonces_in_flight: vec![nonce], replaces: Some(old.bytes.clone()), ..Lane::default() }
}

pub(crate) fn network() -> Network {
    let networks = Networks::builtin();
    networks.get(&NetworkId::new("evm-localnet")).expect("built in").clone()
}

/// Returns options as on a public network, where the finalized block of the node is final.
pub(crate) fn options() -> EvmOptions {
    let finality = Finality::Finalized { else_blocks: 256 };
    EvmOptions { finality, ..EvmOptions::for_environment(Environment::Local) }
}

pub(crate) fn chain(urls: Vec<String>, options: EvmOptions) -> EvmChain {
    chain_of(network(), urls, options)
}

/// Returns a chain with a data fee, as on OP-stack networks.
pub(crate) fn op_chain(urls: Vec<String>, options: EvmOptions) -> EvmChain {
    chain_of(Network { has_data_fee: true, ..network() }, urls, options)
}

fn chain_of(network: Network, urls: Vec<String>, options: EvmOptions) -> EvmChain {
    let client = http_client().expect("client");
    let rpc = RpcPool::new(&network.id, urls, client, RpcOptions::default()).expect("pool");
    EvmChain::new(network, rpc, options).expect("an EVM network")
}

pub(crate) fn transfer(amount: u64) -> Intent {
    Intent::Transfer { to: STRANGER, amount: U256::from(amount), memo: None }
}

pub(crate) fn token_transfer(token: Address, amount: u64) -> Intent {
    Intent::TokenTransfer {
        to: STRANGER,
        token,
        amount: U256::from(amount),
        memo: None,
        allow_off_curve: false,
    }
}

/// Returns the fee budget of a draft.
pub(crate) fn fee_budget(chain: &EvmChain, draft: &Draft) -> U256 {
    let effects = chain.codec().effects(draft).expect("effects");
    let fees = effects.items.iter().filter_map(|effect| match effect {
        Effect::NetworkFee { max } => Some(*max),
        _ => None,
    });
    let fees: Vec<_> = fees.collect();
    assert_eq!(fees.len(), 1, "one network fee");
    fees[0]
}

/// Returns the refusal in a result; panics on any other result.
pub(crate) fn refusal<T: std::fmt::Debug>(
    result: Result<T, impl Into<ChainError>>,
) -> waiaas_chains::Refusal {
    match result.map_err(Into::into) {
        Err(ChainError::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// A key and its address.
pub(crate) struct Wallet {
    key: SigningKey,
    pub(crate) address: Address,
}

impl Wallet {
    pub(crate) fn new() -> Self {
        Self::from_key([0x11; 32])
    }

    pub(crate) fn from_key(secret: [u8; 32]) -> Self {
        let key = SigningKey::from_slice(&secret).expect("a key");
        let address = alloy_primitives::Address::from_public_key(key.verifying_key());
        Self { key, address: Address::Evm(address.into_array()) }
    }

    pub(crate) async fn fund(&self, anvil: &Anvil, coins: u64) {
        let wei = U256::from(coins) * U256::from(COIN);
        anvil.call("anvil_setBalance", json!([self.address, format!("0x{wei:x}")])).await;
    }

    /// Signs the payload and returns `r ‖ s ‖ y-parity`.
    pub(crate) fn sign(&self, completed: &Completed) -> [u8; 65] {
        let SigningPayload::Secp256k1(hash) = completed.payload() else { panic!("an EVM payload") };
        let (signature, parity) = self.key.sign_prehash_recoverable(hash).expect("signs");
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&signature.to_bytes());
        bytes[64] = parity.to_byte();
        bytes
    }
}
