//! Tests of the outcome of signed bytes on a real node that drops, reorganises, reverts and stops.

use serde_json::json;
use waiaas_chains::evm::EvmOptions;
use waiaas_chains::{Chain, ChainError, Expiry, Known, Lane, Outcome, SignedTx, Submission, Undecided};
use waiaas_core::U256;
use waiaas_core::address::Address;

use crate::anvil::Anvil;
use crate::evm_world::{STRANGER, World, chain, options, token_transfer, transfer};

/// Number of blocks above a block after which anvil, with four slots an epoch, reports it as final.
const FINAL: u64 = 8;

#[tokio::test]
async fn a_revert_on_chain_costs_only_the_fee() {
    let world = World::new().await;
    let Address::Evm(owner) = world.wallet.address else { panic!("an EVM wallet") };
    let token = Address::Evm(world.anvil.deploy_erc20("TEST", 1_000, owner).await);
    // Both would succeed when they are built; the second fails when it runs.
    let first = world.sign(&token_transfer(token, 1_000), &[]).await;
    let second = world.sign(&token_transfer(token, 900), &[0]).await;
    let before = world.balance(world.wallet.address).await;
    for signed in [&first, &second] {
        assert_eq!(world.submit(signed).await, Submission::Accepted);
    }
    world.anvil.mine(1).await;
    let Outcome::Confirmed { fee: first_fee, .. } = world.outcome(&first).await else {
        panic!("the first works")
    };
    let open = Outcome::Undecided(Undecided::RevertUnproved);
    assert_eq!(world.outcome(&second).await, open, "its block is not final yet");
    world.anvil.mine(FINAL - 1).await;
    assert_eq!(world.outcome(&second).await, open, "one block short");
    world.anvil.mine(1).await;
    let Outcome::Reverted { fee, reason, block } = world.outcome(&second).await else {
        panic!("the second reverts")
    };
    assert!(fee > U256::ZERO && block == 2);
    assert!(reason.contains("transfer amount exceeds balance"), "{reason}");
    assert_eq!(world.balance(world.wallet.address).await, before - first_fee - fee);
    let holdings = world.chain.holdings(STRANGER, &[token]).await.expect("holdings").held;
    assert_eq!(holdings[1].amount, U256::from(1_000));
}

#[tokio::test]
async fn a_transaction_is_dropped_once_another_one_with_its_nonce_is_final() {
    let world = World::new().await;
    let loser = world.sign(&transfer(1), &[]).await;
    let winner = world.sign(&transfer(2), &[]).await;
    assert_eq!(loser.expiry, winner.expiry);
    assert_eq!(world.submit(&winner).await, Submission::Accepted);
    world.anvil.mine(1).await;
    assert!(matches!(world.outcome(&winner).await, Outcome::Confirmed { .. }));
    let open = Outcome::Undecided(Undecided::DeathUnproved);
    assert_eq!(world.outcome(&loser).await, open, "the other is not final yet");
    assert!(matches!(world.submit(&loser).await, Submission::Rejected(_)));
    assert!(matches!(world.outcome(&winner).await, Outcome::Confirmed { is_final: false, .. }));
    world.anvil.mine(FINAL - 1).await;
    assert_eq!(world.outcome(&loser).await, open, "one block short");
    world.anvil.mine(1).await;
    assert_eq!(world.outcome(&loser).await, Outcome::Dropped);
    assert!(matches!(world.outcome(&winner).await, Outcome::Confirmed { is_final: true, .. }));
    assert_eq!(world.balance(STRANGER).await, U256::from(2));
}

#[tokio::test]
async fn a_transaction_dropped_from_the_pool_is_pending_and_can_be_sent_again() {
    let world = World::new().await;
    let signed = world.sign(&transfer(5), &[]).await;
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.call("anvil_dropTransaction", json!([signed.hash])).await;
    world.anvil.mine(FINAL + 2).await;
    assert_eq!(world.outcome(&signed).await, Outcome::Pending);
    assert_eq!(world.balance(STRANGER).await, U256::ZERO);
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.mine(1).await;
    assert!(matches!(world.outcome(&signed).await, Outcome::Confirmed { .. }));
    assert_eq!(world.balance(STRANGER).await, U256::from(5));
}

#[tokio::test]
async fn a_reorganisation_before_confirmation_leaves_the_transaction_pending() {
    let world = World::with(&[], EvmOptions { confirmations: 3, ..options() }).await;
    let signed = world.sign(&transfer(5), &[]).await;
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.mine(2).await;
    assert_eq!(world.balance(STRANGER).await, U256::from(5), "it is in a block");
    assert_eq!(world.outcome(&signed).await, Outcome::Pending, "two of three confirmations");
    world.anvil.call("anvil_reorg", json!([2, []])).await;
    assert_eq!(world.balance(STRANGER).await, U256::ZERO, "the block was reorganised");
    world.anvil.mine(FINAL + 2).await;
    assert_eq!(world.outcome(&signed).await, Outcome::Pending, "not in a block, but it may still land");
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.mine(3).await;
    assert!(matches!(world.outcome(&signed).await, Outcome::Confirmed { .. }));
    assert_eq!(world.balance(STRANGER).await, U256::from(5));
}

#[tokio::test]
async fn a_node_that_stops_proves_nothing() {
    let mut world = World::new().await;
    let signed = world.sign(&transfer(5), &[]).await;
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.kill();
    let outcome = world.chain.outcome(world.wallet.address, &signed, Known::default()).await;
    assert!(matches!(outcome, Err(ChainError::Unreachable { .. })), "{outcome:?}");
    let submission = world.chain.submit(&signed).await;
    assert!(matches!(submission, Err(ChainError::Unreachable { .. })), "{submission:?}");

    // The next node does not have it yet; the same bytes are sent there.
    let other = Anvil::start(&[]);
    world.wallet.fund(&other, 10).await;
    world.chain = chain(vec![world.anvil.url(), other.url()], options());
    other.mine(FINAL + 2).await;
    assert_eq!(world.outcome(&signed).await, Outcome::Pending);
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    other.mine(1).await;
    let unproved = Outcome::Undecided(Undecided::SuccessUnproved);
    assert_eq!(world.outcome(&signed).await, unproved, "a single answer of two nodes");
    assert_eq!(world.balance(STRANGER).await, U256::from(5));
    world.chain = chain(vec![other.url()], options());
    assert!(matches!(world.outcome(&signed).await, Outcome::Confirmed { .. }));
}

#[tokio::test]
async fn the_outcome_of_altered_or_foreign_bytes_is_refused() {
    let world = World::new().await;
    let signed = world.sign(&transfer(5), &[]).await;
    let mut altered = signed.clone();
    altered.bytes[10] ^= 1;
    let mut renamed = signed.clone();
    renamed.hash = format!("0x{}", "00".repeat(32));
    for wrong in [&altered, &renamed] {
        assert!(matches!(
            world.chain.outcome(world.wallet.address, wrong, Known::default()).await,
            Err(ChainError::Corrupt(_))
        ));
        assert!(matches!(world.chain.submit(wrong).await, Err(ChainError::Corrupt(_))));
    }
    assert!(matches!(
        world.chain.outcome(STRANGER, &signed, Known::default()).await,
        Err(ChainError::Corrupt(_))
    ));
}

#[tokio::test]
async fn a_refused_broadcast_proves_nothing() {
    let world = World::new().await;
    let signed = world.sign(&transfer(5), &[]).await;
    world.anvil.call("anvil_setBalance", json!([world.wallet.address, "0x0"])).await;
    let Submission::Rejected(reason) = world.submit(&signed).await else {
        panic!("there is nothing to pay with")
    };
    assert!(reason.to_lowercase().contains("insufficient funds"), "{reason}");
    assert_eq!(world.outcome(&signed).await, Outcome::Pending);
    world.wallet.fund(&world.anvil, 10).await;
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.mine(1).await;
    assert!(matches!(world.outcome(&signed).await, Outcome::Confirmed { .. }));
}

/// Returns the block of the transaction, and whether that is final.
async fn seen(world: &World, signed: &SignedTx) -> (u64, bool) {
    match world.outcome(signed).await {
        Outcome::Confirmed { block, is_final, .. } => (block, is_final),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_reorganised_transaction_fell_out_and_may_land_again() {
    let world = World::new().await;
    let signed = world.sign(&transfer(5), &[]).await;
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.mine(2).await;
    let (block, is_final) = seen(&world, &signed).await;
    assert!(!is_final);
    world.anvil.call("anvil_reorg", json!([2, []])).await;
    let known = Known { block: Some(block), ..Known::default() };
    assert_eq!(world.outcome_knowing(&signed, known).await, Outcome::FellOut);
    assert_eq!(world.outcome(&signed).await, Outcome::Pending, "without the earlier block it is pending");
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.mine(FINAL + 1).await;
    let (again, is_final) = seen(&world, &signed).await;
    assert!(again > block && is_final);
}

#[tokio::test]
async fn a_reorganisation_to_another_transaction_of_the_nonce_is_a_drop_once_that_is_final() {
    let world = World::new().await;
    let signed = world.sign(&transfer(5), &[]).await;
    let other = world.sign(&transfer(6), &[]).await;
    let snapshot = world.anvil.call("evm_snapshot", json!([])).await;
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.mine(1).await;
    let (block, _) = seen(&world, &signed).await;
    world.anvil.call("evm_revert", json!([snapshot])).await;
    assert_eq!(world.submit(&other).await, Submission::Accepted);
    world.anvil.mine(1).await;
    let known = Known { block: Some(block), ..Known::default() };
    let open = Outcome::Undecided(Undecided::DeathUnproved);
    assert_eq!(world.outcome_knowing(&signed, known).await, open);
    world.anvil.mine(FINAL).await;
    assert_eq!(world.outcome_knowing(&signed, known).await, Outcome::Dropped);
    assert_eq!(world.balance(STRANGER).await, U256::from(6));
}

#[tokio::test]
async fn a_lagging_node_does_not_cause_a_used_nonce_to_be_signed_again() {
    let world = World::new().await;
    let draft = world.chain.build(world.wallet.address, &transfer(1)).await.expect("a draft");
    for (floor, expected) in [(0, 0), (3, 3)] {
        let lane = Lane { nonce_floor: floor, ..Lane::default() };
        let completed = world.chain.complete(&draft, &lane).await.expect("completes");
        let signed =
            world.chain.codec().assemble(&completed, &world.wallet.sign(&completed)).expect("assembles");
        assert_eq!(signed.expiry, Expiry::Nonce(expected), "the node counts none");
    }
}
