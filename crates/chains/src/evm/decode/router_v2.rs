//! Swaps through Uniswap's v2 router and its many copies.

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;

use self::RouterV2::RouterV2Calls;
use super::pinned;
use super::reader::{Call, Outcome, Reader};
use super::strict::{Malformed, method};

sol! {
    #[sol(abi)]
    interface RouterV2 {
        function swapExactTokensForTokens(
            uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline) external;
        function swapTokensForExactTokens(
            uint256 amountOut, uint256 amountInMax, address[] path, address to, uint256 deadline) external;
        function swapExactETHForTokens(
            uint256 amountOutMin, address[] path, address to, uint256 deadline) external payable;
        function swapTokensForExactETH(
            uint256 amountOut, uint256 amountInMax, address[] path, address to, uint256 deadline) external;
        function swapExactTokensForETH(
            uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline) external;
        function swapETHForExactTokens(
            uint256 amountOut, address[] path, address to, uint256 deadline) external payable;
        function swapExactTokensForTokensSupportingFeeOnTransferTokens(
            uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline) external;
        function swapExactETHForTokensSupportingFeeOnTransferTokens(
            uint256 amountOutMin, address[] path, address to, uint256 deadline) external payable;
        function swapExactTokensForETHSupportingFeeOnTransferTokens(
            uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline) external;
    }
}

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Outcome {
    use RouterV2Calls as C;
    let known = match method::<RouterV2Calls>(call.input)? {
        Ok(known) => known,
        Err(malformed) => return Some(Err(malformed)),
    };
    // The most of the first token that goes in; none where it is the value of the call.
    let (most, path, to) = match known {
        C::swapExactTokensForTokens(c) => (Some(c.amountIn), c.path, c.to),
        C::swapTokensForExactTokens(c) => (Some(c.amountInMax), c.path, c.to),
        C::swapExactETHForTokens(c) => (None, c.path, c.to),
        C::swapTokensForExactETH(c) => (Some(c.amountInMax), c.path, c.to),
        C::swapExactTokensForETH(c) => (Some(c.amountIn), c.path, c.to),
        C::swapETHForExactTokens(c) => (None, c.path, c.to),
        C::swapExactTokensForTokensSupportingFeeOnTransferTokens(c) => (Some(c.amountIn), c.path, c.to),
        C::swapExactETHForTokensSupportingFeeOnTransferTokens(c) => (None, c.path, c.to),
        C::swapExactTokensForETHSupportingFeeOnTransferTokens(c) => (Some(c.amountIn), c.path, c.to),
    };
    let is_pinned = reader.chain_id().and_then(pinned::router_v2) == Some(call.to);
    Some(swap(reader, call, is_pinned, most, &path, to))
}

/// A swap along `path` whose proceeds go to `to`.
pub(super) fn swap(
    reader: &mut Reader<'_>,
    call: &Call<'_>,
    is_pinned: bool,
    most: Option<U256>,
    path: &[Address],
    to: Address,
) -> Result<(), Malformed> {
    let [first, _, ..] = path else { return Err(Malformed("its path is too short")) };
    reader.called(call, is_pinned);
    if let Some(most) = most {
        reader.token_out(*first, call.to, most);
    }
    proceeds(reader, call, to);
    Ok(())
}

/// What comes out of a swap is the wallet's, or the swap is a gift.
pub(super) fn proceeds(reader: &mut Reader<'_>, call: &Call<'_>, to: Address) {
    if to != reader.wallet() {
        reader.unknown(Some(call.to), format!("the proceeds of the swap go to {to}"));
    }
}
