//! Nodes that lie or are broken: what a real node cannot be made to do.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};
use waiaas_chains::{Chain, ChainError, Fate, SignedTx};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::evm_world::{SOMEBODY, World, chain, options, transfer};

/// A node that answers by method, and refuses the rest.
struct Script(Mutex<BTreeMap<&'static str, Value>>);

impl Respond for Script {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let request: Value = serde_json::from_slice(&request.body).expect("a JSON request");
        let script = self.0.lock().expect("not poisoned");
        let mut answer = json!({"jsonrpc": "2.0", "id": request["id"]});
        match script.get(request["method"].as_str().expect("a method")) {
            Some(result) => answer["result"] = result.clone(),
            None => answer["error"] = json!({"code": -32601, "message": "method not found"}),
        }
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

/// A node of the right chain with these answers besides.
async fn node(answers: impl IntoIterator<Item = (&'static str, Value)>) -> MockServer {
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
    let confirmed = Fate::Confirmed { fee: waiaas_core::U256::from(21_000 * 2 + 3), block: 5 };
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
    assert!(matches!(result, Ok(waiaas_chains::Submission::Accepted)), "{result:?}");
    drop(world);
}
