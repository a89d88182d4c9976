//! Bodies of `POST /v1/transactions/send`: no unknown field, and no amount as a JSON number.

use serde_json::Value;
use waiaas_api::requests::{BATCH_MEMBERS, Operation, TransactionRequest};
use waiaas_api::transactions::ReplaceRequest;
use waiaas_api::validation::Request as _;

use crate::request;

pub(super) fn run(data: &[u8]) -> bool {
    request::holds::<ReplaceRequest>(data, &[]);
    let Some((raw, request)) = request::holds::<TransactionRequest>(data, &["abi"]) else { return false };
    if request.check().is_err() {
        return false;
    }
    assert!(raw.get("amount").is_none_or(Value::is_null) || raw.get("humanAmount").is_none_or(Value::is_null));
    match &request.operation {
        Operation::Transfer(transfer) => assert!(transfer.amount().is_some(), "one amount"),
        Operation::TokenTransfer(transfer) => assert!(transfer.amount().is_some(), "one amount"),
        Operation::Approve(approve) => assert!(approve.amount().is_some(), "one amount"),
        Operation::Batch(batch) => assert!(BATCH_MEMBERS.contains(&batch.instructions.len())),
        Operation::ContractCall(_) | Operation::NftTransfer(_) | Operation::ContractDeploy(_) => {}
    }
    // Only the daemon names the provider of an action.
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
