//! Rules that are not rules.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::Rules;

use super::cases;
use crate::generate::NETWORK;
use crate::generate_rules::rules;
use crate::world::NETWORKS;

/// Every object inside, and the value itself.
fn objects<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Map<String, Value>>) {
    match value {
        Value::Object(object) => found.push(object),
        Value::Array(items) => items.iter_mut().for_each(|item| objects(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Puts a key nobody knows into one object, or makes one value something it cannot be.
fn corrupt(value: &mut Value, at: usize, what: u8) {
    let nonsense = match what % 3 {
        0 => json!({ "?": {} }),
        1 => json!([[]]),
        _ => json!(-1.5),
    };
    let mut found = Vec::new();
    objects(value, &mut found);
    let which = at % found.len().max(1);
    let Some(object) = found.into_iter().nth(which) else { return };
    let keys: Vec<String> = object.keys().cloned().collect();
    match keys.get(at / 7 % (keys.len() + 1)) {
        Some(key) => drop(object.insert(key.clone(), nonsense)),
        None => drop(object.insert("no_such_rule".to_owned(), nonsense)),
    }
}

proptest! {
    #![proptest_config(cases(1_500))]

    /// Invariant 3: a row that is damaged is no row with a part missing: it is refused whole, at creation
    /// and whenever it is loaded, which is the same function.
    #[test]
    fn damaged_rules_are_refused_whole(rules in rules(), at: usize, what: u8) {
        let mut value = rules.to_json();
        let network = NetworkId::new(NETWORK);
        let read = |value: &Value| Rules::parse(rules.policy_type(), value, &NETWORKS, Some(&network));
        prop_assert_eq!(read(&value).ok(), Some(rules.clone()));
        corrupt(&mut value, at, what);
        prop_assert!(read(&value).is_err(), "{}", value);
    }
}
