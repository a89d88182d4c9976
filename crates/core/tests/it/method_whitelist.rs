//! METHOD_WHITELIST.

use serde_json::{Value, json};
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;
use waiaas_core::policy::{DenialCode, PolicyType, Tier};
use waiaas_core::selector::Selector;
use waiaas_core::simulation::SimulationCheck;
use waiaas_core::wallet::OwnerState;

use crate::world::{NETWORKS, World, account, evm, refusal};

const BASE: &str = "base-mainnet";
const SWAP: [u8; 4] = [0x38, 0xed, 0x17, 0x39];
const STAKE: [u8; 4] = [0xa6, 0x94, 0xfc, 0x3a];

fn naming(contract: u8, selectors: &[[u8; 4]]) -> Value {
    let selectors: Vec<_> = selectors.iter().map(|selector| Selector::evm(*selector)).collect();
    json!({"methods": [{"contractAddress": evm(contract), "selectors": selectors}]})
}

/// Both contracts may be called.
fn world() -> World {
    let rules = json!({"contracts": [{"address": evm(5)}, {"address": evm(6)}]});
    World::rich(BASE).owned().row_here("CONTRACT_WHITELIST", &rules)
}

#[test]
fn without_a_row_any_method_of_a_listed_contract_may_be_called() {
    assert_eq!(world().call(evm(5), SWAP, true).tier(), Tier::Instant);
}

#[test]
fn only_named_methods_of_a_contract_with_an_entry() {
    let world = || world().row_here("METHOD_WHITELIST", &naming(5, &[SWAP]));
    assert_eq!(world().call(evm(5), SWAP, true).tier(), Tier::Instant);
    let denials = world().call(evm(5), STAKE, true).denials();
    assert_eq!(denials.len(), 1);
    assert_eq!(denials[0].code, DenialCode::MethodNotWhitelisted);
    assert!(denials[0].hint.as_deref().is_some_and(|hint| hint.contains("0x38ed1739")));
    let bare = Effect::ContractCall { target: evm(5), selector: None, decoded: true };
    assert_eq!(world().effect(bare).codes(), [DenialCode::MethodNotWhitelisted], "a call without data");
    assert_eq!(world().call(evm(6), STAKE, true).tier(), Tier::Instant, "a contract without an entry");
}

/// Tokens, NFTs and coin sent without data: under every reading of a call its method has to be named.
#[test]
fn a_method_is_judged_under_every_reading_of_its_call() {
    const APPROVE: [u8; 4] = [0x09, 0x5e, 0xa7, 0xb3];
    let tokens = json!({"tokens": [{"address": evm(5)}]});
    let spenders = json!({"spenders": [{"address": evm(8)}]});
    let world = |rules: Value| {
        let world = world().row_here("ALLOWED_TOKENS", &tokens).row_here("APPROVED_SPENDERS", &spenders);
        world.row_here("METHOD_WHITELIST", &rules).knows(&evm(5).to_string())
    };
    let asset = AssetId::token(&NETWORKS.find(BASE).expect("network").caip2, evm(5));
    let amount = U256::from(1u64);
    let out = Effect::TokenOut { asset: asset.clone(), to: evm(8), amount };
    let zero = Effect::Allowance { asset, spender: evm(8), amount: U256::ZERO, through: None };
    let coin = Effect::NativeOut { to: evm(5), amount };
    for (effect, selector) in [(out, Some(STAKE)), (zero, Some(STAKE)), (coin, None)] {
        let selector = selector.map(Selector::evm);
        let called = |rules| world(rules).effect(effect.clone()).method(evm(5), selector);
        let codes = called(naming(5, &[APPROVE])).codes();
        assert_eq!(codes, [DenialCode::MethodNotWhitelisted], "{effect:?}");
        assert_eq!(called(naming(6, &[APPROVE])).tier(), Tier::Instant, "a contract without an entry");
        if selector.is_some() {
            assert_eq!(called(naming(5, &[STAKE])).tier(), Tier::Instant, "named: {effect:?}");
        }
    }
}

#[test]
fn each_contract_has_methods_of_its_own() {
    let methods = [2, 4, 5, 6, 8].map(|contract| {
        let selector = Selector::evm(if contract == 5 { SWAP } else { STAKE });
        json!({"contractAddress": evm(contract), "selectors": [selector]})
    });
    let world = || world().row_here("METHOD_WHITELIST", &json!({ "methods": methods }));
    for (contract, named, other) in [(5, SWAP, STAKE), (6, STAKE, SWAP)] {
        assert_eq!(world().call(evm(contract), named, true).tier(), Tier::Instant, "{contract}");
        let codes = world().call(evm(contract), other, true).codes();
        assert_eq!(codes, [DenialCode::MethodNotWhitelisted], "{contract}");
    }
}

#[test]
fn naming_a_method_vouches_for_a_call_that_cannot_be_decoded() {
    assert_eq!(world().call(evm(5), SWAP, false).tier(), Tier::Approval);
    let named = || world().row_here("METHOD_WHITELIST", &naming(5, &[SWAP]));
    assert_eq!(named().call(evm(5), SWAP, false).tier(), Tier::Instant);
    assert_eq!(named().call(evm(6), SWAP, false).tier(), Tier::Approval, "no entry is no word for it");
    let contradicted = named().row_here("METHOD_WHITELIST", &naming(6, &[SWAP]));
    assert_eq!(contradicted.call(evm(5), SWAP, false).tier(), Tier::Approval, "every row must name it");
    let twice = named().call(evm(5), SWAP, false).call(evm(5), SWAP, false);
    assert_eq!(twice.tier(), Tier::Instant);
    let mixed = named().call(evm(5), SWAP, false).call(evm(6), SWAP, false);
    assert_eq!(mixed.tier(), Tier::Approval);
}

/// A simulation says nothing about the moment at which the caller sends bytes that were handed out.
#[test]
fn naming_a_method_vouches_for_nothing_that_is_handed_out() {
    let named = || world().row_here("METHOD_WHITELIST", &naming(5, &[SWAP]));
    let sent = || named().call(evm(5), SWAP, false);
    assert_eq!(sent().tier(), Tier::Instant, "the daemon sends it");
    for simulation in [SimulationCheck::Agrees, SimulationCheck::NotApplicable] {
        let mut handed = sent();
        (handed.facts.handed_out, handed.facts.simulation) = (true, simulation);
        let grant = handed.grant();
        assert_eq!(grant.tier, Tier::Approval);
        let reason = &grant.reasons[0];
        assert!(reason.message.contains("does not bind a signature that is handed out"), "{reason:?}");
        assert_eq!(reason.policy_type, None, "no policy lifts it");
    }
    // Without an owner it is not signed at all.
    let mut ownerless = sent();
    (ownerless.facts.handed_out, ownerless.facts.owner) = (true, OwnerState::None);
    assert_eq!(ownerless.codes(), [DenialCode::OwnerRequired]);
    // One undecoded call is enough; decoded calls are bounded by their effects.
    let handed = |mut world: World| {
        world.facts.handed_out = true;
        world.tier()
    };
    assert_eq!(handed(named().call(evm(5), SWAP, true)), Tier::Instant, "decoded");
    assert_eq!(handed(named().call(evm(5), SWAP, true).call(evm(5), SWAP, false)), Tier::Approval);
    assert_eq!(handed(world().call(evm(5), SWAP, false)), Tier::Approval, "not named either");
    assert_eq!(handed(World::rich(BASE).owned()), Tier::Instant, "no call");
}

#[test]
fn naming_a_method_does_not_list_its_contract() {
    let world = World::rich(BASE).owned().row_here("METHOD_WHITELIST", &naming(5, &[SWAP]));
    assert_eq!(world.call(evm(5), SWAP, false).codes(), [DenialCode::ContractNotWhitelisted]);
}

#[test]
fn power_is_handed_over_by_named_methods_with_the_owner_or_not_at_all() {
    let handover = |selector| Effect::AuthorityChange {
        target: evm(5),
        selector,
        to: Some(evm(8)),
        what: "ownership".to_owned(),
    };
    let denials = world().effect(handover(Some(Selector::evm(SWAP)))).denials();
    assert_eq!(denials.len(), 1);
    assert_eq!((denials[0].code, denials[0].policy_id), (DenialCode::MethodNotWhitelisted, None));
    assert_eq!(denials[0].policy_type, Some(PolicyType::MethodWhitelist));
    assert!(denials[0].hint.as_deref().is_some_and(|hint| hint.contains("0x38ed1739")));
    let named = || world().row_here("METHOD_WHITELIST", &naming(5, &[SWAP]));
    assert_eq!(named().effect(handover(Some(Selector::evm(SWAP)))).tier(), Tier::Approval);
    let mut other = named().effect(handover(Some(Selector::evm(STAKE)))).codes();
    other.dedup();
    assert_eq!(other, [DenialCode::MethodNotWhitelisted]);
    let mut unnamed = named().effect(handover(None)).codes();
    unnamed.dedup();
    assert_eq!(unnamed, [DenialCode::MethodNotWhitelisted]);
}

#[test]
fn a_name_of_a_solana_method_may_be_its_first_bytes() {
    let rules = json!({"methods": [{"contractAddress": account(5), "selectors": ["0x0102"]}]});
    let contracts = json!({"contracts": [{"address": account(5)}]});
    let call = |data: &[u8]| {
        let selector = Selector::of_instruction(data);
        let call = Effect::ContractCall { target: account(5), selector, decoded: true };
        let world = World::rich("solana-devnet").row("CONTRACT_WHITELIST", &contracts);
        world.row("METHOD_WHITELIST", &rules).effect(call)
    };
    assert_eq!(call(&[1, 2, 9, 9, 9]).tier(), Tier::Instant);
    assert_eq!(call(&[1, 2]).tier(), Tier::Instant);
    for other in [&[1u8][..], &[1, 3], &[]] {
        assert_eq!(call(other).codes(), [DenialCode::MethodNotWhitelisted], "{other:?}");
    }
}

#[test]
fn entries_that_contradict_themselves_are_refused() {
    let entry = |selectors: Value| json!({"methods": [{"contractAddress": evm(5), "selectors": selectors}]});
    for (rules, expected) in [
        (json!({"methods": []}), "rules.methods: "),
        (entry(json!([])), "rules.methods[0].selectors: needs"),
        (entry(json!(["0x0102"])), "rules.methods[0].selectors: a selector of an EVM contract"),
        (entry(json!(["0x0102030405"])), "rules.methods[0].selectors: a selector of an EVM contract"),
        (entry(json!(["01020304"])), "rules.methods[0].selectors[0]"),
        (entry(json!(["transfer"])), "rules.methods[0].selectors[0]"),
        (json!({"methods": [{"contractAddress": account(5), "selectors": ["0x01"]}]}), "contractAddress"),
        (
            json!({"methods": [
                {"contractAddress": evm(5), "selectors": ["0x00000001"]},
                {"contractAddress": evm(5), "selectors": ["0x00000002"]},
            ]}),
            "names one contract twice",
        ),
    ] {
        let message = refusal("METHOD_WHITELIST", &rules, Some(BASE));
        assert!(message.contains(expected), "{message}");
    }
}
