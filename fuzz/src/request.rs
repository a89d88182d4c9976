//! Properties of every request body.

use serde::Serialize;
use serde_json::Value;
use waiaas_api::json as reader;
use waiaas_api::validation::{Refusal, Request};

use crate::json;

/// Reads a body. Asserts that the request is written as it was read, and that no object in it accepts an
/// unknown field; `free` names fields that accept any JSON.
pub(crate) fn holds<T: Request + Serialize>(body: &[u8], free: &[&str]) -> Option<(Value, T)> {
    let read = reader::read::<T>(body);
    if let Err(Refusal::Invalid(issues)) = &read {
        assert!(!issues.is_empty(), "refused without a reason");
    }
    let raw: Option<Value> = serde_json::from_slice(body).ok().filter(Value::is_object);
    let Some(raw) = raw else {
        assert!(read.is_err(), "a body that is not an object was accepted");
        return None;
    };
    once_each::<T>(&raw, read.as_ref().ok());
    let Ok(request) = serde_json::from_value::<T>(raw.clone()) else {
        assert!(read.is_err(), "{raw}");
        return None;
    };
    if let Err(Refusal::Invalid(issues)) = request.check() {
        assert!(!issues.is_empty(), "refused without a reason");
        assert!(issues.iter().all(|issue| !issue.code.is_empty() && !issue.message.is_empty()));
    }
    let written = serde_json::to_value(&request).unwrap_or_default();
    let again = serde_json::from_value::<T>(written.clone()).map(|again| serde_json::to_value(again).ok());
    assert_eq!(again.ok().flatten(), Some(written.clone()), "{raw}");
    for surprised in json::surprised_except(&raw, free) {
        assert!(serde_json::from_value::<T>(surprised.clone()).is_err(), "{surprised}");
    }
    Some((raw, request))
}

/// Asserts that a key given twice is refused in every object of a body.
fn once_each<T: Request + Serialize>(raw: &Value, read: Option<&T>) {
    let whole = raw.to_string();
    if let Some(request) = read {
        let again = reader::read::<T>(whole.as_bytes());
        let written = |request: &T| serde_json::to_value(request).ok();
        assert_eq!(again.ok().as_ref().map(written), Some(written(request)), "{whole}");
    }
    for surprised in json::surprised(raw) {
        let surprised = surprised.to_string();
        let twice = surprised.replace(json::SURPRISE, &format!("{0},{0}", json::SURPRISE));
        assert_ne!(twice, surprised);
        let duplicate = reader::read::<T>(twice.as_bytes()).err().is_some_and(|refusal| match refusal {
            Refusal::Invalid(issues) => issues.iter().any(|issue| issue.code == "duplicate_key"),
            Refusal::UnsupportedType => false,
        });
        assert!(duplicate, "{twice}");
    }
}
