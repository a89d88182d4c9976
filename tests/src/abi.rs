//! Call data of EVM contracts.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::keccak256;

/// Calls the method with this signature, such as `transfer(address,uint256)`.
pub fn call_data(signature: &str, arguments: &[DynSolValue]) -> String {
    let selector = hex::encode(&keccak256(signature)[..4]);
    let arguments = DynSolValue::Tuple(arguments.to_vec()).abi_encode_params();
    format!("0x{selector}{}", hex::encode(arguments))
}
