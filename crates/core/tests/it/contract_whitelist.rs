//! CONTRACT_WHITELIST.

use serde_json::json;
use waiaas_core::U256;
use waiaas_core::action::{ActionCategory, ActionKind, TrustedCall};
use waiaas_core::digest::Digest;
use waiaas_core::effect::Effect;
use waiaas_core::policy::{DenialCode, PolicyType, Tier};
use waiaas_core::selector::Selector;

use crate::world::{World, account, action, evm, nft, parse, refusal};

const BASE: &str = "base-mainnet";
const SWAP: [u8; 4] = [0x38, 0xed, 0x17, 0x39];

fn listing(contracts: &[u8]) -> serde_json::Value {
    json!({"contracts": contracts.iter().map(|byte| json!({"address": evm(*byte)})).collect::<Vec<_>>()})
}

#[test]
fn without_a_row_no_contract_is_called() {
    let denials = World::rich(BASE).owned().call(evm(5), SWAP, true).denials();
    assert_eq!(denials[0].code, DenialCode::ContractNotWhitelisted);
    assert_eq!((denials[0].policy_type, denials[0].policy_id), (Some(PolicyType::ContractWhitelist), None));
    assert!(denials[0].hint.as_deref().is_some_and(|hint| hint.contains(&evm(5).to_string())));
}

#[test]
fn a_listed_contract_is_called_and_another_is_not() {
    let world = || World::rich(BASE).row_here("CONTRACT_WHITELIST", &listing(&[4, 5]));
    assert_eq!(world().call(evm(5), SWAP, true).tier(), Tier::Instant);
    let denials = world().call(evm(5), SWAP, true).call(evm(6), SWAP, true).denials();
    assert_eq!(denials.len(), 1);
    assert_eq!(denials[0].code, DenialCode::ContractNotWhitelisted);
    assert!(denials[0].policy_id.is_some() && denials[0].message.contains(&evm(6).to_string()));
}

#[test]
fn every_row_must_list_the_contract() {
    let world = World::rich(BASE)
        .row_here("CONTRACT_WHITELIST", &listing(&[4, 5]))
        .row_here("CONTRACT_WHITELIST", &listing(&[4]));
    assert_eq!(world.call(evm(5), SWAP, true).codes(), [DenialCode::ContractNotWhitelisted]);
}

#[test]
fn a_row_of_another_network_lists_nothing_here() {
    let world = World::rich(BASE).row_at("CONTRACT_WHITELIST", &listing(&[5]), Some("optimism-mainnet"));
    assert_eq!(world.call(evm(5), SWAP, true).codes(), [DenialCode::ContractNotWhitelisted]);
}

#[test]
fn every_effect_that_runs_a_contracts_code_needs_it_listed() {
    let token = nft(BASE, 5, 1);
    let effects = [
        Effect::NftOut { nft: token.clone(), to: evm(9), quantity: U256::ONE },
        Effect::NftAllowance { nft: token, spender: None },
        Effect::OperatorApproval { collection: evm(5), operator: evm(8), granted: false },
        Effect::TypedData {
            contract: evm(5),
            primary_type: "Order".to_owned(),
            digest: Digest::of("test", &[]),
        },
    ];
    for effect in effects {
        let world = || World::rich(BASE).owned().effect(effect.clone());
        assert_eq!(world().codes(), [DenialCode::ContractNotWhitelisted], "{effect:?}");
        let other = world().row_here("CONTRACT_WHITELIST", &listing(&[6]));
        assert_eq!(other.codes(), [DenialCode::ContractNotWhitelisted], "{effect:?}");
        world().row_here("CONTRACT_WHITELIST", &listing(&[5])).grant();
    }
}

#[test]
fn a_provider_is_trusted_with_exactly_the_named_methods() {
    let trusting = |target, selector: &[u8]| {
        let selector = Selector::new(selector).expect("selector");
        let mut swap = action(ActionCategory::Swap, ActionKind::Other);
        swap.trusted = vec![TrustedCall { target, selector }];
        World::rich(BASE).action(swap)
    };
    assert_eq!(trusting(evm(5), &SWAP).call(evm(5), SWAP, true).tier(), Tier::Instant);
    let denied = [DenialCode::ContractNotWhitelisted];
    assert_eq!(trusting(evm(5), &SWAP).call(evm(6), SWAP, true).codes(), denied);
    assert_eq!(trusting(evm(5), &SWAP).call(evm(5), [0, 0, 0, 1], true).codes(), denied);
    assert_eq!(trusting(evm(5), &SWAP[..3]).call(evm(5), SWAP, true).codes(), denied, "a shorter name");
    let no_data = Effect::ContractCall { target: evm(5), selector: None, decoded: true };
    assert_eq!(trusting(evm(5), &SWAP).effect(no_data).codes(), denied);
    let short = Selector::new(&SWAP[..3]);
    let short = Effect::ContractCall { target: evm(5), selector: short, decoded: true };
    assert_eq!(trusting(evm(5), &SWAP[..3]).effect(short).codes(), denied, "not a whole selector");
    let both = trusting(evm(5), &SWAP).call(evm(5), SWAP, true).call(evm(6), SWAP, true);
    assert_eq!(both.codes(), denied, "trust in one call says nothing of the next");
}

#[test]
fn trust_in_a_provider_lifts_no_other_rule() {
    let world = || {
        let mut swap = action(ActionCategory::Swap, ActionKind::Other);
        swap.trusted = vec![TrustedCall { target: evm(5), selector: Selector::evm(SWAP) }];
        World::rich(BASE).action(swap)
    };
    assert_eq!(world().owned().call(evm(5), SWAP, false).tier(), Tier::Approval, "not decoded");
    let list = json!({"allowed_addresses": [evm(9)]});
    assert_eq!(
        world().row("WHITELIST", &list).call(evm(5), SWAP, true).codes(),
        [DenialCode::WhitelistDenied]
    );
    let methods = json!({"methods": [{"contractAddress": evm(5), "selectors": ["0x00000001"]}]});
    let world = world().row_here("METHOD_WHITELIST", &methods).call(evm(5), SWAP, true);
    assert_eq!(world.codes(), [DenialCode::MethodNotWhitelisted]);
}

#[test]
fn programs_of_solana_need_no_network_and_always_the_owner_unless_decoded() {
    let rules = json!({"contracts": [{"address": account(5), "chain": "solana"}]});
    let call = |decoded| Effect::ContractCall {
        target: account(5),
        selector: Selector::of_instruction(&[1, 2, 3]),
        decoded,
    };
    let world = || World::rich("solana-devnet").owned().row("CONTRACT_WHITELIST", &rules);
    assert_eq!(world().effect(call(true)).tier(), Tier::Instant);
    assert_eq!(world().effect(call(false)).tier(), Tier::Approval);
    let methods = json!({"methods": [{"contractAddress": account(5), "selectors": ["0x01"]}]});
    assert_eq!(world().row("METHOD_WHITELIST", &methods).effect(call(false)).tier(), Tier::Approval);
}

#[test]
fn entries_that_contradict_themselves_are_refused() {
    for (rules, network, expected) in [
        (json!({"contracts": []}), None, "rules.contracts: "),
        (json!({"contracts": [{}]}), None, "rules.contracts[0]"),
        (json!({"contracts": [{"address": "router"}]}), None, "rules.contracts[0].address"),
        (
            json!({"contracts": [{"address": evm(1), "chain": "solana"}]}),
            Some(BASE),
            "rules.contracts[0].address",
        ),
        (json!({"contracts": [{"address": account(1)}]}), Some(BASE), "rules.contracts[0].address"),
        (
            json!({"contracts": [{"address": evm(1)}]}),
            None,
            "rules.contracts[0].address: name the policy's network",
        ),
    ] {
        let message = refusal("CONTRACT_WHITELIST", &rules, network);
        assert!(message.contains(expected), "{message}");
    }
    let read = parse("CONTRACT_WHITELIST", &listing(&[5, 4, 5]), Some(BASE)).expect("rules");
    assert_eq!(read.to_json(), listing(&[4, 5]), "sorted, and each once");
}
