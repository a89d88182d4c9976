//! Tests that false or malformed answers of nodes about agents are never a score.

use serde_json::{Value, json};
use waiaas_chains::{ChainError, ReputationSource};
use waiaas_core::address::Address;
use waiaas_core::policy::Reputation;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::evm_reputation::{question, source};

const IDENTITY: [u8; 20] = [0x11; 20];
const REPUTATION: [u8; 20] = [0x22; 20];
const PARTY: [u8; 20] = [0x33; 20];

fn word(address: [u8; 20]) -> String {
    format!("{:0>64}", hex::encode(address))
}

/// A node's answers to each request, as hex or as a whole answer.
#[derive(Clone)]
struct Answers {
    chain: &'static str,
    wallet: Value,
    owner: Value,
    linked: Value,
    summary: Value,
}

/// Returns the answers of a node with an agent of score 90.
fn honest() -> Answers {
    Answers {
        chain: "0x7a69",
        wallet: json!(format!("0x{}", word(PARTY))),
        owner: json!(format!("0x{}", word(PARTY))),
        linked: json!(format!("0x{}", word(IDENTITY))),
        summary: json!(format!("0x{:064x}{:064x}{:064x}", 3, 90, 0)),
    }
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let request: Value = serde_json::from_slice(&request.body).expect("a JSON request");
        let input = request["params"][0]["data"].as_str().unwrap_or_default();
        let result = match (request["method"].as_str().expect("a method"), input.get(..10)) {
            ("eth_chainId", _) => json!(self.chain),
            ("eth_call", Some("0x00339509")) => self.wallet.clone(),
            ("eth_call", Some("0x6352211e")) => self.owner.clone(),
            ("eth_call", Some("0xbc4d861b")) => self.linked.clone(),
            ("eth_call", Some("0x81bbba58")) => self.summary.clone(),
            other => panic!("unexpected request {other:?}"),
        };
        let mut answer = json!({"jsonrpc": "2.0", "id": request["id"]});
        if result.get("code").is_some() {
            answer["error"] = result;
        } else {
            answer["result"] = result;
        }
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

async fn node(answers: Answers) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answers).mount(&server).await;
    server
}

async fn reputation(nodes: &[&MockServer]) -> Result<Reputation, ChainError> {
    let urls = nodes.iter().map(|node| node.uri()).collect();
    let source = source(urls, IDENTITY, REPUTATION, &[Address::Evm([0x44; 20])]);
    source.reputation(&question(1, Address::Evm(PARTY), [Some("a"), None])).await
}

fn reverted() -> Value {
    json!({"code": 3, "message": "execution reverted", "data": "0x"})
}

#[tokio::test]
async fn only_complete_and_canonical_answers_are_a_score() {
    assert_eq!(reputation(&[&node(honest()).await]).await.expect("an answer"), Reputation::Score(90));
    let no_owner = Answers { owner: reverted(), ..honest() };
    assert_eq!(reputation(&[&node(no_owner).await]).await.expect("an answer"), Reputation::Score(90));

    let dirty = format!("0x01{}", &word(PARTY)[2..]);
    let long = format!("0x{}{}", word(PARTY), word(PARTY));
    let mut bad = Vec::new();
    for address in [json!("0x"), json!(dirty), json!(long), json!("0x33"), Value::Null, json!(51), json!([])]
    {
        bad.push(Answers { wallet: address.clone(), ..honest() });
        bad.push(Answers { owner: address.clone(), ..honest() });
        bad.push(Answers { linked: address, ..honest() });
    }
    bad.push(Answers { wallet: reverted(), ..honest() });
    bad.push(Answers { linked: reverted(), ..honest() });
    bad.push(Answers { linked: json!(format!("0x{}", word(PARTY))), ..honest() });
    for summary in [
        json!("0x"),
        reverted(),
        json!({"code": -32601, "message": "method not found"}),
        Value::Null,
        json!(format!("0x{:064x}{:064x}", 3, 90)),
        json!(format!("0x{:064x}{:064x}{:064x}{:064x}", 3, 90, 0, 0)),
        json!(format!("0x{:064x}{:064x}{:064x}", 3, 90, 256)),
        json!(format!("0x{:064x}{:064x}{:064x}", 3, 90, 19)),
        json!(format!("0x1{:063x}{:064x}{:064x}", 3, 90, 0)),
        json!(format!("0x{:064x}1{:063x}{:064x}", 3, 90, 0)),
    ] {
        bad.push(Answers { summary, ..honest() });
    }
    for (place, answers) in bad.into_iter().enumerate() {
        let result = reputation(&[&node(answers).await]).await;
        assert!(matches!(result, Err(ChainError::BadAnswer { .. })), "answer {place}: {result:?}");
    }
}

#[tokio::test]
async fn a_score_needs_the_agreement_of_all_nodes_that_answer_and_at_least_two() {
    let silent = MockServer::start().await;
    let unreachable = reputation(&[&silent]).await;
    assert!(matches!(unreachable, Err(ChainError::Unreachable { .. })), "{unreachable:?}");
    let elsewhere = node(Answers { chain: "0x1", ..honest() }).await;
    let result = reputation(&[&elsewhere]).await;
    assert!(matches!(result, Err(ChainError::WrongChain { .. })), "{result:?}");

    let (good, too) = (node(honest()).await, node(honest()).await);
    assert_eq!(reputation(&[&good, &too]).await.expect("an answer"), Reputation::Score(90));
    let broken = node(Answers { summary: reverted(), ..honest() }).await;
    for other in [&silent, &elsewhere, &broken] {
        let alone = reputation(&[other, &good]).await;
        assert!(matches!(alone, Err(ChainError::Unproved { .. })), "{alone:?}");
        assert_eq!(reputation(&[&good, other, &too]).await.expect("an answer"), Reputation::Score(90));
    }

    // One node reports a score, the other reports none.
    let sober = node(Answers { summary: json!(format!("0x{:0192x}", 0)), ..honest() }).await;
    for nodes in [[&sober, &good], [&good, &sober]] {
        let differ = reputation(&nodes).await;
        assert!(matches!(differ, Err(ChainError::Contradiction { .. })), "{differ:?}");
    }
}
