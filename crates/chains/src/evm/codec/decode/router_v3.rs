//! Swaps through Uniswap's v3 routers: `SwapRouter`, and `SwapRouter02`, which also uses v2 pools. Their
//! `multicall` is read as a whole: the router may receive the output of one step if a later step pays it out.

use std::collections::BTreeMap;

use alloy_json_abi::Function;
use alloy_primitives::aliases::U160;
use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;

use self::Router02::Router02Calls;
use self::RouterV3::RouterV3Calls;
use super::exchange::{COIN, Exchange, Taken, unchecked_output};
use super::pinned;
use super::reader::{Call, Reader, Recognised};
use super::router_v2::{foreign_proceeds, foreign_swap};
use super::strict::{Malformed, method};

sol! {
    /// Methods of `SwapRouter` only, with deadlines in the parameters.
    #[sol(abi)]
    interface RouterV3 {
        struct SingleIn {
            address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 deadline;
            uint256 amountIn; uint256 amountOutMinimum; uint160 sqrtPriceLimitX96;
        }
        struct PathIn {
            bytes path; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum;
        }
        struct SingleOut {
            address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 deadline;
            uint256 amountOut; uint256 amountInMaximum; uint160 sqrtPriceLimitX96;
        }
        struct PathOut {
            bytes path; address recipient; uint256 deadline; uint256 amountOut; uint256 amountInMaximum;
        }

        function exactInputSingle(SingleIn p) external payable;
        function exactInput(PathIn p) external payable;
        function exactOutputSingle(SingleOut p) external payable;
        function exactOutput(PathOut p) external payable;
    }

    /// Methods of `SwapRouter02`, and those of both routers.
    #[sol(abi)]
    interface Router02 {
        struct SingleIn {
            address tokenIn; address tokenOut; uint24 fee; address recipient;
            uint256 amountIn; uint256 amountOutMinimum; uint160 sqrtPriceLimitX96;
        }
        struct PathIn { bytes path; address recipient; uint256 amountIn; uint256 amountOutMinimum; }
        struct SingleOut {
            address tokenIn; address tokenOut; uint24 fee; address recipient;
            uint256 amountOut; uint256 amountInMaximum; uint160 sqrtPriceLimitX96;
        }
        struct PathOut { bytes path; address recipient; uint256 amountOut; uint256 amountInMaximum; }

        function exactInputSingle(SingleIn p) external payable;
        function exactInput(PathIn p) external payable;
        function exactOutputSingle(SingleOut p) external payable;
        function exactOutput(PathOut p) external payable;
        function swapExactTokensForTokens(
            uint256 amountIn, uint256 amountOutMin, address[] path, address to) external payable;
        function swapTokensForExactTokens(
            uint256 amountOut, uint256 amountInMax, address[] path, address to) external payable;
        function unwrapWETH9(uint256 amountMinimum, address recipient) external payable;
        function unwrapWETH9(uint256 amountMinimum) external payable;
        function wrapETH(uint256 value) external payable;
        function sweepToken(address token, uint256 amountMinimum, address recipient) external payable;
        function sweepToken(address token, uint256 amountMinimum) external payable;
        function pull(address token, uint256 value) external payable;
        function refundETH() external payable;
        function selfPermit(
            address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external payable;
        function selfPermitIfNecessary(
            address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external payable;
        function selfPermitAllowed(
            address token, uint256 nonce, uint256 expiry, uint8 v, bytes32 r, bytes32 s) external payable;
        function selfPermitAllowedIfNecessary(
            address token, uint256 nonce, uint256 expiry, uint8 v, bytes32 r, bytes32 s) external payable;
    }
}

/// The addresses that `SwapRouter02` reads as the caller and as itself.
const MSG_SENDER: Address = Address::with_last_byte(1);
const ADDRESS_THIS: Address = Address::with_last_byte(2);

/// One step of a router. Swaps have the highest input and the least output.
enum Step {
    In(Hop, U256, U256),
    Out(Hop, U256, U256),
    Unwrap(U256, Option<Address>),
    Wrap(U256),
    Sweep(Address, U256, Option<Address>),
    Refund,
    Pull(Address, U256),
    Permit(Address, U256),
}

/// The path and recipient of a swap.
struct Hop {
    path: Vec<Address>,
    to: Address,
    /// Whether it may stop before the whole amount has gone in.
    may_stop: bool,
}

/// Returns the methods of both routers.
pub(super) fn methods() -> Vec<BTreeMap<String, Vec<Function>>> {
    vec![RouterV3::abi::functions(), Router02::abi::functions()]
}

/// Returns whether `contract` is one of the two routers.
pub(super) fn is_recorded(reader: &Reader<'_>, contract: Address) -> bool {
    let is = |router: fn(u64) -> Option<Address>| reader.chain_id().and_then(router) == Some(contract);
    is(pinned::router_v3) || is(pinned::router_02)
}

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Recognised {
    match step_of(call.input)? {
        Err(malformed) => Some(Err(malformed)),
        Ok((step, deadline)) if reader.outermost() && is_recorded(reader, call.to) => {
            let mut exchange = Exchange::begin(reader, call);
            take_step(reader, &mut exchange, step, deadline);
            exchange.conclude(reader);
            Some(Ok(()))
        }
        Ok((step, _)) => Some(foreign(reader, call, step)),
    }
}

/// Reads all steps of a `multicall` of a pinned router. `SwapRouter02` checks one deadline for all steps.
pub(super) fn whole(reader: &mut Reader<'_>, call: &Call<'_>, steps: &[&[u8]], deadline: Option<U256>) {
    let mut exchange = Exchange::begin(reader, call);
    exchange.ends(deadline);
    for input in steps {
        let inner = Call { to: call.to, value: U256::ZERO, input };
        match step_of(input) {
            Some(Ok((step, deadline))) => {
                if !reader.step(&inner, methods) {
                    break;
                }
                take_step(reader, &mut exchange, step, deadline);
            }
            Some(Err(_)) | None => {
                exchange.doubt();
                reader.inner(&inner);
            }
        }
    }
    exchange.conclude(reader);
}

/// Returns a step, and its deadline if the arguments have one.
fn step_of(input: &[u8]) -> Option<Result<(Step, Option<U256>), Malformed>> {
    match method::<RouterV3Calls>(input) {
        Some(known) => Some(known.and_then(of_v3)),
        None => Some(method::<Router02Calls>(input)?.and_then(of_02).map(|step| (step, None))),
    }
}

/// The four kinds of swaps that both routers have.
impl Step {
    /// Exact input in one pool. With a price limit, less may go in.
    fn sells(pair: [Address; 2], to: Address, amount: U256, least: U256, limit: U160) -> Self {
        Self::In(Hop { path: pair.to_vec(), to, may_stop: !limit.is_zero() }, amount, least)
    }

    fn sells_along(path: &[u8], to: Address, amount: U256, least: U256) -> Result<Self, Malformed> {
        Ok(Self::In(Hop { path: tokens(path)?, to, may_stop: false }, amount, least))
    }

    /// Exact output in one pool. With a price limit, less may come out, which the routers do not check.
    fn buys(pair: [Address; 2], to: Address, most: U256, amount: U256, limit: U160) -> Self {
        let least = if limit.is_zero() { amount } else { U256::ZERO };
        Self::Out(Hop { path: pair.to_vec(), to, may_stop: true }, most, least)
    }

    /// Exact output along a path, which begins with the output token.
    fn buys_along(path: &[u8], to: Address, most: U256, amount: U256) -> Result<Self, Malformed> {
        let mut path = tokens(path)?;
        path.reverse();
        Ok(Self::Out(Hop { path, to, may_stop: true }, most, amount))
    }
}

fn of_v3(known: RouterV3Calls) -> Result<(Step, Option<U256>), Malformed> {
    use RouterV3Calls as C;
    let (step, deadline) = match known {
        C::exactInputSingle(RouterV3::exactInputSingleCall { p }) => {
            let pair = [p.tokenIn, p.tokenOut];
            let limit = p.sqrtPriceLimitX96;
            (Step::sells(pair, p.recipient, p.amountIn, p.amountOutMinimum, limit), p.deadline)
        }
        C::exactInput(RouterV3::exactInputCall { p }) => {
            (Step::sells_along(&p.path, p.recipient, p.amountIn, p.amountOutMinimum)?, p.deadline)
        }
        C::exactOutputSingle(RouterV3::exactOutputSingleCall { p }) => {
            let pair = [p.tokenIn, p.tokenOut];
            let limit = p.sqrtPriceLimitX96;
            (Step::buys(pair, p.recipient, p.amountInMaximum, p.amountOut, limit), p.deadline)
        }
        C::exactOutput(RouterV3::exactOutputCall { p }) => {
            (Step::buys_along(&p.path, p.recipient, p.amountInMaximum, p.amountOut)?, p.deadline)
        }
    };
    Ok((step, Some(deadline)))
}

fn of_02(known: Router02Calls) -> Result<Step, Malformed> {
    use Router02Calls as C;
    Ok(match known {
        C::exactInputSingle(Router02::exactInputSingleCall { p }) => {
            let pair = [p.tokenIn, p.tokenOut];
            Step::sells(pair, p.recipient, p.amountIn, p.amountOutMinimum, p.sqrtPriceLimitX96)
        }
        C::exactInput(Router02::exactInputCall { p }) => {
            Step::sells_along(&p.path, p.recipient, p.amountIn, p.amountOutMinimum)?
        }
        C::exactOutputSingle(Router02::exactOutputSingleCall { p }) => {
            let pair = [p.tokenIn, p.tokenOut];
            Step::buys(pair, p.recipient, p.amountInMaximum, p.amountOut, p.sqrtPriceLimitX96)
        }
        C::exactOutput(Router02::exactOutputCall { p }) => {
            Step::buys_along(&p.path, p.recipient, p.amountInMaximum, p.amountOut)?
        }
        C::swapExactTokensForTokens(c) => {
            Step::In(Hop { path: c.path, to: c.to, may_stop: false }, c.amountIn, c.amountOutMin)
        }
        C::swapTokensForExactTokens(c) => {
            let least = unchecked_output(&c.path, c.amountOut);
            Step::Out(Hop { path: c.path, to: c.to, may_stop: true }, c.amountInMax, least)
        }
        C::unwrapWETH9_0(c) => Step::Unwrap(c.amountMinimum, Some(c.recipient)),
        C::unwrapWETH9_1(c) => Step::Unwrap(c.amountMinimum, None),
        C::wrapETH(c) => Step::Wrap(c.value),
        C::sweepToken_0(c) => Step::Sweep(c.token, c.amountMinimum, Some(c.recipient)),
        C::sweepToken_1(c) => Step::Sweep(c.token, c.amountMinimum, None),
        C::pull(c) => Step::Pull(c.token, c.value),
        C::refundETH(_) => Step::Refund,
        C::selfPermit(c) => Step::Permit(c.token, c.value),
        C::selfPermitIfNecessary(c) => Step::Permit(c.token, c.value),
        C::selfPermitAllowed(c) => Step::Permit(c.token, U256::MAX),
        C::selfPermitAllowedIfNecessary(c) => Step::Permit(c.token, U256::MAX),
    })
}

fn take_step(reader: &mut Reader<'_>, exchange: &mut Exchange, step: Step, deadline: Option<U256>) {
    exchange.ends(deadline);
    let (wallet, router) = (exchange.wallet(), exchange.router());
    let is_02 = reader.chain_id().and_then(pinned::router_02) == Some(router);
    match step {
        Step::In(hop, amount, least) => {
            let Some((first, last)) = hop.starts(exchange) else { return };
            // For `SwapRouter02`, zero means its whole balance.
            let all = is_02 && amount.is_zero();
            if all {
                // With a price limit, a part may remain in the router.
                if hop.may_stop {
                    exchange.doubt();
                }
                // The router would use either coin or wrapped coin.
                if exchange.weth() == Some(first) && exchange.may_hold(COIN) {
                    exchange.doubt();
                }
                exchange.takes(first, Taken::All);
            } else {
                let taken = if hop.may_stop { Taken::AtMost(amount) } else { Taken::Exactly(amount) };
                pay(reader, exchange, first, amount, taken);
            }
            exchange.brings(last, least, hop.recipient(wallet, router, is_02));
        }
        Step::Out(hop, most, amount) => {
            let Some((first, last)) = hop.starts(exchange) else { return };
            pay(reader, exchange, first, most, Taken::AtMost(most));
            exchange.brings(last, amount, hop.recipient(wallet, router, is_02));
        }
        Step::Unwrap(least, to) => exchange.unwraps(least, to.unwrap_or(wallet)),
        Step::Wrap(amount) => exchange.wraps(Some(amount), router),
        Step::Sweep(token, least, to) => exchange.gives(token, least, to.unwrap_or(wallet)),
        Step::Refund => exchange.gives(COIN, U256::ZERO, wallet),
        Step::Pull(token, amount) => exchange.deposits(reader, token, amount),
        // The router submits to a token the permit that the caller signed for it.
        Step::Permit(token, amount) => reader.allowance(token, router, amount),
    }
}

/// Pays the input of a swap: wrapped coin from the router's coin if that suffices, all else from the caller.
fn pay(reader: &mut Reader<'_>, exchange: &mut Exchange, token: Address, most: U256, taken: Taken) {
    let coin = exchange.weth() == Some(token) && exchange.may_hold(COIN);
    if coin && exchange.holds(COIN) >= most {
        exchange.takes(COIN, taken);
        return;
    }
    if coin {
        exchange.takes(COIN, Taken::AtMost(most));
    }
    exchange.pulls(reader, token, most);
}

impl Hop {
    /// Records the path and returns its first and last token.
    fn starts(&self, exchange: &mut Exchange) -> Option<(Address, Address)> {
        let [first, between @ .., last] = self.path.as_slice() else {
            exchange.doubt();
            return None;
        };
        // The routers also pay wrapped coin in the middle of a path from their coin.
        if between.iter().any(|token| exchange.weth() == Some(*token)) && exchange.may_hold(COIN) {
            exchange.doubt();
        }
        exchange.leads_through(&self.path);
        Some((*first, *last))
    }

    fn recipient(&self, wallet: Address, router: Address, is_02: bool) -> Address {
        match self.to {
            MSG_SENDER if is_02 => wallet,
            ADDRESS_THIS if is_02 => router,
            // `SwapRouter` reads the zero address as itself.
            Address::ZERO if !is_02 => router,
            other => other,
        }
    }
}

/// Reads a step of an unknown router, or inside another call.
fn foreign(reader: &mut Reader<'_>, call: &Call<'_>, step: Step) -> Result<(), Malformed> {
    match step {
        Step::In(hop, most, _) | Step::Out(hop, most, _) => {
            return foreign_swap(reader, call, Some(most), &hop.path, hop.to);
        }
        Step::Unwrap(_, Some(to)) | Step::Sweep(_, _, Some(to)) => {
            reader.called(call, false);
            foreign_proceeds(reader, call, to);
        }
        Step::Unwrap(_, None) | Step::Sweep(_, _, None) | Step::Wrap(_) | Step::Refund => {
            reader.called(call, false);
        }
        Step::Pull(token, amount) => {
            reader.called(call, false);
            reader.token_out(token, call.to, amount);
        }
        Step::Permit(token, amount) => {
            reader.called(call, false);
            reader.allowance(token, call.to, amount);
        }
    }
    Ok(())
}

/// Returns the tokens of `token (20) ‖ fee (3) ‖ token (20) ‖ …`, at least two.
pub(super) fn tokens(path: &[u8]) -> Result<Vec<Address>, Malformed> {
    let malformed = Malformed("its path is malformed");
    let (first, hops) = path.split_first_chunk::<20>().ok_or(malformed)?;
    let (hops, rest) = hops.as_chunks::<23>();
    if hops.is_empty() || !rest.is_empty() {
        return Err(malformed);
    }
    let next = hops.iter().filter_map(|hop| hop.last_chunk::<20>()).map(|token| Address::from(*token));
    Ok(std::iter::once(Address::from(*first)).chain(next).collect())
}
