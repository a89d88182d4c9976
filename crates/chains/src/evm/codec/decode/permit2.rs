//! Uniswap's Permit2, at its own address only. At other addresses its methods have no known meaning.

use alloy_primitives::aliases::U160;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, sol};

use self::Permit2::Permit2Calls;
use super::pinned;
use super::reader::{Call, Reader, Recognised};
use super::strict::{Malformed, method};

sol! {
    #[sol(abi)]
    interface Permit2 {
        struct PermitDetails { address token; uint160 amount; uint48 expiration; uint48 nonce; }
        struct PermitSingle { PermitDetails details; address spender; uint256 sigDeadline; }
        struct PermitBatch { PermitDetails[] details; address spender; uint256 sigDeadline; }
        struct AllowanceTransferDetails { address from; address to; uint160 amount; address token; }
        struct TokenSpenderPair { address token; address spender; }
        struct TokenPermissions { address token; uint256 amount; }
        struct PermitTransferFrom { TokenPermissions permitted; uint256 nonce; uint256 deadline; }
        struct PermitBatchTransferFrom { TokenPermissions[] permitted; uint256 nonce; uint256 deadline; }
        struct SignatureTransferDetails { address to; uint256 requestedAmount; }

        function approve(address token, address spender, uint160 amount, uint48 expiration) external;
        function permit(address owner, PermitSingle single, bytes signature) external;
        function permit(address owner, PermitBatch batch, bytes signature) external;
        function transferFrom(address from, address to, uint160 amount, address token) external;
        function transferFrom(AllowanceTransferDetails[] transfers) external;
        function allowance(address owner, address token, address spender)
            external view returns (uint160 amount, uint48 expiration, uint48 nonce);
        function lockdown(TokenSpenderPair[] approvals) external;
        function invalidateNonces(address token, address spender, uint48 newNonce) external;
        function invalidateUnorderedNonces(uint256 wordPos, uint256 mask) external;
        function permitTransferFrom(
            PermitTransferFrom permitted, SignatureTransferDetails transfer, address owner, bytes signature
        ) external;
        function permitTransferFrom(
            PermitBatchTransferFrom permitted, SignatureTransferDetails[] transfers, address owner, bytes signature
        ) external;
        function permitWitnessTransferFrom(
            PermitTransferFrom permitted, SignatureTransferDetails transfer, address owner, bytes32 witness,
            string witnessTypeString, bytes signature
        ) external;
        function permitWitnessTransferFrom(
            PermitBatchTransferFrom permitted, SignatureTransferDetails[] transfers, address owner,
            bytes32 witness, string witnessTypeString, bytes signature
        ) external;
    }
}

/// Encodes the call that reads a spender's allowance of a token.
pub(in crate::evm) fn allowance(owner: Address, token: Address, spender: Address) -> Bytes {
    Permit2::allowanceCall { owner, token, spender }.abi_encode().into()
}

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Recognised {
    if call.to != pinned::PERMIT2 {
        return None;
    }
    let known = match method::<Permit2Calls>(call.input)? {
        Ok(known) => known,
        Err(malformed) => return Some(Err(malformed)),
    };
    reader.called(call, true);
    match known {
        Permit2Calls::approve(c) => {
            reader.allowance_through_permit2(c.token, c.spender, allowed(U256::from(c.amount)))
        }
        Permit2Calls::permit_0(c) => allow(reader, c.owner, c.single.spender, &[c.single.details]),
        Permit2Calls::permit_1(c) => allow(reader, c.owner, c.batch.spender, &c.batch.details),
        Permit2Calls::transferFrom_0(c) => {
            out(reader, c.from, c.token, c.to, U256::from(c.amount));
        }
        Permit2Calls::transferFrom_1(c) => {
            for transfer in c.transfers {
                out(reader, transfer.from, transfer.token, transfer.to, U256::from(transfer.amount));
            }
        }
        Permit2Calls::lockdown(c) => {
            for pair in c.approvals {
                reader.allowance_through_permit2(pair.token, pair.spender, U256::ZERO);
            }
        }
        // `allowance` only reads; the other two only invalidate nonces.
        Permit2Calls::allowance(_)
        | Permit2Calls::invalidateNonces(_)
        | Permit2Calls::invalidateUnorderedNonces(_) => {}
        Permit2Calls::permitTransferFrom_0(c) => {
            out(reader, c.owner, c.permitted.permitted.token, c.transfer.to, c.transfer.requestedAmount);
        }
        Permit2Calls::permitWitnessTransferFrom_0(c) => {
            out(reader, c.owner, c.permitted.permitted.token, c.transfer.to, c.transfer.requestedAmount);
        }
        Permit2Calls::permitTransferFrom_1(c) => {
            return Some(all_out(reader, c.owner, &c.permitted.permitted, &c.transfers));
        }
        Permit2Calls::permitWitnessTransferFrom_1(c) => {
            return Some(all_out(reader, c.owner, &c.permitted.permitted, &c.transfers));
        }
    }
    Some(Ok(()))
}

/// Returns the allowance that Permit2 records: its largest amount is not reduced by use, so it is unlimited.
pub(in crate::evm) fn allowed(amount: U256) -> U256 {
    if amount >= U256::from(U160::MAX) { U256::MAX } else { amount }
}

fn allow(reader: &mut Reader<'_>, owner: Address, spender: Address, details: &[Permit2::PermitDetails]) {
    if reader.ours(owner) {
        for permission in details {
            reader.allowance_through_permit2(
                permission.token,
                spender,
                allowed(U256::from(permission.amount)),
            );
        }
    }
}

fn out(reader: &mut Reader<'_>, from: Address, token: Address, to: Address, amount: U256) {
    if reader.ours(from) {
        reader.token_out(token, to, amount);
    }
}

fn all_out(
    reader: &mut Reader<'_>,
    owner: Address,
    permitted: &[Permit2::TokenPermissions],
    transfers: &[Permit2::SignatureTransferDetails],
) -> Result<(), Malformed> {
    if permitted.len() != transfers.len() {
        return Err(Malformed("its lists are of different lengths"));
    }
    for (permission, transfer) in permitted.iter().zip(transfers) {
        out(reader, owner, permission.token, transfer.to, transfer.requestedAmount);
    }
    Ok(())
}
