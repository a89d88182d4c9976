//! The stored inputs of a decision read back unchanged, to the last digit.

use proptest::collection::vec;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use waiaas_core::effect::Effects;
use waiaas_core::ids::WalletId;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{PolicyFacts, PolicySet, Verdict, evaluate};

use crate::generate::{NETWORK, effect, effects, facts};
use crate::generate_rules::rows;
use crate::world::wallet;

/// Through text, and through a tree of values as a database column of JSON may hold it.
fn back<T: Serialize + DeserializeOwned>(value: &T) -> [T; 2] {
    let text = serde_json::to_string(value).expect("text");
    let tree = serde_json::to_value(value).expect("tree");
    [serde_json::from_str(&text).expect("from text"), serde_json::from_value(tree).expect("from a tree")]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_decision_is_made_again_from_what_was_stored(
        rows in rows(), items in vec(effect(), 0..5), seen in vec(effect(), 0..3), facts in facts(),
    ) {
        let policies = |wallet: WalletId| {
            PolicySet::select(rows.iter().cloned(), wallet, &NetworkId::new(NETWORK))
        };
        let effects = Effects { seen, ..effects(items) };
        let verdict = evaluate(&policies(wallet()), &effects, &facts);
        let effects_back: [Effects; 2] = back(&effects);
        let facts_back: [PolicyFacts; 2] = back(&facts);
        let verdict_back: [Verdict; 2] = back(&verdict);
        for ((again, known), told) in effects_back.iter().zip(&facts_back).zip(&verdict_back) {
            prop_assert_eq!(again, &effects);
            prop_assert_eq!(known, &facts);
            prop_assert_eq!(told, &verdict);
            prop_assert_eq!(evaluate(&policies(wallet()), again, known), verdict.clone());
        }
    }
}
