//! Tests of fee bump and cancellation on a real node that mines only on request.

use serde_json::{Value, json};
use waiaas_chains::evm::EvmOptions;
use waiaas_chains::{Chain, ChainError, Outcome, Refusal, SignedTx, Submission, Undecided};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effect;
use waiaas_core::intent::Intent;
use waiaas_core::transaction::Replacement;

use crate::evm_world::{
    STRANGER, Wallet, World, fee_budget, in_place_of, options, refusal, token_transfer, transfer,
};

/// Number of blocks above a block after which anvil, with four slots an epoch, reports it as final.
const FINAL: u64 = 8;

/// A judged draft and its signed transaction.
struct Pair {
    draft: Draft,
    signed: SignedTx,
}

/// Builds and signs, with `lane` in flight.
async fn pair(world: &World, intent: &Intent, lane: &[u64]) -> Pair {
    let draft = world.chain.build(world.wallet.address, intent).await.expect("a draft");
    let signed = world.sign_draft(&draft, lane).await;
    Pair { draft, signed }
}

/// Builds the draft of the replacement of `old`.
async fn build(world: &World, old: &Pair, with: Replacement) -> Result<Draft, ChainError> {
    world.chain.replacement(&old.draft, &old.signed.bytes, with).await
}

/// Builds, completes and signs the replacement of `old`.
async fn replace(world: &World, old: &Pair, with: Replacement) -> Pair {
    let draft = build(world, old, with).await.expect("a draft");
    let signed = world.sign_in_place_of(&old.signed, &draft).await;
    assert_eq!(signed.expiry, old.signed.expiry, "the same nonce");
    assert_ne!(signed.hash, old.signed.hash);
    Pair { draft, signed }
}

async fn accepted(world: &World, pair: &Pair) {
    assert_eq!(world.submit(&pair.signed).await, Submission::Accepted);
}

fn number(value: &Value) -> u128 {
    let text = value.as_str().expect("a quantity").trim_start_matches("0x");
    u128::from_str_radix(text, 16).expect("hex")
}

/// Returns both prices of a transaction in the node's pool.
async fn prices(world: &World, pair: &Pair) -> [u128; 2] {
    let tx = world.anvil.call("eth_getTransactionByHash", json!([pair.signed.hash])).await;
    assert_eq!(tx["blockHash"], Value::Null, "it waits in the pool");
    [number(&tx["maxFeePerGas"]), number(&tx["maxPriorityFeePerGas"])]
}

/// Checks that only `winner` is on chain, and that `loser` is dropped once that is final.
async fn one_lands(world: &World, winner: &Pair, loser: &Pair) {
    world.anvil.mine(1).await;
    assert!(matches!(world.outcome(&winner.signed).await, Outcome::Confirmed { .. }));
    let open = world.outcome(&loser.signed).await;
    assert_eq!(open, Outcome::Undecided(Undecided::DeathUnproved), "the winner is not final yet");
    world.anvil.mine(FINAL).await;
    assert_eq!(world.outcome(&loser.signed).await, Outcome::Dropped);
    let late = build(world, loser, Replacement::HigherFee).await;
    assert_eq!(refusal(late), Refusal::NothingToReplace);
}

#[tokio::test]
async fn a_bump_is_the_same_payment_at_prices_that_the_node_accepts() {
    let world = World::new().await;
    let old = pair(&world, &transfer(5), &[]).await;
    accepted(&world, &old).await;
    let before = prices(&world, &old).await;
    let new = replace(&world, &old, Replacement::HigherFee).await;
    accepted(&world, &new).await;
    for (new, old) in prices(&world, &new).await.into_iter().zip(before) {
        assert!(new * 8 >= old * 9 && new > old, "{new} after {old}");
    }
    let gone = world.anvil.call("eth_getTransactionByHash", json!([old.signed.hash])).await;
    assert_eq!(gone, Value::Null, "the node dropped the old one");
    assert!(
        matches!(world.submit(&old.signed).await, Submission::Rejected(_)),
        "and does not accept it again"
    );
    one_lands(&world, &new, &old).await;
    assert_eq!(world.balance(STRANGER).await, U256::from(5), "paid once");
}

#[tokio::test]
async fn bumps_follow_a_base_fee_that_rises() {
    let world = World::new().await;
    let old = pair(&world, &transfer(5), &[]).await;
    accepted(&world, &old).await;
    let [max, _] = prices(&world, &old).await;
    let base = max * 3;
    world.anvil.call("anvil_setNextBlockBaseFeePerGas", json!([format!("0x{base:x}")])).await;
    world.anvil.mine(1).await;
    assert_eq!(world.outcome(&old.signed).await, Outcome::Pending, "below the base fee now");
    let new = replace(&world, &old, Replacement::HigherFee).await;
    accepted(&world, &new).await;
    assert!(prices(&world, &new).await[0] > base);
    // A further bump replaces the newest transaction.
    let newer = replace(&world, &new, Replacement::HigherFee).await;
    accepted(&world, &newer).await;
    one_lands(&world, &newer, &old).await;
    assert_eq!(world.outcome(&new.signed).await, Outcome::Dropped);
    assert_eq!(world.balance(STRANGER).await, U256::from(5));
}

#[tokio::test]
async fn a_bump_repeats_a_token_transfer_only_while_it_works() {
    let world = World::new().await;
    let Address::Evm(owner) = world.wallet.address else { panic!("an EVM wallet") };
    let token = Address::Evm(world.anvil.deploy_erc20("TEST", 1_000, owner).await);
    let old = pair(&world, &token_transfer(token, 600), &[]).await;
    let draft = build(&world, &old, Replacement::HigherFee).await;
    let effects = world.chain.codec().effects(&draft.expect("a draft")).expect("effects");
    let sent = Effect::TokenOut {
        asset: format!("eip155:31337/erc20:{token}").parse().expect("asset"),
        to: STRANGER,
        amount: U256::from(600),
    };
    assert_eq!(effects.items.first(), Some(&sent), "the effect of the old one");
    assert_eq!(effects.items.len(), 2, "and the fee");

    // The token now reverts, so a bump would only pay its fee.
    world.set_code(token, crate::anvil::CODE_REVERTING).await;
    let draft = build(&world, &old, Replacement::HigherFee).await;
    assert!(matches!(refusal(draft), Refusal::SimulationFailed(_)));
    // A cancellation still works.
    let empty = replace(&world, &old, Replacement::Cancellation).await;
    accepted(&world, &empty).await;
    one_lands(&world, &empty, &old).await;
}

#[tokio::test]
async fn a_cancellation_moves_nothing_but_the_fee() {
    let world = World::new().await;
    let old = pair(&world, &transfer(5), &[]).await;
    accepted(&world, &old).await;
    let draft = build(&world, &old, Replacement::Cancellation).await;
    let draft = draft.expect("a draft");
    let max = fee_budget(&world.chain, &draft);
    let nothing = Effect::NativeOut { to: world.wallet.address, amount: U256::ZERO };
    assert_eq!(
        world.chain.codec().effects(&draft).expect("effects").items,
        [nothing, Effect::NetworkFee { max }]
    );
    let before = world.balance(world.wallet.address).await;
    let new = replace(&world, &old, Replacement::Cancellation).await;
    accepted(&world, &new).await;
    one_lands(&world, &new, &old).await;
    let Outcome::Confirmed { fee, .. } = world.outcome(&new.signed).await else { panic!("it landed") };
    assert!(fee <= max);
    assert_eq!(world.balance(world.wallet.address).await, before - fee);
    assert_eq!(world.balance(STRANGER).await, U256::ZERO);
}

#[tokio::test]
async fn a_replacement_takes_its_own_nonce_and_no_other() {
    let world = World::new().await;
    let first = pair(&world, &transfer(1), &[]).await;
    let second = pair(&world, &transfer(2), &[0]).await;
    for pair in [&first, &second] {
        accepted(&world, pair).await;
    }
    let new = replace(&world, &second, Replacement::Cancellation).await;
    accepted(&world, &new).await;
    one_lands(&world, &new, &second).await;
    assert!(matches!(world.outcome(&first.signed).await, Outcome::Confirmed { .. }));
    assert_eq!(world.balance(STRANGER).await, U256::from(1));
}

#[tokio::test]
async fn a_transaction_that_landed_before_signing_is_not_replaced() {
    let world = World::new().await;
    let old = pair(&world, &transfer(5), &[]).await;
    let draft = build(&world, &old, Replacement::HigherFee).await;
    let draft = draft.expect("a draft");
    accepted(&world, &old).await;
    world.anvil.mine(1).await;
    let completed = world.chain.complete(&draft, &in_place_of(&old.signed)).await;
    assert_eq!(refusal(completed), Refusal::NothingToReplace);
}

#[tokio::test]
async fn a_replacement_keeps_to_the_caps_and_the_balance() {
    let world = World::new().await;
    let old = pair(&world, &transfer(5), &[]).await;
    let draft = build(&world, &old, Replacement::HigherFee).await.expect("a draft");
    let budget = fee_budget(&world.chain, &draft);
    let tight = world.chain.codec().capped(&draft, budget / U256::from(3u8)).expect("a draft");
    let refused = refusal(world.chain.complete(&tight, &in_place_of(&old.signed)).await);
    assert!(matches!(refused, Refusal::FeeAboveCap { fee, cap } if fee > cap), "{refused:?}");
    let tight = EvmOptions { max_priority_fee_per_gas: 1, ..options() };
    let tight = crate::evm_world::chain(vec![world.anvil.url()], tight);
    let refused = refusal(tight.complete(&draft, &in_place_of(&old.signed)).await);
    assert!(matches!(refused, Refusal::FeeAboveCap { fee, cap } if fee > cap), "{refused:?}");

    world.wallet.fund(&world.anvil, 0).await;
    let refused = refusal(build(&world, &old, Replacement::HigherFee).await);
    assert!(matches!(refused, Refusal::InsufficientBalance { .. }), "{refused:?}");
    let refused = refusal(build(&world, &old, Replacement::Cancellation).await);
    assert!(matches!(refused, Refusal::InsufficientForFee { .. }), "{refused:?}");
}

#[tokio::test]
async fn bytes_of_another_draft_or_wallet_are_corrupt() {
    let world = World::new().await;
    let old = pair(&world, &transfer(1), &[]).await;
    let other = pair(&world, &transfer(2), &[]).await;
    let stranger = Wallet::from_key([0x22; 32]);
    let foreign = Draft { from: stranger.address, ..old.draft.clone() };
    for (judged, bytes) in
        [(&foreign, &old.signed.bytes), (&old.draft, &other.signed.bytes), (&old.draft, &vec![2, 0xc0])]
    {
        let made = world.chain.replacement(judged, bytes, Replacement::HigherFee).await;
        assert!(matches!(made, Err(ChainError::Corrupt(_))), "{made:?}");
    }
}
