//! The chains and accounts that targets share. No chain has a node.

use std::sync::LazyLock;
use std::time::Duration;

use alloy_primitives::Address as EvmAddress;
use futures_util::FutureExt as _;
use k256::ecdsa::SigningKey;
use solana_message::VersionedMessage;
use tokio::runtime::Runtime;
use waiaas_chains::evm::{EvmChain, EvmOptions};
use waiaas_chains::rpc::{RpcOptions, RpcPool, http_client};
use waiaas_chains::solana::{SolanaChain, SolanaOptions};
use waiaas_chains::{Chain, ChainError, CodecError, Lane};
use waiaas_core::address::Address;
use waiaas_core::draft::{Draft, SigningPayload};
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::intent::Intent;
use waiaas_core::network::{Environment, NetworkId, Networks};

use crate::input;

/// Every built-in network.
pub(crate) static NETWORKS: LazyLock<Networks> = LazyLock::new(Networks::builtin);

/// Networks whose decoding differs: with pinned contracts, without any, and the one with foreign chain ids.
pub(crate) static EVM: LazyLock<Vec<EvmChain>> = LazyLock::new(|| {
    ["ethereum-mainnet", "base-mainnet", "evm-localnet", "hyperevm-mainnet"]
        .into_iter()
        .filter_map(evm)
        .collect()
});

/// Ethereum's mainnet.
pub(crate) fn mainnet() -> &'static EvmChain {
    &EVM[0]
}

/// A Solana cluster.
pub(crate) static SOLANA: LazyLock<SolanaChain> = LazyLock::new(|| {
    let network = NETWORKS.find("solana-mainnet").cloned().unwrap_or_else(|_| unreachable!());
    let rpc = nowhere(&network.id).unwrap_or_else(|| unreachable!());
    SolanaChain::new(network, rpc, SolanaOptions { priority_fee_cap: u64::MAX, ..SolanaOptions::default() })
});

/// The wallet's key on EVM networks.
pub(crate) static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_slice(&[0x11; 32]).unwrap_or_else(|_| unreachable!()));

/// The wallet's key on Solana.
pub(crate) static SOLANA_KEY: LazyLock<ed25519_dalek::SigningKey> =
    LazyLock::new(|| ed25519_dalek::SigningKey::from_bytes(&[0x11; 32]));

/// The wallet on EVM networks.
pub(crate) static WALLET: LazyLock<EvmAddress> =
    LazyLock::new(|| EvmAddress::from_public_key(KEY.verifying_key()));

/// The wallet on Solana.
pub(crate) static SOLANA_WALLET: LazyLock<[u8; 32]> = LazyLock::new(|| SOLANA_KEY.verifying_key().to_bytes());

/// Endpoints at a port without a listener.
fn nowhere(network: &NetworkId) -> Option<RpcPool> {
    let options = RpcOptions { timeout: Duration::from_millis(50), ..RpcOptions::default() };
    RpcPool::new(network, vec!["http://127.0.0.1:1".to_owned()], http_client().ok()?, options).ok()
}

fn evm(name: &str) -> Option<EvmChain> {
    let network = NETWORKS.find(name).ok()?.clone();
    let rpc = nowhere(&network.id)?;
    EvmChain::new(network, rpc, EvmOptions::for_environment(Environment::Mainnet)).ok()
}

/// Returns a draft of the wallet with this body.
pub(crate) fn draft(chain: &impl Chain, body: Vec<u8>) -> Draft {
    let network = chain.codec().network();
    let from = match network.evm_chain_id {
        Some(_) => Address::Evm(WALLET.into_array()),
        None => Address::Solana(*SOLANA_WALLET),
    };
    Draft { network: network.id.clone(), from, body }
}

/// Returns the effects of a draft, and asserts that they are the same each time.
pub(crate) fn effects(chain: &impl Chain, draft: &Draft) -> Option<Effects> {
    let read = chain.codec().effects(draft);
    if input::seldom(&draft.body) {
        assert_eq!(
            read.as_ref().ok(),
            chain.codec().effects(draft).ok().as_ref(),
            "two readings of one draft differ"
        );
    }
    read.inspect(|effects| {
        assert_eq!((&effects.network, effects.from), (&draft.network, draft.from));
        assert!(!effects.items.is_empty(), "a draft without an effect");
    })
    .map_err(|error| assert!(matches!(error, CodecError::Corrupt(_)), "{error}"))
    .ok()
}

/// Builds a draft that needs no node; all others fail, because no node listens.
pub(crate) fn build(chain: &impl Chain, intent: &Intent) -> Result<Draft, ChainError> {
    let from = draft(chain, Vec::new()).from;
    RUNTIME.block_on(chain.build(from, intent))
}

/// Returns the payload of a draft that needs no node, and asserts that the completed draft is the same.
pub(crate) fn payload(chain: &impl Chain, draft: &Draft) -> Option<SigningPayload> {
    let completed = chain.complete(draft, &Lane::default()).now_or_never()?.ok()?;
    assert_eq!(completed.draft(), draft.digest(), "completion changed the draft");
    Some(completed.payload().clone())
}

/// The wallet's signature.
pub(crate) fn signature(payload: &SigningPayload) -> Vec<u8> {
    match payload {
        SigningPayload::Secp256k1(hash) => match KEY.sign_prehash_recoverable(hash) {
            Ok((signature, id)) => {
                let mut bytes = signature.to_bytes().to_vec();
                bytes.push(u8::from(id.is_y_odd()));
                bytes
            }
            Err(_) => Vec::new(),
        },
        SigningPayload::Ed25519(message) => {
            use ed25519_dalek::Signer as _;
            SOLANA_KEY.sign(message).to_bytes().to_vec()
        }
    }
}

/// Whether an effect is unknown.
pub(crate) const fn is_unknown(effect: &Effect) -> bool {
    matches!(effect, Effect::Unknown { .. })
}

/// For requests to a node that is not there.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.unwrap_or_else(|error| unreachable!("{error}"))
});

/// Reads a legacy or v0 message in its only encoding.
pub(crate) fn solana_message(bytes: &[u8]) -> Option<VersionedMessage> {
    let read: VersionedMessage = wincode::deserialize(bytes).ok()?;
    read.sanitize().ok()?;
    let known = matches!(read, VersionedMessage::Legacy(_) | VersionedMessage::V0(_));
    (known && bytes.len() <= 1_232 && read.serialize() == bytes).then_some(read)
}

/// Returns the fee of a message in lamports, by the runtime's rules: 5,000 for each signature, its own and
/// those verified by programs, and the offer of its compute budget.
pub(crate) fn solana_fee(message: &VersionedMessage) -> u64 {
    let keys = message.static_account_keys();
    let (mut signatures, mut others) = (u64::from(message.header().num_required_signatures), 0u64);
    let (mut limit, mut price) = (None, 0u64);
    for instruction in message.instructions() {
        let Some(program) = keys.get(usize::from(instruction.program_id_index)) else { continue };
        let number = |length: usize| {
            let bytes = instruction.data.get(1..=length).unwrap_or_default();
            bytes.iter().rev().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte))
        };
        if *program == solana_compute_budget_interface::ID {
            match instruction.data.first() {
                Some(2) => limit = Some(number(4)),
                Some(3) => price = number(8),
                _ => {}
            }
            continue;
        }
        others += 1;
        if VERIFIERS.contains(&program.to_string().as_str()) {
            signatures += u64::from(instruction.data.first().copied().unwrap_or_default());
        }
    }
    let units = limit.unwrap_or(others * 200_000).min(1_400_000);
    let priority = (u128::from(units) * u128::from(price)).div_ceil(1_000_000);
    u64::try_from(priority).unwrap_or(u64::MAX).saturating_add(signatures * 5_000)
}

const VERIFIERS: [&str; 3] = [
    "Ed25519SigVerify111111111111111111111111111",
    "KeccakSecp256k11111111111111111111111111111",
    "Secp256r1SigVerify1111111111111111111111111",
];
