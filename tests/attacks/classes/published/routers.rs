//! The routers of v2 and v3.

use alloy_dyn_abi::DynSolValue as V;
use alloy_primitives::U256;

use super::{Attempt, FAIR, ITSELF, PAID, Row, TOKENS, addresses, limited};
use crate::kit::base::{NEVER, ROUTER_02, V2_ROUTER, WETH, fee};
use crate::kit::{account, calldata, number};

/// `UniswapV2Router02`: coin for the last token of the path.
pub(super) fn v2_buys(least: u128, path: &[&str], to: &str) -> Attempt {
    let arguments = vec![number(least), addresses(path), account(to), number(NEVER)];
    (V2_ROUTER, PAID, calldata("swapExactETHForTokens(uint256,address[],address,uint256)", arguments))
}

/// The same: tokens for coin.
pub(super) fn v2_sells(amount: u128, least: u128, path: &[&str], to: &str) -> Attempt {
    let arguments = vec![number(amount), number(least), addresses(path), account(to), number(NEVER)];
    let method = "swapExactTokensForETH(uint256,uint256,address[],address,uint256)";
    (V2_ROUTER, 0, calldata(method, arguments))
}

pub(super) const V2: &[Row] = &[
    ("v2: nothing as the least out", |c| v2_buys(0, &[WETH, &c.token], &c.wallet)),
    ("v2: one unit as the least out", |c| v2_buys(1, &[WETH, &c.token], &c.wallet)),
    ("v2: by way of an unlisted token", |c| v2_buys(FAIR, &[WETH, &c.unlisted, &c.token], &c.wallet)),
    ("v2: for an unlisted token", |c| v2_buys(FAIR, &[WETH, &c.unlisted], &c.wallet)),
    ("v2: for the thief", |c| v2_buys(FAIR, &[WETH, &c.token], &c.thief)),
    ("v2: for the router", |c| v2_buys(FAIR, &[WETH, &c.token], V2_ROUTER)),
    ("v2: tokens for the thief's coin", |c| v2_sells(PAID, FAIR, &[&c.token, WETH], &c.thief)),
    ("v2: more tokens than may go", |c| v2_sells(11 * TOKENS, 10 * TOKENS, &[&c.token, WETH], &c.wallet)),
    ("v2: tokens for nothing, past the fee", |c| {
        let method = "swapExactTokensForTokensSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)";
        let path = addresses(&[&c.token, &c.unlisted, WETH]);
        let arguments = vec![number(PAID), number(0), path, account(&c.wallet), number(NEVER)];
        (V2_ROUTER, 0, calldata(method, arguments))
    }),
    ("v2: so much coin for one unit", |c| {
        let path = addresses(&[WETH, &c.unlisted, &c.token]);
        let arguments = vec![number(1), path, account(&c.wallet), number(NEVER)];
        (V2_ROUTER, PAID, calldata("swapETHForExactTokens(uint256,address[],address,uint256)", arguments))
    }),
    ("v2: a share of a pool", |c| {
        let arguments =
            vec![account(&c.token), number(PAID), number(0), number(0), account(&c.thief), number(NEVER)];
        let method = "addLiquidityETH(address,uint256,uint256,uint256,address,uint256)";
        (V2_ROUTER, PAID, calldata(method, arguments))
    }),
];

/// `SwapRouter02`, one pool of v3.
pub(super) fn single(from: &str, into: &str, to: &str, amount: u128, least: u128) -> Vec<u8> {
    let p = V::Tuple(vec![
        account(from),
        account(into),
        fee(),
        account(to),
        number(amount),
        number(least),
        limited(U256::ZERO),
    ]);
    calldata("exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))", vec![p])
}

/// The same for an exact output.
pub(super) fn single_out(from: &str, into: &str, to: &str, amount: u128, most: u128) -> Vec<u8> {
    let p = V::Tuple(vec![
        account(from),
        account(into),
        fee(),
        account(to),
        number(amount),
        number(most),
        limited(U256::ZERO),
    ]);
    calldata("exactOutputSingle((address,address,uint24,address,uint256,uint256,uint160))", vec![p])
}

/// Tokens with the fees between them, as v3 writes a path.
pub(super) fn hops(path: &[&str]) -> V {
    let mut bytes = Vec::new();
    for (at, token) in path.iter().enumerate() {
        if at > 0 {
            bytes.extend([0x00, 0x0b, 0xb8]);
        }
        bytes.extend(hex::decode(token.trim_start_matches("0x")).unwrap_or_default());
    }
    V::Bytes(bytes)
}

pub(super) fn several(value: u128, steps: Vec<Vec<u8>>) -> Attempt {
    let steps = V::Array(steps.into_iter().map(V::Bytes).collect());
    (ROUTER_02, value, calldata("multicall(uint256,bytes[])", vec![number(NEVER), steps]))
}

pub(super) fn unwraps(least: u128, to: &str) -> Vec<u8> {
    calldata("unwrapWETH9(uint256,address)", vec![number(least), account(to)])
}

pub(super) const V3: &[Row] = &[
    ("v3: nothing as the least out", |c| (ROUTER_02, PAID, single(WETH, &c.token, &c.wallet, PAID, 0))),
    ("v3: for the thief", |c| (ROUTER_02, PAID, single(WETH, &c.token, &c.thief, PAID, FAIR))),
    ("v3: left in the router", |c| (ROUTER_02, 0, single(&c.token, WETH, ITSELF, PAID, FAIR))),
    ("v3: more coin than goes in", |c| {
        (ROUTER_02, PAID, single(WETH, &c.token, &c.wallet, PAID / 2, FAIR / 2))
    }),
    ("v3: an exact output, the rest left", |c| {
        (ROUTER_02, PAID, single_out(WETH, &c.token, &c.wallet, PAID / 10, PAID))
    }),
    ("v3: an exact output of one unit", |c| {
        several(PAID, vec![single_out(WETH, &c.token, &c.wallet, 1, PAID), calldata("refundETH()", vec![])])
    }),
    ("v3: by way of an unlisted token", |c| {
        let path = hops(&[WETH, &c.unlisted, &c.token]);
        let p = V::Tuple(vec![path, account(&c.wallet), number(PAID), number(FAIR)]);
        (ROUTER_02, PAID, calldata("exactInput((bytes,address,uint256,uint256))", vec![p]))
    }),
    ("v3: unwrapped for the thief", |c| {
        several(0, vec![single(&c.token, WETH, ITSELF, PAID, FAIR), unwraps(FAIR, &c.thief)])
    }),
    ("v3: swept to the thief", |c| {
        let sweep = vec![account(&c.token), number(0), account(&c.thief)];
        let sweep = calldata("sweepToken(address,uint256,address)", sweep);
        several(PAID, vec![single(WETH, &c.token, ITSELF, PAID, FAIR), sweep])
    }),
    ("v3: a fee for the thief", |c| {
        let arguments = vec![number(1), account(&c.wallet), number(100), account(&c.thief)];
        let unwrap = calldata("unwrapWETH9WithFee(uint256,address,uint256,address)", arguments);
        several(0, vec![single(&c.token, WETH, ITSELF, PAID, FAIR), unwrap])
    }),
    ("v3: tokens pulled into the router", |c| {
        let pull = calldata("pull(address,uint256)", vec![account(&c.token), number(TOKENS)]);
        several(0, vec![pull])
    }),
    ("v3: coin wrapped and left", |_| several(PAID, vec![calldata("wrapETH(uint256)", vec![number(PAID)])])),
    ("v3: coin and no steps", |_| several(PAID, vec![])),
    ("v3: a nest of steps", |c| {
        let (_, _, inner) = several(0, vec![single(WETH, &c.token, &c.thief, PAID, 0)]);
        several(PAID, vec![inner])
    }),
];
