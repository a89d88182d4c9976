//! Call data made from an ABI: another decoder reads the arguments back, and writes the same bytes.

use alloy_dyn_abi::JsonAbiExt as _;
use alloy_json_abi::JsonAbi;
use serde_json::{Value, json};
use waiaas_chains::evm::abi::encode_calldata;

pub(super) fn run(data: &[u8]) -> bool {
    let Ok(whole) = serde_json::from_slice::<Value>(data) else { return false };
    let function = whole["function"].as_str().unwrap_or_default();
    let args = whole["args"].as_array().cloned().unwrap_or_default();
    let abi = whole["abi"].to_string();
    let Ok((calldata, selector)) = encode_calldata(&abi, function, &args) else { return false };
    assert_eq!(calldata.get(..4), Some(selector.as_bytes()));
    let Ok(read) = serde_json::from_str::<JsonAbi>(&abi) else { unreachable!("it was read") };
    let meant = read.functions().find(|f| f.selector().as_slice() == selector.as_bytes());
    let Some(meant) = meant else { unreachable!("no function of the ABI has this selector") };
    assert!(function == meant.name || function == meant.signature(), "{function}");
    assert_eq!(meant.inputs.len(), args.len());
    let arguments = calldata.get(4..).unwrap_or_default();
    match meant.abi_decode_input(arguments) {
        Ok(values) => assert_eq!(meant.abi_encode_input(&values).ok().as_deref(), Some(calldata.as_slice())),
        // The other decoder limits memory: many values that take no bytes.
        Err(error) => assert!(arguments.is_empty() || args.iter().any(is_empty), "{error}"),
    }
    // With one more argument it is another call.
    let more = [args, vec![json!(1)]].concat();
    let other = encode_calldata(&abi, function, &more);
    assert!(other.is_err() || other.is_ok_and(|(_, other)| other != selector));
    true
}

/// Whether a value contains an empty list.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty() || items.iter().any(is_empty),
        Value::Object(fields) => fields.is_empty() || fields.values().any(is_empty),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
