//! What a node saw against what was decoded, and what follows from it.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use serde_json::json;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects, Portion, Swap};
use waiaas_core::network::NetworkId;
use waiaas_core::nft::NftId;
use waiaas_core::policy::{DenialCode, Tier};
use waiaas_core::selector::Selector;
use waiaas_core::witness::{Observed, Unwitnessed, WitnessFact, compare};

use crate::world::{NETWORKS, World, evm, nft as nft_of};

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
    }
}

fn units(amount: u64) -> U256 {
    U256::from(amount)
}

fn agrees(observed: &Observed, items: &[Effect]) -> bool {
    match compare(observed, &effects(items.to_vec())) {
        WitnessFact::Agrees => true,
        WitnessFact::Exceeds { what } => {
            assert!(!what.is_empty());
            false
        }
        other => panic!("{other:?}"),
    }
}

fn opaque() -> Effect {
    Effect::ContractCall { target: evm(9), selector: Some(Selector::evm([1; 4])), decoded: false }
}

/// Some wrappers of the native coin (Arbitrum's) announce what they unwrap as a burn of their token.
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
        }))
    };
    let burnt = |amount| Observed { tokens: [(weth.clone(), units(amount))].into(), ..Observed::default() };
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
    let lent = Effect::Allowance { asset: token(7), spender: evm(8), amount: units(5) };
    let shown = Effect::NftAllowance { nft: nft(3), spender: Some(evm(8)) };
    let operator = |granted| Effect::OperatorApproval { collection: evm(6), operator: evm(8), granted };
    let power = Effect::AuthorityChange { target: evm(6), selector: None, to: None, what: "it".to_owned() };

    let native = |amount| Observed { native: units(amount), ..Observed::default() };
    let tokens = |amount| Observed { tokens: [(token(7), units(amount))].into(), ..Observed::default() };
    let nfts = |amount| Observed { nfts: [(nft(3), units(amount))].into(), ..Observed::default() };
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

    let world = |witness: WitnessFact, unwitnessed| {
        let mut world = World::on(NETWORK).row("SPENDING_LIMIT", &limit).native(1).owned();
        (world.facts.witness, world.facts.unwitnessed) = (witness, unwitnessed);
        world
    };
    let unavailable = || WitnessFact::Unavailable { reason: "no node".to_owned() };
    let exceeds = || WitnessFact::Exceeds { what: "everything".to_owned() };
    for unwitnessed in [Unwitnessed::Deny, Unwitnessed::Approval] {
        assert_eq!(world(WitnessFact::Agrees, unwitnessed).tier(), Tier::Instant);
        assert_eq!(world(WitnessFact::NotApplicable, unwitnessed).tier(), Tier::Instant);
        assert_eq!(world(exceeds(), unwitnessed).codes(), [DenialCode::SimulationMismatch]);
    }
    assert_eq!(world(unavailable(), Unwitnessed::Approval).tier(), Tier::Approval);
    assert_eq!(world(unavailable(), Unwitnessed::Deny).codes(), [DenialCode::SimulationUnavailable]);
    let mut ownerless = world(unavailable(), Unwitnessed::Approval);
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
    (
        amount(),
        btree_map(asset(), amount(), 0..3),
        btree_map(art(), amount(), 0..3),
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
            amount
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
    fn add<K: Ord>(
        mut a: std::collections::BTreeMap<K, U256>,
        b: std::collections::BTreeMap<K, U256>,
    ) -> std::collections::BTreeMap<K, U256> {
        for (key, amount) in b {
            let sum = a.entry(key).or_default();
            *sum = sum.saturating_add(amount);
        }
        a
    }
    Observed {
        native: a.native.saturating_add(b.native),
        tokens: add(a.tokens, b.tokens),
        nfts: add(a.nfts, b.nfts),
        allowances: add(a.allowances, b.allowances),
        nft_allowances: &a.nft_allowances | &b.nft_allowances,
        operators: &a.operators | &b.operators,
        powers: &a.powers | &b.powers,
    }
}

proptest! {
    #[test]
    fn seeing_more_never_helps(seen in observed(), more in observed(), items in vec(item(), 0..6)) {
        let after = both(seen.clone(), more);
        prop_assert!(agrees(&seen, &items) || !agrees(&after, &items), "{seen:?}\n{after:?}");
    }

    /// The other direction: what is agreed with stays agreed with when more was decoded.
    #[test]
    fn decoding_more_never_hurts(seen in observed(), items in vec(item(), 0..6), more in item()) {
        let before = agrees(&seen, &items);
        let mut items = items;
        items.push(more);
        prop_assert!(!before || agrees(&seen, &items));
    }
}
