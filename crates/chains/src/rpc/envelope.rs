//! The JSON-RPC 2.0 envelope: writing a request, reading an answer. Pure.
//!
//! An answer is read directly into the requested type. Nothing else of it is kept, because a tree of JSON
//! values takes many times the memory of its text, and the node chooses the text.

use std::borrow::Cow;
use waiaas_core::foreign::deceives;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The number of characters kept of an error message, which is for display.
const LONGEST_MESSAGE: usize = 500;

/// The `data` of an error is revert data or a reason; longer data is dropped.
const MOST_DATA: usize = 16 * 1024;

/// Codes for which another endpoint is asked: EIP-1474 limit exceeded (on Solana: node behind) and the codes
/// of hosted nodes for HTTP 429.
const ASK_ANOTHER: [i64; 3] = [-32005, 429, -32429];

/// A well-formed answer.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Answer<R> {
    /// The result, which may be null.
    Result(R),
    /// A result of another type than requested.
    Shapeless,
    /// An error object.
    Error { code: i64, message: String, data: Option<Value> },
    /// The node refuses requests now.
    Busy,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    id: u64,
    #[serde(borrow, default, deserialize_with = "given")]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<WireError<'a>>,
}

#[derive(Deserialize)]
struct WireError<'a> {
    code: i64,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// Reads a field that is present, null or not.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

pub(super) fn request(id: u64, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

/// Reads the answer to the request `id`.
pub(super) fn read<R: DeserializeOwned>(body: &[u8], id: u64) -> Result<Answer<R>, &'static str> {
    let wire: Wire<'_> = serde_json::from_slice(body).map_err(|_| "the answer is not valid JSON-RPC 2.0")?;
    if wire.jsonrpc != "2.0" {
        return Err("the answer is not JSON-RPC 2.0");
    }
    if wire.id != id {
        return Err("the answer is for another request");
    }
    match (wire.result, wire.error) {
        (Some(result), None) => {
            Ok(serde_json::from_str(result.get()).map_or(Answer::Shapeless, Answer::Result))
        }
        (None, Some(error)) => Ok(read_error(&error)),
        (Some(result), Some(error)) if result.get() == "null" => Ok(read_error(&error)),
        (Some(_), Some(_)) | (None, None) => Err("the answer has neither a result nor an error, or both"),
    }
}

fn read_error<R>(error: &WireError<'_>) -> Answer<R> {
    if ASK_ANOTHER.contains(&error.code) {
        return Answer::Busy;
    }
    let text = error.message.and_then(|text| serde_json::from_str::<Cow<'_, str>>(text.get()).ok());
    let text = text.as_deref().unwrap_or("no message");
    let message = text.chars().filter(|c| !deceives(*c)).take(LONGEST_MESSAGE).collect();
    let data = error.data.filter(|data| data.get().len() <= MOST_DATA);
    let data = data.and_then(|data| serde_json::from_str(data.get()).ok());
    Answer::Error { code: error.code, message, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_other_bodies_are_refused() {
        let ok = |text: &str| read::<Value>(text.as_bytes(), 7).expect("an answer");
        assert_eq!(ok(r#"{"jsonrpc":"2.0","id":7,"result":"0x1"}"#), Answer::Result(json!("0x1")));
        assert_eq!(ok(r#"{"jsonrpc":"2.0","id":7,"result":null}"#), Answer::Result(Value::Null));
        assert_eq!(ok(r#"{"jsonrpc":"2.0","id":7,"result":1,"error":null}"#), Answer::Result(json!(1)));
        assert_eq!(
            ok(r#"{"jsonrpc":"2.0","id":7,"error":{"code":3,"message":"reverted\u0007","data":"0x"}}"#),
            Answer::Error { code: 3, message: "reverted".into(), data: Some(json!("0x")) }
        );
        assert_eq!(
            ok(r#"{"jsonrpc":"2.0","id":7,"result":null,"error":{"code":3,"message":5,"data":null}}"#),
            Answer::Error { code: 3, message: "no message".into(), data: None }
        );
        assert_eq!(
            ok(r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32005,"message":"slow down"}}"#),
            Answer::Busy
        );
        assert_eq!(
            read::<u8>(br#"{"jsonrpc":"2.0","id":7,"result":"x"}"#, 7),
            Ok(Answer::Shapeless),
            "an answer without use"
        );
        for bad in [
            "",
            "<html>",
            "[]",
            "null",
            r#"{"id":7,"result":1}"#,
            r#"{"jsonrpc":"2.0","result":1}"#,
            r#"{"jsonrpc":"2.0","id":8,"result":1}"#,
            r#"{"jsonrpc":"2.0","id":"7","result":1}"#,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}"#,
            r#"{"jsonrpc":"2.0","id":7}"#,
            r#"{"jsonrpc":"2.0","id":7,"result":1,"error":{"code":1,"message":"x"}}"#,
            r#"{"jsonrpc":"2.0","id":7,"error":"no"}"#,
            r#"{"jsonrpc":"2.0","id":7,"error":{"message":"no code"}}"#,
        ] {
            assert!(read::<Value>(bad.as_bytes(), 7).is_err(), "{bad}");
        }
    }

    #[test]
    fn unrequested_values_are_not_kept() {
        let junk = format!("[{}0]", r#"{"a":0},"#.repeat(100_000));
        let beside = format!(r#"{{"jsonrpc":"2.0","id":7,"result":"0x1","more":{junk}}}"#);
        assert_eq!(read::<String>(beside.as_bytes(), 7), Ok(Answer::Result("0x1".to_owned())));
        let instead = format!(r#"{{"jsonrpc":"2.0","id":7,"result":{junk}}}"#);
        assert_eq!(read::<String>(instead.as_bytes(), 7), Ok(Answer::Shapeless));
        let explained =
            format!(r#"{{"jsonrpc":"2.0","id":7,"error":{{"code":3,"message":"no","data":{junk}}}}}"#);
        let expected = Answer::Error { code: 3, message: "no".to_owned(), data: None };
        assert_eq!(read::<String>(explained.as_bytes(), 7), Ok(expected));
    }
}
