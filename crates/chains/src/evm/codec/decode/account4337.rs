//! Smart accounts of ERC-4337: calls of accounts that run other calls, and user operations submitted to an entry
//! point. The accounts' own code is unknown, so the outer calls are never decoded.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::sol;

use self::SmartAccount::SmartAccountCalls;
use super::reader::{Call, Reader, Recognised};
use super::strict::{Malformed, method};

sol! {
    #[sol(abi)]
    interface SmartAccount {
        struct Inner { address target; uint256 value; bytes data; }
        struct UserOperation {
            address sender; uint256 nonce; bytes initCode; bytes callData; uint256 callGasLimit;
            uint256 verificationGasLimit; uint256 preVerificationGas; uint256 maxFeePerGas;
            uint256 maxPriorityFeePerGas; bytes paymasterAndData; bytes signature;
        }
        struct PackedUserOperation {
            address sender; uint256 nonce; bytes initCode; bytes callData; bytes32 accountGasLimits;
            uint256 preVerificationGas; bytes32 gasFees; bytes paymasterAndData; bytes signature;
        }

        function execute(address dest, uint256 value, bytes func) external;
        function executeBatch(address[] dest, bytes[] func) external;
        function executeBatch(address[] dest, uint256[] value, bytes[] func) external;
        function executeBatch(Inner[] calls) external;
        function handleOps(UserOperation[] ops, address beneficiary) external;
        function handleOps(PackedUserOperation[] ops, address beneficiary) external;
    }
}

type Inner = (Address, U256, Bytes);

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Recognised {
    let known = match method::<SmartAccountCalls>(call.input)? {
        Ok(known) => known,
        Err(malformed) => return Some(Err(malformed)),
    };
    let inner = match known {
        SmartAccountCalls::execute(c) => Ok(vec![(c.dest, c.value, c.func)]),
        SmartAccountCalls::executeBatch_0(c) => zipped(c.dest, Vec::new(), c.func),
        SmartAccountCalls::executeBatch_1(c) => zipped(c.dest, c.value, c.func),
        SmartAccountCalls::executeBatch_2(c) => {
            Ok(c.calls.into_iter().map(|inner| (inner.target, inner.value, inner.data)).collect())
        }
        SmartAccountCalls::handleOps_0(c) => {
            Ok(c.ops.into_iter().flat_map(|op| operation(op.sender, op.initCode, op.callData)).collect())
        }
        SmartAccountCalls::handleOps_1(c) => {
            Ok(c.ops.into_iter().flat_map(|op| operation(op.sender, op.initCode, op.callData)).collect())
        }
    };
    Some(inner.map(|inner| {
        reader.called(call, false);
        for (to, value, input) in &inner {
            reader.inner(&Call { to: *to, value: *value, input });
        }
    }))
}

/// Combines the lists to calls. An empty list of values means that all values are zero.
fn zipped(to: Vec<Address>, values: Vec<U256>, data: Vec<Bytes>) -> Result<Vec<Inner>, Malformed> {
    let matching = to.len() == data.len() && (values.is_empty() || values.len() == to.len());
    if !matching {
        return Err(Malformed("its lists are of different lengths"));
    }
    let values = values.into_iter().chain(std::iter::repeat(U256::ZERO));
    Ok(to.into_iter().zip(values).zip(data).map(|((to, value), data)| (to, value, data)).collect())
}

/// Returns the calls of an operation: that of a factory, if the operation creates its account, then that of the
/// account.
fn operation(sender: Address, init_code: Bytes, call_data: Bytes) -> Vec<Inner> {
    let mut calls = Vec::new();
    if !init_code.is_empty() {
        let (factory, data) = match init_code.split_first_chunk::<20>() {
            Some((factory, data)) => (Address::from(*factory), Bytes::copy_from_slice(data)),
            // The factory is unknown, so this is read as a call without data, which is an unknown effect.
            None => (sender, Bytes::new()),
        };
        calls.push((factory, U256::ZERO, data));
    }
    calls.push((sender, U256::ZERO, call_data));
    calls
}
