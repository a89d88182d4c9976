//! Tests with false or malformed answers, which a real node cannot be made to give.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};
use waiaas_chains::{
    Chain, ChainError, Expiry, Known, Lane, Outcome, Refusal, SignedTx, Submission, Undecided,
};
use waiaas_core::U256;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::evm_world::{STRANGER, World, chain, fee_budget, op_chain, options, refusal, transfer};

/// A node with answers by `method last-text-parameter` or else by `method`; it refuses all other requests.
struct Script(Mutex<BTreeMap<&'static str, Value>>);

impl Respond for Script {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let request: Value = serde_json::from_slice(&request.body).expect("a JSON request");
        let script = self.0.lock().expect("not poisoned");
        let mut answer = json!({"jsonrpc": "2.0", "id": request["id"]});
        let method = request["method"].as_str().expect("a method");
        let params = request["params"].as_array();
        let last = params.and_then(|params| params.iter().rev().find_map(Value::as_str));
        let exact = format!("{method} {}", last.unwrap_or_default());
        match script.get(exact.as_str()).or_else(|| script.get(method)) {
            Some(result) => answer["result"] = result.clone(),
            None => answer["error"] = json!({"code": -32601, "message": "method not found"}),
        }
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

/// Returns a node of the right chain with these further answers.
pub(crate) async fn node(answers: impl IntoIterator<Item = (&'static str, Value)>) -> MockServer {
    let server = MockServer::start().await;
    let mut script = BTreeMap::from([("eth_chainId", json!("0x7a69"))]);
    script.extend(answers);
    Mock::given(any()).respond_with(Script(Mutex::new(script))).mount(&server).await;
    server
}

/// Returns bytes signed for a real node.
async fn signed() -> (World, SignedTx) {
    let world = World::new().await;
    let signed = world.sign(&transfer(1), &[]).await;
    (world, signed)
}

const HASH: &str = "0x1111111111111111111111111111111111111111111111111111111111111111";
const OTHER: &str = "0x2222222222222222222222222222222222222222222222222222222222222222";

fn receipt(world: &World, signed: &SignedTx) -> Value {
    json!({
        "transactionHash": signed.hash, "blockHash": HASH, "blockNumber": "0x5", "from": world.wallet.address,
        "status": "0x1", "gasUsed": "0x5208", "effectiveGasPrice": "0x2", "l1Fee": "0x3",
    })
}

fn on_chain(receipt: Value) -> [(&'static str, Value); 3] {
    [
        ("eth_getTransactionReceipt", receipt),
        ("eth_getBlockByNumber", json!({"hash": HASH, "number": "0x9"})),
        ("eth_blockNumber", json!("0x9")),
    ]
}

async fn outcome(world: &World, nodes: &[&MockServer], signed: &SignedTx) -> Result<Outcome, ChainError> {
    let chain = op_chain(nodes.iter().map(|node| node.uri()).collect(), options());
    chain.outcome(world.wallet.address, signed, Known::default()).await
}

#[tokio::test]
async fn a_receipt_counts_only_for_its_transaction_and_with_a_canonical_block() {
    let (world, signed) = signed().await;
    let good = receipt(&world, &signed);
    let ask = |receipt: Value, change: Option<(&'static str, Value)>| {
        let (world, signed) = (&world, &signed);
        async move {
            let mut answers = BTreeMap::from(on_chain(receipt));
            answers.extend(change);
            outcome(world, &[&node(answers).await], signed).await
        }
    };
    let confirmed = Outcome::Confirmed { fee: U256::from(21_000 * 2 + 3), block: 5, is_final: true };
    assert_eq!(ask(good.clone(), None).await.expect("an outcome"), confirmed, "with the data fee");

    let with = |key: &str, value: Value| {
        let mut receipt = good.clone();
        receipt[key] = value;
        receipt
    };
    let elsewhere = ("eth_getBlockByNumber", json!({"hash": OTHER, "number": "0x9"}));
    for pending in [
        ask(good.clone(), Some(elsewhere)),
        ask(good.clone(), Some(("eth_getBlockByNumber", Value::Null))),
        ask(good.clone(), Some(("eth_blockNumber", json!("0x4")))),
        ask(with("blockHash", Value::Null), None),
    ] {
        assert_eq!(pending.await.expect("an outcome"), Outcome::Pending);
    }
    for bad in [
        with("transactionHash", json!(OTHER)),
        with("from", json!(STRANGER)),
        with("status", json!("0x2")),
        with("status", Value::Null),
        with("gasUsed", json!(21_000)),
        with("gasUsed", json!(format!("0x{}", "f".repeat(64)))),
        with("gasUsed", json!("0xf4240")),
        with("effectiveGasPrice", json!(format!("0x{}", "f".repeat(40)))),
        with("effectiveGasPrice", json!("0x174876e800")),
        with("l1Fee", json!(format!("0x{}", "f".repeat(40)))),
        with("l1Fee", json!("0x16345785d8a0000")),
        json!([]),
        json!("0x1"),
    ] {
        let result = ask(bad.clone(), None).await;
        assert!(matches!(result, Err(ChainError::BadAnswer { .. })), "{bad}: {result:?}");
    }
}

/// The answers of a node that reports the nonce as used and does not show by which transaction.
fn used_up() -> [(&'static str, Value); 4] {
    [
        ("eth_getTransactionReceipt", Value::Null),
        ("eth_getTransactionByHash", Value::Null),
        ("eth_getTransactionCount", json!("0x9")),
        ("eth_blockNumber", json!("0x9")),
    ]
}

/// Returns a node that shows `other`, as a real node returns it, as the user of the nonce in block 5, which is
/// final.
async fn shows(world: &World, other: &SignedTx) -> MockServer {
    let snapshot = world.anvil.call("evm_snapshot", json!([])).await;
    assert_eq!(world.submit(other).await, Submission::Accepted);
    world.anvil.mine(1).await;
    let mut mined = world.anvil.call("eth_getTransactionByHash", json!([other.hash])).await;
    world.anvil.call("evm_revert", json!([snapshot])).await;
    mined["blockNumber"] = json!("0x5");
    mined["blockHash"] = json!(HASH);
    let mut answers = BTreeMap::from(used_up());
    answers.extend([
        ("eth_getTransactionBySenderAndNonce", mined),
        ("eth_getBlockByNumber", json!({"hash": HASH, "number": "0x9"})),
    ]);
    node(answers).await
}

#[tokio::test]
async fn a_drop_needs_the_transaction_that_used_the_nonce_and_no_veto() {
    let (world, signed) = signed().await;
    let other = world.sign(&transfer(2), &[]).await;
    let shows = shows(&world, &other).await;
    let claims = node(used_up()).await;
    let ask = |nodes: Vec<&MockServer>| {
        let chain = chain(nodes.iter().map(|node| node.uri()).collect(), options());
        let (address, signed) = (world.wallet.address, signed.clone());
        async move { chain.outcome(address, &signed, Known::default()).await.expect("an outcome") }
    };
    let undecided = Outcome::Undecided;
    assert_eq!(ask(vec![&shows]).await, Outcome::Dropped, "the only node shows it");
    let unproved = undecided(Undecided::DeathUnproved);
    assert_eq!(ask(vec![&claims]).await, unproved, "it may have pruned the transaction");
    assert_eq!(ask(vec![&claims, &claims]).await, unproved);
    assert_eq!(ask(vec![&shows, &shows]).await, Outcome::Dropped);
    assert_eq!(ask(vec![&shows, &claims]).await, unproved, "a claim without proof is not a second answer");

    let knows = node([
        ("eth_getTransactionReceipt", Value::Null),
        ("eth_getTransactionByHash", json!({"hash": signed.hash})),
        ("eth_getTransactionCount", json!("0x9")),
    ])
    .await;
    let unused =
        node([("eth_getTransactionReceipt", Value::Null), ("eth_getTransactionCount", json!("0x0"))]).await;
    let contradiction = undecided(Undecided::Contradiction);
    for veto in [&knows, &unused] {
        assert_eq!(ask(vec![&shows, veto]).await, contradiction);
        assert_eq!(ask(vec![veto, &shows]).await, contradiction, "in either order");
        assert_eq!(ask(vec![&shows, &claims, veto]).await, contradiction);
    }
    let included = node(on_chain(receipt(&world, &signed))).await;
    assert_eq!(ask(vec![&shows, &included]).await, contradiction);
    let one_alone = undecided(Undecided::SuccessUnproved);
    assert_eq!(ask(vec![&claims, &included]).await, one_alone, "a pruned node is not a second answer");
    let two_of_three = ask(vec![&claims, &included, &included]).await;
    assert!(matches!(two_of_three, Outcome::Confirmed { .. }), "a pruned node does not outweigh two");
    let silent = MockServer::start().await;
    assert_eq!(ask(vec![&shows, &silent]).await, unproved, "a single answer of two nodes");
    assert_eq!(ask(vec![&shows, &silent, &claims]).await, unproved);
    assert_eq!(ask(vec![&shows, &silent, &shows]).await, Outcome::Dropped);
}

#[tokio::test]
async fn a_transaction_that_used_its_nonce_itself_is_not_dropped() {
    let (world, signed) = signed().await;
    let other = world.sign(&transfer(2), &[]).await;
    let another = shows(&world, &other).await;
    let itself = shows(&world, &signed).await;
    let claims = node(used_up()).await;
    let ask = async |nodes: &[&MockServer]| outcome(&world, nodes, &signed).await.expect("an outcome");
    assert_eq!(ask(&[&itself]).await, Outcome::Pending);
    assert_eq!(ask(&[&itself, &claims]).await, Outcome::Pending);
    assert_eq!(ask(&[&another, &another, &itself]).await, Outcome::Undecided(Undecided::Contradiction));
    let included = node(on_chain(receipt(&world, &signed))).await;
    assert_eq!(ask(&[&included, &itself]).await, Outcome::Undecided(Undecided::SuccessUnproved));
}

#[tokio::test]
async fn a_success_needs_two_nodes() {
    let (world, signed) = signed().await;
    let included = node(on_chain(receipt(&world, &signed))).await;
    let claims = node(used_up()).await;
    let behind = node([
        ("eth_getTransactionReceipt", Value::Null),
        ("eth_getTransactionCount", json!("0x0")),
        ("eth_blockNumber", json!("0x4")),
    ])
    .await;
    let silent = MockServer::start().await;
    let ask = async |nodes: &[&MockServer]| match outcome(&world, nodes, &signed).await.expect("an outcome") {
        Outcome::Confirmed { is_final, .. } => is_final,
        Outcome::Undecided(Undecided::SuccessUnproved) => false,
        other => panic!("{other:?}"),
    };
    assert!(ask(&[&included]).await, "the only node");
    assert!(ask(&[&included, &included]).await);
    for other in [&claims, &behind, &silent] {
        assert!(!ask(&[&included, other]).await);
        assert!(!ask(&[other, &included]).await, "in either order");
        assert!(ask(&[&included, other, &included]).await, "two of three");
    }
}

#[tokio::test]
async fn two_nodes_with_all_later_blocks_and_without_the_transaction_are_proof() {
    let (world, signed) = signed().await;
    let mut old = receipt(&world, &signed);
    (old["transactionHash"], old["blockNumber"]) = (json!(OTHER), json!("0x3"));
    let of = |receipt: Value, count: Value| async move {
        let mut answers = BTreeMap::from(used_up());
        answers.extend([
            ("eth_getTransactionReceipt 0x2222222222222222222222222222222222222222222222222222222222222222", receipt),
            ("eth_getBlockByNumber", json!({"hash": HASH, "number": "0x9", "transactions": []})),
            ("eth_getTransactionCount 0x9", count),
        ]);
        node(answers).await
    };
    let complete = of(old.clone(), json!("0x1")).await;
    let pruned = of(Value::Null, json!("0x1")).await;
    let early = of(old.clone(), json!("0x0")).await;
    let unproved = Outcome::Undecided(Undecided::DeathUnproved);
    let ask = async |nodes: &[&MockServer], earlier: Option<(&str, u64)>| {
        let chain = chain(nodes.iter().map(|node| node.uri()).collect(), options());
        let known = Known { earlier, ..Known::default() };
        chain.outcome(world.wallet.address, &signed, known).await.expect("an outcome")
    };
    let earlier = Some((OTHER, 3));
    assert_eq!(ask(&[&complete, &complete], earlier).await, Outcome::Dropped);
    assert_eq!(ask(&[&complete], earlier).await, unproved, "a single node has to show the other transaction");
    for other in [&pruned, &early] {
        assert_eq!(ask(&[&complete, other], earlier).await, unproved);
    }
    assert_eq!(ask(&[&complete, &complete], Some((OTHER, 4))).await, unproved, "another block");
    assert_eq!(ask(&[&complete, &complete], None).await, unproved);
}

#[tokio::test]
async fn the_transaction_that_used_the_nonce_is_verified_by_its_signature() {
    let (world, signed) = signed().await;
    let other = world.sign(&transfer(2), &[]).await;
    let good = shows(&world, &other).await;
    let of = |edit: fn(&mut Value)| {
        let (world, signed, uri) = (&world, &signed, good.uri());
        async move {
            let client = reqwest::Client::new();
            let ask = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getTransactionBySenderAndNonce", "params": []});
            let answer: Value =
                client.post(uri).json(&ask).send().await.expect("sent").json().await.expect("JSON");
            let mut mined = answer["result"].clone();
            edit(&mut mined);
            let mut answers = BTreeMap::from(used_up());
            answers.extend([
                ("eth_getTransactionBySenderAndNonce", mined),
                ("eth_getBlockByNumber", json!({"hash": HASH, "number": "0x9", "transactions": []})),
            ]);
            outcome(world, &[&node(answers).await], signed).await.expect("an outcome")
        }
    };
    assert_eq!(of(|_| {}).await, Outcome::Dropped);
    let alterations: [fn(&mut Value); 7] = [
        |tx| tx["value"] = json!("0x3"),
        |tx| tx["nonce"] = json!("0x1"),
        |tx| tx["r"] = json!("0x1"),
        |tx| tx["hash"] = json!(OTHER),
        |tx| tx["blockHash"] = json!(OTHER),
        |tx| tx["blockNumber"] = json!("0xa"),
        |tx| *tx = json!({}),
    ];
    for alter in alterations {
        assert_eq!(of(alter).await, Outcome::Undecided(Undecided::DeathUnproved));
    }
}

#[tokio::test]
async fn a_revert_needs_two_nodes_with_a_final_block() {
    let (world, signed) = signed().await;
    let ask = |change: &[(&'static str, Value)]| {
        let mut failed = receipt(&world, &signed);
        failed["status"] = json!("0x0");
        let mut answers = BTreeMap::from(on_chain(failed));
        answers.extend(change.iter().cloned());
        node(answers)
    };
    let failed = ask(&[]).await;
    let early = ask(&[("eth_getBlockByNumber finalized", json!({"hash": OTHER, "number": "0x4"}))]).await;
    let worked = node(on_chain(receipt(&world, &signed))).await;
    let unused =
        node([("eth_getTransactionReceipt", Value::Null), ("eth_getTransactionCount", json!("0x0"))]).await;
    let silent = MockServer::start().await;
    let open = Ok::<_, ()>(Outcome::Undecided(Undecided::RevertUnproved));
    let outcome = async |nodes: &[&MockServer]| {
        outcome(&world, nodes, &signed).await.map_err(|error| panic!("{error}"))
    };
    assert!(matches!(outcome(&[&failed]).await, Ok(Outcome::Reverted { .. })), "the only node");
    assert!(matches!(outcome(&[&failed, &failed]).await, Ok(Outcome::Reverted { .. })));
    assert_eq!(outcome(&[&early]).await, open, "not final");
    for other in [&early, &unused, &silent] {
        assert_eq!(outcome(&[&failed, other]).await, open);
        assert_eq!(outcome(&[other, &failed]).await, open);
    }
    assert_eq!(outcome(&[&failed, &worked]).await, Ok(Outcome::Undecided(Undecided::Contradiction)));
}

#[tokio::test]
async fn missing_answers_are_never_a_drop() {
    let (world, signed) = signed().await;
    for missing in ["eth_getTransactionReceipt", "eth_getTransactionCount", "eth_getTransactionByHash"] {
        let mut answers = BTreeMap::from(used_up());
        answers.remove(missing);
        let result = outcome(&world, &[&node(answers).await], &signed).await;
        assert!(matches!(result, Err(ChainError::BadAnswer { .. })), "{missing}: {result:?}");
    }
}

#[tokio::test]
async fn a_broadcast_answered_with_another_hash_is_refused() {
    let (world, signed) = signed().await;
    let liar = node([("eth_sendRawTransaction", json!(OTHER))]).await;
    let result = chain(vec![liar.uri()], options()).submit(&signed).await;
    assert!(matches!(result, Err(ChainError::BadAnswer { .. })), "{result:?}");
    let honest = node([("eth_sendRawTransaction", json!(signed.hash))]).await;
    let result = chain(vec![honest.uri()], options()).submit(&signed).await;
    assert!(matches!(result, Ok(Submission::Accepted)), "{result:?}");
    drop(world);
}

#[tokio::test]
async fn a_data_fee_is_ignored_on_networks_without_one() {
    let (world, signed) = signed().await;
    for fee in [json!("0x3"), json!(format!("0x{}", "f".repeat(60)))] {
        let mut receipt = receipt(&world, &signed);
        receipt["l1Fee"] = fee;
        let node = node(on_chain(receipt)).await;
        let chain = chain(vec![node.uri()], options());
        let outcome =
            chain.outcome(world.wallet.address, &signed, Known::default()).await.expect("an outcome");
        let expected = Outcome::Confirmed { fee: U256::from(21_000 * 2), block: 5, is_final: true };
        assert_eq!(outcome, expected);
    }
}

#[tokio::test]
async fn bytes_go_to_every_endpoint_and_one_that_accepts_is_enough() {
    const SEND: &str = "eth_sendRawTransaction";
    let (world, signed) = signed().await;
    let accepts = node([(SEND, json!(signed.hash))]).await;
    let keeps = node([(SEND, json!(signed.hash))]).await;
    let refuses = node([]).await;
    let liar = node([(SEND, json!(OTHER))]).await;
    let silent = MockServer::start().await;
    let ask = async |nodes: &[&MockServer]| {
        chain(nodes.iter().map(|node| node.uri()).collect(), options()).submit(&signed).await
    };
    let received = async |node: &MockServer| {
        let requests = node.received_requests().await.expect("recorded");
        requests.iter().filter(|request| String::from_utf8_lossy(&request.body).contains(SEND)).count()
    };
    assert_eq!(ask(&[&keeps, &accepts]).await.ok(), Some(Submission::Accepted));
    assert_eq!((received(&keeps).await, received(&accepts).await), (1, 1), "every node receives them");
    for other in [&refuses, &liar, &silent] {
        assert_eq!(ask(&[other, &accepts]).await.ok(), Some(Submission::Accepted));
        assert_eq!(ask(&[&accepts, other]).await.ok(), Some(Submission::Accepted));
        let refused = ask(&[other, &refuses]).await;
        assert!(matches!(refused, Ok(Submission::Rejected(_))), "all answers are refusals: {refused:?}");
    }
    let none = ask(&[&liar, &silent]).await;
    assert!(none.is_err(), "{none:?}");
    drop(world);
}

#[tokio::test]
async fn a_single_node_moves_the_nonce_only_within_bounds() {
    let world = World::new().await;
    let draft = world.chain.build(world.wallet.address, &transfer(1)).await.expect("a draft");
    let liar = node([("eth_getTransactionCount", json!("0xf4240"))]).await;
    let nonce = async |nodes: Vec<String>, lane: Lane| {
        let completed = chain(nodes, options()).complete(&draft, &lane).await?;
        let signed =
            world.chain.codec().assemble(&completed, &world.wallet.sign(&completed)).expect("assembles");
        Ok::<_, ChainError>(signed.expiry)
    };
    let both = || vec![world.anvil.url(), liar.uri()];
    assert_eq!(nonce(both(), Lane::default()).await.expect("signed"), Expiry::Nonce(0));
    // The other node has no answer but the count.
    world.anvil.call("anvil_setNonce", json!([world.wallet.address, "0xf4240"])).await;
    let alone = nonce(vec![world.anvil.url()], Lane::default()).await;
    assert!(matches!(alone, Err(ChainError::Unproved { .. })), "{alone:?}");
    assert_eq!(nonce(both(), Lane::default()).await.expect("two agree"), Expiry::Nonce(1_000_000));
    let signed_before = Lane { nonces_signed: 999_992, ..Lane::default() };
    let expected = Expiry::Nonce(1_000_000);
    assert_eq!(nonce(vec![world.anvil.url()], signed_before).await.expect("within the bound"), expected);
    // A floor from a landing that only one node had reported falsely.
    let once = Lane { nonce_floor_once: 2_000_000, ..Lane::default() };
    assert_eq!(nonce(both(), once.clone()).await.expect("no node counts as many"), expected);
    let lately = Lane { nonce_floor: 2_000_000, nonces_signed: 2_000_000, ..once };
    let behind = nonce(both(), lately).await;
    assert!(matches!(behind, Err(ChainError::Unproved { .. })), "{behind:?}");
}

#[tokio::test]
async fn without_a_finalized_block_the_depth_counts() {
    let (world, signed) = signed().await;
    let ask = |height: &str, finalized: Option<Value>| {
        let block = json!({"hash": HASH, "number": "0x5"});
        let mut answers = BTreeMap::from([
            ("eth_getTransactionReceipt", receipt(&world, &signed)),
            ("eth_getBlockByNumber 0x5", block),
            ("eth_blockNumber", json!(height)),
        ]);
        answers.extend(finalized.map(|answer| ("eth_getBlockByNumber finalized", answer)));
        let (world, signed) = (&world, &signed);
        async move {
            match outcome(world, &[&node(answers).await], signed).await.expect("an outcome") {
                Outcome::Confirmed { is_final, .. } => is_final,
                other => panic!("{other:?}"),
            }
        }
    };
    // 256 blocks, block 5 included.
    assert!(ask("0x104", None).await);
    assert!(!ask("0x103", None).await);
    assert!(ask("0x104", Some(Value::Null)).await, "a young chain has no finalised block");
    assert!(ask("0x6", Some(json!({"hash": OTHER, "number": "0x5"}))).await);
    let earlier = Some(json!({"hash": OTHER, "number": "0x4"}));
    assert!(!ask("0x104", earlier).await, "the node's finalized block takes precedence");
}

/// Returns the answers that a native transfer needs, of a node that suggests no priority fee.
fn market() -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("eth_getBalance", json!("0xde0b6b3a7640000")),
        ("eth_getCode", json!("0x")),
        ("eth_estimateGas", json!("0x5208")),
        ("eth_getBlockByNumber", json!({"hash": HASH, "baseFeePerGas": "0x3b9aca00"})),
    ])
}

#[tokio::test]
async fn fees_of_a_node_are_checked_before_they_are_used() {
    let ask = |change: Option<(&'static str, Value)>| async {
        let mut answers = market();
        answers.extend(change);
        let server = node(answers).await;
        let chain = chain(vec![server.uri()], options());
        let draft = chain.build(STRANGER, &transfer(1)).await?;
        Ok::<_, ChainError>(fee_budget(&chain, &draft))
    };
    // Twice (2 × 1 gwei base fee + 1 gwei default priority fee) for 21 000 gas plus a fifth.
    let expected = U256::from(2u64 * 3_000_000_000 * 25_200);
    assert_eq!(ask(None).await.expect("a draft"), expected);
    let greedy = ("eth_maxPriorityFeePerGas", json!("0xffffffffffffffff"));
    let capped = U256::from(2u64 * 202_000_000_000 * 25_200);
    assert_eq!(ask(Some(greedy)).await.expect("a draft"), capped, "the priority fee has a cap");

    let base = |fee: &str| ("eth_getBlockByNumber", json!({"hash": HASH, "baseFeePerGas": fee}));
    let beyond = ask(Some(base("0xffffffffffffffffffffffffffffffff"))).await;
    assert!(matches!(refusal(beyond), Refusal::InsufficientForFee { .. }));
    for bad in [
        base("0x1ffffffffffffffffffffffffffffffff"),
        base("1000000000"),
        ("eth_getBlockByNumber", Value::Null),
        ("eth_estimateGas", json!("0x5207")),
        ("eth_estimateGas", json!("0xffffffffffffffff")),
        ("eth_getBalance", json!("1000000000000000000")),
        ("eth_maxPriorityFeePerGas", json!("none")),
    ] {
        let result = ask(Some(bad.clone())).await;
        assert!(matches!(result, Err(ChainError::BadAnswer { .. })), "{bad:?}: {result:?}");
    }
}

fn numbered(number: &str) -> Value {
    json!({"hash": HASH, "number": number})
}

/// Returns a node with the blocks 0 and 9, whose newest block number may be false.
async fn as_far_as(newest: &str) -> MockServer {
    let of = |number| numbered(number);
    node([
        ("eth_getBlockByNumber", Value::Null),
        ("eth_getBlockByNumber 0x0", of("0x0")),
        ("eth_getBlockByNumber 0x9", of("0x9")),
        ("eth_getBlockByNumber latest", of(newest)),
    ])
    .await
}

#[tokio::test]
async fn a_height_counts_only_with_its_block() {
    let identity = |nodes: Vec<String>| async move { chain(nodes, options()).identity().await };
    let (honest, liar) = (as_far_as("0x9").await, as_far_as("0xf4240").await);
    let alone = identity(vec![honest.uri()]).await.expect("an identity");
    assert_eq!((alone.lowest, alone.highest), (9, 9));
    for nodes in [vec![honest.uri(), liar.uri()], vec![liar.uri(), honest.uri()]] {
        assert_eq!(identity(nodes).await.expect("an identity"), alone, "a false number of one of two");
    }
    let none = identity(vec![liar.uri()]).await;
    assert!(matches!(none, Err(ChainError::BadAnswer { .. })), "{none:?}");
    // A block with another number than the requested one does not count.
    let every =
        node([("eth_getBlockByNumber", numbered("0xf4240")), ("eth_getBlockByNumber 0x9", numbered("0x8"))])
            .await;
    let found = identity(vec![every.uri(), honest.uri()]).await.expect("an identity");
    assert_eq!((found.lowest, found.highest), (9, 1_000_000), "false, but returned with that block");
}

/// Returns a node that answers every contract call with this number.
async fn answers(number: u8) -> MockServer {
    node([("eth_call", json!(format!("0x{number:064x}")))]).await
}

#[tokio::test]
async fn decimals_need_the_agreement_of_all_nodes_that_answer() {
    let (six, also_six, thirty) = (answers(6).await, answers(6).await, answers(30).await);
    let silent = MockServer::start().await;
    let token = async |nodes: &[&MockServer]| {
        let chain = chain(nodes.iter().map(|node| node.uri()).collect(), options());
        chain.token(STRANGER).await.map(|facts| facts.decimals)
    };
    assert_eq!(token(&[&six]).await.expect("the only node"), 6);
    assert_eq!(token(&[&six, &also_six]).await.expect("two agree"), 6);
    assert_eq!(token(&[&six, &silent, &also_six]).await.expect("two agree"), 6);
    for nodes in [[&six, &thirty], [&thirty, &six]] {
        let refused = token(&nodes).await;
        assert!(matches!(refused, Err(ChainError::Contradiction { .. })), "{refused:?}");
    }
    let outvoted = token(&[&six, &also_six, &thirty]).await;
    assert!(matches!(outvoted, Err(ChainError::Contradiction { .. })), "no majority vote: {outvoted:?}");
    for nodes in [[&six, &silent], [&silent, &thirty]] {
        let alone = token(&nodes).await;
        assert!(matches!(alone, Err(ChainError::Unproved { .. })), "{alone:?}");
    }
}

#[tokio::test]
async fn the_lowest_reported_balance_counts() {
    let (six, thirty) = (answers(6).await, answers(30).await);
    let silent = MockServer::start().await;
    let held = async |nodes: &[&MockServer]| {
        let chain = chain(nodes.iter().map(|node| node.uri()).collect(), options());
        chain.least_held(STRANGER, &[STRANGER]).await
    };
    for nodes in [[&six, &thirty], [&thirty, &six]] {
        assert_eq!(held(&nodes).await.expect("held"), [U256::from(6)]);
    }
    assert_eq!(held(&[&thirty]).await.expect("held"), [U256::from(30)]);
    let alone = held(&[&thirty, &silent]).await;
    assert!(matches!(alone, Err(ChainError::Unproved { .. })), "{alone:?}");
}
