//! Rules of every policy type: the stored rules are the checked rules, and no field is ignored.

use serde_json::Value;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{PolicyType, Rules};

use crate::input::Input;
use crate::json;
use crate::world::NETWORKS;

/// None, one network of each kind, and an unknown one.
const SCOPES: [Option<&str>; 4] = [None, Some("base-mainnet"), Some("solana-mainnet"), Some("nowhere")];

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let policy_type = input.one(PolicyType::ALL);
    let network = input.one(&SCOPES).map(NetworkId::new);
    let Ok(value) = serde_json::from_slice::<Value>(input.rest()) else { return false };
    let parse = |value: &Value| Rules::parse(policy_type, value, &NETWORKS, network.as_ref());
    let rules = match parse(&value) {
        Ok(rules) => rules,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    assert_eq!(rules.policy_type(), policy_type);
    let written = rules.to_json();
    assert_eq!(parse(&written).ok().as_ref(), Some(&rules), "{written}");
    // Through the text stored in the database.
    let stored: Value = serde_json::from_str(&written.to_string()).unwrap_or_default();
    assert_eq!(parse(&stored).ok().as_ref(), Some(&rules), "{stored}");
    // `token_limits` is a map by asset; its keys are checked as assets.
    for surprised in json::surprised(&value) {
        assert!(parse(&surprised).is_err(), "{surprised}");
    }
    true
}
