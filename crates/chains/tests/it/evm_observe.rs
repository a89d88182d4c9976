//! Tests of simulations on a real node, compared with the decoder, and of nodes without simulation.

use alloy_consensus::SignableTransaction as _;
use serde_json::{Value, json};
use waiaas_chains::{Chain, Lane, Observation, Refusal};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effect;
use waiaas_core::intent::Intent;
use waiaas_core::nft::{NftId, NftKind, NftStandard};
use waiaas_core::simulation::{Gone, Observed, SimulationCheck, attribute, compare};

use crate::evm_lying_node::node;
use crate::evm_world::{STRANGER, World, chain, network, options, refusal, token_transfer, transfer};

/// Address of the thief's contract.
const TRAP: Address = Address::Evm([0x66; 20]);

/// Calls the account in the first word of its input with the rest of it, and fails if that call fails. Otherwise a
/// gas estimate would be too low.
const FORWARDER: &str = "0x602036038060206000376000600082600060006000355af115601d57005b60006000fd";

impl World {
    async fn draft(&self, intent: &Intent) -> Draft {
        self.chain.build(self.wallet.address, intent).await.expect("a draft")
    }

    async fn seen(&self, draft: &Draft) -> Observed {
        match self.chain.observe(draft, None).await.expect("runs") {
            Observation::Seen(observed) => *observed,
            other => panic!("{other:?}"),
        }
    }

    /// Returns the simulation check of a request.
    async fn fact(&self, intent: &Intent) -> SimulationCheck {
        let draft = self.draft(intent).await;
        compare(&self.seen(&draft).await, &self.chain.codec().effects(&draft).expect("effects"))
    }

    async fn done(&self, intent: &Intent) {
        let signed = self.sign(intent, &[]).await;
        self.submit(&signed).await;
        self.anvil.mine(1).await;
    }
}

/// Returns an outflow of `amount` to [`STRANGER`].
fn gone(amount: u64) -> Gone {
    [(Some(STRANGER), U256::from(amount))].into()
}

fn bytes(address: Address) -> [u8; 20] {
    match address {
        Address::Evm(bytes) => bytes,
        Address::Solana(_) => panic!("an EVM address"),
    }
}

fn word(address: Address) -> String {
    format!("{:0>64}", hex::encode(bytes(address)))
}

fn call(to: Address, data: &str) -> Intent {
    Intent::ContractCall { to, data: hex::decode(data).expect("hex"), value: U256::ZERO }
}

#[tokio::test]
async fn the_simulation_of_plain_requests_agrees_with_the_decoder() {
    let world = World::new().await;
    let owner = bytes(world.wallet.address);
    let token = Address::Evm(world.anvil.deploy_erc20("TOK", 1_000, owner).await);
    let art = Address::Evm(world.anvil.deploy_erc721(owner).await);
    let piece =
        NftId { caip2: network().caip2, kind: NftKind::Erc721 { collection: art, token_id: U256::ZERO } };
    let many = Address::Evm(world.anvil.deploy_erc1155(owner, 9).await);
    let edition = NftId {
        caip2: network().caip2,
        kind: NftKind::Erc1155 { collection: many, token_id: U256::from(7) },
    };
    let draft = world.draft(&token_transfer(token, 40)).await;
    let paid = AssetId::token(&network().caip2, token);
    let expected = Observed { tokens: [(paid, gone(40))].into(), ..Observed::default() };
    assert_eq!(world.seen(&draft).await, expected);
    let draft = world.draft(&transfer(5)).await;
    assert_eq!(world.seen(&draft).await, Observed { native: gone(5), ..Observed::default() });

    let amount = U256::from(600);
    for intent in [
        transfer(5),
        token_transfer(token, 1_000),
        Intent::Approve { token, spender: STRANGER, amount },
        Intent::NftTransfer { nft: piece.clone(), to: STRANGER, quantity: U256::ONE, allow_off_curve: false },
        Intent::NftTransfer { nft: edition, to: STRANGER, quantity: U256::from(4), allow_off_curve: false },
        Intent::ApproveNft { nft: piece, spender: STRANGER },
        Intent::ApproveCollection { collection: art, standard: NftStandard::Erc721, spender: STRANGER },
    ] {
        let draft = world.draft(&intent).await;
        assert_ne!(world.seen(&draft).await, Observed::default(), "{intent:?} has an effect");
        assert_eq!(world.fact(&intent).await, SimulationCheck::Agrees, "{intent:?}");
    }
}

#[tokio::test]
async fn a_contract_that_pulls_tokens_is_seen() {
    let world = World::new().await;
    let token = Address::Evm(world.anvil.deploy_erc20("TOK", 1_000, bytes(world.wallet.address)).await);
    world.done(&Intent::Approve { token, spender: TRAP, amount: U256::from(600) }).await;
    world.set_code(TRAP, FORWARDER).await;
    // transferFrom(wallet, stranger, 600)
    let taken = format!("23b872dd{}{}{:064x}", word(world.wallet.address), word(STRANGER), 600);
    let intent = call(TRAP, &format!("{}{taken}", word(token)));
    let draft = world.draft(&intent).await;
    let asset = AssetId::token(&network().caip2, token);
    assert_eq!(world.seen(&draft).await.tokens, [(asset.clone(), gone(600))].into());
    let SimulationCheck::Exceeds { what } = world.fact(&intent).await else { panic!("agrees") };
    assert!(what.contains("600") && what.contains(&asset.to_string()), "{what}");

    let harmless = call(TRAP, &word(STRANGER));
    assert_eq!(world.fact(&harmless).await, SimulationCheck::Agrees, "the same contract without the theft");
}

/// Address of Permit2.
const PERMIT2: Address = Address::Evm([
    0, 0, 0, 0, 0, 0x22, 0xd4, 0x73, 3, 0x0f, 0x11, 0x6d, 0xde, 0xe9, 0xf6, 0xb4, 0x3a, 0xc7, 0x8b, 0xa3,
]);

/// The outflow of an undecoded call is seen with its recipient.
#[tokio::test]
async fn an_outflow_to_a_vault_is_seen_with_its_recipient() {
    let world = World::new().await;
    let owner = world.wallet.address;
    let token = Address::Evm(world.anvil.deploy_erc20("TOK", 1_000, bytes(owner)).await);
    let vault = Address::Evm(world.anvil.deploy_own("Vault", &word(token)).await);
    world.done(&Intent::Approve { token, spender: vault, amount: U256::from(600) }).await;
    // deposit(uint256,address)
    let intent = call(vault, &format!("6e553f65{:064x}{}", 600, word(owner)));
    let draft = world.draft(&intent).await;
    let effects = world.chain.codec().effects(&draft).expect("effects");
    let (fact, more) = attribute(&world.seen(&draft).await, &effects);
    let asset = AssetId::token(&network().caip2, token);
    let expected = Effect::TokenOut { asset, to: vault, amount: U256::from(600) };
    assert_eq!((fact, more), (SimulationCheck::Agrees, vec![expected]));
}

/// The effects of an undecoded call are known only from simulation, so two nodes are needed.
#[tokio::test]
async fn an_effect_of_an_undecoded_call_that_one_node_hides_is_seen_by_another() {
    let world = World::new().await;
    let owner = world.wallet.address;
    let token = Address::Evm(world.anvil.deploy_erc20("TOK", 1_000, bytes(owner)).await);
    let vault = Address::Evm(world.anvil.deploy_own("Vault", &word(token)).await);
    world.done(&Intent::Approve { token, spender: vault, amount: U256::from(600) }).await;
    let draft = world.draft(&call(vault, &format!("6e553f65{:064x}{}", 600, word(owner)))).await;
    let seen = world.seen(&draft).await;
    assert!(!seen.tokens.is_empty(), "{seen:?}");
    let head = ("eth_getBlockByNumber", json!({ "hash": format!("0x{:064x}", 1), "baseFeePerGas": "0x7" }));
    let nothing = json!({ "type": "CALL", "from": owner, "to": vault, "value": "0x0" });
    let (blind, refusing) = (node([head, ("debug_traceCall", nothing)]).await, node([]).await);
    for urls in [vec![blind.uri(), world.anvil.url()], vec![world.anvil.url(), blind.uri()]] {
        let both = chain(urls, options()).observe(&draft, None).await.expect("an answer");
        assert_eq!(both, Observation::Seen(Box::new(seen.clone())));
    }
    for urls in [vec![blind.uri(), refusing.uri()], vec![refusing.uri(), world.anvil.url()]] {
        let alone = chain(urls, options()).observe(&draft, None).await.expect("an answer");
        assert!(matches!(alone, Observation::Unavailable(_)), "{alone:?}");
    }
}

/// A contract cannot detect the simulation by its fees, because it runs with the fees that are signed.
#[tokio::test]
async fn a_simulation_pays_the_fees_that_are_signed() {
    let world = World::new().await;
    let owner = world.wallet.address;
    let token = Address::Evm(world.anvil.deploy_erc20("TOK", 1_000, bytes(owner)).await);
    let exchange = world.anvil.deploy_own("Aggregator", "").await;
    world.done(&Intent::Approve { token, spender: Address::Evm(exchange), amount: U256::from(600) }).await;
    // set(uint256,bool), then trade(address,uint256,address,address) with an amount of zero.
    world.anvil.transact_as(0, exchange, &format!("62f46d56{:064x}{:064x}", 600, 1)).await;
    let data = format!("41d9a039{}{:064x}{}{}", word(token), 0, word(token), word(STRANGER));
    let intent = call(Address::Evm(exchange), &data);
    let draft = world.draft(&intent).await;
    let completed = world.chain.complete(&draft, &Lane::default()).await.expect("completes");
    let asset = AssetId::token(&network().caip2, token);
    for completed in [None, Some(&completed)] {
        let Ok(Observation::Seen(seen)) = world.chain.observe(&draft, completed).await else {
            panic!("unseen")
        };
        assert_eq!(seen.tokens, [(asset.clone(), gone(600))].into(), "{}", completed.is_some());
    }
}

/// Events of Permit2 from other contracts are ignored, and its allowances are separate from the token's.
#[tokio::test]
async fn events_of_permit2_count_only_from_its_address() {
    let world = World::new().await;
    let owner = world.wallet.address;
    let token = Address::Evm(world.anvil.deploy_erc20("TOK", 1_000, bytes(owner)).await);
    let announcer = Address::Evm(world.anvil.deploy_own("Announcer", "").await);
    world.done(&Intent::Approve { token, spender: STRANGER, amount: U256::from(600) }).await;
    // announce(address,address,uint160)
    let announce = |at| call(at, &format!("43d53e06{}{}{:064x}", word(token), word(STRANGER), 50));
    let draft = world.draft(&announce(announcer)).await;
    assert_eq!(world.seen(&draft).await, Observed::default());
    let code = world.anvil.call("eth_getCode", json!([announcer, "latest"])).await;
    world.set_code(PERMIT2, code.as_str().expect("code")).await;
    let draft = world.draft(&announce(PERMIT2)).await;
    let asset = AssetId::token(&network().caip2, token);
    let allowed = [((asset, STRANGER), U256::from(50))].into();
    assert_eq!(world.seen(&draft).await, Observed { allowances: allowed, ..Observed::default() });
}

/// A transaction whose fee is below the current base fee runs in a block with a lower base fee.
#[tokio::test]
async fn an_offer_below_the_base_fee_is_simulated() {
    let world = World::new().await;
    let gas = 21_000u64;
    for fee in [1u128, 7, 2_000_000_000] {
        let tx = alloy_consensus::TxEip1559 {
            chain_id: 31_337,
            gas_limit: gas,
            max_fee_per_gas: fee,
            max_priority_fee_per_gas: 1,
            to: alloy_primitives::Address::from(bytes(STRANGER)).into(),
            value: U256::from(5),
            ..Default::default()
        };
        let intent = Intent::SignTransaction { transaction: tx.encoded_for_signing() };
        let draft = world.draft(&intent).await;
        assert_eq!(world.seen(&draft).await, Observed { native: gone(5), ..Observed::default() }, "{fee}");
    }
}

#[tokio::test]
async fn coin_taken_out_of_an_account_with_code_is_seen() {
    let world = World::new().await;
    let helper = Address::Evm([0x67; 20]);
    // Sends its whole balance to `STRANGER`, for any caller.
    let drain =
        format!("0x600060006000600047{}{}5af115602557005b60006000fd", "73", hex::encode(bytes(STRANGER)));
    world.set_code(helper, &drain).await;
    // An account that delegates to it (EIP-7702).
    world.set_code(world.wallet.address, &format!("0xef0100{}", hex::encode(bytes(helper)))).await;
    world.set_code(TRAP, FORWARDER).await;
    let intent = call(TRAP, &word(world.wallet.address));
    let draft = world.draft(&intent).await;
    assert!(world.seen(&draft).await.native[&Some(STRANGER)] > U256::from(crate::evm_world::COIN));
    assert!(matches!(world.fact(&intent).await, SimulationCheck::Exceeds { .. }));
}

#[tokio::test]
async fn a_failing_call_and_a_message_are_distinguished() {
    let world = World::new().await;
    world.set_code(TRAP, &crate::anvil::code_answering(1)).await;
    let draft = world.draft(&call(TRAP, "12345678")).await;
    world.set_code(TRAP, crate::anvil::CODE_REVERTING).await;
    let failed = refusal(world.chain.observe(&draft, None).await);
    assert!(matches!(failed, Refusal::SimulationFailed(_)), "{failed:?}");
    let text = Intent::SignMessage { message: b"hello".to_vec() };
    let draft = world.draft(&text).await;
    assert_eq!(world.chain.observe(&draft, None).await.expect("an answer"), Observation::NotApplicable);
}

#[tokio::test]
async fn nodes_without_simulation_are_asked_for_a_trace_and_then_skipped() {
    let world = World::new().await;
    let draft = world.draft(&transfer(5)).await;
    let wallet = world.wallet.address;
    let frame = |more: Value| {
        let mut frame = json!({ "type": "CALL", "from": wallet, "to": STRANGER, "value": "0x5" });
        frame.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        frame
    };
    let transfer = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
    let topic = |address: Address| format!("0x{}", word(address));
    let log = json!({
        "address": TRAP, "topics": [transfer, topic(wallet), topic(STRANGER)],
        "data": format!("0x{:064x}", 9), "position": "0x0",
    });
    let stolen = json!({ "type": "CALL", "from": wallet, "to": TRAP, "value": "0x7", "logs": [log] });
    let mut undone = stolen.clone();
    undone["error"] = json!("execution reverted");
    let mut delegated = stolen.clone();
    delegated["type"] = json!("DELEGATECALL");
    delegated["logs"] = json!([]);
    let token = AssetId::token(&network().caip2, TRAP);
    let head = ("eth_getBlockByNumber", json!({ "hash": format!("0x{:064x}", 1), "baseFeePerGas": "0x7" }));

    let plain = Observed { native: gone(5), ..Observed::default() };
    let more = Observed {
        native: [(Some(STRANGER), U256::from(5)), (Some(TRAP), U256::from(7))].into(),
        tokens: [(token, gone(9))].into(),
        ..Observed::default()
    };
    for (calls, expected) in
        [(json!([]), &plain), (json!([undone, delegated]), &plain), (json!([stolen]), &more)]
    {
        let traced = frame(json!({ "calls": calls }));
        let node = node([head.clone(), ("debug_traceCall", traced)]).await;
        let seen = chain(vec![node.uri()], options()).observe(&draft, None).await.expect("an answer");
        assert_eq!(seen, Observation::Seen(Box::new(expected.clone())));
    }
    let elsewhere = frame(json!({ "to": TRAP }));
    let malformed = json!([{ "calls": [{ "status": "0x1", "logs": "none", "returnData": "0x" }] }]);
    for answers in [
        vec![],
        vec![head.clone()],
        vec![head.clone(), ("debug_traceCall", elsewhere)],
        vec![head.clone(), ("debug_traceCall", json!({}))],
        vec![head.clone(), ("eth_simulateV1", malformed)],
        vec![head.clone(), ("eth_simulateV1", json!([]))],
    ] {
        let node = node(answers).await;
        let seen = chain(vec![node.uri()], options()).observe(&draft, None).await.expect("an answer");
        assert!(matches!(seen, Observation::Unavailable(_)), "{seen:?}");
    }
    let refusing = node([]).await;
    let seen = chain(vec![refusing.uri(), world.anvil.url()], options())
        .observe(&draft, None)
        .await
        .expect("an answer");
    assert_eq!(seen, Observation::Seen(Box::new(plain)), "the next node simulates it");
}

/// A real node with only its tracer gives the same result as a simulation: coin, tokens, NFTs, allowances, and
/// outflows of undecoded calls.
#[tokio::test]
async fn a_tracer_gives_the_same_result_as_a_simulation() {
    let world = World::new().await;
    let owner = world.wallet.address;
    let token = Address::Evm(world.anvil.deploy_erc20("TOK", 1_000, bytes(owner)).await);
    let art = Address::Evm(world.anvil.deploy_erc721(bytes(owner)).await);
    let piece =
        NftId { caip2: network().caip2, kind: NftKind::Erc721 { collection: art, token_id: U256::ZERO } };
    let vault = Address::Evm(world.anvil.deploy_own("Vault", &word(token)).await);
    for spender in [vault, TRAP] {
        world.done(&Intent::Approve { token, spender, amount: U256::from(600) }).await;
    }
    world.set_code(TRAP, FORWARDER).await;
    let taken = format!("{}23b872dd{}{}{:064x}", word(token), word(owner), word(STRANGER), 600);
    let deposit = format!("6e553f65{:064x}{}", 600, word(owner));

    let lacking = world.anvil.without("eth_simulateV1").await;
    let tracing = chain(vec![lacking.uri()], options());
    let spender = STRANGER;
    for intent in [
        transfer(5),
        token_transfer(token, 40),
        Intent::Approve { token, spender, amount: U256::from(600) },
        Intent::NftTransfer { nft: piece.clone(), to: STRANGER, quantity: U256::ONE, allow_off_curve: false },
        Intent::ApproveNft { nft: piece, spender },
        Intent::ApproveCollection { collection: art, standard: NftStandard::Erc721, spender },
        call(vault, &deposit),
        call(TRAP, &taken),
    ] {
        let draft = world.draft(&intent).await;
        let completed = world.chain.complete(&draft, &Lane::default()).await.expect("completes");
        for completed in [None, Some(&completed)] {
            let simulated = world.chain.observe(&draft, completed).await.expect("runs");
            assert_ne!(simulated, Observation::Seen(Box::default()), "{intent:?} has an effect");
            let traced = tracing.observe(&draft, completed).await.expect("runs");
            assert_eq!(traced, simulated, "{intent:?}");
        }
    }
    assert_eq!(tracing.simulation_methods(), [Some("debug_traceCall")]);
    assert_eq!(world.chain.simulation_methods(), [Some("eth_simulateV1")]);
}

#[tokio::test]
async fn the_simulation_method_of_a_node_is_learnt() {
    let world = World::new().await;
    let draft = world.draft(&transfer(5)).await;
    let head = ("eth_getBlockByNumber", json!({ "hash": format!("0x{:064x}", 1), "baseFeePerGas": "0x7" }));
    let frame = json!({ "type": "CALL", "from": world.wallet.address, "to": STRANGER, "value": "0x5" });
    let (refusing, tracing) = (node([head.clone()]).await, node([head, ("debug_traceCall", frame)]).await);
    let urls = vec![refusing.uri(), tracing.uri(), world.anvil.url()];
    let chain = chain(urls, options());
    assert_eq!(chain.simulation_methods(), [None, None, None], "no node was asked yet");
    for _ in 0..2 {
        assert!(matches!(chain.observe(&draft, None).await, Ok(Observation::Seen(_))));
        assert_eq!(chain.simulation_methods(), [Some("none"), Some("debug_traceCall"), None]);
    }
    assert!(matches!(world.chain.observe(&draft, None).await, Ok(Observation::Seen(_))));
    assert_eq!(world.chain.simulation_methods(), [Some("eth_simulateV1")]);
}
