//! Strict JSON: no unknown fields, no repeated keys, no structure from an array, and errors that never quote
//! values of the input.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;
use waiaas_core::{Fault, Wording, strict, wording};

use crate::validation::{Issue, Refusal, Request};

/// Parses and checks a request body.
///
/// # Errors
///
/// [`Refusal`] with every issue found, or for an unsupported type of transaction.
pub fn read<T: Request>(text: &[u8]) -> Result<T, Refusal> {
    parse::<Unique>(text)?;
    if text.trim_ascii_start().first() != Some(&b'{') {
        return Err(Refusal::Invalid(vec![Issue::new("", "invalid_type", "expected an object")]));
    }
    let request = T::shaped(text)?;
    request.check()?;
    Ok(request)
}

/// Parses a whole text as one value.
pub(crate) fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Refusal> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = strict::read(&mut json).map_err(|error| {
        let path = strict::path(error.path());
        let error = error.into_inner();
        match error.classify() {
            Category::Data => issue(&path, &error.to_string()),
            Category::Syntax | Category::Eof | Category::Io => not_json(&error),
        }
    });
    let value = value.map_err(|issue| Refusal::Invalid(vec![issue]))?;
    json.end().map_err(|error| Refusal::Invalid(vec![not_json(&error)]))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> Issue {
    let at = format!("not valid JSON at line {}, column {}", error.line(), error.column());
    Issue::new("", "invalid_json", at)
}

/// A message for a deserialisation error of this crate, which quotes no input. The value has the right JSON
/// type but is not one of those expected.
pub(crate) fn wanted(what: &str) -> String {
    format!("{WANTED}{what}")
}

/// The same for a value of the wrong JSON type.
pub(crate) fn wanted_type(what: &str) -> String {
    format!("{WANTED_TYPE}{what}")
}

const WANTED: &str = "wanted: ";
const WANTED_TYPE: &str = "wanted type: ";

/// Words for a deserialisation error at a [`strict::path`]. serde's messages quote values, so only their fixed
/// parts and the expectation are kept.
pub fn issue(path: &str, message: &str) -> Issue {
    if message.starts_with(REPEATED) {
        return Issue::new(path, "duplicate_key", "this key is given twice");
    }
    for (start, code) in [(WANTED, "invalid"), (WANTED_TYPE, "invalid_type")] {
        if let Some(what) = message.strip_prefix(start) {
            let what = what.split(" at line ").next().unwrap_or(what);
            return Issue::new(path, code, what);
        }
    }
    if message.starts_with("UUID parsing failed") {
        return Issue::new(path, "invalid", "expected a UUID");
    }
    let Some(Wording { fault, field, text }) = wording(message) else {
        return Issue::new(path, "invalid", "this value is not valid here");
    };
    let inside = |name: &str| match path.strip_suffix(name) {
        Some(parent) if parent.is_empty() || parent.ends_with('.') => path.to_owned(),
        Some(_) | None if path.is_empty() => name.to_owned(),
        Some(_) | None => format!("{path}.{name}"),
    };
    let named = inside(field.as_deref().unwrap_or_default());
    match fault {
        Fault::UnknownField => Issue::new(&named, "unrecognized_key", text),
        Fault::MissingField => Issue::new(&named, "required", text),
        Fault::RepeatedField => Issue::new(path, "duplicate_key", text),
        Fault::WrongType => Issue::new(path, "invalid_type", text),
    }
}

/// Parses any JSON value as strictly as a body: no repeated key, nothing after it.
///
/// # Errors
///
/// One sentence that says where the text is not JSON, or which key is repeated.
pub fn value(text: &[u8]) -> Result<Value, Issue> {
    let refused = |refusal| match refusal {
        Refusal::Invalid(issues) => issues.into_iter().next(),
        Refusal::UnsupportedType => None,
    };
    let read = parse::<Unique>(text).and_then(|_| parse::<Value>(text));
    read.map_err(|refusal| {
        refused(refusal).unwrap_or_else(|| Issue::new("", "invalid_json", "not valid JSON"))
    })
}

const REPEATED: &str = "repeated key";

/// Any JSON without repeated keys; stores nothing.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom(REPEATED));
            }
            entries.next_value::<Self>()?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::CreatePolicy;
    use crate::requests::TransactionRequest;
    use crate::transactions::ReplaceRequest;
    use crate::wallets::ImportWallet;

    fn refused<T: Request + fmt::Debug>(text: &str) -> Refusal {
        read::<T>(text.as_bytes()).expect_err(text)
    }

    /// Path and code of the first issue.
    fn issue_of<T: Request + fmt::Debug>(text: &str) -> (String, String) {
        let Refusal::Invalid(issues) = refused::<T>(text) else { panic!("{text} has no issues") };
        (issues[0].path.clone(), issues[0].code.clone())
    }

    fn pair(path: &str, code: &str) -> (String, String) {
        (path.to_owned(), code.to_owned())
    }

    #[test]
    fn issues_name_the_field() {
        type T = TransactionRequest;
        assert_eq!(issue_of::<T>(r#"{"amount":"1"}"#), pair("to", "required"));
        assert_eq!(
            issue_of::<T>(r#"{"to":"r","amount":"1","dryrun":true}"#),
            pair("dryrun", "unrecognized_key")
        );
        assert_eq!(issue_of::<T>(r#"{"to":"r","amount":"1","walletId":"x"}"#), pair("walletId", "invalid"));
        assert_eq!(issue_of::<T>(r#"{"to":7,"amount":"1"}"#), pair("to", "invalid_type"));
        let token = r#"{"type":"TOKEN_TRANSFER","to":"r","amount":"1","token":{"adress":"x"}}"#;
        assert_eq!(issue_of::<T>(token), pair("token.adress", "unrecognized_key"));
        assert_eq!(
            issue_of::<T>(r#"{"to":"r","amount":"1","gasCondition":{}}"#),
            pair("gasCondition", "required")
        );
        assert_eq!(issue_of::<T>("[]").1, "invalid_type");
        assert_eq!(refused::<T>(r#"{"type":"SIGN","spender":"x"}"#), Refusal::UnsupportedType);
    }

    #[test]
    fn a_list_of_values_is_no_request() {
        assert_eq!(issue_of::<ReplaceRequest>(r#" ["HIGHER_FEE"]"#), pair("", "invalid_type"));
        assert_eq!(issue_of::<ReplaceRequest>(r#"{"with":"NOTHING"}"#).0, "with");
        assert!(read::<ReplaceRequest>(br#" {"with":"HIGHER_FEE"}"#).is_ok());
    }

    #[test]
    fn a_key_given_twice_is_refused_at_any_depth() {
        type T = TransactionRequest;
        assert_eq!(issue_of::<T>(r#"{"to":"r","amount":"1","to":"evil"}"#).1, "duplicate_key");
        let rules = r#"{"type":"SPENDING_LIMIT","rules":{"instant_max_usd":1,"instant_max_usd":9}}"#;
        assert_eq!(issue_of::<CreatePolicy>(rules).1, "duplicate_key");
    }

    #[test]
    fn a_value_is_read_as_strictly_as_a_body() {
        assert_eq!(value(br#"{"a":[1,{"b":2}]}"#), Ok(serde_json::json!({"a": [1, {"b": 2}]})));
        for (text, code) in [
            (r#"{"a":1,"a":2}"#, "duplicate_key"),
            (r#"{"a":{"b":1,"\u0062":2}}"#, "duplicate_key"),
            (r#"{"a":1} {"#, "invalid_json"),
            ("{a:1}", "invalid_json"),
            ("", "invalid_json"),
        ] {
            assert_eq!(value(text.as_bytes()).expect_err(text).code, code);
        }
    }

    #[test]
    fn a_slip_of_the_hand_is_named() {
        let Refusal::Invalid(issues) =
            refused::<TransactionRequest>(r#"{"to":"r","amount":"1","dryrun":true}"#)
        else {
            panic!("no issues")
        };
        assert!(issues[0].message.contains("did you mean 'dryRun'?"), "{issues:?}");
        let token = r#"{"type":"TOKEN_TRANSFER","to":"r","amount":"1","token":"x"}"#;
        let Refusal::Invalid(issues) = refused::<TransactionRequest>(token) else { panic!("no issues") };
        assert_eq!(issues[0].message, "expected an object");
    }

    #[test]
    fn what_is_not_json_is_located() {
        for text in ["", "{", "{\"to\":}", "nul", "{} {}", "{\"to\":\"r\",\"amount\":\"1\"} x", "\u{feff}{}"]
        {
            assert_eq!(issue_of::<TransactionRequest>(text).1, "invalid_json", "{text}");
        }
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(issue_of::<TransactionRequest>(&deep).1, "invalid_json");
    }

    #[test]
    fn nothing_sent_is_quoted() {
        for text in [
            r#"{"name":"a","chain":"solana","environment":"local","privateKey":4242424242}"#,
            r#"{"name":"a","chain":"s4242424242","environment":"local","privateKey":"4242424242"}"#,
            r#"{"name":"a","privateKey":"4242424242""#,
            r#"{"name":"a","chain":"solana","environment":"local","privateKey":["4242424242"]}"#,
        ] {
            let refusal = refused::<ImportWallet>(text);
            assert!(!format!("{refusal:?}").contains("4242424242"), "{refusal:?}");
        }
    }
}
