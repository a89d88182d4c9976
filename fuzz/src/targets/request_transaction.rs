//! Bodies of `POST /v1/transactions/send`: no field that nobody knows, no amount that is a JSON number.

use serde_json::Value;
use waiaas_api::requests::TransactionRequest;
use waiaas_api::transactions::ReplaceRequest;
use waiaas_api::validation::Request as _;

use crate::request;

pub(super) fn run(data: &[u8]) -> bool {
    request::holds::<ReplaceRequest>(data, &[]);
    let Some((raw, request)) = request::holds::<TransactionRequest>(data, &["abi"]) else { return false };
    if request.check().is_err() {
        return false;
    }
    assert!(request.intent_kind().is_some());
    assert!(request.amount.is_none() || request.human_amount.is_none(), "two amounts");
    for member in request.instructions.iter().flatten() {
        assert!(member.intent_kind().is_some(), "{member:?}");
    }
    // The daemon alone names the provider of an action.
    assert!(raw.get("actionProvider").is_none() && raw.get("actionName").is_none());
    for name in ["amount", "humanAmount", "value"] {
        let Some(Value::String(text)) = raw.get(name) else { continue };
        let mut as_number = raw.clone();
        as_number[name] = serde_json::json!(1);
        assert!(serde_json::from_value::<TransactionRequest>(as_number).is_err(), "{name} as a number");
        assert!(name == "value" || text.bytes().all(|b| b.is_ascii_digit() || b == b'.'), "{text}");
    }
    true
}
