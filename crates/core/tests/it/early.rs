//! A request that is denied early is denied afterwards too, with any answers of nodes and price services.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use waiaas_core::U256;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{
    DenialCode, Policy, PolicyFacts, PolicySet, Reputations, Verdict, early, evaluate,
};
use waiaas_core::simulation::SimulationCheck;
use waiaas_core::wallet::OwnerState;

use crate::generate::{NETWORK, amount, effect, effects, facts, native, token};
use crate::generate_rules::rows;
use crate::world::{World, evm, wallet};

fn select(rows: &[Policy]) -> PolicySet {
    PolicySet::select(rows.iter().cloned(), wallet(), &NetworkId::new(NETWORK))
}

/// The facts before a node or a price service is asked.
fn unasked(facts: &PolicyFacts) -> PolicyFacts {
    PolicyFacts {
        assets: BTreeMap::new(),
        balances: BTreeMap::new(),
        reputation: Reputations::default(),
        simulation: SimulationCheck::NotApplicable,
        ..facts.clone()
    }
}

/// Makes the amounts of effects larger, as a fee, a rent or decimals that were not known make them.
fn grown(items: &[Effect], more: &[U256]) -> Vec<Effect> {
    let mut grown = items.to_vec();
    for (effect, more) in grown.iter_mut().zip(more) {
        match effect {
            Effect::NativeOut { amount, .. }
            | Effect::TokenOut { amount, .. }
            | Effect::NetworkFee { max: amount } => *amount = amount.saturating_add(*more),
            Effect::Allowance { amount, .. } if !amount.is_zero() => *amount = amount.saturating_add(*more),
            _ => {}
        }
    }
    grown
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Certain effects, and then any further effects of the transaction and any answers.
    #[test]
    fn an_early_no_is_a_no(
        rows in rows(), certain in vec(effect(), 0..4), facts in facts(), more in vec(effect(), 0..3),
        larger in vec(amount(), 4), place: usize,
    ) {
        let set = select(&rows);
        let denials = early(&set, &[vec![effects(certain.clone())]], &unasked(&facts));
        let mut items = grown(&certain, &larger);
        let at = place % (items.len() + 1);
        items.splice(at..at, more);
        let verdict = evaluate(&set, &effects(items), &facts);
        if !denials.is_empty() {
            prop_assert!(matches!(verdict, Verdict::Denied(_)), "{denials:?}\n{verdict:?}");
        }
    }

    /// Policy facts that are known already are used, and change nothing about that.
    #[test]
    fn an_early_no_with_prices_in_hand_is_a_no(rows in rows(), certain in vec(effect(), 0..4), facts in facts()) {
        let set = select(&rows);
        let early = early(&set, &[vec![effects(certain.clone())]], &facts);
        if !early.is_empty() {
            prop_assert!(matches!(evaluate(&set, &effects(certain), &facts), Verdict::Denied(_)), "{early:?}");
        }
    }

    /// A part that can be read in two ways is denied only if both are; a part that is denied denies all.
    #[test]
    fn a_part_is_denied_in_each_of_its_readings(
        rows in rows(), one in vec(effect(), 0..3), other in vec(effect(), 0..3), facts in facts(),
        which: bool, rest in vec(effect(), 0..2),
    ) {
        let (set, facts) = (select(&rows), unasked(&facts));
        let readings = vec![effects(one.clone()), effects(other.clone())];
        let both = early(&set, &[readings, vec![effects(Vec::new())]], &facts);
        if both.is_empty() {
            return Ok(());
        }
        let mut items = if which { one } else { other };
        items.extend(rest);
        prop_assert!(matches!(evaluate(&set, &effects(items), &facts), Verdict::Denied(_)));
    }
}

/// The generators reach both answers; otherwise the properties above would hold for nothing.
#[test]
fn both_answers_occur() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let strategy = (rows(), vec(effect(), 0..3), facts());
    let mut denied = 0;
    for _ in 0..500 {
        let (rows, items, facts) = strategy.new_tree(&mut runner).expect("case").current();
        let answer = early(&select(&rows), &[vec![effects(items)]], &unasked(&facts));
        denied += usize::from(!answer.is_empty());
    }
    assert!((100..480).contains(&denied), "{denied} of 500");
}

fn out(amount: u64) -> Effect {
    Effect::NativeOut { to: evm(9), amount: U256::from(amount) }
}

/// The early denials of these effects for an EVM wallet with these rows, and the denials afterwards.
fn both(rows: &[(&str, serde_json::Value)], items: Vec<Effect>) -> (Vec<DenialCode>, Vec<DenialCode>) {
    let mut world = World::on(NETWORK);
    for (policy_type, rules) in rows {
        world = world.row(policy_type, rules);
    }
    let effects = Effects { items, ..world.effects };
    let set = select(&world.rows);
    let codes = |denials: Vec<waiaas_core::policy::Denial>| denials.into_iter().map(|d| d.code).collect();
    let before = early(&set, &[vec![effects.clone()]], &unasked(&world.facts));
    let after = match evaluate(&set, &effects, &world.facts) {
        Verdict::Denied(denials) => codes(denials),
        Verdict::Granted(_) => Vec::new(),
    };
    (codes(before), after)
}

#[test]
fn what_policies_alone_decide_has_the_same_code_early() {
    let limit =
        ("SPENDING_LIMIT", json!({"instant_max_usd": 100, "notify_max_usd": 200, "delay_max_usd": 300}));
    let token_out = Effect::TokenOut { asset: token(50), to: evm(9), amount: U256::from(1u8) };
    let call = Effect::ContractCall { target: evm(5), selector: None, decoded: true };
    let cases = [
        (vec![], vec![out(5)], DenialCode::SpendingLimitRequired),
        (vec![limit.clone()], vec![token_out], DenialCode::TokenNotAllowed),
        (vec![limit.clone()], vec![call], DenialCode::ContractNotWhitelisted),
        (
            vec![limit.clone(), ("WHITELIST", json!({"allowed_addresses": [evm(8).to_string()]}))],
            vec![out(5)],
            DenialCode::WhitelistDenied,
        ),
        (
            vec![limit.clone(), ("ALLOWED_NETWORKS", json!({"networks": [{"network": "solana-mainnet"}]}))],
            vec![out(5)],
            DenialCode::NetworkNotAllowed,
        ),
        (
            vec![limit.clone(), ("TIME_RESTRICTION", json!({"allowed_hours": {"start": 1, "end": 2}}))],
            vec![out(5)],
            DenialCode::TimeNotAllowed,
        ),
    ];
    for (rows, items, code) in cases {
        let (before, after) = both(&rows, items);
        assert!(before.contains(&code), "{code}: {before:?}");
        assert!(after.contains(&code), "{code}: {after:?}");
    }
    assert_eq!(both(&[limit], vec![out(5)]).0, [], "what may be granted is left for later");
}

#[test]
fn an_owner_who_cannot_answer_is_missed_early() {
    let limit = json!({"instant_max_usd": 100, "notify_max_usd": 200, "delay_max_usd": 300});
    let world = World::on(NETWORK).row("SPENDING_LIMIT", &limit);
    let deployment =
        Effect::Deployment { code: waiaas_core::digest::Digest::new([1; 32]), amount: U256::ZERO };
    let effects = Effects { items: vec![deployment], native: native(), ..world.effects };
    for (owner, denied) in [(OwnerState::None, true), (OwnerState::Grace, true), (OwnerState::Locked, false)]
    {
        let facts = PolicyFacts { owner, ..unasked(&world.facts) };
        let codes: Vec<_> =
            early(&select(&world.rows), &[vec![effects.clone()]], &facts).iter().map(|d| d.code).collect();
        assert_eq!(codes.contains(&DenialCode::OwnerRequired), denied, "{owner:?}: {codes:?}");
    }
}
