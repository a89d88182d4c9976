//! What holds for every request and every set of policies.

use proptest::collection::vec;
use proptest::prelude::*;
use waiaas_core::U256;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::money::{Price, Usd};
use waiaas_core::network::{NetworkId, Networks};
use waiaas_core::policy::rules::Decimal;
use waiaas_core::policy::{
    Denial, DenialCode, Facts, Policy, PolicySet, Rules, Scope, Spending, Tier, Verdict, evaluate,
};
use waiaas_core::wallet::OwnerState;

use crate::generate::{
    NETWORK, amount, effect, effects, facts, known_effect, row, rows, rules, unknown_effect,
};
use crate::world::{account, wallet};

fn judge(rows: &[Policy], effects: &Effects, facts: &Facts) -> Verdict {
    let set = PolicySet::select(rows.iter().cloned(), wallet(), &NetworkId::new(NETWORK));
    evaluate(&set, effects, facts)
}

/// Laxest first; a denial is stricter than every tier.
fn strictness(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Granted(grant) => Tier::ALL.iter().position(|tier| *tier == grant.tier).expect("tier"),
        Verdict::Denied(_) => Tier::ALL.len(),
    }
}

/// A denial that a further row may lift, because it says that a row is missing.
fn lacks_a_row(denial: &Denial) -> bool {
    matches!(denial.code, DenialCode::SpendingLimitRequired | DenialCode::TokenNotAllowed)
        && denial.policy_id.is_none()
}

fn amount_of(effect: &mut Effect) -> Option<&mut U256> {
    match effect {
        Effect::NativeOut { amount, .. }
        | Effect::TokenOut { amount, .. }
        | Effect::AccountRent { amount, .. } => Some(amount),
        Effect::NetworkFee { max } => Some(max),
        Effect::Unknown { .. } => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_empty_set_denies_everything(items in vec(effect(), 0..5), facts in facts()) {
        let verdict = judge(&[], &effects(items), &facts);
        prop_assert!(matches!(verdict, Verdict::Denied(denials) if !denials.is_empty()));
    }

    #[test]
    fn raising_an_amount_never_helps(
        rows in rows(), items in vec(known_effect(), 1..5), facts in facts(), which: usize, more in amount(),
    ) {
        let before = judge(&rows, &effects(items.clone()), &facts);
        let mut raised = items;
        let index = which % raised.len();
        if let Some(amount) = amount_of(&mut raised[index]) {
            *amount = amount.saturating_add(more);
        }
        let after = judge(&rows, &effects(raised), &facts);
        prop_assert!(strictness(&after) >= strictness(&before), "{before:?}\n{after:?}");
    }

    #[test]
    fn adding_an_effect_never_helps(
        rows in rows(), items in vec(effect(), 0..4), facts in facts(), more in effect(), place: usize,
    ) {
        let before = judge(&rows, &effects(items.clone()), &facts);
        let mut longer = items;
        longer.insert(place % (longer.len() + 1), more);
        let after = judge(&rows, &effects(longer), &facts);
        prop_assert!(strictness(&after) >= strictness(&before), "{before:?}\n{after:?}");
    }

    #[test]
    fn adding_a_row_of_any_scope_only_tightens(
        rows in rows(), items in vec(known_effect(), 0..4), facts in facts(), more in row(),
    ) {
        let effects = effects(items);
        let before = judge(&rows, &effects, &facts);
        let mut longer = rows;
        longer.push(more);
        let after = judge(&longer, &effects, &facts);
        match (&before, &after) {
            (Verdict::Granted(a), Verdict::Granted(b)) => {
                prop_assert!(b.tier >= a.tier, "{a:?}\n{b:?}");
                prop_assert!(b.tier != Tier::Delay || a.tier != Tier::Delay || b.delay_seconds >= a.delay_seconds);
            }
            (Verdict::Granted(_), Verdict::Denied(_)) => {}
            (Verdict::Denied(denials), after) => {
                if !denials.iter().any(lacks_a_row) {
                    prop_assert!(matches!(after, Verdict::Denied(_)), "{denials:?}\n{after:?}");
                }
            }
        }
    }

    #[test]
    fn a_row_judges_alike_in_every_scope(rows in rows(), items in vec(known_effect(), 0..4), facts in facts()) {
        let effects = effects(items);
        let global = Scope { wallet: None, network: None };
        let narrow = Scope { wallet: Some(wallet()), network: Some(NetworkId::new(NETWORK)) };
        let at = |scope: &Scope| -> Vec<_> {
            rows.iter().cloned().map(|row| Policy { scope: scope.clone(), ..row }).collect()
        };
        prop_assert_eq!(judge(&at(&global), &effects, &facts), judge(&at(&narrow), &effects, &facts));
    }

    #[test]
    fn a_fuller_ledger_never_helps(
        rows in rows(), items in vec(known_effect(), 0..4), facts in facts(), usd: u64, more in amount(), requests: u64,
    ) {
        let effects = effects(items);
        let before = judge(&rows, &effects, &facts);
        let mut fuller = facts;
        let ledger = &mut fuller.ledger;
        ledger.usd_day = ledger.usd_day.plus(Usd::from_micros(usd));
        ledger.usd_month = ledger.usd_month.plus(Usd::from_micros(usd));
        for counted in ledger.asset_day.values_mut().chain(ledger.asset_month.values_mut()) {
            *counted = counted.saturating_add(more);
        }
        for count in ledger.requests.values_mut() {
            *count = count.saturating_add(requests);
        }
        let after = judge(&rows, &effects, &fuller);
        prop_assert!(strictness(&after) >= strictness(&before), "{before:?}\n{after:?}");
    }

    #[test]
    fn splitting_a_payment_changes_nothing(
        rows in rows(), items in vec(known_effect(), 0..3), facts in facts(), a in amount(), b in amount(),
    ) {
        let Some(sum) = a.checked_add(b) else { return Ok(()) };
        let out = |amount| Effect::NativeOut { to: account(9), amount };
        let mut whole = items.clone();
        whole.push(out(sum));
        let mut split = items;
        split.insert(0, out(a));
        split.push(out(b));
        prop_assert_eq!(judge(&rows, &effects(whole), &facts), judge(&rows, &effects(split), &facts));
    }

    #[test]
    fn what_is_not_understood_is_always_denied(
        rows in rows(), items in vec(known_effect(), 0..4), facts in facts(), unknown in unknown_effect(), place: usize,
    ) {
        let mut items = items;
        items.insert(place % (items.len() + 1), unknown);
        let Verdict::Denied(denials) = judge(&rows, &effects(items), &facts) else {
            return Err(TestCaseError::fail("granted"));
        };
        prop_assert!(denials.iter().any(|denial| denial.code == DenialCode::UnknownEffect));
    }

    #[test]
    fn only_a_proved_owner_changes_approval(rows in rows(), items in vec(known_effect(), 0..4), facts in facts()) {
        let effects = effects(items);
        let with = |owner| judge(&rows, &effects, &Facts { owner, ..facts.clone() });
        let locked = with(OwnerState::Locked);
        for owner in [OwnerState::None, OwnerState::Grace] {
            match (&locked, with(owner)) {
                (Verdict::Granted(grant), Verdict::Denied(denials)) => {
                    prop_assert_eq!(grant.tier, Tier::Approval);
                    prop_assert!(denials.iter().all(|denial| denial.code == DenialCode::OwnerRequired));
                }
                (_, Verdict::Granted(grant)) => {
                    prop_assert!(grant.tier < Tier::Approval);
                    prop_assert_eq!(&locked, &Verdict::Granted(grant));
                }
                (Verdict::Denied(_), Verdict::Denied(_)) => {}
            }
        }
    }

    #[test]
    fn grants_say_exactly_what_is_owed(rows in rows(), items in vec(effect(), 0..5), facts in facts()) {
        match judge(&rows, &effects(items), &facts) {
            Verdict::Granted(grant) => {
                prop_assert_eq!(grant.delay_seconds.is_some(), grant.tier == Tier::Delay);
                prop_assert_eq!(grant.approval_timeout.is_some(), grant.tier == Tier::Approval);
                prop_assert_eq!(grant.reasons.first().map_or(Tier::Instant, |reason| reason.tier), grant.tier);
            }
            Verdict::Denied(denials) => prop_assert!(!denials.is_empty()),
        }
    }

    #[test]
    fn rules_read_what_they_write(rules in rules()) {
        let stored = rules.to_json().to_string();
        let read = Rules::parse(
            rules.policy_type(), &serde_json::from_str(&stored).expect("json"), &Networks::builtin(), None,
        );
        prop_assert_eq!(read.expect("rules"), rules);
    }

    #[test]
    fn a_value_is_never_below_the_true_one(amount: u64, picos: u64, decimals in 0u8..=36) {
        let value = Price::from_picos(u128::from(picos)).value_of(U256::from(amount), decimals);
        let scale = U256::from(10u8).pow(U256::from(decimals)) * U256::from(1_000_000u64);
        let exact = U256::from(amount) * U256::from(picos);
        prop_assert!(value == Usd::MAX || U256::from(value.micros()) * scale >= exact);
        prop_assert!(value == Usd::ZERO || value == Usd::MAX || U256::from(value.micros() - 1) * scale < exact);
    }

    #[test]
    fn a_sum_is_worth_at_least_its_parts(items in vec(known_effect(), 0..5), facts in facts()) {
        let effects = effects(items);
        let spending = Spending::of(&effects, &facts);
        if let (Some(usd), Some(counted)) = (spending.usd(), spending.counted_usd()) {
            prop_assert!(counted >= usd);
        }
        for (asset, sums) in spending.assets() {
            for outflow in effects.outflows().filter(|outflow| outflow.asset == asset) {
                prop_assert!(sums.counted.saturated() >= outflow.amount);
                prop_assert!(outflow.fee || sums.spent.is_some_and(|spent| spent.saturated() >= outflow.amount));
            }
        }
    }

    #[test]
    fn a_limit_is_never_above_the_true_one(digits: u64, scale in 0u8..=36, decimals in 0u8..=36) {
        let text = waiaas_core::money::format_units(U256::from(digits), scale);
        let limit = text.parse::<Decimal>().expect("decimal").base_units(decimals);
        let ten = |exponent: u8| U256::from(10u8).pow(U256::from(exponent));
        let exact = U256::from(digits) * ten(decimals);
        prop_assert!(limit.checked_mul(ten(scale)).is_some_and(|scaled| scaled <= exact));
        prop_assert!((limit + U256::from(1u8)).checked_mul(ten(scale)).is_none_or(|scaled| scaled > exact));
    }
}

/// The generators reach every outcome; otherwise the properties above would hold for nothing.
#[test]
fn every_outcome_occurs() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut seen = [0u32; 5];
    let strategy = (rows(), vec(known_effect(), 0..4), facts());
    for _ in 0..3_000 {
        let (rows, items, facts) = strategy.new_tree(&mut runner).expect("case").current();
        seen[strictness(&judge(&rows, &effects(items), &facts))] += 1;
    }
    assert!(seen.iter().all(|count| *count >= 30), "{seen:?}");
}
