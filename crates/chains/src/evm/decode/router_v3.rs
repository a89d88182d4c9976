//! Swaps through Uniswap's v3 routers: `SwapRouter`, and `SwapRouter02`, which knows v2 pools too.

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;

use self::Router02::Router02Calls;
use self::RouterV3::RouterV3Calls;
use super::pinned;
use super::reader::{Call, Outcome, Reader};
use super::router_v2::{proceeds, swap};
use super::strict::{Malformed, method};

sol! {
    /// What only `SwapRouter` has: deadlines inside the parameters.
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

    /// What `SwapRouter02` has, and what both have.
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
        function sweepToken(address token, uint256 amountMinimum, address recipient) external payable;
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

/// The caller, in the language of `SwapRouter02`.
const MSG_SENDER: Address = Address::with_last_byte(1);

/// Whether `contract` is one of the two routers.
pub(super) fn is_pinned(reader: &Reader<'_>, contract: Address) -> bool {
    let is = |router: fn(u64) -> Option<Address>| reader.chain_id().and_then(router) == Some(contract);
    is(pinned::router_v3) || is(pinned::router_02)
}

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Outcome {
    match method::<RouterV3Calls>(call.input) {
        Some(Ok(known)) => Some(v3(reader, call, known)),
        Some(Err(malformed)) => Some(Err(malformed)),
        None => match method::<Router02Calls>(call.input)? {
            Ok(known) => Some(router_02(reader, call, known)),
            Err(malformed) => Some(Err(malformed)),
        },
    }
}

fn v3(reader: &mut Reader<'_>, call: &Call<'_>, known: RouterV3Calls) -> Result<(), Malformed> {
    use RouterV3Calls as C;
    let (path, most, to) = match known {
        C::exactInputSingle(c) => ([c.p.tokenIn, c.p.tokenOut], c.p.amountIn, c.p.recipient),
        C::exactInput(c) => (ends(&c.p.path)?, c.p.amountIn, c.p.recipient),
        C::exactOutputSingle(c) => ([c.p.tokenIn, c.p.tokenOut], c.p.amountInMaximum, c.p.recipient),
        C::exactOutput(c) => (backwards(ends(&c.p.path)?), c.p.amountInMaximum, c.p.recipient),
    };
    let is_pinned = is_pinned(reader, call.to);
    swap(reader, call, is_pinned, Some(most), &path, to)
}

fn router_02(reader: &mut Reader<'_>, call: &Call<'_>, known: Router02Calls) -> Result<(), Malformed> {
    use Router02Calls as C;
    let is_pinned = is_pinned(reader, call.to);
    let (path, most, to) = match known {
        C::exactInputSingle(c) => (vec![c.p.tokenIn, c.p.tokenOut], c.p.amountIn, c.p.recipient),
        C::exactInput(c) => (ends(&c.p.path)?.to_vec(), c.p.amountIn, c.p.recipient),
        C::exactOutputSingle(c) => (vec![c.p.tokenIn, c.p.tokenOut], c.p.amountInMaximum, c.p.recipient),
        C::exactOutput(c) => (backwards(ends(&c.p.path)?).to_vec(), c.p.amountInMaximum, c.p.recipient),
        C::swapExactTokensForTokens(c) => (c.path, c.amountIn, c.to),
        C::swapTokensForExactTokens(c) => (c.path, c.amountInMax, c.to),
        C::unwrapWETH9(c) => {
            reader.called(call, is_pinned);
            proceeds(reader, call, c.recipient);
            return Ok(());
        }
        C::sweepToken(c) => {
            reader.called(call, is_pinned);
            proceeds(reader, call, c.recipient);
            return Ok(());
        }
        C::refundETH(_) => {
            reader.called(call, is_pinned);
            return Ok(());
        }
        C::selfPermit(c) => return permit(reader, call, is_pinned, c.token, c.value),
        C::selfPermitIfNecessary(c) => return permit(reader, call, is_pinned, c.token, c.value),
        C::selfPermitAllowed(c) => return permit(reader, call, is_pinned, c.token, U256::MAX),
        C::selfPermitAllowedIfNecessary(c) => return permit(reader, call, is_pinned, c.token, U256::MAX),
    };
    let to = recipient(reader, call, to);
    swap(reader, call, is_pinned, Some(most), &path, to)
}

/// Resolves `SwapRouter02`'s word for its caller where the caller is the wallet.
fn recipient(reader: &Reader<'_>, call: &Call<'_>, to: Address) -> Address {
    let knows = reader.chain_id().and_then(pinned::router_02) == Some(call.to);
    if to == MSG_SENDER && knows && reader.acts_itself(call) { reader.wallet() } else { to }
}

/// The router brings the caller's signed permission for itself to a token.
fn permit(
    reader: &mut Reader<'_>,
    call: &Call<'_>,
    is_pinned: bool,
    token: Address,
    amount: U256,
) -> Result<(), Malformed> {
    reader.called(call, is_pinned);
    reader.allowance(token, call.to, amount);
    Ok(())
}

/// First and last token of `token (20) ‖ fee (3) ‖ token (20) ‖ …`.
fn ends(path: &[u8]) -> Result<[Address; 2], Malformed> {
    let malformed = Malformed("its path is malformed");
    let (first, hops) = path.split_first_chunk::<20>().ok_or(malformed)?;
    let (hops, rest) = hops.as_chunks::<23>();
    let last = hops.last().filter(|_| rest.is_empty()).and_then(|hop| hop.last_chunk::<20>());
    last.map(|last| [first.into(), last.into()]).ok_or(malformed)
}

/// Paths of exact outputs begin with what comes out.
const fn backwards([first, last]: [Address; 2]) -> [Address; 2] {
    [last, first]
}
