//! The reason of a failed call, as text. Pure.

use alloy_sol_types::{Panic, Revert, SolError};
use serde_json::Value;
use waiaas_core::foreign::deceives;

/// Longest reason kept, in characters.
const LONGEST: usize = 200;

/// Returns the reason in a node's error: `Error(string)` or `Panic(uint256)` of Solidity where the revert data
/// holds one, a custom error by its selector, else the node's message.
pub(in crate::evm) fn reason(message: &str, data: Option<&Value>) -> String {
    let text = match data.and_then(bytes) {
        Some(bytes) => from_data(&bytes).unwrap_or_else(|| message.to_owned()),
        None => message.to_owned(),
    };
    text.chars().filter(|c| !deceives(*c)).take(LONGEST).collect()
}

/// Reads revert data. Most nodes put it into `data` as a string, some as `{"data": "0x…"}`.
fn bytes(data: &Value) -> Option<Vec<u8>> {
    let text = data.as_str().or_else(|| data.get("data")?.as_str())?;
    hex::decode(text.strip_prefix("0x")?).ok()
}

fn from_data(data: &[u8]) -> Option<String> {
    let selector = data.first_chunk::<4>()?;
    Some(match *selector {
        Revert::SELECTOR => Revert::abi_decode(data).ok()?.reason,
        Panic::SELECTOR => Panic::abi_decode(data).ok()?.to_string(),
        other => format!("custom error 0x{}", hex::encode(other)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;
    use serde_json::json;

    #[test]
    fn the_most_specific_reason_is_used() {
        let data = |bytes: Vec<u8>| json!(format!("0x{}", hex::encode(bytes)));
        let error = data(Revert::from("no\u{7} funds").abi_encode());
        assert_eq!(reason("execution reverted", Some(&error)), "no funds");
        assert_eq!(reason("execution reverted", Some(&json!({ "data": error }))), "no funds");
        let panic = data(Panic { code: U256::from(0x11u8) }.abi_encode());
        assert!(reason("execution reverted", Some(&panic)).contains("overflow"));
        assert_eq!(reason("x", Some(&json!("0xdeadbeef01"))), "custom error 0xdeadbeef");
        for none in [json!("0x"), json!("nonsense"), json!(7), json!("0x08c379a0ff")] {
            assert_eq!(reason("execution reverted", Some(&none)), "execution reverted");
        }
        assert_eq!(reason(&"a".repeat(999), None).len(), 200);
    }
}
