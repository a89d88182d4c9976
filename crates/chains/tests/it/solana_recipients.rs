//! The permitted recipients of tokens, and the supported tokens, on a real runtime.

use std::collections::BTreeMap;

use solana_pubkey::Pubkey;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;
use waiaas_chains::{Chain, ChainError, Lane, Refusal};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::intent::Intent;

use crate::solana_net::{Localnet, SOL, TOKEN_2022, fresh, sol, token_account, tokens};

fn key(address: Address) -> Pubkey {
    Pubkey::try_from(address.as_bytes()).expect("32 bytes")
}

fn token_2022_account(owner: Address, mint: Address) -> Address {
    let program = TOKEN_2022.parse().expect("address");
    Address::Solana(associated(&key(owner), &key(mint), &program).to_bytes())
}

/// An address derived for a program, so that it has no key.
fn vault(seed: &str) -> Address {
    let program: Pubkey = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr".parse().expect("address");
    Address::Solana(Pubkey::find_program_address(&[seed.as_bytes()], &program).0.to_bytes())
}

/// The mint of a stablecoin as issuers make it: permanent delegate, confidential transfers, a transfer fee of
/// these basis points and a transfer hook that is not set.
fn dollar(fee: u16) -> Vec<u8> {
    let mut data = vec![0; 165];
    data[36..44].copy_from_slice(&1_000u64.to_le_bytes());
    data[44..46].copy_from_slice(&[6, 1]);
    data.push(1);
    let mut extension = |kind: u16, value: &[u8]| {
        data.extend(kind.to_le_bytes());
        data.extend(u16::try_from(value.len()).expect("short").to_le_bytes());
        data.extend_from_slice(value);
    };
    let one = [[0; 8], u64::MAX.to_le_bytes()].concat();
    let fees = [&[9; 64][..], &[0; 8], &one, &fee.to_le_bytes(), &one, &fee.to_le_bytes()].concat();
    extension(3, &[9; 32]);
    extension(12, &[9; 32]);
    extension(4, &[[9; 32].as_slice(), &[0], &[0; 32]].concat());
    extension(16, &[[9; 32].as_slice(), &[0; 97]].concat());
    extension(14, &[[9; 32], [0; 32]].concat());
    extension(1, &fees);
    data
}

#[tokio::test]
async fn a_token_is_sent_until_it_gets_a_transfer_fee() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(30, SOL).await;
    let (mint, to) = (fresh(31), fresh(32));
    net.plant(mint, TOKEN_2022, &dollar(0)).await;
    // Immutable owner, nothing withheld, not within a hook.
    let extensions = [&[7, 0, 0, 0, 2, 0, 8, 0][..], &[0; 8], &[15, 0, 1, 0, 0]].concat();
    let source = token_account(mint, wallet.address(), 1_000, &extensions);
    net.plant(token_2022_account(wallet.address(), mint), TOKEN_2022, &source).await;

    wallet.send(&chain, &tokens(to, mint, 400)).await.confirmed();
    assert_eq!(net.tokens(to, mint).await, 400, "the whole amount arrives");

    let judged = wallet.draft(&chain, &tokens(to, mint, 100)).await;
    net.plant(mint, TOKEN_2022, &dollar(50)).await;
    let late = chain.complete(&judged, &Lane::default()).await;
    assert!(matches!(late, Err(ChainError::Refused(_))), "a fee since it was judged: {late:?}");
    let refusal = wallet.refusal(&chain, &tokens(to, mint, 100)).await;
    let named = matches!(&refusal, Refusal::Unsupported(why) if why.contains("TransferFeeConfig"));
    assert!(named, "{refusal:?}");
}

/// The same request with the declaration that a program signs for the recipient.
fn vouched(mut intent: Intent, to: Address) -> Intent {
    assert!(intent.allow_off_curve(to), "the request names it");
    intent
}

#[tokio::test]
async fn an_address_without_a_key_needs_a_declared_signer_or_a_program() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = &net.faucet;
    let pay = |to| tokens(to, net.spl_mint, 5);
    let refused = async |intent: &Intent, to: Address| {
        assert_eq!(wallet.refusal(&chain, intent).await, Refusal::RecipientOffCurve(to), "{intent:?}");
    };

    let empty = vault("empty");
    refused(&pay(empty), empty).await;
    wallet.send(&chain, &sol(empty, SOL)).await.confirmed();
    refused(&pay(empty), empty).await;
    wallet.send(&chain, &vouched(pay(empty), empty)).await.confirmed();
    assert_eq!(net.tokens(empty, net.spl_mint).await, 5);

    // Funding it in the same transaction does not give it a signer.
    let closed = vault("closed");
    let both = |members: Vec<Intent>| Intent::Batch { members };
    let at_once = both(vec![sol(closed, SOL), pay(closed)]);
    let refusal = wallet.refusal(&chain, &at_once).await;
    assert_eq!(refusal, Refusal::RecipientOffCurve(closed));
    wallet.send(&chain, &vouched(at_once, closed)).await.confirmed();

    // A program can move the accounts that it owns.
    let state = vault("state");
    net.plant(state, "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr", &[1; 8]).await;
    wallet.send(&chain, &pay(state)).await.confirmed();
}

#[tokio::test]
async fn an_unreadable_token_account_hides_no_other() {
    let net = Localnet::start();
    let chain = net.local();
    let (owner, gone) = (fresh(40), fresh(41));
    net.faucet.send(&chain, &tokens(owner, net.spl_mint, 7)).await.confirmed();
    // Tokens of a missing mint, and an account with invalid extensions: its relevant fields have fixed
    // positions.
    net.plant(fresh(43), TOKEN_2022, &token_account(gone, owner, 9, &[7, 0, 0, 0])).await;
    net.plant(fresh(42), TOKEN_2022, &token_account(net.token_2022_mint, owner, 8, &[7, 0, 99, 0])).await;

    let found = chain.holdings(owner, &[]).await.expect("holdings");
    let held = found.held.iter().map(|h| (h.asset.token_address(), h.amount)).collect::<BTreeMap<_, _>>();
    let tokens = [(net.spl_mint, 7), (net.token_2022_mint, 8)];
    let expected = tokens.map(|(mint, amount)| (Some(mint), U256::from(amount)));
    assert_eq!(held, expected.into_iter().chain([(None, U256::ZERO)]).collect());
    let [unreadable] = found.unreadable.as_slice() else { panic!("{:?}", found.unreadable) };
    assert_eq!(unreadable.asset.token_address(), Some(gone));
    assert!(unreadable.reason.starts_with("9 base units"), "{unreadable:?}");
}
