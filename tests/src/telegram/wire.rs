//! The answers of the Bot API, and the three forms in which its parameters come.

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

/// A success.
pub(super) fn ok(result: Value) -> Response {
    axum::Json(json!({ "ok": true, "result": result })).into_response()
}

/// An error with its description.
pub(super) fn error(status: u16, description: &str) -> Response {
    failed(status, json!({ "ok": false, "error_code": status, "description": description }))
}

/// Too many requests.
pub(super) fn wait(seconds: u32) -> Response {
    let description = format!("Too Many Requests: retry after {seconds}");
    let parameters = json!({ "retry_after": seconds });
    failed(
        429,
        json!({ "ok": false, "error_code": 429, "description": description, "parameters": parameters }),
    )
}

fn failed(status: u16, body: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, axum::Json(body)).into_response()
}

/// The parameters of a request: a JSON object, a form, or a form in parts. Objects inside forms are JSON text.
pub(super) fn parameters(headers: &HeaderMap, body: &Bytes) -> Map<String, Value> {
    let form = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if form.starts_with("application/json") {
        return serde_json::from_slice(body).unwrap_or_default();
    }
    let pairs = match form.split_once("boundary=") {
        Some((_, boundary)) => parts(&String::from_utf8_lossy(body), boundary.trim_matches('"')),
        None => fields(&String::from_utf8_lossy(body)),
    };
    pairs.into_iter().map(|(name, text)| (name, value(text))).collect()
}

fn value(text: String) -> Value {
    match serde_json::from_str(&text) {
        Ok(read @ (Value::Number(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_))) => read,
        Ok(_) | Err(_) => Value::String(text),
    }
}

fn parts(body: &str, boundary: &str) -> Vec<(String, String)> {
    let part = |part: &str| {
        let (head, text) = part.split_once("\r\n\r\n")?;
        let (_, name) = head.split_once("name=\"")?;
        let (name, _) = name.split_once('"')?;
        Some((name.to_owned(), text.strip_suffix("\r\n").unwrap_or(text).to_owned()))
    };
    body.split(&format!("--{boundary}")).filter_map(part).collect()
}

fn fields(body: &str) -> Vec<(String, String)> {
    let field = |field: &str| {
        let (name, text) = field.split_once('=')?;
        Some((decoded(name), decoded(text)))
    };
    body.split('&').filter_map(field).collect()
}

/// Undoes the encoding of `application/x-www-form-urlencoded`.
fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
