//! Swaps through Uniswap's v2 router and its copies.

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;

use self::RouterV2::RouterV2Calls;
use super::exchange::{COIN, Exchange, Taken};
use super::pinned;
use super::reader::{Call, Reader, Recognised};
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

/// The terms of one method.
struct Trade {
    /// Highest amount of the first token that goes in; `None` if it is the value of the call, whose unused part
    /// the router sends back.
    most: Option<U256>,
    /// Least amount of the last token that comes out.
    least: U256,
    /// Whether the output is the native coin.
    as_coin: bool,
    path: Vec<Address>,
    to: Address,
    deadline: U256,
}

impl Trade {
    fn of(known: RouterV2Calls) -> Self {
        use RouterV2Calls as C;
        let trade =
            |most, least, as_coin, (path, to, deadline)| Self { most, least, as_coin, path, to, deadline };
        let tokens = |most, least, rest| trade(most, least, false, rest);
        let coin = |most, least, rest| trade(Some(most), least, true, rest);
        match known {
            C::swapExactTokensForTokens(c) => {
                tokens(Some(c.amountIn), c.amountOutMin, (c.path, c.to, c.deadline))
            }
            C::swapTokensForExactTokens(c) => {
                tokens(Some(c.amountInMax), c.amountOut, (c.path, c.to, c.deadline))
            }
            C::swapExactETHForTokens(c) => tokens(None, c.amountOutMin, (c.path, c.to, c.deadline)),
            C::swapTokensForExactETH(c) => coin(c.amountInMax, c.amountOut, (c.path, c.to, c.deadline)),
            C::swapExactTokensForETH(c) => coin(c.amountIn, c.amountOutMin, (c.path, c.to, c.deadline)),
            C::swapETHForExactTokens(c) => tokens(None, c.amountOut, (c.path, c.to, c.deadline)),
            C::swapExactTokensForTokensSupportingFeeOnTransferTokens(c) => {
                tokens(Some(c.amountIn), c.amountOutMin, (c.path, c.to, c.deadline))
            }
            C::swapExactETHForTokensSupportingFeeOnTransferTokens(c) => {
                tokens(None, c.amountOutMin, (c.path, c.to, c.deadline))
            }
            C::swapExactTokensForETHSupportingFeeOnTransferTokens(c) => {
                coin(c.amountIn, c.amountOutMin, (c.path, c.to, c.deadline))
            }
        }
    }
}

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Recognised {
    let trade = match method::<RouterV2Calls>(call.input)? {
        Ok(known) => Trade::of(known),
        Err(malformed) => return Some(Err(malformed)),
    };
    let is_recorded = reader.chain_id().and_then(pinned::router_v2) == Some(call.to);
    Some(match is_recorded && reader.outermost() {
        true => recorded_swap(reader, call, &trade),
        false => foreign_swap(reader, call, trade.most, &trade.path, trade.to),
    })
}

fn recorded_swap(reader: &mut Reader<'_>, call: &Call<'_>, trade: &Trade) -> Result<(), Malformed> {
    let [first, .., last] = trade.path.as_slice() else { return Err(Malformed("its path is too short")) };
    let mut exchange = Exchange::begin(reader, call);
    exchange.ends(Some(trade.deadline));
    match trade.most {
        Some(most) => exchange.pulls(reader, *first, most),
        None => {
            exchange.takes(COIN, Taken::All);
        }
    }
    exchange.leads_through(&trade.path);
    exchange.brings(if trade.as_coin { COIN } else { *last }, trade.least, trade.to);
    exchange.conclude(reader);
    Ok(())
}

/// Reads a swap through an unknown router, or inside another call.
pub(super) fn foreign_swap(
    reader: &mut Reader<'_>,
    call: &Call<'_>,
    most: Option<U256>,
    path: &[Address],
    to: Address,
) -> Result<(), Malformed> {
    let [first, _, ..] = path else { return Err(Malformed("its path is too short")) };
    reader.called(call, false);
    if let Some(most) = most {
        reader.token_out(*first, call.to, most);
    }
    foreign_proceeds(reader, call, to);
    Ok(())
}

/// Adds an unknown effect if the proceeds of a swap do not go to the wallet.
pub(super) fn foreign_proceeds(reader: &mut Reader<'_>, call: &Call<'_>, to: Address) {
    if to != reader.wallet() {
        reader.unknown(Some(call.to), format!("the proceeds of the swap go to {to}"));
    }
}
