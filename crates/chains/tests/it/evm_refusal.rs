//! Tests of refusals and their reasons on a real node.

use serde_json::json;
use waiaas_chains::{Chain, ChainError, Lane, Refusal};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::intent::Intent;

use crate::anvil::{Anvil, CODE_REVERTING, code_answering, code_in};
use crate::evm_world::{
    COIN, STRANGER, World, chain, fee_budget, options, refusal, token_transfer, transfer,
};

const CONTRACT: Address = Address::Evm([0xc0; 20]);

async fn build(world: &World, intent: &Intent) -> Refusal {
    refusal(world.chain.build(world.wallet.address, intent).await)
}

#[tokio::test]
async fn requests_that_the_chain_does_not_support_are_refused() {
    let world = World::new().await;
    let (to, amount, memo) = (STRANGER, U256::from(1), None);
    let solana = Address::Solana([7; 32]);
    let with_memo = Intent::Transfer { to, amount, memo: Some("rent".into()) };
    assert!(matches!(build(&world, &with_memo).await, Refusal::Unsupported(_)));
    assert!(matches!(build(&world, &transfer(0)).await, Refusal::Unsupported(_)));
    let nowhere = Intent::Transfer { to: Address::Evm([0; 20]), amount, memo };
    assert!(matches!(build(&world, &nowhere).await, Refusal::BadRecipient(_)));
    let foreign = Intent::Transfer { to: solana, amount, memo: None };
    assert!(matches!(build(&world, &foreign).await, Refusal::BadRecipient(_)));
    let to_itself =
        Intent::TokenTransfer { to: CONTRACT, token: CONTRACT, amount, memo: None, allow_off_curve: false };
    assert!(matches!(build(&world, &to_itself).await, Refusal::BadRecipient(_)));
    assert_eq!(build(&world, &token_transfer(solana, 1)).await, Refusal::NotAToken(solana));
    assert!(matches!(refusal(world.chain.build(solana, &transfer(1)).await), Refusal::Unsupported(_)));
}

#[tokio::test]
async fn a_contract_that_does_not_answer_as_a_token_is_refused() {
    let world = World::new().await;
    assert_eq!(build(&world, &token_transfer(CONTRACT, 1)).await, Refusal::NotAToken(CONTRACT), "no code");
    // 37 decimals are more than are supported.
    for code in [CODE_REVERTING.to_owned(), code_answering(37)] {
        world.set_code(CONTRACT, &code).await;
        assert_eq!(build(&world, &token_transfer(CONTRACT, 1)).await, Refusal::NotAToken(CONTRACT), "{code}");
        assert_eq!(refusal(world.chain.token(CONTRACT).await), Refusal::NotAToken(CONTRACT));
    }
}

#[tokio::test]
async fn a_token_that_refuses_without_reverting_is_a_failed_simulation() {
    let world = World::new().await;
    // Decimals 6, balance 6, and the answer 6 to `transfer`, which is not `true`.
    world.set_code(CONTRACT, &code_answering(6)).await;
    assert!(matches!(build(&world, &token_transfer(CONTRACT, 5)).await, Refusal::SimulationFailed(_)));
    // 1 is `true`, so this transfer succeeds.
    world.set_code(CONTRACT, &code_answering(1)).await;
    let draft = world.chain.build(world.wallet.address, &token_transfer(CONTRACT, 1)).await.expect("a draft");
    world.set_code(CONTRACT, &code_answering(0)).await;
    let simulation = world.chain.simulate(&draft).await.expect("the node answers");
    assert!(!simulation.success && simulation.error.is_some());
    world.set_code(CONTRACT, CODE_REVERTING).await;
    let simulation = world.chain.simulate(&draft).await.expect("the node answers");
    assert!(!simulation.success && simulation.error.is_some());
}

/// USDT and similar tokens accept a new allowance only after the old one is zero.
#[tokio::test]
async fn a_second_allowance_is_refused_by_tokens_that_need_the_first_revoked() {
    let world = World::new().await;
    let code = format!("{}{:064x}", code_in("localnet-contracts", "UsdtLike"), 1_000);
    let token = Address::Evm(world.anvil.create(&code).await);
    let approve = |amount: u64| Intent::Approve { spender: STRANGER, token, amount: U256::from(amount) };
    world.chain.build(world.wallet.address, &approve(5)).await.expect("the first one");
    world.anvil.call("anvil_impersonateAccount", json!([world.wallet.address])).await;
    let set = async |amount: u64| {
        let Address::Evm(spender) = STRANGER else { panic!("an EVM account") };
        let data = format!("0x095ea7b3{:0>64}{amount:064x}", hex::encode(spender));
        let call = json!([{ "from": world.wallet.address, "to": token, "data": data }]);
        world.anvil.call("eth_sendTransaction", call).await;
        world.anvil.mine(1).await;
    };
    set(5).await;
    let stands = Refusal::AllowanceStands { spender: STRANGER, left: U256::from(5) };
    assert_eq!(build(&world, &approve(7)).await, stands);
    world.chain.build(world.wallet.address, &approve(0)).await.expect("revoked");
    set(0).await;
    world.chain.build(world.wallet.address, &approve(7)).await.expect("a new one");
}

#[tokio::test]
async fn a_transfer_to_a_recipient_that_reverts_is_refused() {
    let world = World::new().await;
    world.set_code(STRANGER, CODE_REVERTING).await;
    assert!(matches!(build(&world, &transfer(1)).await, Refusal::SimulationFailed(_)));
}

#[tokio::test]
async fn amounts_above_the_balance_are_refused() {
    let world = World::new().await;
    let have = U256::from(10) * U256::from(COIN);
    let all = |amount: U256| Intent::Transfer { to: STRANGER, amount, memo: None };
    let asset = "eip155:31337/slip44:60".to_owned();
    let need = have + U256::from(1);
    assert_eq!(build(&world, &all(need)).await, Refusal::InsufficientBalance { asset, have, need });
    assert!(matches!(
        build(&world, &all(have)).await,
        Refusal::InsufficientForFee { have: left, need } if left.is_zero() && !need.is_zero()
    ));
    let Address::Evm(owner) = world.wallet.address else { panic!("an EVM wallet") };
    let token = Address::Evm(world.anvil.deploy_erc20("TEST", 10, owner).await);
    let refused = build(&world, &token_transfer(token, 11)).await;
    let Refusal::InsufficientBalance { have, need, .. } = refused else { panic!("{refused:?}") };
    assert_eq!((have, need), (U256::from(10), U256::from(11)));
}

#[tokio::test]
async fn completing_is_refused_when_the_balance_has_decreased() {
    let world = World::new().await;
    let draft = world.chain.build(world.wallet.address, &transfer(COIN)).await.expect("a draft");
    let complete = || async { refusal(world.chain.complete(&draft, &Lane::default()).await) };
    world.anvil.call("anvil_setBalance", json!([world.wallet.address, "0x1"])).await;
    assert!(matches!(complete().await, Refusal::InsufficientBalance { .. }));
    world.anvil.call("anvil_setBalance", json!([world.wallet.address, format!("0x{COIN:x}")])).await;
    assert!(matches!(complete().await, Refusal::InsufficientForFee { .. }));
}

#[tokio::test]
async fn fees_above_the_cap_are_refused() {
    let plenty = World::new().await;
    let draft = plenty.chain.build(plenty.wallet.address, &transfer(1)).await.expect("a draft");
    let normal = fee_budget(&plenty.chain, &draft);

    // A cap of the least fee that a block accepts now suffices; a lower one does not.
    let quote = plenty.chain.fee(&draft).await.expect("a quote").expect("a fee");
    assert_eq!(quote.offered, normal);
    assert!(quote.least < normal && normal <= quote.asked, "{quote:?}");
    let tight = plenty.chain.codec().capped(&draft, quote.least).expect("a draft");
    assert_eq!(fee_budget(&plenty.chain, &tight), quote.least);
    plenty.chain.complete(&tight, &Lane::default()).await.expect("completes");
    let cap = quote.least - U256::from(1);
    let closed = plenty.chain.codec().capped(&draft, cap).expect("a draft");
    let refused = refusal(plenty.chain.complete(&closed, &Lane::default()).await);
    assert_eq!(refused, Refusal::FeeAboveCap { fee: quote.least, cap });

    // The same cap in the lane leaves the draft unchanged.
    let lane = |fee_cap| Lane { fee_cap: Some(fee_cap), ..Lane::default() };
    let completed = plenty.chain.complete(&draft, &lane(quote.least)).await.expect("completes");
    assert_eq!(completed.draft(), draft.digest());
    let refused = refusal(plenty.chain.complete(&draft, &lane(cap)).await);
    assert_eq!(refused, Refusal::FeeAboveCap { fee: quote.least, cap });
}

#[tokio::test]
async fn fees_that_exceed_the_budget_are_refused() {
    let world = World::new().await;
    let draft = world.chain.build(world.wallet.address, &transfer(1)).await.expect("a draft");
    let set_base_fee = async |gwei: u64| {
        let wei = format!("0x{:x}", gwei * 1_000_000_000);
        world.anvil.call("anvil_setNextBlockBaseFeePerGas", json!([wei])).await;
        world.anvil.mine(1).await;
    };
    // Built at 1 gwei: the budget is twice (2 + 1) gwei per gas.
    set_base_fee(4).await;
    world.chain.complete(&draft, &Lane::default()).await.expect("still affordable");
    set_base_fee(100).await;
    let refused = refusal(world.chain.complete(&draft, &Lane::default()).await);
    assert!(matches!(refused, Refusal::FeeAboveCap { fee, cap } if fee > cap), "{refused:?}");
}

#[tokio::test]
async fn a_node_of_another_chain_is_not_used() {
    let wrong = Anvil::start(&["--chain-id", "1"]);
    let stranger = chain(vec![wrong.url()], options());
    let balance = stranger.balance(STRANGER).await;
    assert!(matches!(&balance, Err(ChainError::WrongChain { found, .. }) if found == "0x1"), "{balance:?}");
    let built = stranger.build(STRANGER, &transfer(1)).await;
    assert!(matches!(built, Err(ChainError::WrongChain { .. })), "{built:?}");

    let right = Anvil::start(&[]);
    right.call("anvil_setBalance", json!([STRANGER, "0x7"])).await;
    let both = chain(vec![wrong.url(), right.url()], options());
    assert_eq!(both.balance(STRANGER).await.expect("the right node answers"), U256::from(7));
}
