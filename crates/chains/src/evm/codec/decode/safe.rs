//! Safe accounts: the transactions that they run, and `MultiSend`.

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;

use self::Safe::SafeCalls;
use super::multicall::covers;
use super::pinned;
use super::reader::{Call, Reader, Recognised};
use super::strict::{Malformed, method};

sol! {
    #[sol(abi)]
    interface Safe {
        function execTransaction(
            address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas,
            uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures
        ) external payable;
        function execTransactionFromModule(
            address to, uint256 value, bytes data, uint8 operation
        ) external;
        function execTransactionFromModuleReturnData(
            address to, uint256 value, bytes data, uint8 operation
        ) external;
        function multiSend(bytes transactions) external payable;
    }
}

/// `operation` of a Safe that runs the code of another contract as the Safe, with its storage.
const DELEGATE_CALL: u8 = 1;

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Recognised {
    let known = match method::<SafeCalls>(call.input)? {
        Ok(known) => known,
        Err(malformed) => return Some(Err(malformed)),
    };
    match known {
        SafeCalls::execTransaction(c) => {
            reader.called(call, false);
            if !c.gasPrice.is_zero() {
                reader.unknown(Some(call.to), "the Safe pays for the gas".to_owned());
            }
            run(reader, c.operation, &Call { to: c.to, value: c.value, input: &c.data });
        }
        SafeCalls::execTransactionFromModule(c) => {
            reader.called(call, false);
            run(reader, c.operation, &Call { to: c.to, value: c.value, input: &c.data });
        }
        SafeCalls::execTransactionFromModuleReturnData(c) => {
            reader.called(call, false);
            run(reader, c.operation, &Call { to: c.to, value: c.value, input: &c.data });
        }
        SafeCalls::multiSend(c) => return Some(multi_send(reader, call, &c.transactions)),
    }
    Some(Ok(()))
}

fn run(reader: &mut Reader<'_>, operation: u8, call: &Call<'_>) {
    match operation {
        0 => reader.inner(call),
        DELEGATE_CALL if pinned::is_multi_send(call.to) && call.value.is_zero() => reader.inner(call),
        _ => reader.unknown(Some(call.to), "code of another contract runs as the account".to_owned()),
    }
}

fn multi_send(reader: &mut Reader<'_>, call: &Call<'_>, packed: &[u8]) -> Result<(), Malformed> {
    let calls = unpack(packed).ok_or(Malformed("its packed transactions are malformed"))?;
    // All calls succeed or none does. Any account can take the value that the calls do not use.
    let uses_up = covers(call.value, calls.iter().map(|(_, inner)| inner.value));
    let mark = reader.mark();
    reader.called(call, pinned::is_multi_send(call.to) && uses_up);
    for (operation, inner) in &calls {
        run(reader, *operation, inner);
    }
    reader.doubt_if_kept(mark, call.to);
    Ok(())
}

/// Reads `operation (1) ‖ to (20) ‖ value (32) ‖ length (32) ‖ data`, repeated to the last byte.
fn unpack(mut packed: &[u8]) -> Option<Vec<(u8, Call<'_>)>> {
    let mut calls = Vec::new();
    while let Some((operation, rest)) = packed.split_first() {
        let (to, rest) = rest.split_first_chunk::<20>()?;
        let (value, rest) = rest.split_first_chunk::<32>()?;
        let (length, rest) = rest.split_first_chunk::<32>()?;
        let length = usize::try_from(U256::from_be_bytes(*length)).ok()?;
        let (input, rest) = rest.split_at_checked(length)?;
        let value = U256::from_be_bytes(*value);
        calls.push((*operation, Call { to: Address::from(*to), value, input }));
        packed = rest;
    }
    Some(calls)
}
