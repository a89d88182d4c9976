//! The simulated effects against the decoded ones, and the consequences.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::json;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects, Portion, Swap};
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::nft::NftId;
use waiaas_core::policy::{AssetFacts, DenialCode, Tier};
use waiaas_core::selector::Selector;
use waiaas_core::simulation::{Gone, Observed, SimulationCheck, Unsimulated, attribute, compare};

use crate::world::{NETWORKS, World, evm, nft as nft_of, price};

const NETWORK: &str = "ethereum-mainnet";

fn token(tag: u8) -> AssetId {
    AssetId::token(&NETWORKS.find(NETWORK).expect("network").caip2, evm(tag))
}

fn nft(id: u64) -> NftId {
    nft_of(NETWORK, 5, id)
}

fn effects(items: Vec<Effect>) -> Effects {
    let network = NETWORKS.find(NETWORK).expect("network");
    Effects {
        network: NetworkId::new(NETWORK),
        native: network.native(),
        from: evm(1),
        items,
        methods: Vec::new(),
        seen: Vec::new(),
    }
}

fn units(amount: u64) -> U256 {
    U256::from(amount)
}

/// So much for one recipient.
fn gone(to: u8, amount: u64) -> Gone {
    [(Some(evm(to)), units(amount))].into()
}

fn agrees(observed: &Observed, items: &[Effect]) -> bool {
    match compare(observed, &effects(items.to_vec())) {
        SimulationCheck::Agrees => true,
        SimulationCheck::Exceeds { what } => {
            assert!(!what.is_empty());
            false
        }
        other => panic!("{other:?}"),
    }
}

fn opaque() -> Effect {
    Effect::ContractCall { target: evm(9), selector: Some(Selector::evm([1; 4])), decoded: false }
}

/// Some wrappers of the native coin (Arbitrum's) announce an unwrapping as a burn of their token.
#[test]
fn unwrapping_makes_room_for_the_burn_and_for_nothing_more() {
    let (weth, coin) = (token(7), NETWORKS.find(NETWORK).expect("network").native());
    let portion = |asset: &AssetId| vec![Portion { asset: asset.clone(), amount: units(5) }];
    let swap = |router| {
        Effect::Swap(Box::new(Swap {
            router,
            sold: portion(&weth),
            path: vec![weth.clone(), coin.clone()],
            bought: portion(&coin),
            to: evm(1),
            wrapper: Some(weth.clone()),
            spenders: Vec::new(),
            deadline: None,
        }))
    };
    let burnt = |amount| Observed { tokens: [(weth.clone(), gone(9, amount))].into(), ..Observed::default() };
    assert!(agrees(&burnt(5), &[swap(evm(7))]));
    assert!(!agrees(&burnt(6), &[swap(evm(7))]));
    assert!(!agrees(&burnt(5), &[swap(evm(8))]), "another contract takes it by a move that stands beside");
    assert!(!agrees(&burnt(5), &[]));
}

#[test]
fn each_kind_of_outflow_is_held_against_its_own() {
    let sent = Effect::NativeOut { to: evm(9), amount: units(5) };
    let fee = Effect::NetworkFee { max: units(1_000) };
    let paid = Effect::TokenOut { asset: token(7), to: evm(9), amount: units(5) };
    let given = Effect::NftOut { nft: nft(3), to: evm(9), quantity: units(1) };
    let lent = Effect::Allowance { asset: token(7), spender: evm(8), amount: units(5), through: None };
    let shown = Effect::NftAllowance { nft: nft(3), spender: Some(evm(8)) };
    let operator = |granted| Effect::OperatorApproval { collection: evm(6), operator: evm(8), granted };
    let power = Effect::AuthorityChange { target: evm(6), selector: None, to: None, what: "it".to_owned() };

    let native = |amount| Observed { native: gone(9, amount), ..Observed::default() };
    let tokens = |amount| Observed { tokens: [(token(7), gone(9, amount))].into(), ..Observed::default() };
    let nfts = |amount| Observed { nfts: [(nft(3), gone(9, amount))].into(), ..Observed::default() };
    let allowed = |spender, amount| Observed {
        allowances: [((token(7), evm(spender)), units(amount))].into(),
        ..Observed::default()
    };
    let nft_allowed =
        |spender| Observed { nft_allowances: [(nft(3), evm(spender))].into(), ..Observed::default() };
    let operated = |by| Observed { operators: [(evm(6), evm(by))].into(), ..Observed::default() };
    let powers = |over| Observed { powers: [evm(over)].into(), ..Observed::default() };

    for (observed, items, expected) in [
        (Observed::default(), vec![], true),
        (Observed::default(), vec![opaque()], true),
        (native(5), vec![sent.clone()], true),
        (native(3), vec![sent.clone()], true),
        (native(6), vec![sent.clone()], false),
        (native(6), vec![sent.clone(), fee], false),
        (native(1), vec![opaque()], false),
        (native(10), vec![sent.clone(), sent], true),
        (tokens(5), vec![paid.clone()], true),
        (tokens(6), vec![paid.clone()], false),
        (tokens(5), vec![opaque()], false),
        (tokens(5), vec![lent.clone()], true),
        (nfts(1), vec![given.clone()], true),
        (nfts(2), vec![given], false),
        (nfts(1), vec![shown.clone()], false),
        (allowed(8, 5), vec![lent.clone()], true),
        (allowed(8, 6), vec![lent.clone()], false),
        (allowed(7, 5), vec![lent.clone()], false),
        (allowed(8, 5), vec![paid], false),
        (Observed { tokens: tokens(1).tokens, ..allowed(8, 5) }, vec![lent], false),
        (nft_allowed(8), vec![shown.clone()], true),
        (nft_allowed(7), vec![shown], false),
        (operated(8), vec![operator(true)], true),
        (operated(8), vec![operator(false)], false),
        (operated(7), vec![operator(true)], false),
        (powers(6), vec![power.clone()], true),
        (powers(7), vec![power], false),
    ] {
        assert_eq!(agrees(&observed, &items), expected, "{observed:?} {items:?}");
    }
}

#[test]
fn a_disagreement_denies_and_silence_takes_what_the_operator_says() {
    let limit = json!({ "instant_max_usd": "100", "notify_max_usd": "200", "delay_max_usd": "300" });

    let world = |simulation: SimulationCheck, unsimulated| {
        let mut world = World::on(NETWORK).row("SPENDING_LIMIT", &limit).native(1).owned();
        (world.facts.simulation, world.facts.unsimulated) = (simulation, unsimulated);
        world
    };
    let unavailable = || SimulationCheck::Unavailable { reason: "no node".to_owned() };
    let exceeds = || SimulationCheck::Exceeds { what: "everything".to_owned() };
    for unsimulated in [Unsimulated::Deny, Unsimulated::Approval] {
        assert_eq!(world(SimulationCheck::Agrees, unsimulated).tier(), Tier::Instant);
        assert_eq!(world(SimulationCheck::NotApplicable, unsimulated).tier(), Tier::Instant);
        assert_eq!(world(exceeds(), unsimulated).codes(), [DenialCode::SimulationMismatch]);
    }
    assert_eq!(world(unavailable(), Unsimulated::Approval).tier(), Tier::Approval);
    assert_eq!(world(unavailable(), Unsimulated::Deny).codes(), [DenialCode::SimulationUnavailable]);
    let mut ownerless = world(unavailable(), Unsimulated::Approval);
    ownerless.facts.owner = waiaas_core::wallet::OwnerState::None;
    assert_eq!(ownerless.codes(), [DenialCode::OwnerRequired]);
}

fn amount() -> impl Strategy<Value = U256> {
    prop_oneof![4 => (0u64..12).prop_map(U256::from), 1 => Just(U256::MAX), 1 => any::<u64>().prop_map(U256::from)]
}

fn observed() -> impl Strategy<Value = Observed> {
    let who = || (6u8..9).prop_map(evm);
    let asset = || (6u8..9).prop_map(token);
    let art = || (6u8..9).prop_map(|id| nft(u64::from(id)));
    let gone = || btree_map(option::of(who()), amount(), 0..3);
    (
        gone(),
        btree_map(asset(), gone(), 0..3),
        btree_map(art(), gone(), 0..3),
        btree_map((asset(), who()), amount(), 0..3),
        btree_set((art(), who()), 0..3),
        btree_set((who(), who()), 0..3),
        btree_set(who(), 0..3),
    )
        .prop_map(|(native, tokens, nfts, allowances, nft_allowances, operators, powers)| Observed {
            native,
            tokens,
            nfts,
            allowances,
            nft_allowances,
            operators,
            powers,
        })
}

fn item() -> impl Strategy<Value = Effect> {
    let who = || (6u8..9).prop_map(evm);
    let asset = || (6u8..9).prop_map(token);
    let art = || (6u8..9).prop_map(|id| nft(u64::from(id)));
    prop_oneof![
        (who(), amount()).prop_map(|(to, amount)| Effect::NativeOut { to, amount }),
        (asset(), who(), amount()).prop_map(|(asset, to, amount)| Effect::TokenOut { asset, to, amount }),
        (art(), who(), amount()).prop_map(|(nft, to, quantity)| Effect::NftOut { nft, to, quantity }),
        (asset(), who(), amount()).prop_map(|(asset, spender, amount)| Effect::Allowance {
            asset,
            spender,
            amount,
            through: None,
        }),
        (art(), who()).prop_map(|(nft, spender)| Effect::NftAllowance { nft, spender: Some(spender) }),
        (who(), who()).prop_map(|(collection, operator)| Effect::OperatorApproval {
            collection,
            operator,
            granted: true
        }),
        who().prop_map(|target| Effect::AuthorityChange {
            target,
            selector: None,
            to: None,
            what: String::new()
        }),
        amount().prop_map(|max| Effect::NetworkFee { max }),
        Just(opaque()),
    ]
}

/// `a` and `b` together.
fn both(a: Observed, b: Observed) -> Observed {
    fn add<K: Ord>(mut a: BTreeMap<K, U256>, b: BTreeMap<K, U256>) -> BTreeMap<K, U256> {
        for (key, amount) in b {
            let sum = a.entry(key).or_default();
            *sum = sum.saturating_add(amount);
        }
        a
    }
    fn each<K: Ord>(mut a: BTreeMap<K, Gone>, b: BTreeMap<K, Gone>) -> BTreeMap<K, Gone> {
        for (key, gone) in b {
            let sum = a.remove(&key).unwrap_or_default();
            a.insert(key, add(sum, gone));
        }
        a
    }
    Observed {
        native: add(a.native, b.native),
        tokens: each(a.tokens, b.tokens),
        nfts: each(a.nfts, b.nfts),
        allowances: add(a.allowances, b.allowances),
        nft_allowances: &a.nft_allowances | &b.nft_allowances,
        operators: &a.operators | &b.operators,
        powers: &a.powers | &b.powers,
    }
}

#[test]
fn what_an_undecoded_call_was_seen_to_do_is_told_apart_from_what_is_decoded() {
    let sent = Effect::NativeOut { to: evm(9), amount: units(5) };
    let lent = Effect::Allowance { asset: token(7), spender: evm(8), amount: units(5), through: None };
    let out = |to, amount| Effect::TokenOut { asset: token(7), to: evm(to), amount: units(amount) };
    let taken = |gone: &[(Option<u8>, u64)]| Observed {
        tokens: [(token(7), gone.iter().map(|(to, amount)| (to.map(evm), units(*amount))).collect())].into(),
        ..Observed::default()
    };
    let seen = |observed: &Observed, items: &[Effect]| attribute(observed, &effects(items.to_vec()));
    let nothing = (SimulationCheck::Agrees, vec![]);

    // The recipients that are not decoded are named; a decoded outflow does not count again.
    let both = taken(&[(Some(7), 30), (Some(8), 12)]);
    assert_eq!(seen(&both, &[opaque()]), (SimulationCheck::Agrees, vec![out(7, 30), out(8, 12)]));
    assert_eq!(seen(&both, &[opaque(), out(7, 30)]), (SimulationCheck::Agrees, vec![out(8, 12)]));
    assert_eq!(seen(&both, &[opaque(), out(7, 30), out(8, 12)]), nothing);
    assert_eq!(seen(&both, &[opaque(), out(6, 42)]), nothing, "a router takes what its pools get");
    assert_eq!(seen(&both, &[opaque(), out(8, 10)]), (SimulationCheck::Agrees, vec![out(7, 30), out(8, 2)]));
    assert_eq!(seen(&taken(&[(None, 30)]), &[opaque()]), (SimulationCheck::Agrees, vec![out(9, 30)]));
    assert_eq!(seen(&taken(&[(Some(8), 5)]), &[opaque(), lent.clone()]), nothing, "an allowance used up");
    let more = Effect::NativeOut { to: evm(9), amount: units(2) };
    let native = Observed { native: gone(9, 7), ..Observed::default() };
    assert_eq!(seen(&native, &[sent.clone(), opaque()]), (SimulationCheck::Agrees, vec![more]));

    // Permissions as well.
    let allowed = Observed {
        allowances: [((token(7), evm(8)), units(9))].into(),
        nft_allowances: [(nft(3), evm(8))].into(),
        operators: [(evm(6), evm(8))].into(),
        powers: [evm(5)].into(),
        ..Observed::default()
    };
    let (fact, given) = seen(&allowed, &[opaque(), lent]);
    assert_eq!(fact, SimulationCheck::Agrees);
    let rest = Effect::Allowance { asset: token(7), spender: evm(8), amount: units(4), through: None };
    assert_eq!((given.len(), &given[0]), (4, &rest), "{given:?}");

    // Where everything is decoded, more is a disagreement; a contract that is new can be listed nowhere.
    let known = Effect::ContractCall { target: evm(9), selector: Some(Selector::evm([1; 4])), decoded: true };
    let code = waiaas_core::digest::Digest::new([1; 32]);
    let created = Effect::Deployment { code, amount: units(0) };
    for items in [vec![known], vec![created], vec![sent], vec![]] {
        let (fact, given) = seen(&both, &items);
        assert!(matches!(fact, SimulationCheck::Exceeds { .. }) && given.is_empty(), "{items:?}: {fact:?}");
    }
    // Any contract can emit events without end.
    let many = (0..33).map(|tag| (token(100 + tag), gone(9, 1))).collect();
    let (fact, given) = seen(&Observed { tokens: many, ..Observed::default() }, &[opaque()]);
    assert!(matches!(fact, SimulationCheck::Exceeds { .. }) && given.is_empty(), "{fact:?}");
}

#[test]
fn what_is_seen_is_judged_like_what_is_decoded() {
    let limit = json!({ "instant_max_usd": "100", "notify_max_usd": "200", "delay_max_usd": "300" });
    let usdc = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
    let id = AssetId::token(&NETWORKS.find(NETWORK).expect("network").caip2, usdc.parse().expect("address"));
    let out = |amount: u64| Effect::TokenOut { asset: id.clone(), to: evm(7), amount: units(amount) };
    let world = |amount: u64| {
        let world = World::on(NETWORK).row("SPENDING_LIMIT", &limit).owned();
        let mut world = world.call(evm(9), [1; 4], false);
        let facts = AssetFacts { symbol: "USDC".to_owned(), decimals: 6, price: price("1"), sources: None };
        world.facts.assets.insert(id.clone(), facts);
        world.effects.seen.push(out(amount));
        world
    };
    let contracts = json!({ "contracts": [{ "address": evm(9) }] });
    let methods = json!({ "methods": [{ "contractAddress": evm(9), "selectors": ["0x01010101"] }] });
    let tokens = json!({ "tokens": [{ "address": usdc }] });
    let dollars = 1_000_000;
    assert_eq!(world(dollars).codes(), [DenialCode::TokenNotAllowed, DenialCode::ContractNotWhitelisted]);
    let listed =
        |amount| world(amount).row_here("ALLOWED_TOKENS", &tokens).row_here("CONTRACT_WHITELIST", &contracts);
    let grant = listed(dollars).grant();
    assert_eq!((grant.tier, grant.usd), (Tier::Approval, Some(Usd::from_micros(dollars))), "counted");
    let vouched = |amount| listed(amount).row_here("METHOD_WHITELIST", &methods);
    assert_eq!(vouched(100 * dollars).tier(), Tier::Instant);
    assert_eq!(vouched(100 * dollars + 1).tier(), Tier::Notify, "the limits count it");
    assert_eq!(vouched(301 * dollars).tier(), Tier::Approval);
    // Every beneficiary has to be listed where a whitelist is in force.
    let only = |who: &[u8]| json!({ "allowed_addresses": who.iter().copied().map(evm).collect::<Vec<_>>() });
    assert_eq!(vouched(1).row_here("WHITELIST", &only(&[9])).codes(), [DenialCode::WhitelistDenied]);
    assert_eq!(vouched(1).row_here("WHITELIST", &only(&[7, 9])).tier(), Tier::Instant);
    // A spender is one wherever it is read.
    let mut spending = vouched(1);
    let lent = Effect::Allowance { asset: id.clone(), spender: evm(8), amount: units(1), through: None };
    spending.effects.seen = vec![lent];
    spending.facts.balances.insert(id.clone(), units(1));
    assert_eq!(spending.codes(), [DenialCode::SpenderNotApproved]);
    let spenders = json!({ "spenders": [{ "address": evm(8) }] });
    assert_eq!(spending.row_here("APPROVED_SPENDERS", &spenders).tier(), Tier::Instant);
    // An undecoded call never hands over power over an account.
    let mut handed = vouched(1);
    let what = "another account gets control of the account".to_owned();
    handed.effects.seen = vec![Effect::AuthorityChange { target: evm(9), selector: None, to: None, what }];
    assert!(handed.codes().contains(&DenialCode::MethodNotWhitelisted));
}

#[test]
fn decisions_from_before_effects_were_seen_are_still_read() {
    let effects = effects(vec![opaque()]);
    let text = serde_json::to_string(&effects).expect("writes");
    assert!(!text.contains("seen"), "{text}");
    assert_eq!(serde_json::from_str::<Effects>(&text).expect("reads"), effects);
}

proptest! {
    #[test]
    fn seeing_more_never_helps(seen in observed(), more in observed(), items in vec(item(), 0..6)) {
        let after = both(seen.clone(), more);
        prop_assert!(agrees(&seen, &items) || !agrees(&after, &items), "{seen:?}\n{after:?}");
    }

    /// The other direction: agreement stays agreement when more is decoded.
    #[test]
    fn decoding_more_never_hurts(seen in observed(), items in vec(item(), 0..6), more in item()) {
        let before = agrees(&seen, &items);
        let mut items = items;
        items.push(more);
        prop_assert!(!before || agrees(&seen, &items));
    }
    /// For any split between decoded and simulated effects, all that was observed is judged.
    #[test]
    fn nothing_observed_is_left_out(seen in observed(), items in vec(item(), 0..6)) {
        let mut items = items;
        items.push(opaque());
        let decoded = effects(items);
        let (fact, more) = attribute(&seen, &decoded);
        prop_assert_eq!(&fact, &SimulationCheck::Agrees);
        let all = Effects { seen: more.clone(), ..decoded.clone() };
        prop_assert_eq!(compare(&seen, &all), SimulationCheck::Agrees);
        // Beyond the largest number, the remainder counts as the whole.
        let countable = |effect: &Effect| match effect {
            Effect::NativeOut { amount, .. }
            | Effect::TokenOut { amount, .. }
            | Effect::Allowance { amount, .. }
            | Effect::NftOut { quantity: amount, .. } => amount.bit_len() < 128,
            _ => true,
        };
        prop_assume!(more.iter().all(countable));
        for left in 0..more.len() {
            let mut fewer = more.clone();
            fewer.remove(left);
            let fact = compare(&seen, &Effects { seen: fewer, ..decoded.clone() });
            prop_assert!(matches!(fact, SimulationCheck::Exceeds { .. }), "{:?} counts for nothing", more[left]);
        }
    }
}
