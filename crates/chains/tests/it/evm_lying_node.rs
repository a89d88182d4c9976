//! Nodes that lie or are broken: what a real node cannot be made to do.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};
use waiaas_chains::{Chain, ChainError, Fate, Refusal, SignedTx, Submission};
use waiaas_core::U256;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::evm_world::{SOMEBODY, World, chain, fee_budget, options, refusal, transfer};

/// A node that answers by `method last-parameter` or else by `method`, and refuses the rest.
struct Script(Mutex<BTreeMap<&'static str, Value>>);

impl Respond for Script {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let request: Value = serde_json::from_slice(&request.body).expect("a JSON request");
        let script = self.0.lock().expect("not poisoned");
        let mut answer = json!({"jsonrpc": "2.0", "id": request["id"]});
        let method = request["method"].as_str().expect("a method");
        let last = request["params"].as_array().and_then(|params| params.last()).and_then(Value::as_str);
        let exact = format!("{method} {}", last.unwrap_or_default());
        match script.get(exact.as_str()).or_else(|| script.get(method)) {
            Some(result) => answer["result"] = result.clone(),
            None => answer["error"] = json!({"code": -32601, "message": "method not found"}),
        }
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

/// A node of the right chain with these answers besides.
pub(crate) async fn node(answers: impl IntoIterator<Item = (&'static str, Value)>) -> MockServer {
    let server = MockServer::start().await;
    let mut script = BTreeMap::from([("eth_chainId", json!("0x7a69"))]);
    script.extend(answers);
    Mock::given(any()).respond_with(Script(Mutex::new(script))).mount(&server).await;
    server
}

/// Bytes signed for a real node.
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
        ("eth_getBlockByNumber", json!({"hash": HASH})),
        ("eth_blockNumber", json!("0x9")),
    ]
}

async fn fate(world: &World, nodes: &[&MockServer], signed: &SignedTx) -> Result<Fate, ChainError> {
    let chain = chain(nodes.iter().map(|node| node.uri()).collect(), options());
    chain.fate(world.wallet.address, signed).await
}

#[tokio::test]
async fn a_receipt_counts_only_if_it_is_ours_and_its_block_is_canonical() {
    let (world, signed) = signed().await;
    let good = receipt(&world, &signed);
    let told = |receipt: Value, change: Option<(&'static str, Value)>| {
        let (world, signed) = (&world, &signed);
        async move {
            let mut answers = BTreeMap::from(on_chain(receipt));
            answers.extend(change);
            fate(world, &[&node(answers).await], signed).await
        }
    };
    let confirmed = Fate::Confirmed { fee: U256::from(21_000 * 2 + 3), block: 5 };
    assert_eq!(told(good.clone(), None).await.expect("a fate"), confirmed, "with the data fee");

    let with = |key: &str, value: Value| {
        let mut receipt = good.clone();
        receipt[key] = value;
        receipt
    };
    let elsewhere = ("eth_getBlockByNumber", json!({"hash": OTHER}));
    for pending in [
        told(good.clone(), Some(elsewhere)),
        told(good.clone(), Some(("eth_getBlockByNumber", Value::Null))),
        told(good.clone(), Some(("eth_blockNumber", json!("0x4")))),
        told(with("blockHash", Value::Null), None),
    ] {
        assert_eq!(pending.await.expect("a fate"), Fate::Pending);
    }
    for bad in [
        with("transactionHash", json!(OTHER)),
        with("from", json!(SOMEBODY)),
        with("status", json!("0x2")),
        with("status", Value::Null),
        with("gasUsed", json!(21_000)),
        with("gasUsed", json!(format!("0x{}", "f".repeat(64)))),
        json!([]),
        json!("0x1"),
    ] {
        let result = told(bad.clone(), None).await;
        assert!(matches!(result, Err(ChainError::BadAnswer { .. })), "{bad}: {result:?}");
    }
}

/// A node on which the nonce is long used up by something else.
fn used_up() -> [(&'static str, Value); 3] {
    [
        ("eth_getTransactionReceipt", Value::Null),
        ("eth_getTransactionByHash", Value::Null),
        ("eth_getTransactionCount", json!("0x9")),
    ]
}

#[tokio::test]
async fn dead_needs_all_nodes_that_answer_to_agree() {
    let (world, signed) = signed().await;
    let dead = node(used_up()).await;
    assert_eq!(fate(&world, &[&dead], &signed).await.expect("a fate"), Fate::Dead);

    let knows = node([
        ("eth_getTransactionReceipt", Value::Null),
        ("eth_getTransactionByHash", json!({"hash": signed.hash})),
        ("eth_getTransactionCount", json!("0x9")),
    ]);
    assert_eq!(fate(&world, &[&dead, &knows.await], &signed).await.expect("a fate"), Fate::Pending);
    let mut included = BTreeMap::from(used_up());
    included.extend([("eth_getTransactionReceipt", receipt(&world, &signed))]);
    let included = node(included).await;
    assert_eq!(fate(&world, &[&dead, &included], &signed).await.expect("a fate"), Fate::Pending);

    let behind = node([("eth_getTransactionCount", json!("0x0"))]).await;
    assert_eq!(fate(&world, &[&dead, &behind], &signed).await.expect("a fate"), Fate::Dead);
    let silent = MockServer::start().await;
    assert_eq!(fate(&world, &[&dead, &silent], &signed).await.expect("a fate"), Fate::Dead);
}

#[tokio::test]
async fn missing_answers_are_never_death() {
    let (world, signed) = signed().await;
    for missing in ["eth_getTransactionReceipt", "eth_getTransactionCount"] {
        let mut answers = BTreeMap::from(used_up());
        answers.remove(missing);
        let result = fate(&world, &[&node(answers).await], &signed).await;
        assert!(matches!(result, Err(ChainError::BadAnswer { .. })), "{missing}: {result:?}");
    }
    let mut answers = BTreeMap::from(used_up());
    answers.remove("eth_getTransactionByHash");
    assert_eq!(fate(&world, &[&node(answers).await], &signed).await.expect("a fate"), Fate::Pending);
}

#[tokio::test]
async fn a_broadcast_under_another_hash_is_no_acceptance() {
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
async fn where_finalized_is_unknown_depth_counts() {
    let (world, signed) = signed().await;
    let told = |height: &str, buried: Value| {
        let answers = [
            ("eth_getTransactionReceipt", Value::Null),
            ("eth_getTransactionByHash", Value::Null),
            ("eth_getTransactionCount latest", json!("0x9")),
            ("eth_blockNumber", json!(height)),
            // The default depth of 256 below block 0x164.
            ("eth_getTransactionCount 0x64", buried),
        ];
        let (world, signed) = (&world, &signed);
        async move { fate(world, &[&node(answers).await], signed).await.expect("a fate") }
    };
    assert_eq!(told("0x164", json!("0x1")).await, Fate::Dead);
    assert_eq!(told("0x164", json!("0x0")).await, Fate::Pending, "used up, but not that deep");
    assert_eq!(told("0x20", json!("0x1")).await, Fate::Pending, "the chain is not that long");
}

/// Everything a native transfer needs, from a node that suggests no priority fee.
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
    let told = |change: Option<(&'static str, Value)>| async {
        let mut answers = market();
        answers.extend(change);
        let server = node(answers).await;
        let chain = chain(vec![server.uri()], options());
        let draft = chain.build(SOMEBODY, &transfer(1)).await?;
        Ok::<_, ChainError>(fee_budget(&chain, &draft))
    };
    // Twice (2 × 1 gwei base + 1 gwei for want of a suggestion) for 21 000 gas and a fifth.
    let expected = U256::from(2u64 * 3_000_000_000 * 25_200);
    assert_eq!(told(None).await.expect("a draft"), expected);
    let greedy = ("eth_maxPriorityFeePerGas", json!("0xffffffffffffffff"));
    let capped = U256::from(2u64 * 202_000_000_000 * 25_200);
    assert_eq!(told(Some(greedy)).await.expect("a draft"), capped, "the priority fee has a cap");

    let base = |fee: &str| ("eth_getBlockByNumber", json!({"hash": HASH, "baseFeePerGas": fee}));
    let beyond = told(Some(base("0xffffffffffffffffffffffffffffffff"))).await;
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
        let result = told(Some(bad.clone())).await;
        assert!(matches!(result, Err(ChainError::BadAnswer { .. })), "{bad:?}: {result:?}");
    }
}
