//! Tokens: EIP-20 and its usual extensions (allowance steps, burning, ERC-677, ERC-777, ERC-1363).

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;

use self::Token::TokenCalls;
use super::reader::{Call, Reader, Recognised};
use super::strict::method;

sol! {
    #[sol(abi)]
    interface Token {
        function transfer(address to, uint256 amount) external;
        function transferFrom(address from, address to, uint256 amount) external;
        function approve(address spender, uint256 amount) external;
        function increaseAllowance(address spender, uint256 added) external;
        function decreaseAllowance(address spender, uint256 subtracted) external;
        function increaseApproval(address spender, uint256 added) external;
        function decreaseApproval(address spender, uint256 subtracted) external;
        function burn(uint256 amount) external;
        function burnFrom(address from, uint256 amount) external;
        function transferAndCall(address to, uint256 amount) external;
        function transferAndCall(address to, uint256 amount, bytes data) external;
        function transferFromAndCall(address from, address to, uint256 amount) external;
        function transferFromAndCall(address from, address to, uint256 amount, bytes data) external;
        function approveAndCall(address spender, uint256 amount) external;
        function approveAndCall(address spender, uint256 amount, bytes data) external;
        function send(address to, uint256 amount, bytes data) external;
    }
}

/// The amount of an allowance that is increased by a step: the call does not contain the sum.
const UNNAMED: U256 = U256::MAX;

/// The effect of a method on the token.
enum Move {
    Out { from: Option<Address>, to: Address, amount: U256 },
    Allow { spender: Address, amount: U256 },
}

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Recognised {
    let out = |to, amount| Move::Out { from: None, to, amount };
    let out_of = |from, to, amount| Move::Out { from: Some(from), to, amount };
    let allow = |spender, amount| Move::Allow { spender, amount };
    // `calls`: whether the method also calls the recipient.
    let (what, calls) = match method::<TokenCalls>(call.input)? {
        Err(malformed) => return Some(Err(malformed)),
        Ok(TokenCalls::transfer(c)) => (out(c.to, c.amount), false),
        Ok(TokenCalls::transferFrom(c)) => (out_of(c.from, c.to, c.amount), false),
        Ok(TokenCalls::approve(c)) => (allow(c.spender, c.amount), false),
        Ok(TokenCalls::increaseAllowance(c)) => (allow(c.spender, UNNAMED), false),
        Ok(TokenCalls::decreaseAllowance(c)) => (allow(c.spender, U256::ZERO), false),
        Ok(TokenCalls::increaseApproval(c)) => (allow(c.spender, UNNAMED), false),
        Ok(TokenCalls::decreaseApproval(c)) => (allow(c.spender, U256::ZERO), false),
        Ok(TokenCalls::burn(c)) => (out(Address::ZERO, c.amount), false),
        Ok(TokenCalls::burnFrom(c)) => (out_of(c.from, Address::ZERO, c.amount), false),
        Ok(TokenCalls::transferAndCall_0(c)) => (out(c.to, c.amount), true),
        Ok(TokenCalls::transferAndCall_1(c)) => (out(c.to, c.amount), true),
        Ok(TokenCalls::transferFromAndCall_0(c)) => (out_of(c.from, c.to, c.amount), true),
        Ok(TokenCalls::transferFromAndCall_1(c)) => (out_of(c.from, c.to, c.amount), true),
        Ok(TokenCalls::approveAndCall_0(c)) => (allow(c.spender, c.amount), true),
        Ok(TokenCalls::approveAndCall_1(c)) => (allow(c.spender, c.amount), true),
        Ok(TokenCalls::send(c)) => (out(c.to, c.amount), true),
    };
    match what {
        // Tokens of another owner, moved by an allowance: no outflow, but not decoded either.
        Move::Out { from: Some(from), .. } if !reader.ours(from) => reader.called(call, false),
        Move::Out { from: _, to, amount } => reader.token_out(call.to, to, amount),
        Move::Allow { spender, amount } => reader.allowance(call.to, spender, amount),
    }
    if calls {
        reader.called(call, false);
    }
    Some(Ok(()))
}
