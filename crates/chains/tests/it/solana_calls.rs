//! Program calls, batches, permissions and NFTs on a real Solana runtime.

use serde_json::{Value, json};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_system_interface::instruction as system;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;
use waiaas_chains::{Chain, ChainError, Lane, Outcome, Refusal};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;
use waiaas_core::intent::{Intent, ProgramAccount, ProgramInstruction};
use waiaas_core::nft::{NftId, NftKind};
use waiaas_core::selector::Selector;

use crate::solana_net::{Localnet, SOL, fresh, sol, tokens};

const SPL: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

pub(crate) fn key(address: Address) -> Pubkey {
    Pubkey::try_from(address.as_bytes()).expect("32 bytes")
}

fn address(key: &Pubkey) -> Address {
    Address::Solana(key.to_bytes())
}

pub(crate) fn call(instructions: &[Instruction], lookup_tables: &[Address]) -> Intent {
    let instructions = instructions.iter().map(|given| ProgramInstruction {
        program: address(&given.program_id),
        accounts: given
            .accounts
            .iter()
            .map(|account| ProgramAccount {
                address: address(&account.pubkey),
                signer: account.is_signer,
                writable: account.is_writable,
            })
            .collect(),
        data: given.data.clone(),
    });
    Intent::ProgramCall { instructions: instructions.collect(), lookup_tables: lookup_tables.to_vec() }
}

fn native(to: Address, lamports: u64) -> Effect {
    Effect::NativeOut { to, amount: U256::from(lamports) }
}

fn token_account(mint: Address, owner: Address, amount: u64) -> Vec<u8> {
    let mut data = [mint.as_bytes(), owner.as_bytes(), &amount.to_le_bytes()].concat();
    data.resize(165, 0);
    data[108] = 1;
    data
}

/// Returns the delegate of an account and its allowance, from the node.
async fn delegate(net: &Localnet, account: Address) -> (Option<String>, u64) {
    let params = json!([account.to_string(), {"encoding": "jsonParsed", "commitment": "confirmed"}]);
    let answer = net.raw("getAccountInfo", params).await;
    let info = answer.pointer("/value/data/parsed/info").expect("parsed").clone();
    let amount = info.pointer("/delegatedAmount/amount").and_then(Value::as_str);
    let delegate = info.get("delegate").and_then(Value::as_str).map(str::to_owned);
    (delegate, amount.map_or(0, |amount| amount.parse().expect("a number")))
}

#[tokio::test]
async fn instructions_run_as_given_except_for_the_fee() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(60, 2 * SOL).await;
    let (from, to) = (key(wallet.address()), fresh(61));
    let memo =
        spl_memo_interface::instruction::build_memo(&spl_memo_interface::v3::ID, b"as agreed", &[&from]);
    let dear = solana_compute_budget_interface::ComputeBudgetInstruction::set_compute_unit_price(u64::MAX);
    let done = wallet.send(&chain, &call(&[dear, memo, system::transfer(&from, &key(to), SOL)], &[])).await;
    let fee = done.confirmed();
    assert!(fee <= 1_000_000, "the daemon sets the price: {fee}");
    assert_eq!(done.without_fee(), [native(to, SOL)]);
    assert_eq!(net.lamports(to).await, SOL);
    assert_eq!(net.lamports(wallet.address()).await, SOL - fee);

    let foreign = call(&[system::transfer(&key(to), &from, 1)], &[]);
    let nonce = call(&[system::advance_nonce_account(&key(to), &from)], &[]);
    for (bad, why) in
        [(foreign, "only the wallet can"), (nonce, "durable nonce"), (call(&[], &[]), "no instruction")]
    {
        let refusal = wallet.refusal(&chain, &bad).await;
        assert!(matches!(&refusal, Refusal::Unsupported(text) if text.contains(why)), "{refusal:?}");
    }
    let failing = call(&[system::transfer(&from, &key(to), 5 * SOL)], &[]);
    let refusal = wallet.refusal(&chain, &failing).await;
    assert!(matches!(&refusal, Refusal::SimulationFailed(_)), "{refusal:?}");
}

#[tokio::test]
async fn plain_transfers_name_mint_and_owner_from_the_chain() {
    let net = Localnet::start();
    let chain = net.local();
    let (wallet, to) = (&net.faucet, fresh(62));
    wallet.send(&chain, &tokens(to, net.spl_mint, 5)).await.confirmed();
    let program = SPL.parse().expect("a key");
    let account = |owner: Address| associated(&key(owner), &key(net.spl_mint), &program);
    #[expect(deprecated, reason = "its bytes do not name the mint")]
    let plain = spl_token_2022_interface::instruction::transfer(
        &program,
        &account(wallet.address()),
        &account(to),
        &key(wallet.address()),
        &[],
        7,
    );
    let done = wallet.send(&chain, &call(&[plain.expect("encodes")], &[])).await;
    done.confirmed();
    let asset = AssetId::token(&"solana:localnet".into(), net.spl_mint);
    assert_eq!(done.without_fee(), [Effect::TokenOut { asset, to, amount: U256::from(7) }]);
    assert_eq!(net.tokens(to, net.spl_mint).await, 12);
}

#[tokio::test]
async fn a_batch_takes_effect_as_a_whole_or_not_at_all() {
    let net = Localnet::start();
    let chain = net.local();
    let (wallet, to, other) = (&net.faucet, fresh(63), fresh(64));
    let members = vec![
        sol(other, SOL),
        tokens(to, net.spl_mint, 300),
        tokens(to, net.spl_mint, 4),
        call(&[system::transfer(&key(wallet.address()), &key(other), 5)], &[]),
    ];
    let done = wallet.send(&chain, &Intent::Batch { members }).await;
    done.confirmed();
    let asset = AssetId::token(&"solana:localnet".into(), net.spl_mint);
    let out = |amount| Effect::TokenOut { asset: asset.clone(), to, amount: U256::from(amount) };
    let effects = done.without_fee();
    let [first, Effect::AccountRent { owner, .. }, second, third, last] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!((first, owner, last), (&native(other, SOL), &to, &native(other, 5)));
    assert_eq!((second, third), (&out(300), &out(4)), "one account opened for both");
    assert_eq!((net.lamports(other).await, net.tokens(to, net.spl_mint).await), (SOL + 5, 304));

    // The second member fails once the wallet has spent, so the first must not take effect either.
    let poor = net.wallet(65, 3 * SOL).await;
    let members = vec![sol(fresh(66), SOL), sol(fresh(67), SOL)];
    let draft = poor.draft(&chain, &Intent::Batch { members }).await;
    poor.send(&chain, &sol(fresh(68), SOL + SOL / 2)).await.confirmed();
    let before = net.lamports(poor.address()).await;
    let signed = poor.sign(&chain, &draft).await;
    net.force(&signed).await;
    let Outcome::Reverted { fee, .. } = poor.settle(&chain, &signed).await else { panic!("not reverted") };
    assert_eq!((net.lamports(fresh(66)).await, net.lamports(fresh(67)).await), (0, 0));
    assert_eq!(U256::from(before - net.lamports(poor.address()).await), fee);
}

#[tokio::test]
async fn impossible_batches_are_refused() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(69, 2 * SOL).await;
    let small = || sol(fresh(70), SOL / 10);
    let typed = Intent::SignTypedData { typed_data: "{}".into() };
    let memo = |text: &str| Intent::Transfer {
        to: fresh(70),
        amount: U256::from(SOL / 100),
        memo: Some(text.into()),
    };
    for (members, why) in [
        (vec![small()], "2 to 20"),
        (vec![small(); 21], "2 to 20"),
        (vec![small(), Intent::Batch { members: vec![small(), small()] }], "request 2"),
        (vec![typed, small()], "request 1"),
        (vec![memo(&"€".repeat(250)), memo(&"€".repeat(250))], "too large"),
    ] {
        let refusal = wallet.refusal(&chain, &Intent::Batch { members }).await;
        assert!(matches!(&refusal, Refusal::Unsupported(text) if text.contains(why)), "{refusal:?}");
    }
    let members = vec![sol(fresh(70), SOL), sol(fresh(71), SOL + 1)];
    let refusal = wallet.refusal(&chain, &Intent::Batch { members }).await;
    assert!(matches!(refusal, Refusal::InsufficientBalance { .. }), "the sum is too much: {refusal:?}");
    for intent in [
        Intent::ContractCall { to: fresh(70), data: vec![], value: U256::ZERO },
        Intent::Deploy { code: vec![1], value: U256::ZERO },
        Intent::SignTypedData { typed_data: "{}".into() },
    ] {
        let refusal = wallet.refusal(&chain, &intent).await;
        assert!(matches!(refusal, Refusal::Unsupported(_)), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_permission_is_given_and_taken_back() {
    let net = Localnet::start();
    let chain = net.local();
    let (wallet, spender) = (&net.faucet, fresh(72));
    for mint in [net.spl_mint, net.token_2022_mint] {
        let owner = if mint == net.spl_mint { SPL } else { "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb" };
        let program = owner.parse().expect("a key");
        let account = address(&associated(&key(wallet.address()), &key(mint), &program));
        let approve = |amount: u64| Intent::Approve { spender, token: mint, amount: U256::from(amount) };
        let asset = AssetId::token(&"solana:localnet".into(), mint);
        let allowance = |spender, amount| Effect::Allowance {
            asset: asset.clone(),
            spender,
            amount: U256::from(amount),
            through: None,
        };

        let given = wallet.send(&chain, &approve(250)).await;
        given.confirmed();
        assert_eq!(given.without_fee(), [allowance(spender, 250)]);
        assert_eq!(delegate(&net, account).await, (Some(spender.to_string()), 250));
        let back = wallet.send(&chain, &approve(0)).await;
        back.confirmed();
        assert_eq!(back.without_fee(), [allowance(wallet.address(), 0)]);
        assert_eq!(delegate(&net, account).await, (None, 0));
    }
    let bare = net.wallet(73, SOL).await;
    let without = Intent::Approve { spender, token: net.spl_mint, amount: U256::from(1) };
    let refusal = bare.refusal(&chain, &without).await;
    assert!(
        matches!(&refusal, Refusal::Unsupported(text) if text.contains("no token account")),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn accounts_come_from_lookup_tables() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(74, 2 * SOL).await;
    let (table, to) = (fresh(75), fresh(76));
    let mut data = [&1u32.to_le_bytes()[..], &u64::MAX.to_le_bytes()].concat();
    data.resize(56, 0);
    for entry in [fresh(77), to] {
        data.extend_from_slice(entry.as_bytes());
    }
    net.plant(table, "AddressLookupTab1e1111111111111111111111111", &data).await;
    let pay = system::transfer(&key(wallet.address()), &key(to), SOL);
    let without = wallet.draft(&chain, &call(std::slice::from_ref(&pay), &[])).await;
    let with = call(std::slice::from_ref(&pay), &[table]);
    let draft = wallet.draft(&chain, &with).await;
    assert_ne!(draft.body, without.body, "the table is used");
    let done = wallet.send(&chain, &with).await;
    done.confirmed();
    assert_eq!(done.without_fee(), [native(to, SOL)]);
    assert_eq!(net.lamports(to).await, SOL);

    // The same bytes would now pay another recipient.
    let entry = data.len() - 32;
    data[entry..].copy_from_slice(fresh(78).as_bytes());
    net.plant(table, "AddressLookupTab1e1111111111111111111111111", &data).await;
    let error = chain.complete(&draft, &Lane::default()).await.expect_err("the meaning changed");
    assert!(
        matches!(&error, ChainError::Refused(Refusal::Unsupported(text)) if text.contains("has changed")),
        "{error:?}"
    );
    let none = call(&[pay], &[to]);
    let refusal = wallet.refusal(&chain, &none).await;
    assert!(matches!(&refusal, Refusal::Unsupported(text) if text.contains("lookup table")), "{refusal:?}");
}

#[tokio::test]
async fn an_nft_moves_and_may_be_approved() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(80, 2 * SOL).await;
    let (mint, to, spender) = (fresh(81), fresh(82), fresh(83));
    let program = SPL.parse().expect("a key");
    let account = |owner: Address| address(&associated(&key(owner), &key(mint), &program));
    let mut data = vec![0; 82];
    data[36] = 1;
    data[45] = 1;
    net.plant(mint, SPL, &data).await;
    net.plant(account(wallet.address()), SPL, &token_account(mint, wallet.address(), 1)).await;
    let nft = NftId { caip2: "solana:localnet".into(), kind: NftKind::Metaplex { mint } };

    let approve = Intent::ApproveNft { spender, nft: nft.clone() };
    let approved = wallet.send(&chain, &approve).await;
    approved.confirmed();
    assert_eq!(approved.without_fee(), [Effect::NftAllowance { nft: nft.clone(), spender: Some(spender) }]);
    assert_eq!(delegate(&net, account(wallet.address())).await, (Some(spender.to_string()), 1));

    let transfer = |nft: &NftId, quantity: u64| Intent::NftTransfer {
        to,
        nft: nft.clone(),
        quantity: U256::from(quantity),
        allow_off_curve: false,
    };
    // As a token transfer it is the same NFT.
    let as_token = wallet.draft(&chain, &tokens(to, mint, 1)).await;
    let out = Effect::NftOut { nft: nft.clone(), to, quantity: U256::from(1) };
    let seen = chain.codec().effects(&as_token).expect("effects").items;
    assert_eq!(seen.last(), Some(&out));
    let done = wallet.send(&chain, &transfer(&nft, 1)).await;
    done.confirmed();
    let effects = done.without_fee();
    assert!(matches!(&effects[0], Effect::AccountRent { owner, .. } if *owner == to), "{effects:?}");
    assert_eq!(effects[1..], [out]);
    assert_eq!((net.tokens(to, mint).await, net.tokens(wallet.address(), mint).await), (1, 0));

    let fungible = NftId { kind: NftKind::Metaplex { mint: net.spl_mint }, ..nft.clone() };
    let elsewhere = NftId { caip2: "solana:elsewhere".into(), ..nft.clone() };
    for (bad, why) in [
        (transfer(&fungible, 1), "not an NFT"),
        (transfer(&elsewhere, 1), "not an NFT of this network"),
        (transfer(&nft, 2), "must be 1"),
        (Intent::ApproveNft { spender, nft: fungible.clone() }, "no token account"),
    ] {
        let refusal = wallet.refusal(&chain, &bad).await;
        assert!(matches!(&refusal, Refusal::Unsupported(text) if text.contains(why)), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_call_of_an_unknown_program_is_undecoded() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(84, SOL).await;
    // A lookup table is made by a builtin program, whose calls the decoder leaves undecoded.
    let tables: Pubkey = "AddressLookupTab1e1111111111111111111111111".parse().expect("a key");
    let slot = net.raw("getSlot", json!([{"commitment": "finalized"}])).await.as_u64().expect("a slot");
    let from = key(wallet.address());
    let (table, bump) = Pubkey::find_program_address(&[from.as_array(), &slot.to_le_bytes()], &tables);
    let data = [&0u32.to_le_bytes()[..], &slot.to_le_bytes(), &[bump]].concat();
    let selector = Selector::of_instruction(&data);
    let account = |address, signer, writable| ProgramAccount { address, signer, writable };
    let create = ProgramInstruction {
        program: address(&tables),
        accounts: vec![
            account(address(&table), false, true),
            account(wallet.address(), true, false),
            account(wallet.address(), true, true),
            account(address(&Pubkey::default()), false, false),
        ],
        data,
    };
    let intent = Intent::ProgramCall { instructions: vec![create], lookup_tables: vec![] };
    let done = wallet.send(&chain, &intent).await;
    done.confirmed();
    let expected = Effect::ContractCall { target: address(&tables), selector, decoded: false };
    assert_eq!(done.without_fee(), [expected]);
    assert!(net.lamports(address(&table)).await > 0, "opened at the wallet's expense");
}
