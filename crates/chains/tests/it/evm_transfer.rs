//! Tests of transfers on a real node, from the intent to the confirmation.

use serde_json::json;
use waiaas_chains::{Chain, Expiry, Lane, Outcome, Submission};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;

use crate::evm_world::{COIN, STRANGER, World, fee_budget, network, options, token_transfer, transfer};

fn confirmed(outcome: Outcome) -> U256 {
    match outcome {
        Outcome::Confirmed { fee, .. } => fee,
        other => panic!("expected a confirmation, got {other:?}"),
    }
}

#[tokio::test]
async fn native_coin_arrives_and_the_fee_is_within_the_budget() {
    let world = World::new().await;
    let draft = world.chain.build(world.wallet.address, &transfer(COIN)).await.expect("a draft");
    let effects = world.chain.codec().effects(&draft).expect("effects");
    let budget = fee_budget(&world.chain, &draft);
    let amount = U256::from(COIN);
    let expected = [Effect::NativeOut { to: STRANGER, amount }, Effect::NetworkFee { max: budget }];
    assert_eq!(effects.items, expected);
    assert_eq!((effects.from, effects.native), (world.wallet.address, network().native()));

    let before = world.balance(world.wallet.address).await;
    let signed = world.sign_draft(&draft, &[]).await;
    assert_eq!(signed.expiry, Expiry::Nonce(0));
    assert_eq!(world.outcome(&signed).await, Outcome::Pending, "not yet sent");
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    assert_eq!(world.outcome(&signed).await, Outcome::Pending, "not yet mined");
    world.anvil.mine(1).await;
    let fee = confirmed(world.outcome(&signed).await);
    assert!(fee > U256::ZERO && fee <= budget, "{fee} of {budget}");
    assert_eq!(world.balance(STRANGER).await, amount);
    assert_eq!(world.balance(world.wallet.address).await, before - amount - fee);
    let known = world.anvil.call("eth_getTransactionByHash", json!([signed.hash])).await;
    assert_eq!(known["type"], "0x2");
}

#[tokio::test]
async fn a_token_arrives() {
    let world = World::new().await;
    let Address::Evm(owner) = world.wallet.address else { panic!("an EVM wallet") };
    let token = Address::Evm(world.anvil.deploy_erc20("TEST", 1_000, owner).await);
    let draft = world.chain.build(world.wallet.address, &token_transfer(token, 400)).await.expect("a draft");
    let max = fee_budget(&world.chain, &draft);
    let asset = AssetId::token(&network().caip2, token);
    let out = Effect::TokenOut { asset: asset.clone(), to: STRANGER, amount: U256::from(400) };
    assert_eq!(
        world.chain.codec().effects(&draft).expect("effects").items,
        [out, Effect::NetworkFee { max }]
    );

    let simulation = world.chain.simulate(&draft).await.expect("the node answers");
    assert!(simulation.success && simulation.error.is_none());
    assert!(simulation.units_consumed.is_some_and(|units| units > 21_000));

    let signed = world.sign_draft(&draft, &[]).await;
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.mine(1).await;
    confirmed(world.outcome(&signed).await);
    for (address, amount) in [(STRANGER, 400), (world.wallet.address, 600)] {
        let holdings = world.chain.holdings(address, &[token]).await.expect("holdings").held;
        assert_eq!(holdings.len(), 2);
        assert_eq!(holdings[0].asset, network().native());
        assert_eq!((&holdings[1].asset, holdings[1].amount), (&asset, U256::from(amount)));
        assert_eq!((holdings[1].facts.decimals, holdings[1].facts.symbol.as_str()), (18, "TEST"));
    }
}

#[tokio::test]
async fn a_network_without_base_fee_gets_a_legacy_transaction() {
    let world = World::with(&["--hardfork", "berlin"], options()).await;
    let draft = world.chain.build(world.wallet.address, &transfer(COIN)).await.expect("a draft");
    let signed = world.sign_draft(&draft, &[]).await;
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.mine(1).await;
    let fee = confirmed(world.outcome(&signed).await);
    assert!(fee <= fee_budget(&world.chain, &draft));
    let known = world.anvil.call("eth_getTransactionByHash", json!([signed.hash])).await;
    assert_eq!(known["type"], "0x0");
    assert_eq!(world.balance(STRANGER).await, U256::from(COIN));
}

#[tokio::test]
async fn two_in_flight_take_consecutive_nonces() {
    let world = World::new().await;
    let first = world.sign(&transfer(1), &[]).await;
    let second = world.sign(&transfer(2), &[0]).await;
    assert_eq!((first.expiry, second.expiry), (Expiry::Nonce(0), Expiry::Nonce(1)));
    // The node accepts them in any order.
    assert_eq!(world.submit(&second).await, Submission::Accepted);
    assert_eq!(world.submit(&first).await, Submission::Accepted);
    world.anvil.mine(1).await;
    confirmed(world.outcome(&first).await);
    confirmed(world.outcome(&second).await);
    assert_eq!(world.balance(STRANGER).await, U256::from(3));
    let third = world.sign(&transfer(1), &[0, 1]).await;
    assert_eq!(third.expiry, Expiry::Nonce(2));
}

#[tokio::test]
async fn the_same_bytes_sent_again_are_one_transfer() {
    let world = World::new().await;
    let signed = world.sign(&transfer(7), &[]).await;
    for _ in 0..3 {
        assert_eq!(world.submit(&signed).await, Submission::Accepted, "in the pool");
    }
    world.anvil.mine(1).await;
    assert_eq!(world.submit(&signed).await, Submission::Accepted, "in a block");
    world.anvil.mine(1).await;
    confirmed(world.outcome(&signed).await);
    assert_eq!(world.balance(STRANGER).await, U256::from(7));
}

#[tokio::test]
async fn an_op_stack_chain_has_its_data_fee_in_the_budget() {
    let world = World::new().await;
    let plain = world.chain.build(world.wallet.address, &transfer(7)).await.expect("a draft");
    let chain = crate::evm_world::op_chain(vec![world.anvil.url()], options());
    let oracle: Address = "0x420000000000000000000000000000000000000F".parse().expect("address");
    // PUSH5 10^12, PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, RETURN
    world.set_code(oracle, "0x64e8d4a5100060005260206000f3").await;
    let draft = chain.build(world.wallet.address, &transfer(7)).await.expect("a draft");
    // Increased by a quarter, then doubled like the rest.
    let more = U256::from(2_500_000_000_000u64);
    assert_eq!(fee_budget(&chain, &draft), fee_budget(&world.chain, &plain) + more);
    chain.complete(&draft, &Lane::default()).await.expect("completes");
    let other = world.chain.build(world.wallet.address, &transfer(7)).await.expect("a draft");
    assert_eq!(other, plain, "a contract at the oracle's address does not make a network an OP-stack chain");
}
