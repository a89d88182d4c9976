//! Solana nodes that are behind, forgetful or contradictory, which a real node is not.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use solana_message::{AddressLookupTableAccount, VersionedMessage, v0};
use solana_pubkey::Pubkey;
use waiaas_chains::rpc::{RpcOptions, RpcPool, http_client};
use waiaas_chains::solana::{SolanaChain, SolanaOptions};
use waiaas_chains::{
    Chain, ChainError, Expiry, Known, Lane, Outcome, Refusal, SignedTx, Submission, Undecided,
};
use waiaas_core::U256;
use waiaas_core::effect::Effect;
use waiaas_core::intent::Intent;
use waiaas_core::network::Networks;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::solana_net::{SOL, Wallet, fresh, sol};

const BLOCKHASH: &str = "EkSnNWid2cvwEVnVx9aBqawnmiCNiDgp3gUdkDPTKN1N";

/// Answers by method; an unknown method gets an error object.
struct Answers(HashMap<&'static str, Value>);

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let call: Value = request.body_json().expect("JSON");
        let mut answer = json!({"jsonrpc": "2.0", "id": call["id"]});
        match self.0.get(call["method"].as_str().expect("method")) {
            Some(error) if error.get("code").is_some() => answer["error"] = error.clone(),
            Some(result) => answer["result"] = result.clone(),
            None => answer["error"] = json!({"code": -32601, "message": "Method not found"}),
        }
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

pub(crate) fn at<T: Into<Value>>(slot: u64, value: T) -> Value {
    json!({"context": {"slot": slot}, "value": value.into()})
}

/// A cluster at slot 5000 and height 4000, on which the transaction below is expired: it was valid up to
/// height 1150.
pub(crate) fn dead() -> HashMap<&'static str, Value> {
    let payer = json!({
        "lamports": 5 * SOL, "owner": "11111111111111111111111111111111", "executable": false, "data": ["", "base64"],
    });
    HashMap::from([
        ("getGenesisHash", json!("9XpAhEzsyK3fTyxhjtsBVPkg6tr3DqUa2M4tFeW1ZMtL")),
        ("getMinimumBalanceForRentExemption", json!(890_880)),
        ("getMultipleAccounts", at(4_999, json!([payer, null]))),
        ("simulateTransaction", at(4_999, json!({"err": null, "logs": [], "unitsConsumed": 450}))),
        ("getRecentPrioritizationFees", json!([{"slot": 1, "prioritizationFee": 7}])),
        ("getLatestBlockhash", at(1_250, json!({"blockhash": BLOCKHASH, "lastValidBlockHeight": 1_150}))),
        ("getBlockHeight", json!(4_000)),
        ("getEpochInfo", json!({"absoluteSlot": 5_000, "blockHeight": 4_000})),
        ("getFirstAvailableBlock", json!(0)),
        ("isBlockhashValid", at(5_040, false)),
        ("getSignatureStatuses", at(5_040, json!([null]))),
    ])
}

pub(crate) async fn node(answers: HashMap<&'static str, Value>) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(Answers(answers)).mount(&server).await;
    server
}

pub(crate) fn lying_chain(nodes: &[&MockServer], options: SolanaOptions) -> SolanaChain {
    let network = Networks::builtin().find("solana-localnet").expect("built in").clone();
    let urls = nodes.iter().map(|node| node.uri()).collect();
    let pool = RpcPool::new(&network.id, urls, http_client().expect("client"), RpcOptions::default());
    SolanaChain::new(network, pool.expect("pool"), options)
}

/// The same cluster earlier: its newest block is 1000.
fn alive() -> HashMap<&'static str, Value> {
    let mut answers = dead();
    answers.extend([("getBlockHeight", json!(1_000)), ("isBlockhashValid", at(1_010, true))]);
    answers
}

async fn signed(wallet: &Wallet) -> SignedTx {
    let node = node(alive()).await;
    let chain = lying_chain(&[&node], SolanaOptions::default());
    let draft = wallet.draft(&chain, &sol(fresh(2), SOL)).await;
    wallet.sign(&chain, &draft).await
}

#[tokio::test]
async fn dropped_needs_the_complete_proof() {
    let wallet = Wallet::new(1);
    let tx = signed(&wallet).await;
    assert_eq!(tx.expiry, Expiry::BlockHeight(1_150));
    let outcome = async |answers| {
        let node = node(answers).await;
        lying_chain(&[&node], SolanaOptions::default()).outcome(wallet.address(), &tx, Known::default()).await
    };
    assert_eq!(outcome(dead()).await.expect("an outcome"), Outcome::Dropped);
    let pruned_after = ("getBlock", json!({"blockHeight": 900}));
    for (method, answer, proved) in [
        ("getBlockHeight", json!(1_150), false),
        ("getBlockHeight", json!(1_151), true),
        ("getEpochInfo", json!({"absoluteSlot": 5_000, "blockHeight": 1_150}), false),
        ("getFirstAvailableBlock", json!(1_000), true),
        ("getFirstAvailableBlock", json!(1_001), true),
        ("getFirstAvailableBlock", json!(4_900), true),
        ("isBlockhashValid", at(5_040, true), false),
        ("getSignatureStatuses", at(4_999, json!([null])), false),
        ("getSignatureStatuses", at(5_000, json!([null])), true),
    ] {
        let mut answers = dead();
        answers.extend([pruned_after.clone(), (method, answer.clone())]);
        let expected = if proved { Outcome::Dropped } else { Outcome::Pending };
        assert_eq!(outcome(answers).await.expect("an outcome"), expected, "{method} {answer}");
    }
    for height in [json!(1_001), json!(null)] {
        let mut answers = dead();
        let block = json!({"blockHeight": height});
        answers.extend([("getFirstAvailableBlock", json!(1_001)), ("getBlock", block.clone())]);
        assert_eq!(outcome(answers).await.expect("an outcome"), Outcome::Pending, "{block}");
    }
    for method in [
        "getBlockHeight",
        "getEpochInfo",
        "getFirstAvailableBlock",
        "isBlockhashValid",
        "getSignatureStatuses",
    ] {
        let mut answers = dead();
        answers.remove(method);
        assert!(matches!(outcome(answers).await, Err(ChainError::BadAnswer { .. })), "{method}");
    }
}

#[tokio::test]
async fn a_node_that_has_it_or_cannot_tell_outweighs_the_others() {
    let wallet = Wallet::new(1);
    let tx = signed(&wallet).await;
    let absent = node(dead()).await;
    let mut answers = dead();
    let status =
        json!({"slot": 1_200, "confirmations": null, "err": null, "confirmationStatus": "finalized"});
    answers.insert("getSignatureStatuses", at(5_040, json!([status])));
    answers.insert("getTransaction", json!({"meta": {"fee": 5_001}}));
    let present = node(answers).await;
    let mut answers = dead();
    answers.insert("getSignatureStatuses", at(4_000, json!([null])));
    let behind = node(answers).await;
    let gone = node(HashMap::new()).await;

    let landed = Outcome::Confirmed { fee: U256::from(5_001), block: 1_200, is_final: true };
    let seen = Outcome::Undecided(Undecided::SuccessUnproved);
    let unproved = Outcome::Undecided(Undecided::DeathUnproved);
    let contradiction = Outcome::Undecided(Undecided::Contradiction);
    for (nodes, expected) in [
        (vec![&absent, &present], contradiction.clone()),
        (vec![&behind, &absent, &present], contradiction),
        (vec![&behind, &present], seen.clone()),
        (vec![&present, &gone], seen),
        (vec![&present, &gone, &present], landed.clone()),
        (vec![&present], landed),
        (vec![&absent, &behind], unproved.clone()),
        (vec![&absent, &gone], unproved),
        (vec![&absent, &absent], Outcome::Dropped),
        (vec![&absent, &gone, &absent], Outcome::Dropped),
    ] {
        let chain = lying_chain(&nodes, SolanaOptions::default());
        assert_eq!(
            chain.outcome(wallet.address(), &tx, Known::default()).await.expect("an outcome"),
            expected
        );
    }
}

#[tokio::test]
async fn the_offered_fee_follows_the_market_within_the_budget() {
    let wallet = Wallet::new(1);
    for (market, cap, paid, budget) in [(7, 1_000_000, 7, 6_000), (u64::MAX, 500_000, 500_000, 5_500)] {
        let mut answers = alive();
        answers.insert("getRecentPrioritizationFees", json!([{"slot": 1, "prioritizationFee": market}]));
        let node = node(answers).await;
        let options = SolanaOptions { priority_fee_cap: cap, ..SolanaOptions::default() };
        let chain = lying_chain(&[&node], options);
        let draft = wallet.draft(&chain, &sol(fresh(2), SOL)).await;
        let effects = chain.codec().effects(&draft).expect("effects");
        assert_eq!(effects.items.first(), Some(&Effect::NetworkFee { max: U256::from(budget) }));
        let tx = wallet.sign(&chain, &draft).await;
        // SetComputeUnitPrice in its wire encoding: length, tag, micro-lamports.
        let instruction = [&[9, 3][..], &u64::to_le_bytes(paid)].concat();
        assert!(tx.bytes.windows(10).any(|bytes| bytes == instruction), "{market}");
    }
}

#[tokio::test]
async fn refusals_of_a_node_are_distinguished() {
    let wallet = Wallet::new(1);
    let tx = signed(&wallet).await;
    let mut answers = dead();
    let failed = json!({"err": {"InstructionError": [2, {"Custom": 1}]}, "logs": [], "unitsConsumed": 1});
    answers.insert("simulateTransaction", at(4_999, failed));
    let unfit = node(answers).await;
    let refusal =
        wallet.refusal(&lying_chain(&[&unfit], SolanaOptions::default()), &sol(fresh(2), SOL)).await;
    assert_eq!(
        refusal,
        Refusal::SimulationFailed(
            "instruction 1 (program 11111111111111111111111111111111): insufficient funds".into()
        )
    );

    for (answer, expected) in [
        (json!(tx.hash), Some(Submission::Accepted)),
        (json!("5uCMo6vFuRtLy59u8q85FbmXE4SVXCBQDiyV1KYrTX4o"), None),
        (
            json!({"code": -32002, "message": "failed", "data": {"err": "AlreadyProcessed"}}),
            Some(Submission::Accepted),
        ),
        (
            json!({"code": -32002, "message": "failed", "data": {"err": "BlockhashNotFound"}}),
            Some(Submission::Rejected("the blockhash is unknown or too old".into())),
        ),
    ] {
        let mut answers = dead();
        answers.insert("sendTransaction", answer.clone());
        let node = node(answers).await;
        let told = lying_chain(&[&node], SolanaOptions::default()).submit(&tx).await;
        assert_eq!(told.ok(), expected, "{answer}");
    }
}

#[tokio::test]
async fn one_node_of_two_proves_no_failure_and_no_fee_above_the_offer() {
    let wallet = Wallet::new(1);
    let tx = signed(&wallet).await;
    let status = |err: Value, level: &str| {
        let status = json!({"slot": 1_200, "confirmations": 1, "err": err, "confirmationStatus": level});
        ("getSignatureStatuses", at(5_040, json!([status])))
    };
    let told = async |changes: Vec<(&'static str, Value)>| {
        let mut answers = dead();
        answers.extend([("getTransaction", json!({"meta": {"fee": 5_001}}))]);
        answers.extend(changes);
        node(answers).await
    };
    let failed = told(vec![status(json!("AccountInUse"), "finalized")]).await;
    let worked = told(vec![status(Value::Null, "finalized")]).await;
    let alive = told(vec![("getBlockHeight", json!(1_100))]).await;
    let outcome = async |nodes: &[&MockServer]| {
        let chain = lying_chain(nodes, SolanaOptions::default());
        chain.outcome(wallet.address(), &tx, Known::default()).await.expect("an outcome")
    };
    assert!(matches!(outcome(&[&failed]).await, Outcome::Reverted { .. }), "the only node");
    assert!(matches!(outcome(&[&failed, &failed]).await, Outcome::Reverted { .. }));
    assert_eq!(outcome(&[&failed, &alive]).await, Outcome::Undecided(Undecided::RevertUnproved));
    assert_eq!(outcome(&[&failed, &worked]).await, Outcome::Undecided(Undecided::Contradiction));

    // 5 000 for the signature and the maximum for priority.
    for (paid, counted) in [(5_000, 5_000), (0, 5_001), (u64::MAX, 5_001)] {
        let node =
            told(vec![status(Value::Null, "finalized"), ("getTransaction", json!({"meta": {"fee": paid}}))])
                .await;
        let expected = Outcome::Confirmed { fee: U256::from(counted), block: 1_200, is_final: true };
        assert_eq!(outcome(&[&node]).await, expected, "{paid}");
    }
}

/// Completes a payment on these nodes, and returns the last height at which it may land.
async fn last_valid(nodes: &[&MockServer]) -> Result<u64, ChainError> {
    let wallet = Wallet::new(1);
    let chain = lying_chain(nodes, SolanaOptions::default());
    let draft = wallet.draft(&chain, &sol(fresh(2), SOL)).await;
    let completed = chain.complete(&draft, &Lane::default()).await?;
    match chain
        .codec()
        .assemble(&completed, &wallet.signature(completed.payload()))
        .expect("assembles")
        .expiry
    {
        Expiry::BlockHeight(height) => Ok(height),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_node_of_two_does_not_set_the_last_valid_height() {
    const UNSEEN: &str = "8qbHbw2BbbTHBW1sbeqakYXVKRQM8Ne7pLK7m6CVfeR9";
    let of = async |changes: Vec<(&'static str, Value)>| {
        let mut answers = alive();
        answers.extend(changes);
        node(answers).await
    };
    let own =
        |hash: &str| ("getLatestBlockhash", at(1_010, json!({"blockhash": hash, "lastValidBlockHeight": 7})));
    let height = |height: u64| ("getBlockHeight", json!(height));
    let refuses = ("isBlockhashValid", at(1_010, false));

    let honest = of(vec![]).await;
    assert_eq!(
        last_valid(&[&honest]).await.expect("the only node"),
        1_150,
        "its own lastValidBlockHeight is not used"
    );
    let low = of(vec![height(20)]).await;
    let high = of(vec![height(1_000_000_000)]).await;
    let silent = MockServer::start().await;
    for liar in [&low, &high, &silent] {
        for nodes in [[liar, &honest], [&honest, liar]] {
            let told = last_valid(&nodes).await;
            assert!(matches!(told, Err(ChainError::Unproved { .. })), "{told:?}");
        }
        assert_eq!(last_valid(&[&honest, liar, &honest]).await.expect("two of three"), 1_150);
    }
    let ahead = of(vec![height(1_100)]).await;
    assert_eq!(last_valid(&[&honest, &ahead]).await.expect("near enough"), 1_250, "the later height counts");

    // A blockhash that the other has not seen yet is not used; one of the other's own is.
    let (liar, other) = (of(vec![own(UNSEEN)]).await, of(vec![refuses]).await);
    let told = last_valid(&[&liar, &other]).await.expect("the other's own");
    assert_eq!(told, 1_150);
}

/// A node that returns a lookup table with `entry` for the one requested account.
async fn holds(entry: &Pubkey) -> MockServer {
    let mut data = [&1u32.to_le_bytes()[..], &u64::MAX.to_le_bytes()].concat();
    data.resize(56, 0);
    data.extend(entry.to_bytes());
    let table = json!({
        "lamports": SOL, "owner": "AddressLookupTab1e1111111111111111111111111", "executable": false,
        "data": [BASE64.encode(data), "base64"],
    });
    let mut answers = dead();
    answers.insert("getMultipleAccounts", at(4_999, json!([table])));
    answers.insert("isBlockhashValid", at(5_040, true));
    node(answers).await
}

#[tokio::test]
async fn all_answering_nodes_must_agree_on_lookup_table_entries() {
    let wallet = Wallet::new(1);
    let from = Pubkey::new_from_array(wallet.address().as_bytes().try_into().expect("32 bytes"));
    let (friend, thief) = (Pubkey::new_from_array([7; 32]), Pubkey::new_from_array([8; 32]));
    let looked_up =
        AddressLookupTableAccount { key: Pubkey::new_from_array([9; 32]), addresses: vec![thief] };
    let transfer = solana_system_interface::instruction::transfer(&from, &thief, 5);
    let hash = BLOCKHASH.parse().expect("a hash");
    let message = v0::Message::try_compile(&from, &[transfer], &[looked_up], hash).expect("compiles");
    let transaction = [&[1][..], &[0; 64], &VersionedMessage::V0(message).serialize()].concat();
    let intent = Intent::SignTransaction { transaction };
    let (honest, also_honest, liar) = (holds(&thief).await, holds(&thief).await, holds(&friend).await);
    let silent = node(HashMap::from([("getGenesisHash", dead()["getGenesisHash"].clone())])).await;
    let draft = async |nodes: &[&MockServer]| {
        lying_chain(nodes, SolanaOptions::default()).build(wallet.address(), &intent).await
    };
    for nodes in [vec![&honest], vec![&honest, &also_honest], vec![&honest, &also_honest, &silent]] {
        assert!(draft(&nodes).await.is_ok());
    }
    for nodes in [vec![&honest, &liar], vec![&liar, &honest], vec![&honest, &also_honest, &liar]] {
        let refused = draft(&nodes).await;
        assert!(matches!(refused, Err(ChainError::Contradiction { .. })), "{refused:?}");
    }
    let alone = draft(&[&liar, &silent]).await;
    assert!(matches!(alone, Err(ChainError::Unproved { .. })), "{alone:?}");
}
