//! Properties of every request and every set of policies.

use proptest::collection::vec;
use proptest::prelude::*;
use waiaas_core::U256;
use waiaas_core::action::ActionFacts;
use waiaas_core::effect::{Effect, Effects, Method};
use waiaas_core::ids::PolicyId;
use waiaas_core::money::{Price, Usd};
use waiaas_core::network::{NetworkId, Networks};
use waiaas_core::policy::rules::Decimal;
use waiaas_core::policy::{
    DenialCode, Policy, PolicyFacts, PolicySet, PolicyType, PriceFact, Rules, Scope, Spending, Tier, Verdict,
    evaluate,
};
use waiaas_core::wallet::OwnerState;

use crate::generate::{NETWORK, amount, effect, effects, facts, known_effect, selector, unknown_effect};
use crate::generate_rules::{row, rows, rules};
use crate::world::{evm, wallet};

fn judge(rows: &[Policy], effects: &Effects, facts: &PolicyFacts) -> Verdict {
    let set = PolicySet::select(rows.iter().cloned(), wallet(), &NetworkId::new(NETWORK));
    evaluate(&set, effects, facts)
}

/// Laxest first; a denial is stricter than every tier, and a longer delay than a shorter one.
fn strictness(verdict: &Verdict) -> (usize, Option<u32>) {
    match verdict {
        Verdict::Granted(grant) => (rank(grant.tier), grant.delay_seconds),
        Verdict::Denied(_) => (Tier::ALL.len(), None),
    }
}

fn rank(tier: Tier) -> usize {
    Tier::ALL.iter().position(|known| *known == tier).expect("tier")
}

/// Whether what a default says, rather than a row, may be answered by adding a row of `policy_type` to
/// `rows`: it has to be of the type that the default names, and for all but SPENDING_LIMIT, where each
/// row covers assets of its own, the first one in force.
fn lifted(default: (Option<PolicyId>, Option<PolicyType>), rows: &[Policy], policy_type: PolicyType) -> bool {
    let first = rows.iter().all(|row| row.rules.policy_type() != policy_type);
    default == (None, Some(policy_type)) && (first || policy_type == PolicyType::SpendingLimit)
}

fn amount_of(effect: &mut Effect) -> Option<&mut U256> {
    match effect {
        Effect::NativeOut { amount, .. }
        | Effect::TokenOut { amount, .. }
        | Effect::Allowance { amount, .. }
        | Effect::Deployment { amount, .. }
        | Effect::AccountRent { amount, .. } => Some(amount),
        Effect::NftOut { quantity, .. } => Some(quantity),
        Effect::NetworkFee { max } => Some(max),
        Effect::Swap(swap) => swap.sold.first_mut().map(|portion| &mut portion.amount),
        Effect::NftAllowance { .. }
        | Effect::OperatorApproval { .. }
        | Effect::ContractCall { .. }
        | Effect::AuthorityChange { .. }
        | Effect::Message { .. }
        | Effect::TypedData { .. }
        | Effect::Unknown { .. } => None,
    }
}

/// Removes from an effect the allowance by which it takes.
fn takes_by_no_allowance(effect: &mut Effect) {
    match effect {
        Effect::Allowance { through, .. } => *through = None,
        Effect::Swap(swap) => swap.spenders.clear(),
        _ => {}
    }
}

/// Makes one figure of an action worse.
fn worsen(action: &mut ActionFacts, which: usize, by: u64) {
    let more = |usd: &mut Usd| *usd = usd.plus(Usd::from_micros(by));
    match which % 5 {
        0 => action.leverage_millionths = action.leverage_millionths.map(|it| it.saturating_add(by)),
        1 => action.position_usd.iter_mut().for_each(more),
        2 => action.notional_usd.iter_mut().for_each(more),
        3 => action.lending.iter_mut().for_each(|position| more(&mut position.debt_usd)),
        _ => action.lending.iter_mut().for_each(|position| {
            position.collateral_usd = position.collateral_usd.minus(Usd::from_micros(by));
        }),
    }
}

/// Forgets one fact. Reputation is left out: an operator may set the tier of the unrated below that of
/// the badly rated, and then being forgotten is better than a bad name.
fn forget(facts: &mut PolicyFacts, which: usize) {
    let action = facts.action.as_mut();
    match which % 14 {
        0 => drop(facts.assets.pop_first()),
        1 => drop(facts.assets.pop_last()),
        2 => facts.assets.values_mut().for_each(|known| known.price = PriceFact::Unlisted),
        3 => facts.assets.values_mut().take(1).for_each(|known| known.price = PriceFact::Unusable),
        4 => drop(facts.balances.pop_first()),
        5 => drop(facts.ledger.requests.pop_first()),
        6 => drop(facts.ledger.categories.pop_first()),
        7 => facts.ledger.http_messages = None,
        8 => facts.owner = OwnerState::None,
        9 => action.into_iter().for_each(|action| action.market = None),
        10 => action.into_iter().for_each(|action| action.venue = None),
        11 => action.into_iter().for_each(|action| {
            (action.leverage_millionths, action.position_usd, action.notional_usd) = (None, None, None);
        }),
        12 => action.into_iter().for_each(|action| (action.lending_asset, action.lending) = (None, None)),
        _ => action.into_iter().for_each(|action| action.trusted.clear()),
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

    /// Where nothing uses up an earlier allowance, which only decoded effects can.
    #[test]
    fn what_is_seen_weighs_as_much_as_what_is_decoded(
        rows in rows(), items in vec(effect(), 1..5), facts in facts(), split: usize,
    ) {
        let mut items = items;
        items.iter_mut().for_each(takes_by_no_allowance);
        let decoded = judge(&rows, &effects(items.clone()), &facts);
        let seen = items.split_off(split % items.len());
        prop_assert_eq!(judge(&rows, &Effects { seen, ..effects(items) }, &facts), decoded);
    }

    #[test]
    fn what_is_seen_never_weighs_less_than_what_is_decoded(
        rows in rows(), items in vec(effect(), 1..5), facts in facts(), split: usize,
    ) {
        let decoded = judge(&rows, &effects(items.clone()), &facts);
        let mut items = items;
        let seen = items.split_off(split % items.len());
        let seen = judge(&rows, &Effects { seen, ..effects(items) }, &facts);
        prop_assert!(strictness(&seen) >= strictness(&decoded), "{decoded:?}\n{seen:?}");
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
    fn a_further_method_never_helps(
        rows in rows(), items in vec(known_effect(), 0..4), facts in facts(), contract in 5u8..11,
        called in proptest::option::of(selector()),
    ) {
        let before = judge(&rows, &effects(items.clone()), &facts);
        let mut more = effects(items);
        more.methods.push(Method { target: evm(contract), selector: called });
        let after = judge(&rows, &more, &facts);
        prop_assert!(strictness(&after) >= strictness(&before), "{before:?}\n{after:?}");
    }

    /// With two exceptions. A denial for want of any row of a type, or of an amount that no row speaks
    /// about, is lifted by the first row of that type. And the owner's approval of a call that cannot be
    /// decoded is lifted by the first METHOD_WHITELIST that names it, that of a swap through unlisted
    /// tokens by the first ALLOWED_TOKENS that lists them.
    #[test]
    fn adding_a_row_of_any_scope_only_tightens(
        rows in rows(), items in vec(known_effect(), 0..4), facts in facts(), more in row(),
    ) {
        let effects = effects(items);
        let before = judge(&rows, &effects, &facts);
        let added = more.rules.policy_type();
        let mut longer = rows.clone();
        longer.push(more);
        let after = judge(&longer, &effects, &facts);
        if strictness(&after) >= strictness(&before) {
            return Ok(());
        }
        let excused = match &before {
            Verdict::Denied(denials) => {
                denials.iter().all(|denial| lifted((denial.policy_id, denial.policy_type), &rows, added))
            }
            Verdict::Granted(grant) => {
                matches!(added, PolicyType::MethodWhitelist | PolicyType::AllowedTokens)
                    && grant.reasons.iter().filter(|reason| rank(reason.tier) > strictness(&after).0)
                        .all(|reason| lifted((reason.policy_id, reason.policy_type), &rows, added))
            }
        };
        prop_assert!(excused, "{before:?}\n{after:?}");
    }

    #[test]
    fn neither_the_order_of_rows_nor_of_effects_matters(
        rows in rows(), items in vec(effect(), 0..5), facts in facts(),
    ) {
        let verdict = judge(&rows, &effects(items.clone()), &facts);
        let mut turned = rows.clone();
        turned.reverse();
        prop_assert_eq!(&judge(&turned, &effects(items.clone()), &facts), &verdict);
        let mut backwards = items;
        backwards.reverse();
        prop_assert_eq!(strictness(&judge(&rows, &effects(backwards), &facts)), strictness(&verdict));
    }

    #[test]
    fn a_worse_figure_of_an_action_never_helps(
        rows in rows(), items in vec(known_effect(), 0..4), facts in facts(), which: usize, by: u64,
    ) {
        let effects = effects(items);
        let before = judge(&rows, &effects, &facts);
        let mut worse = facts;
        worse.action.iter_mut().for_each(|action| worsen(action, which, by));
        let after = judge(&rows, &effects, &worse);
        prop_assert!(strictness(&after) >= strictness(&before), "{before:?}\n{after:?}");
    }

    #[test]
    fn being_handed_out_never_helps(
        rows in rows(), items in vec(known_effect(), 0..4), facts in facts(), split: usize,
    ) {
        let mut effects = effects(items);
        let decoded = split % effects.items.len().saturating_add(1);
        effects.seen = effects.items.split_off(decoded);
        let with = |handed_out| judge(&rows, &effects, &PolicyFacts { handed_out, ..facts.clone() });
        let (sent, handed_out) = (with(false), with(true));
        prop_assert!(strictness(&handed_out) >= strictness(&sent), "{sent:?}\n{handed_out:?}");
        if let Verdict::Granted(grant) = &handed_out
            && effects.all().any(|effect| matches!(effect, Effect::ContractCall { decoded: false, .. }))
        {
            prop_assert_eq!(grant.tier, Tier::Approval);
        }
    }

    #[test]
    fn a_network_that_asks_for_less_never_helps(
        rows in rows(), items in vec(known_effect(), 1..5), facts in facts(), less in amount(), priced: bool,
    ) {
        let effects = effects(items);
        let before = judge(&rows, &effects, &facts);
        let mut worse = facts;
        worse.fee.asked = worse.fee.asked.min(less);
        if !priced {
            worse.fee.uncapped = Some("no price".to_owned());
        }
        let after = judge(&rows, &effects, &worse);
        prop_assert!(strictness(&after) >= strictness(&before), "{before:?}\n{after:?}");
    }

    #[test]
    fn a_fact_that_is_missing_never_helps(
        rows in rows(), items in vec(known_effect(), 0..4), facts in facts(), which: usize,
    ) {
        let effects = effects(items);
        let before = judge(&rows, &effects, &facts);
        let mut fewer = facts;
        forget(&mut fewer, which);
        let after = judge(&rows, &effects, &fewer);
        prop_assert!(strictness(&after) >= strictness(&before), "{before:?}\n{after:?}");
    }

    /// A dry run calls the same function with facts read the same way, so it sees the same verdict.
    #[test]
    fn equal_arguments_give_equal_verdicts(rows in rows(), items in vec(effect(), 0..5), facts in facts()) {
        let live = judge(&rows, &effects(items.clone()), &facts);
        let dry = judge(&rows.clone(), &effects(items).clone(), &facts.clone());
        prop_assert_eq!(live, dry);
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
        for sums in ledger.categories.values_mut() {
            sums.usd_day = sums.usd_day.plus(Usd::from_micros(usd));
            sums.usd_month = sums.usd_month.plus(Usd::from_micros(usd));
        }
        ledger.http_messages = ledger.http_messages.map(|count| count.saturating_add(requests));
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
        let out = |amount| Effect::NativeOut { to: evm(9), amount };
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
        let with = |owner| judge(&rows, &effects, &PolicyFacts { owner, ..facts.clone() });
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
            rules.policy_type(), &serde_json::from_str(&stored).expect("json"), &Networks::builtin(),
            Some(&NetworkId::new(NETWORK)),
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
            let held = sums.held();
            let parts = held.allowed.iter().map(|(_, amount)| *amount);
            let parts = parts.chain([held.moved, held.unlimited, held.fee]);
            prop_assert_eq!(parts.fold(U256::ZERO, U256::saturating_add), sums.counted.saturated());
            let paid = if *asset == effects.native { effects.fee() } else { U256::ZERO };
            prop_assert_eq!(held.fee, paid, "all of the fee is held as one, at any price of the network");
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
    for _ in 0..1_500 {
        let (rows, items, facts) = strategy.new_tree(&mut runner).expect("case").current();
        seen[strictness(&judge(&rows, &effects(items), &facts)).0] += 1;
    }
    assert!(seen.iter().all(|count| *count >= 30), "{seen:?}");
}
