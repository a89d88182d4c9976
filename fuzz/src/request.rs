//! What every request body must hold.

use serde::Serialize;
use serde_json::Value;
use waiaas_api::validation::{Refusal, Request};

use crate::json;

/// Reads a body. What is read is written as the same request, and no object in it has room for a field
/// that nobody knows; `free` names fields that take any JSON.
pub(crate) fn holds<T: Request + Serialize>(body: &[u8], free: &[&str]) -> Option<(Value, T)> {
    let raw: Value = serde_json::from_slice(body).ok()?;
    if !raw.is_object() {
        return None;
    }
    let Ok(request) = serde_json::from_value::<T>(raw.clone()) else {
        if let Some(Refusal::Invalid(issues)) = T::explain(&raw) {
            assert!(!issues.is_empty());
        }
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
