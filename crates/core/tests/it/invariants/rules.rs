//! Rules that are not rules.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{PolicySet, PolicyType, Rules, Tier, Verdict, evaluate};

use super::cases;
use crate::generate::{NETWORK, effects, facts, known_effect};
use crate::generate_rules::{rows, rules};
use crate::world::{NETWORKS, wallet};

/// Something that no value of a rule can be.
fn nonsense(what: u8) -> Value {
    match what % 3 {
        0 => json!({ "?": {} }),
        1 => json!([[]]),
        _ => json!(-1.5),
    }
}

/// In the `at`th object inside, counted from the outside, puts an unknown key or makes a value
/// nonsense. What is left of `at` where there are not so many.
fn corrupt(value: &mut Value, at: usize, key: usize, what: u8) -> Result<(), usize> {
    match value {
        Value::Object(object) if at == 0 => {
            let keys: Vec<String> = object.keys().cloned().collect();
            let key = keys.get(key % (keys.len() + 1)).cloned().unwrap_or("no_such_rule".to_owned());
            object.insert(key, nonsense(what));
            Ok(())
        }
        Value::Object(object) => {
            object.values_mut().try_fold(at - 1, |at, value| down(value, at, key, what)).map_or(Ok(()), Err)
        }
        Value::Array(items) => {
            items.iter_mut().try_fold(at, |at, value| down(value, at, key, what)).map_or(Ok(()), Err)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(at),
    }
}

/// The same for one value of several: the rest of `at`, or none when it is done.
fn down(value: &mut Value, at: usize, key: usize, what: u8) -> Option<usize> {
    corrupt(value, at, key, what).err()
}

proptest! {
    #![proptest_config(cases(1_500))]

    /// Invariant 3: a row that is damaged is no row with a part missing: it is refused whole, at creation
    /// and whenever it is loaded, which is the same function.
    #[test]
    fn damaged_rules_are_refused_whole(rules in rules(), at in 0usize..6, key: usize, what: u8) {
        let mut value = rules.to_json();
        let network = NetworkId::new(NETWORK);
        let read = |value: &Value| Rules::parse(rules.policy_type(), value, &NETWORKS, Some(&network));
        prop_assert_eq!(read(&value).ok(), Some(rules.clone()));
        let mut at = at;
        while corrupt(&mut value, at, key, what).is_err() {
            at -= 1;
        }
        prop_assert!(read(&value).is_err(), "{}", value);
    }
}

/// The types that speak against a request, or for a stricter tier, each by a row of its own.
fn stopping(verdict: &Verdict) -> Vec<PolicyType> {
    match verdict {
        Verdict::Denied(denials) => {
            denials.iter().filter(|d| d.policy_id.is_some()).filter_map(|d| d.policy_type).collect()
        }
        Verdict::Granted(grant) => {
            let strict = grant.reasons.iter().filter(|r| r.tier > Tier::Instant && r.policy_id.is_some());
            strict.filter_map(|r| r.policy_type).collect()
        }
    }
}

/// Invariant 16: each of the 21 types decides something: among generated requests it stops some and lets
/// others through, beside any other rows.
#[test]
fn every_type_stops_some_requests_and_lets_others_through() {
    let mut runner = TestRunner::deterministic();
    let strategy = (rows(), vec(known_effect(), 0..3), facts());
    let mut counts: BTreeMap<PolicyType, (u32, u32)> = BTreeMap::new();
    let done = |counts: &BTreeMap<PolicyType, (u32, u32)>| {
        let enough = counts.values().filter(|(stopped, passed)| *stopped >= 2 && *passed >= 2);
        enough.count() == PolicyType::ALL.len()
    };
    for _ in 0..20_000 {
        let (rows, items, facts) = strategy.new_tree(&mut runner).expect("case").current();
        let types: Vec<_> = rows.iter().map(|row| row.rules.policy_type()).collect();
        let set = PolicySet::select(rows, wallet(), &NetworkId::new(NETWORK));
        let verdict = evaluate(&set, &effects(items), &facts);
        let stopped = stopping(&verdict);
        for policy_type in types {
            let (stops, passes) = counts.entry(policy_type).or_default();
            *stops += u32::from(stopped.contains(&policy_type));
            *passes += u32::from(matches!(verdict, Verdict::Granted(_)) && !stopped.contains(&policy_type));
        }
        if done(&counts) {
            break;
        }
    }
    assert!(done(&counts), "{counts:?}");
}

proptest! {
    #![proptest_config(cases(1_000))]

    /// Invariant 16: any other type is no policy.
    #[test]
    fn no_other_name_is_a_type(which in 0usize..21, at: usize, letter in "[A-Za-z_ ]?", free in "[A-Z_0-9]{0,24}") {
        let mut near = PolicyType::ALL[which].as_str().to_owned();
        near.replace_range(at % near.len()..=at % near.len(), &letter);
        for name in [near, PolicyType::ALL[which].as_str().to_lowercase(), free] {
            let known = PolicyType::ALL.iter().find(|known| known.as_str() == name).copied();
            prop_assert_eq!(PolicyType::parse(&name), known);
        }
    }
}
