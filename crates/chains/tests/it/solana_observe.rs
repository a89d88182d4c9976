//! The effects of drafts as a real runtime sees them, compared with the decoder, and nodes that cannot show
//! them.

use serde_json::json;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_system_interface::instruction as system;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;
use spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent as open;
use waiaas_chains::solana::{SolanaChain, SolanaOptions};
use waiaas_chains::{Chain, Observation};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::draft::Draft;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::intent::Intent;
use waiaas_core::simulation::{Observed, SimulationCheck, attribute, compare};

use crate::solana_calls::{call, key};
use crate::solana_lying_node::{at, dead, lying_chain, node};
use crate::solana_net::{Localnet, SOL, Wallet, fresh, sol, tokens};

async fn seen(chain: &SolanaChain, draft: &Draft) -> Observed {
    match chain.observe(draft, None).await.expect("runs") {
        Observation::Seen(observed) => *observed,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn observed_effects_equal_the_decoded_ones() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(1, 2 * SOL).await;
    let draft = wallet.draft(&chain, &sol(fresh(2), SOL)).await;
    let plain = Observed { native: [(None, U256::from(SOL))].into(), ..Observed::default() };
    assert_eq!(seen(&chain, &draft).await, plain, "to the last unit, without the fee");

    for mint in [net.spl_mint, net.token_2022_mint] {
        let asset = AssetId::token(&"solana:localnet".into(), mint);
        let draft = net.faucet.draft(&chain, &tokens(fresh(3), mint, 1_500)).await;
        let observed = seen(&chain, &draft).await;
        assert_eq!(observed.tokens, [(asset.clone(), [(None, U256::from(1_500))].into())].into());
        let effects = chain.codec().effects(&draft).expect("effects");
        assert_eq!(compare(&observed, &effects), SimulationCheck::Agrees);
        // A decoder that misses any one effect must be detected.
        for missing in 0..effects.items.len() {
            let mut items = effects.items.clone();
            let gone = items.remove(missing);
            let fact = compare(&observed, &Effects { items, ..effects.clone() });
            let is_fee = matches!(gone, Effect::NetworkFee { .. });
            let is_call = matches!(gone, Effect::ContractCall { .. });
            assert_eq!(fact == SimulationCheck::Agrees, is_fee || is_call, "{gone:?}");
        }

        let approve = Intent::Approve { token: mint, spender: fresh(4), amount: U256::from(70) };
        let draft = net.faucet.draft(&chain, &approve).await;
        let observed = seen(&chain, &draft).await;
        assert_eq!(observed.allowances, [((asset, fresh(4)), U256::from(70))].into());
        assert_eq!(
            compare(&observed, &chain.codec().effects(&draft).expect("effects")),
            SimulationCheck::Agrees
        );
    }
    let text = Intent::SignMessage { message: b"hello".to_vec() };
    let draft = wallet.draft(&chain, &text).await;
    assert_eq!(chain.observe(&draft, None).await.expect("an answer"), Observation::NotApplicable);
}

/// The stake program, and the content of a stake account without a delegation: reserve, staker, withdrawer.
const STAKE: &str = "Stake11111111111111111111111111111111111111";

fn stake(owner: Address) -> Vec<u8> {
    let mut data = [&1u32.to_le_bytes()[..], &[0; 8], owner.as_bytes(), owner.as_bytes()].concat();
    data.resize(200, 0);
    data
}

fn on_stake(tag: u32, rest: &[u8], accounts: &[(Address, bool)], wallet: Address) -> Instruction {
    let sysvar = |name: &str| AccountMeta::new_readonly(name.parse().expect("a key"), false);
    let mut metas: Vec<_> =
        accounts.iter().map(|(account, _)| AccountMeta::new(key(*account), false)).collect();
    metas.push(sysvar("SysvarC1ock11111111111111111111111111111111"));
    metas.push(sysvar("SysvarStakeHistory1111111111111111111111111"));
    metas.push(AccountMeta::new_readonly(key(wallet), true));
    let data = [&tag.to_le_bytes(), rest].concat();
    Instruction { program_id: STAKE.parse().expect("a key"), accounts: metas, data }
}

/// Nodes return a closed account as an empty one of the System program.
#[tokio::test]
async fn closing_accounts_of_the_wallet_is_no_authority_change() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(70, 2 * SOL).await;
    let me = key(wallet.address());
    let program = spl_token_interface::ID;
    net.faucet.send(&chain, &tokens(wallet.address(), net.spl_mint, 5)).await.confirmed();
    wallet.send(&chain, &tokens(fresh(71), net.spl_mint, 5)).await.confirmed();
    let account = |mint: &Pubkey| associated(&me, mint, &program);
    let close = |account: &Pubkey| {
        spl_token_interface::instruction::close_account(&program, account, &me, &me, &[]).expect("encodes")
    };
    let wrapped = spl_token_interface::native_mint::ID;
    let wrap = [
        open(&me, &me, &wrapped, &program),
        system::transfer(&me, &account(&wrapped), SOL / 10),
        spl_token_interface::instruction::sync_native(&program, &account(&wrapped)).expect("encodes"),
    ];
    wallet.send(&chain, &call(&wrap, &[])).await.confirmed();
    let (whole, into, merged) = (fresh(72), fresh(73), fresh(74));
    for account in [whole, into, merged] {
        net.plant(account, STAKE, &stake(wallet.address())).await;
    }
    let everything =
        on_stake(4, &(10 * SOL).to_le_bytes(), &[(whole, true), (wallet.address(), true)], wallet.address());
    let merge = on_stake(7, &[], &[(into, true), (merged, true)], wallet.address());
    for (what, instruction) in [
        ("an empty token account", close(&account(&key(net.spl_mint)))),
        ("wrapped SOL", close(&account(&wrapped))),
        ("a whole stake", everything),
        ("a stake merged with another", merge),
    ] {
        let intent = call(&[instruction], &[]);
        let draft = wallet.draft(&chain, &intent).await;
        let observed = seen(&chain, &draft).await;
        let effects = chain.codec().effects(&draft).expect("effects");
        assert_eq!(compare(&observed, &effects), SimulationCheck::Agrees, "{what}: {observed:?}");
        assert_eq!(observed, Observed::default(), "{what}");
        wallet.send(&chain, &intent).await.confirmed();
    }
    // Closing an account to another recipient is an outflow.
    net.faucet.send(&chain, &tokens(wallet.address(), net.spl_mint, 5)).await.confirmed();
    let theirs = spl_token_interface::instruction::close_account(
        &program,
        &account(&key(net.spl_mint)),
        &key(fresh(75)),
        &me,
        &[],
    );
    let burn = spl_token_interface::instruction::burn(
        &program,
        &account(&key(net.spl_mint)),
        &key(net.spl_mint),
        &me,
        &[],
        5,
    );
    let draft = wallet.draft(&chain, &call(&[burn.expect("encodes"), theirs.expect("encodes")], &[])).await;
    let observed = seen(&chain, &draft).await;
    assert!(observed.native[&None] > U256::from(1_000_000) && observed.powers.is_empty(), "{observed:?}");
    assert_eq!(observed.tokens.len(), 1, "{observed:?}");
}

/// Changes of other accounts during an observation do not affect the wallet's.
#[tokio::test]
async fn only_the_wallets_own_accounts_must_be_unchanged() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(76, 2 * SOL).await;
    let busy = fresh(77);
    let mut lamports = SOL;
    let draft = wallet.draft(&chain, &sol(busy, SOL)).await;
    let looking = chain.observe(&draft, None);
    let changing = async {
        loop {
            lamports += 1;
            net.raw("surfnet_setAccount", json!([busy.to_string(), { "lamports": lamports }])).await;
        }
    };
    let observation =
        tokio::select! { seen = looking => seen.expect("runs"), () = changing => unreachable!() };
    assert!(matches!(observation, Observation::Seen(_)), "{observation:?}");

    // An account that changes in every slot, listed as writable without a reason.
    let clock = "SysvarC1ock11111111111111111111111111111111".parse().expect("a key");
    let mut transfer = system::transfer(&key(wallet.address()), &key(busy), 5);
    transfer.accounts.push(AccountMeta::new(clock, false));
    let draft = wallet.draft(&chain, &call(&[transfer], &[])).await;
    let expected = Observed { native: [(None, U256::from(5))].into(), ..Observed::default() };
    assert_eq!(seen(&chain, &draft).await, expected);
}

/// A call of an undecoded program that takes the wallet's coin: a longer lookup table costs rent.
#[tokio::test]
async fn an_outflow_of_an_undecoded_call_names_its_program() {
    const TABLES: &str = "AddressLookupTab1e1111111111111111111111111";
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(78, 2 * SOL).await;
    let table = fresh(79);
    let mut data =
        [&1u32.to_le_bytes()[..], &u64::MAX.to_le_bytes(), &[0; 9], &[1], wallet.address().as_bytes()]
            .concat();
    data.resize(56, 0);
    let account =
        json!({ "lamports": 1_280_640, "owner": TABLES, "data": hex::encode(data), "executable": false });
    net.raw("surfnet_setAccount", json!([table.to_string(), account])).await;
    let me = key(wallet.address());
    let extend = Instruction {
        program_id: TABLES.parse().expect("a key"),
        accounts: vec![
            AccountMeta::new(key(table), false),
            AccountMeta::new_readonly(me, true),
            AccountMeta::new(me, true),
            AccountMeta::new_readonly(solana_system_interface::program::ID, false),
        ],
        data: [&2u32.to_le_bytes()[..], &1u64.to_le_bytes(), fresh(80).as_bytes()].concat(),
    };
    let draft = wallet.draft(&chain, &call(&[extend], &[])).await;
    let (fact, more) =
        attribute(&seen(&chain, &draft).await, &chain.codec().effects(&draft).expect("effects"));
    let rent = U256::from(32 * 6_960);
    let expected = Effect::NativeOut { to: TABLES.parse().expect("an address"), amount: rent };
    assert_eq!((fact, more), (SimulationCheck::Agrees, vec![expected]));
}

/// The simulated message contains the price that is signed.
#[tokio::test]
async fn a_simulation_runs_with_the_signed_price() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(81, 2 * SOL).await;
    let draft = wallet.draft(&chain, &sol(fresh(82), SOL)).await;
    let lane = waiaas_chains::Lane { variation: 3, ..Default::default() };
    let completed = chain.complete(&draft, &lane).await.expect("completed");
    let plain = Observed { native: [(None, U256::from(SOL))].into(), ..Observed::default() };
    // To the last unit: the deducted fee is that of exactly these bytes.
    match chain.observe(&draft, Some(&completed)).await.expect("runs") {
        Observation::Seen(observed) => assert_eq!(*observed, plain),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_simulation_without_the_accounts_is_unavailable() {
    let wallet = Wallet::new(1);
    let blind = node(dead()).await;
    let chain = lying_chain(&[&blind], SolanaOptions::default());
    let draft = wallet.draft(&chain, &sol(fresh(2), SOL)).await;
    let observation = chain.observe(&draft, None).await.expect("an answer");
    assert!(matches!(observation, Observation::Unavailable(_)), "{observation:?}");
    for shown in [json!(null), json!([]), json!([null]), json!([null, null, null]), json!("all")] {
        let mut answers = dead();
        answers.insert("simulateTransaction", at(4_999, json!({"err": null, "logs": [], "accounts": shown})));
        let node = node(answers).await;
        let observation = lying_chain(&[&node], SolanaOptions::default()).observe(&draft, None).await;
        assert!(matches!(observation, Ok(Observation::Unavailable(_))), "{shown}: {observation:?}");
    }
    // Both accounts are gone: the whole balance is an outflow, more than one coin.
    let mut answers = dead();
    let gone = json!({"err": null, "logs": [], "accounts": [null, null]});
    answers.insert("simulateTransaction", at(4_999, gone));
    let node = node(answers).await;
    let chain = lying_chain(&[&node], SolanaOptions::default());
    let observed = seen(&chain, &draft).await;
    let fact = compare(&observed, &chain.codec().effects(&draft).expect("effects"));
    assert!(
        observed.native[&None] > U256::from(4 * SOL) && matches!(fact, SimulationCheck::Exceeds { .. }),
        "{fact:?}"
    );
}
