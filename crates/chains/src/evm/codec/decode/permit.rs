//! Signed permits submitted to a token: EIP-2612, the form of DAI, and EIP-3009.

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;

use self::Permitting::PermittingCalls;
use super::reader::{Call, Reader, Recognised};
use super::strict::method;

sol! {
    #[sol(abi)]
    interface Permitting {
        function permit(
            address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s
        ) external;
        function permit(
            address owner, address spender, uint256 value, uint256 deadline, bytes signature
        ) external;
        function permit(
            address owner, address spender, uint256 nonce, uint256 expiry, bool allowed,
            uint8 v, bytes32 r, bytes32 s
        ) external;
        function transferWithAuthorization(
            address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce,
            uint8 v, bytes32 r, bytes32 s
        ) external;
        function transferWithAuthorization(
            address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce,
            bytes signature
        ) external;
        function receiveWithAuthorization(
            address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce,
            uint8 v, bytes32 r, bytes32 s
        ) external;
        function receiveWithAuthorization(
            address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce,
            bytes signature
        ) external;
        function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;
        function cancelAuthorization(address authorizer, bytes32 nonce, bytes signature) external;
    }
}

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Recognised {
    match method::<PermittingCalls>(call.input)? {
        Err(malformed) => return Some(Err(malformed)),
        Ok(PermittingCalls::permit_0(c)) => allow(reader, call, c.owner, c.spender, c.value),
        Ok(PermittingCalls::permit_1(c)) => allow(reader, call, c.owner, c.spender, c.value),
        Ok(PermittingCalls::permit_2(c)) => {
            let amount = if c.allowed { U256::MAX } else { U256::ZERO };
            allow(reader, call, c.owner, c.spender, amount);
        }
        Ok(PermittingCalls::transferWithAuthorization_0(c)) => out(reader, call, c.from, c.to, c.value),
        Ok(PermittingCalls::transferWithAuthorization_1(c)) => out(reader, call, c.from, c.to, c.value),
        Ok(PermittingCalls::receiveWithAuthorization_0(c)) => out(reader, call, c.from, c.to, c.value),
        Ok(PermittingCalls::receiveWithAuthorization_1(c)) => out(reader, call, c.from, c.to, c.value),
        Ok(PermittingCalls::cancelAuthorization_0(_) | PermittingCalls::cancelAuthorization_1(_)) => {
            reader.called(call, false);
        }
    }
    Some(Ok(()))
}

fn allow(reader: &mut Reader<'_>, call: &Call<'_>, owner: Address, spender: Address, amount: U256) {
    if reader.ours(owner) {
        reader.allowance(call.to, spender, amount);
    } else {
        reader.called(call, false);
    }
}

fn out(reader: &mut Reader<'_>, call: &Call<'_>, from: Address, to: Address, amount: U256) {
    if reader.ours(from) {
        reader.token_out(call.to, to, amount);
    } else {
        reader.called(call, false);
    }
}
