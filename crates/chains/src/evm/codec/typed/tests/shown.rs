//! Tests of the presentation of typed data.

use proptest::prelude::*;
use waiaas_core::presentation::{Argument, Content, Value};

use super::*;

fn message(json: &Json) -> Vec<Argument> {
    match read_as(json).content() {
        Content::TypedData { message, .. } => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_field_is_shown_with_its_type_in_order() {
    let Content::TypedData { domain, primary_type, message } = read_as(&permit()).content() else {
        panic!("typed data")
    };
    assert_eq!(primary_type, "Permit");
    let named = |fields: &[Argument]| -> Vec<String> {
        fields.iter().map(|field| format!("{} {}", field.kind, field.name)).collect()
    };
    assert_eq!(named(&message), PERMIT.split(',').collect::<Vec<_>>());
    let of_domain = ["string name", "string version", "uint256 chainId", "address verifyingContract"];
    assert_eq!(named(&domain), of_domain);
    assert_eq!(message[2].value, Value::Number("1000".into()));
    assert_eq!(domain[3].value, Value::Address(account(TOKEN)));
}

#[test]
fn values_of_every_type_are_shown() {
    let shown = message(&odd());
    let by_name = |name: &str| &shown.iter().find(|field| field.name == name).expect("a field").value;
    let number = |digits: &str| Value::Number(digits.into());
    let bytes = |bytes: &'static [u8]| Value::Bytes(alloy_primitives::Bytes::from_static(bytes));
    assert_eq!(by_name("i"), &number("-5"));
    let rows =
        vec![Value::List(vec![number("1"), number("-1")]), Value::List(vec![number("0"), number("2")])];
    assert_eq!(by_name("m"), &Value::List(rows));
    assert_eq!((by_name("b"), by_name("u")), (&Value::Bool(true), &number("255")));
    assert_eq!((by_name("x"), by_name("y")), (&bytes(&[1, 2, 3]), &bytes(&[0xaa, 0xbb, 0xcc])));
    assert_eq!(by_name("s"), &Value::Text("ünï".into()));
    let leaf = |names: &[&str]| {
        let names = names.iter().map(|name| Value::Text((*name).into())).collect();
        Value::Fields(vec![Argument::new("names", "string[]", Value::List(names))])
    };
    assert_eq!(by_name("l"), &Value::List(vec![leaf(&["a", "b"]), leaf(&[])]));
}

#[test]
fn the_call_of_a_safe_transaction_is_shown_beside_its_fields() {
    const SAFE_TX: &str = "address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,\
                           uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce";
    let paid = format!("0xa9059cbb{:0>64}{:0>64}", "22".repeat(20), "7");
    let message = json!({ "to": TOKEN, "value": 0, "data": paid, "operation": 0, "safeTxGas": 0, "baseGas": 0,
        "gasPrice": 0, "gasToken": Address::ZERO, "refundReceiver": Address::ZERO, "nonce": 4 });
    let domain = json!({ "chainId": CHAIN, "verifyingContract": SPENDER });
    let calls =
        read(&network(), WALLET, &read_as(&data(domain, "SafeTx", &[("SafeTx", SAFE_TX)], message))).calls;
    let [Content::Call { depth: 1, target, method, arguments, .. }] = calls.as_slice() else {
        panic!("{calls:?}")
    };
    assert_eq!((*target, method.as_deref()), (account(TOKEN), Some("transfer")));
    assert_eq!(arguments[1].value, Value::Number("7".into()));
}

/// Returns another value of the same type, for every leaf.
fn altered(json: &Json) -> Json {
    match json {
        Json::String(text) if text.len() == 42 && text.starts_with("0x") => json!(Address::repeat_byte(0x77)),
        Json::String(text) if text.starts_with("0x") => {
            let last = if text.ends_with('0') { "1" } else { "0" };
            json!(format!("{}{last}", &text[..text.len() - 1]))
        }
        Json::String(text) if text.parse::<i64>().is_ok() => {
            json!((text.parse::<i64>().expect("digits") + 2).to_string())
        }
        Json::String(text) => json!(format!("{text}\u{202e}")),
        Json::Number(number) => json!(number.as_i64().map_or(0, |n| if n > 254 { n - 1 } else { n + 1 })),
        Json::Bool(flag) => json!(!flag),
        other => other.clone(),
    }
}

/// Collects the paths of all values in a tree.
fn paths(json: &Json, at: &str, found: &mut Vec<String>) {
    match json {
        Json::Object(fields) => {
            fields.iter().for_each(|(key, json)| paths(json, &format!("{at}/{key}"), found))
        }
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(n, json)| paths(json, &format!("{at}/{n}"), found))
        }
        _ => found.push(at.to_owned()),
    }
}

proptest! {
    /// Every signed field is shown: data that differs in one field has another presentation.
    #[test]
    fn different_data_has_a_different_presentation(which in 0usize..5, place in any::<prop::sample::Index>()) {
        let json = vec![permit(), single(), transfer_from(), witness(), odd()].swap_remove(which);
        let mut leaves = Vec::new();
        paths(&json["message"], "/message", &mut leaves);
        let path = &leaves[place.index(leaves.len())];
        let mut other = json.clone();
        let leaf = other.pointer_mut(path).expect("a leaf");
        *leaf = altered(leaf);
        prop_assert_ne!(read_as(&other).hash(), read_as(&json).hash(), "{}", path);
        prop_assert_ne!(read_as(&other).content(), read_as(&json).content(), "{}", path);
    }
}
