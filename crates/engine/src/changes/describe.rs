//! Describes a change in words for the owner who signs it. A change whose description is too long is refused, so
//! that an owner signs only complete texts.

use serde_json::Value;
use waiaas_core::owner::LONGEST_STATEMENT;
use waiaas_core::presentation::word;
use waiaas_store::PolicyRow;

use crate::changes::standing::{Concerned, FittedChange};
use crate::error::Error;

/// The longest sentence, in bytes: the maximum of a statement less room for the wallets concerned.
const MAX_SUMMARY: usize = LONGEST_STATEMENT - 4096;
/// The most wallets that are listed; of more only the number is given.
const MAX_WALLETS: usize = 64;

/// Describes the change.
pub(super) fn summary(step: &FittedChange) -> Result<String, Error> {
    let text = match step {
        FittedChange::Insert(row) => {
            let state = if row.enabled { "" } else { ", switched off" };
            format!("Make a new policy {}{state}: {}.", place(row), plain(&parsed(&row.rules)))
        }
        FittedChange::Update(from, to) => {
            let mut parts = Vec::new();
            let (old, new) = (parsed(&from.rules), parsed(&to.rules));
            match (from.enabled, to.enabled) {
                // Rules that were never in force need no consent.
                (false, true) => parts.push(format!("put it IN FORCE with {}", plain(&new))),
                (true, false) => parts.push("take it OUT OF FORCE".to_owned()),
                (true, true) | (false, false) => {}
            }
            differences("", &old, &new, &mut parts);
            format!("Change the policy {}: {}.", place(from), parts.join("; "))
        }
        FittedChange::Delete(row) => {
            format!("DELETE the policy {}, which says {}.", place(row), plain(&parsed(&row.rules)))
        }
        FittedChange::Release(_) => "Release the kill switch, so that wallets may sign again.".to_owned(),
        FittedChange::Resume(row) => format!("Let the suspended wallet {} sign again.", row.address),
    };
    if text.len() > MAX_SUMMARY {
        return Err(Error::invalid(
            "rules",
            "an owner could not read a change of this size before signing it",
        )
        .hint(
            "Make it in several smaller changes: of an update, only the differences are shown, and what \
             makes a policy stricter asks nobody.",
        ));
    }
    Ok(text)
}

/// The wallets of one owner.
pub(super) fn wallets(concerned: &[&Concerned]) -> String {
    let named: Vec<_> = concerned.iter().take(MAX_WALLETS).map(|one| one.address.to_string()).collect();
    let more = concerned.len().saturating_sub(named.len());
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let noun = if concerned.len() == 1 { "the wallet" } else { "the wallets" };
    format!("{noun} {}{rest}", named.join(", "))
}

fn place(row: &PolicyRow) -> String {
    let wallet = row.wallet.map_or_else(|| "all wallets".to_owned(), |id| format!("the wallet {id}"));
    let network =
        row.network.as_ref().map_or_else(|| "all networks".to_owned(), |id| format!("the network {id}"));
    format!("{} of {wallet} on {network}", row.policy_type)
}

/// The differences by path. List entries are added or removed as a whole; their order does not matter.
fn differences(path: &str, old: &Value, new: &Value, parts: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, old) in before {
                let path = inner(path, key);
                match after.get(key) {
                    Some(new) => differences(&path, old, new, parts),
                    None => parts.push(format!("{path} REMOVED, it was {}", plain(old))),
                }
            }
            for (key, new) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
                parts.push(format!("{} ADDED: {}", inner(path, key), plain(new)));
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            let list = |of: &[Value], without: &[Value]| -> Vec<String> {
                of.iter().filter(|entry| !without.contains(entry)).map(plain).collect()
            };
            for (verb, entries) in [("ADDED", list(after, before)), ("REMOVED", list(before, after))] {
                if !entries.is_empty() {
                    parts.push(format!("{path} {verb}: {}", entries.join(", ")));
                }
            }
        }
        (old, new) if old == new => {}
        (old, new) => parts.push(format!("{path} from {} to {}", plain(old), plain(new))),
    }
}

fn inner(path: &str, key: &str) -> String {
    let key = word(key);
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// JSON in the characters that a statement may have (EIP-4361).
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => word(text),
        Value::Array(entries) => {
            format!("[{}]", entries.iter().map(plain).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| format!("{}: {}", word(key), plain(value)));
            format!("({})", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;
    use waiaas_core::ids::PolicyId;
    use waiaas_core::policy::PolicyType;

    fn row(rules: &Value, enabled: bool) -> PolicyRow {
        PolicyRow {
            id: PolicyId::new(Uuid::from_u128(1)),
            wallet: None,
            network: None,
            policy_type: PolicyType::SpendingLimit,
            category: None,
            rules: rules.to_string(),
            priority: 0,
            enabled,
            created_at: 0,
            updated_at: 0,
            version: 1,
        }
    }

    #[test]
    fn an_update_says_what_differs_and_nothing_else() {
        let old = json!({ "a": 1, "list": ["x", "y"], "same": [1, 2], "gone": true });
        let new = json!({ "a": 2, "list": ["y", "z"], "same": [2, 1], "new": { "b": "0.5" } });
        let text = summary(&FittedChange::Update(row(&old, true), row(&new, true))).expect("short");
        assert_eq!(
            text,
            "Change the policy SPENDING_LIMIT of all wallets on all networks: a from 1 to 2; \
             gone REMOVED, it was true; list ADDED: z; list REMOVED: x; new ADDED: (b: 0.5)."
        );
        let on = summary(&FittedChange::Update(row(&old, false), row(&old, true))).expect("short");
        assert!(on.contains("IN FORCE with (a: 1, gone: true, list: [x, y], same: [1, 2])"), "{on}");
        let off = summary(&FittedChange::Update(row(&old, true), row(&old, false))).expect("short");
        assert!(off.ends_with("take it OUT OF FORCE."), "{off}");
    }

    #[test]
    fn what_cannot_be_shown_in_full_is_not_asked_for() {
        let long = json!({ "list": vec!["0x00000000000000000000000000000000000000aa"; 200] });
        assert!(summary(&FittedChange::Insert(row(&long, true))).is_err());
        assert!(summary(&FittedChange::Update(row(&json!({}), true), row(&long, true))).is_err());
        assert!(summary(&FittedChange::Delete(row(&long, true))).is_err());
        let short = json!({ "list": vec!["0x00000000000000000000000000000000000000aa"; 100] });
        let gone = summary(&FittedChange::Delete(row(&short, true))).expect("fits");
        assert_eq!(gone.matches("0x00000000000000000000000000000000000000aa").count(), 100, "{gone}");
    }

    #[test]
    fn a_chosen_text_cannot_pose_as_the_sentence() {
        let text = plain(&json!({ "name": "x'). Nothing else changes.\n(" }));
        assert_eq!(text, "(name: 'x~27~). Nothing else changes.~a~(')");
        assert_eq!(plain(&json!(["", "a b", "*.example.com"])), "['', 'a b', *.example.com]");
    }
}
