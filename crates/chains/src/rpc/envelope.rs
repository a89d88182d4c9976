//! The JSON-RPC 2.0 envelope: writing a request, reading an answer. Pure.

use serde_json::{Map, Value, json};

/// Error messages are for people: this many characters of them.
const LONGEST_MESSAGE: usize = 500;

/// Codes that mean "ask somebody else": EIP-1474 limit exceeded (on Solana: node behind) and the codes
/// hosted nodes use for HTTP 429.
const ASK_ANOTHER: [i64; 3] = [-32005, 429, -32429];

/// A well-formed answer.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Answer {
    /// The result, which may be null.
    Result(Value),
    /// An error object.
    Error { code: i64, message: String, data: Option<Value> },
    /// The node declines to serve us now.
    Busy,
}

pub(super) fn request(id: u64, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

/// Reads the answer to the request `id`.
pub(super) fn read(body: &[u8], id: u64) -> Result<Answer, &'static str> {
    let mut map: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| "the answer is not a JSON object")?;
    if map.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err("the answer is not JSON-RPC 2.0");
    }
    if map.get("id").and_then(Value::as_u64) != Some(id) {
        return Err("the answer is for another request");
    }
    match (map.remove("result"), map.remove("error")) {
        (Some(result), None | Some(Value::Null)) => Ok(Answer::Result(result)),
        (None | Some(Value::Null), Some(Value::Object(error))) => read_error(error),
        _ => Err("the answer has neither a result nor an error, or both"),
    }
}

fn read_error(mut error: Map<String, Value>) -> Result<Answer, &'static str> {
    let code = error.get("code").and_then(Value::as_i64).ok_or("the error has no code")?;
    if ASK_ANOTHER.contains(&code) {
        return Ok(Answer::Busy);
    }
    let message = error.get("message").and_then(Value::as_str).unwrap_or("no message");
    let message = message.chars().filter(|c| !c.is_control()).take(LONGEST_MESSAGE).collect();
    Ok(Answer::Error { code, message, data: error.remove("data").filter(|data| !data.is_null()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_answers_and_refuses_what_is_not_one() {
        let ok = |text: &str| read(text.as_bytes(), 7).expect("an answer");
        assert_eq!(ok(r#"{"jsonrpc":"2.0","id":7,"result":"0x1"}"#), Answer::Result(json!("0x1")));
        assert_eq!(ok(r#"{"jsonrpc":"2.0","id":7,"result":null}"#), Answer::Result(Value::Null));
        assert_eq!(ok(r#"{"jsonrpc":"2.0","id":7,"result":1,"error":null}"#), Answer::Result(json!(1)));
        assert_eq!(
            ok(r#"{"jsonrpc":"2.0","id":7,"error":{"code":3,"message":"reverted\u0007","data":"0x"}}"#),
            Answer::Error { code: 3, message: "reverted".into(), data: Some(json!("0x")) }
        );
        assert_eq!(
            ok(r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32005,"message":"slow down"}}"#),
            Answer::Busy
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
            assert!(read(bad.as_bytes(), 7).is_err(), "{bad}");
        }
    }
}
