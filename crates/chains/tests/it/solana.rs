//! The Solana chain against a real runtime.

use std::time::{Duration, Instant};

use solana_pubkey::Pubkey;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;
use waiaas_chains::solana::{Commitment, SolanaOptions};
use waiaas_chains::{Chain, ChainError, CodecError, Expiry, Known, Lane, Outcome, Refusal, Submission};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;
use waiaas_core::intent::Intent;
use waiaas_core::transaction::Replacement;

use crate::solana_net::{Localnet, SOL, TOKEN_2022, fresh, sol, token_account, tokens};

#[tokio::test]
async fn a_sol_transfer_costs_what_its_effects_state() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(1, 2 * SOL).await;
    let to = fresh(2);
    let intent = Intent::Transfer { to, amount: U256::from(SOL), memo: Some("invoice 7 ✓".into()) };
    let done = wallet.send(&chain, &intent).await;

    assert_eq!(done.without_fee(), [Effect::NativeOut { to, amount: U256::from(SOL) }]);
    assert_eq!(net.lamports(to).await, SOL);
    let spent = 2 * SOL - net.lamports(wallet.address()).await;
    assert_eq!(spent, SOL + done.confirmed());
    assert!(spent <= done.outflow(None));
    assert_eq!(chain.balance(to).await.expect("balance"), U256::from(SOL));

    let finalized = SolanaOptions { commitment: Commitment::Finalized, ..SolanaOptions::default() };
    let patient = net.chain("solana-localnet", finalized);
    assert_eq!(wallet.settle(&patient, &done.signed).await, done.outcome);
}

#[tokio::test]
async fn tokens_of_both_programs_arrive_with_and_without_an_account() {
    let net = Localnet::start();
    let chain = net.local();
    let mut held = Vec::new();
    for (mint, decimals) in [(net.spl_mint, 6), (net.token_2022_mint, 9)] {
        let facts = chain.token(mint).await.expect("facts");
        assert_eq!((facts.decimals, facts.symbol.as_str()), (decimals, ""));
        let (from, to) = (net.faucet.address(), fresh(3));
        for first in [true, false] {
            let before = (net.lamports(from).await, net.tokens(from, mint).await);
            let done = net.faucet.send(&chain, &tokens(to, mint, 1_500)).await;
            let after = (net.lamports(from).await, net.tokens(from, mint).await);

            let asset = AssetId::token(&"solana:localnet".into(), mint);
            let out = Effect::TokenOut { asset, to, amount: U256::from(1_500) };
            let mut rent = 0;
            match done.without_fee().as_slice() {
                [Effect::AccountRent { owner, account, amount }, sent] if first => {
                    assert_eq!((*owner, sent), (to, &out));
                    rent = net.lamports(*account).await;
                    assert_eq!(*amount, U256::from(rent), "the balance of the account");
                    assert!(rent > 0);
                }
                [sent] if !first => assert_eq!(sent, &out),
                other => panic!("{other:?}"),
            }
            assert_eq!(before.1 - after.1, 1_500);
            assert_eq!(before.0 - after.0, rent + done.confirmed());
            assert!(before.0 - after.0 <= done.outflow(None) && done.outflow(Some(mint)) == 1_500);
        }
        assert_eq!(net.tokens(to, mint).await, 3_000);
        held.push((Some(mint), U256::from(3_000), decimals));
    }
    held.sort_unstable();
    held.insert(0, (None, U256::ZERO, 9));
    let found = chain.holdings(fresh(3), &[]).await.expect("holdings");
    assert_eq!(found.unreadable, []);
    let found = found.held.iter();
    let found: Vec<_> = found.map(|h| (h.asset.token_address(), h.amount, h.facts.decimals)).collect();
    assert_eq!(found, held);
}

#[tokio::test]
async fn impossible_requests_are_refused_before_signing() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(4, SOL).await;
    let (from, to) = (wallet.address(), fresh(5));

    let refusal = wallet.refusal(&chain, &sol(to, SOL + 1)).await;
    assert!(matches!(refusal, Refusal::InsufficientBalance { .. }), "{refusal:?}");
    let everything = Intent::Transfer { to, amount: U256::MAX, memo: None };
    let refusal = wallet.refusal(&chain, &everything).await;
    assert!(matches!(refusal, Refusal::InsufficientBalance { .. }), "{refusal:?}");
    // Each of these leaves the wallet less than the fee or less than the rent-exempt minimum.
    for amount in [SOL, SOL - 5_000, SOL - 100_000, SOL - 890_880] {
        let refusal = wallet.refusal(&chain, &sol(to, amount)).await;
        assert!(matches!(refusal, Refusal::InsufficientForFee { .. }), "{amount}: {refusal:?}");
    }
    let refusal = wallet.refusal(&chain, &sol(to, 0)).await;
    assert!(matches!(refusal, Refusal::Unsupported(_)), "{refusal:?}");
    let refusal = wallet.refusal(&chain, &tokens(to, net.spl_mint, 1)).await;
    assert!(matches!(refusal, Refusal::InsufficientBalance { .. }), "{refusal:?}");
    let refusal = wallet.refusal(&chain, &tokens(to, from, 1)).await;
    assert!(matches!(refusal, Refusal::NotAToken(found) if found == from), "{refusal:?}");
    assert!(matches!(chain.token(to).await, Err(ChainError::Refused(Refusal::NotAToken(_)))));
    let poor = crate::solana_net::Wallet::new(6);
    let refusal = poor.refusal(&chain, &sol(to, 1)).await;
    assert!(matches!(refusal, Refusal::InsufficientBalance { .. }), "{refusal:?}");
    let draft = chain.build(from, &sol(to, 890_880)).await.expect("a draft");
    let (fee, cap) = (U256::from(5_000), U256::from(4_999));
    let refused = chain.codec().capped(&draft, cap);
    let above = Refusal::FeeAboveCap { fee, cap };
    assert_eq!(refused, Err(CodecError::Refused(above)));
    let least = chain.codec().capped(&draft, fee).expect("a draft");
    assert_eq!(chain.codec().effects(&least).expect("effects").fee(), fee);
    let lane = Lane { fee_cap: Some(fee), ..Lane::default() };
    let completed = chain.complete(&draft, &lane).await.expect("completes");
    assert_eq!(completed.draft(), draft.digest(), "another price, the same draft");
    let long = Intent::Transfer { to, amount: U256::from(890_880), memo: Some("€".repeat(400)) };
    let refusal = wallet.refusal(&chain, &long).await;
    assert!(matches!(refusal, Refusal::Unsupported(_)), "{refusal:?}");
    let draft = chain.build(from, &sol(to, 890_880)).await.expect("a draft");
    for with in Replacement::ALL {
        let refused = chain.replacement(&draft, &[], *with).await;
        assert!(matches!(refused, Err(ChainError::Refused(Refusal::Unsupported(_)))), "{refused:?}");
    }
    let lane = Lane { replaces: Some(Vec::new()), ..Lane::default() };
    let refused = chain.complete(&draft, &lane).await;
    assert!(matches!(refused, Err(ChainError::Refused(Refusal::Unsupported(_)))), "{refused:?}");
    assert_eq!(net.lamports(from).await, SOL);
}

#[tokio::test]
async fn recipients_without_a_signer_are_refused() {
    let net = Localnet::start();
    let chain = net.local();
    let (wallet, to) = (&net.faucet, fresh(7));
    let opened = wallet.send(&chain, &tokens(to, net.spl_mint, 5)).await;
    let account = match opened.without_fee().as_slice() {
        [Effect::AccountRent { account, .. }, _] => *account,
        other => panic!("{other:?}"),
    };
    let program: Address = TOKEN_2022.parse().expect("address");
    let clock: Address = "SysvarC1ock11111111111111111111111111111111".parse().expect("address");
    for bad in [account, net.spl_mint, program, clock, Address::Evm([1; 20])] {
        for intent in [sol(bad, SOL), tokens(bad, net.spl_mint, 1)] {
            let refusal = wallet.refusal(&chain, &intent).await;
            assert!(matches!(refusal, Refusal::BadRecipient(_)), "{bad}: {refusal:?}");
        }
    }
    let refusal = wallet.refusal(&chain, &sol(fresh(8), 890_879)).await;
    assert!(matches!(&refusal, Refusal::BadRecipient(hint) if hint.contains("890880")), "{refusal:?}");
    wallet.send(&chain, &sol(fresh(8), 890_880)).await.confirmed();

    // A Token-2022 mint with a transfer fee: 82 bytes, padding, type, extension 1.
    let mut mint = vec![0; 165];
    mint[45] = 1;
    mint.extend([1, 1, 0, 108, 0]);
    mint.extend([1; 108]);
    net.plant(fresh(9), TOKEN_2022, &mint).await;
    let refusal = wallet.refusal(&chain, &tokens(to, fresh(9), 1)).await;
    assert!(
        matches!(&refusal, Refusal::Unsupported(why) if why.contains("TransferFeeConfig")),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn accounts_with_harmless_extensions_cost_their_rent() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(20, SOL).await;
    let (mint, to, strict) = (fresh(21), fresh(22), fresh(23));
    let account = |owner: Address| {
        let key = |address: Address| Pubkey::try_from(address.as_bytes()).expect("32 bytes");
        let program = TOKEN_2022.parse().expect("address");
        Address::Solana(associated(&key(owner), &key(mint), &program).to_bytes())
    };
    // Supply 1000, Pausable (26) and not paused; each of its accounts has PausableAccount (27).
    let mut data = vec![0; 165];
    data[36..44].copy_from_slice(&1_000u64.to_le_bytes());
    data[45] = 1;
    data.extend([1, 26, 0, 33, 0]);
    data.extend([0; 33]);
    net.plant(mint, TOKEN_2022, &data).await;
    let extensions = [7, 0, 0, 0, 27, 0, 0, 0];
    let source = token_account(mint, wallet.address(), 1_000, &extensions);
    net.plant(account(wallet.address()), TOKEN_2022, &source).await;

    let done = wallet.send(&chain, &tokens(to, mint, 400)).await;
    done.confirmed();
    let rent = U256::from(net.lamports(account(to)).await);
    let opened = Effect::AccountRent { owner: to, account: account(to), amount: rent };
    assert_eq!(done.without_fee().first(), Some(&opened));
    assert_eq!(net.tokens(to, mint).await, 400);

    // MemoTransfer (8), required: the recipient accepts nothing without a memo.
    let insists = token_account(mint, strict, 0, &[&extensions[..], &[8, 0, 1, 0, 1]].concat());
    net.plant(account(strict), TOKEN_2022, &insists).await;
    let refusal = wallet.refusal(&chain, &tokens(strict, mint, 1)).await;
    assert!(matches!(&refusal, Refusal::SimulationFailed(why) if why.contains("memo")), "{refusal:?}");
    let with_memo = Intent::TokenTransfer {
        to: strict,
        token: mint,
        amount: U256::from(1),
        memo: Some("as agreed".into()),
        allow_off_curve: false,
    };
    wallet.send(&chain, &with_memo).await.confirmed();
    assert_eq!(net.tokens(strict, mint).await, 1);
}

#[tokio::test]
async fn the_same_bytes_twice_are_one_transfer() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(10, 3 * SOL).await;
    let draft = wallet.draft(&chain, &sol(fresh(11), SOL)).await;
    let signed = wallet.sign(&chain, &draft).await;
    for _ in 0..3 {
        assert_eq!(chain.submit(&signed).await.expect("submitted"), Submission::Accepted);
    }
    let outcome = wallet.settle(&chain, &signed).await;
    assert!(matches!(outcome, Outcome::Confirmed { .. }), "{outcome:?}");
    assert_eq!(chain.submit(&signed).await.expect("submitted"), Submission::Accepted);
    assert_eq!(wallet.settle(&chain, &signed).await, outcome);
    assert_eq!(net.lamports(fresh(11)).await, SOL);
}

#[tokio::test]
async fn bytes_are_dropped_only_once_their_last_block_is_final() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(12, 3 * SOL).await;
    let draft = wallet.draft(&chain, &sol(fresh(13), SOL)).await;
    let signed = wallet.sign(&chain, &draft).await;
    let Expiry::BlockHeight(last_valid) = signed.expiry else { panic!("{:?}", signed.expiry) };
    assert_eq!(
        chain.outcome(wallet.address(), &signed, Known::default()).await.expect("an outcome"),
        Outcome::Pending
    );

    let deadline = Instant::now() + Duration::from_secs(120);
    let mut pending_while_alive = 0;
    loop {
        let outcome = chain.outcome(wallet.address(), &signed, Known::default()).await.expect("an outcome");
        let height = net.finalized_height().await;
        if height <= last_valid {
            assert_eq!(outcome, Outcome::Pending, "at {height}, last valid {last_valid}");
            pending_while_alive += 1;
        } else if outcome == Outcome::Dropped {
            break;
        }
        assert!(Instant::now() < deadline, "never dropped: {height}, last valid {last_valid}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(pending_while_alive > 1);
    let late = chain.submit(&signed).await.expect("an answer");
    assert!(matches!(late, Submission::Rejected(_)), "{late:?}");
    assert_eq!(
        chain.outcome(wallet.address(), &signed, Known::default()).await.expect("an outcome"),
        Outcome::Dropped
    );
    assert_eq!(net.lamports(fresh(13)).await, 0);
}

#[tokio::test]
async fn a_failure_on_chain_is_reverted_and_costs_only_the_fee() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(14, SOL).await;
    let first = wallet.draft(&chain, &sol(fresh(15), SOL / 2)).await;
    let second = wallet.draft(&chain, &sol(fresh(16), SOL / 2)).await;
    let first = wallet.sign(&chain, &first).await;
    assert_eq!(chain.submit(&first).await.expect("submitted"), Submission::Accepted);
    assert!(matches!(wallet.settle(&chain, &first).await, Outcome::Confirmed { .. }));

    let simulated = chain.simulate(&second).await.expect("simulated");
    assert!(!simulated.success && simulated.error.is_some_and(|why| why.contains("insufficient")));
    let second = wallet.sign(&chain, &second).await;
    let refused = chain.submit(&second).await.expect("an answer");
    assert!(
        matches!(&refused, Submission::Rejected(why) if why.contains("insufficient funds")),
        "{refused:?}"
    );
    let before = net.lamports(wallet.address()).await;
    net.force(&second).await;
    let outcome = wallet.settle(&chain, &second).await;
    let Outcome::Reverted { fee, reason, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("insufficient funds"), "{reason}");
    let spent = before - net.lamports(wallet.address()).await;
    assert_eq!((U256::from(spent), net.lamports(fresh(16)).await), (*fee, 0));
}

#[tokio::test]
async fn an_unreachable_node_proves_nothing() {
    let mut net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(17, 3 * SOL).await;
    let draft = wallet.draft(&chain, &sol(fresh(18), SOL)).await;
    let signed = wallet.sign(&chain, &draft).await;
    net.stop();
    let gone = |error: &ChainError| matches!(error, ChainError::Unreachable { .. });
    assert!(gone(&chain.outcome(wallet.address(), &signed, Known::default()).await.expect_err("no node")));
    assert!(gone(&chain.submit(&signed).await.expect_err("no node")));
    assert!(gone(&chain.build(wallet.address(), &sol(fresh(18), SOL)).await.expect_err("no node")));
    assert!(gone(&net.local().balance(wallet.address()).await.expect_err("no node")));
}

#[tokio::test]
async fn another_cluster_is_detected() {
    let net = Localnet::start();
    for name in ["solana-mainnet", "solana-devnet", "solana-testnet"] {
        let elsewhere = net.chain(name, SolanaOptions::default());
        let error = elsewhere.balance(fresh(19)).await.expect_err("another cluster");
        assert!(matches!(error, ChainError::WrongChain { .. }), "{name}: {error:?}");
    }
}
