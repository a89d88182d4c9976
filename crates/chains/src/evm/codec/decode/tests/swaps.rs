//! Tests of swaps of Uniswap's v2 and v3 routers: their inputs, their least outputs, and the assets that remain.

use super::vectors::*;
use super::*;
use crate::evm::codec::decode::multicall::Multicall;
use crate::evm::codec::decode::router_v2::RouterV2;
use crate::evm::codec::decode::router_v3::{Router02, RouterV3};
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Portion, Swap};

pub(super) const OTHER: EvmAddress = EvmAddress::repeat_byte(0x44);

pub(super) fn weth() -> EvmAddress {
    at("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2")
}

fn v2_router() -> EvmAddress {
    at("0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D")
}

fn router() -> EvmAddress {
    at("0xE592427A0AEce92De3Edee1F18E0157C05861564")
}

fn router_02() -> EvmAddress {
    at("0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45")
}

/// Returns the asset id of a token; that of the native coin for the zero address.
fn named(token: EvmAddress) -> AssetId {
    if token.is_zero() { mainnet().native() } else { asset(&mainnet(), token) }
}

pub(super) fn portions(amounts: &[(EvmAddress, u64)]) -> Vec<Portion> {
    let portion =
        |(token, amount): &(EvmAddress, u64)| Portion { asset: named(*token), amount: U256::from(*amount) };
    amounts.iter().map(portion).collect()
}

pub(super) const COIN: EvmAddress = EvmAddress::ZERO;

/// Returns whether the call of a swap is decoded, and the swap.
pub(super) fn swapped(router: EvmAddress, value: u64, input: &[u8]) -> (bool, Swap) {
    let found = reads(router, value, input);
    let decoded = found.contains(&called(router, input, true));
    assert!(decoded != found.contains(&called(router, input, false)), "{found:?}");
    assert!(!found.iter().any(is_unknown), "{found:?}");
    let mut swaps = found.iter().filter_map(Effect::swap).cloned();
    let (Some(swap), None) = (swaps.next(), swaps.next()) else { panic!("{found:?}") };
    assert_eq!(value > 0, found[0] == native_out(router, value));
    (decoded, swap)
}

pub(super) fn path(swap: &Swap) -> Vec<AssetId> {
    swap.path.clone()
}

fn uint(number: u64) -> U256 {
    U256::from(number)
}

fn multicall(steps: &[Vec<u8>]) -> Vec<u8> {
    let data = steps.iter().map(|step| step.clone().into()).collect();
    Multicall::multicall_0Call { data }.abi_encode()
}

/// Encodes a swap of an exact input in one pool of the v3 router.
fn sell(from: EvmAddress, into: EvmAddress, amount: u64, least: u64, to: EvmAddress) -> Vec<u8> {
    let p = RouterV3::SingleIn {
        tokenIn: from,
        tokenOut: into,
        fee: alloy_primitives::Uint::from(500u16),
        recipient: to,
        deadline: uint(9),
        amountIn: uint(amount),
        amountOutMinimum: uint(least),
        sqrtPriceLimitX96: Default::default(),
    };
    RouterV3::exactInputSingleCall { p }.abi_encode()
}

fn buy(from: EvmAddress, into: EvmAddress, most: u64, amount: u64) -> Vec<u8> {
    let p = RouterV3::SingleOut {
        tokenIn: from,
        tokenOut: into,
        fee: alloy_primitives::Uint::from(500u16),
        recipient: WALLET,
        deadline: uint(9),
        amountOut: uint(amount),
        amountInMaximum: uint(most),
        sqrtPriceLimitX96: Default::default(),
    };
    RouterV3::exactOutputSingleCall { p }.abi_encode()
}

fn unwrap(least: u64, to: EvmAddress) -> Vec<u8> {
    Router02::unwrapWETH9_0Call { amountMinimum: uint(least), recipient: to }.abi_encode()
}

fn refund() -> Vec<u8> {
    Router02::refundETHCall {}.abi_encode()
}

#[test]
fn the_terms_of_a_v2_swap() {
    let router = v2_router();
    let (decoded, swap) = swapped(router, 0, &hex(SWAP_V2));
    assert!(decoded);
    assert_eq!(swap.sold, portions(&[(TOKEN, 100)]));
    assert_eq!(swap.bought[0].amount, uint(90));
    assert_eq!((swap.router, swap.to), (account(router), account(WALLET)));
    assert!(reads(router, 0, &hex(SWAP_V2)).contains(&token_out(router, 100)), "the input is an outflow");

    let to_coin = |to| {
        let path = vec![TOKEN, OTHER, weth()];
        RouterV2::swapExactTokensForETHCall {
            amountIn: uint(100),
            amountOutMin: uint(97),
            path,
            to,
            deadline: uint(9),
        }
        .abi_encode()
    };
    let (decoded, swap) = swapped(router, 0, &to_coin(WALLET));
    assert!(decoded);
    assert_eq!(swap.bought, portions(&[(COIN, 97)]));
    assert_eq!(path(&swap), [TOKEN, OTHER, weth(), COIN].map(named));
    let (_, gift) = swapped(router, 0, &to_coin(RECIPIENT));
    assert_eq!(gift.to, account(RECIPIENT));
    assert!(!swapped(router, 0, &to_coin(router)).0, "left in the router");

    let of_coin = RouterV2::swapETHForExactTokensCall {
        amountOut: uint(60),
        path: vec![weth(), TOKEN],
        to: WALLET,
        deadline: uint(9),
    };
    let (decoded, swap) = swapped(router, 70, &of_coin.abi_encode());
    assert!(decoded, "the router sends back the unused coin");
    assert_eq!((swap.sold.clone(), swap.bought.clone()), (portions(&[(COIN, 70)]), portions(&[(TOKEN, 60)])));
    assert!(!swapped(router, 1, &hex(SWAP_V2)).0, "coin sent beside tokens remains");
}

/// The coin is counted once as input, and its wrapped form need not be listed.
#[test]
fn coin_for_tokens_through_v3() {
    let input = sell(weth(), TOKEN, 50, 45, WALLET);
    let found = reads(router(), 50, &input);
    assert_eq!(found[..2], [native_out(router(), 50), called(router(), &input, true)]);
    assert_eq!(found.len(), 3, "no other outflow: {found:?}");
    let (_, swap) = swapped(router(), 50, &input);
    assert_eq!((swap.sold.clone(), swap.bought.clone()), (portions(&[(COIN, 50)]), portions(&[(TOKEN, 45)])));

    // Excess coin remains unless a step sends it back.
    assert!(!swapped(router(), 51, &input).0);
    let (decoded, swap) = swapped(router(), 51, &multicall(&[input.clone(), refund()]));
    assert!(decoded);
    assert_eq!(swap.bought, portions(&[(TOKEN, 45), (COIN, 1)]));
    // With too little coin, the router takes wrapped coin from the wallet instead.
    let found = reads(router(), 49, &multicall(&[input.clone(), refund()]));
    let pulled = Effect::TokenOut { asset: named(weth()), to: account(router()), amount: uint(50) };
    assert!(found.contains(&pulled), "{found:?}");
    assert!(!swapped(router(), 49, &input).0);

    let exact = buy(weth(), TOKEN, 50, 45);
    assert!(!swapped(router(), 50, &exact).0, "the unused coin remains");
    let (decoded, swap) = swapped(router(), 50, &multicall(&[exact, refund()]));
    assert!(decoded);
    assert_eq!(swap.bought, portions(&[(TOKEN, 45), (COIN, 0)]));
}

/// The router may receive the output of a step if a later step pays all of it to the wallet.
#[test]
fn tokens_for_coin_through_v3() {
    let (decoded, swap) = swapped(router_02(), 0, &hex(ROUTER_02_UNWRAP));
    assert!(decoded);
    assert_eq!(
        (swap.sold.clone(), swap.bought.clone()),
        (portions(&[(TOKEN, 1000)]), portions(&[(COIN, 980)]))
    );
    assert_eq!(path(&swap), [TOKEN, weth(), COIN].map(named));
    assert_eq!(swap.to, account(WALLET));

    let to_router = sell(TOKEN, weth(), 100, 0, COIN);
    for (what, steps, decoded) in [
        ("no later step", vec![to_router.clone()], false),
        ("unwrapped for the wallet", vec![to_router.clone(), unwrap(97, WALLET)], true),
        ("unwrapped too early", vec![unwrap(0, WALLET), to_router.clone()], false),
        ("another token swept", vec![to_router.clone(), sweep(OTHER, WALLET)], false),
        ("swept as wrapped coin", vec![to_router.clone(), sweep(weth(), WALLET)], true),
        ("an unknown step", vec![to_router.clone(), unwrap(97, WALLET), vec![1, 2, 3, 4]], false),
    ] {
        assert_eq!(swapped(router(), 0, &multicall(&steps)).0, decoded, "{what}");
    }
    let (_, gift) = swapped(router(), 0, &multicall(&[to_router.clone(), unwrap(97, RECIPIENT)]));
    assert_eq!(gift.to, account(RECIPIENT));
    // The least output of the last step counts; zero if no step states one.
    let (_, unsure) = swapped(router(), 0, &multicall(&[to_router, unwrap(0, WALLET)]));
    assert_eq!(unsure.bought, portions(&[(COIN, 0)]));
}

fn sweep(token: EvmAddress, recipient: EvmAddress) -> Vec<u8> {
    Router02::sweepToken_0Call { token, amountMinimum: uint(0), recipient }.abi_encode()
}

#[test]
fn addresses_that_stand_for_the_caller_and_the_router() {
    let to = |recipient| {
        Router02::swapExactTokensForTokensCall {
            amountIn: uint(5),
            amountOutMin: uint(1),
            path: vec![TOKEN, OTHER],
            to: recipient,
        }
        .abi_encode()
    };
    let (decoded, swap) = swapped(router_02(), 0, &to(EvmAddress::with_last_byte(1)));
    assert!(decoded && swap.to == account(WALLET));
    assert!(!swapped(router_02(), 0, &to(EvmAddress::with_last_byte(2))).0, "the router keeps it");
    // The recipient of an unwrapping is read literally.
    let steps = [sell(TOKEN, weth(), 9, 0, COIN), unwrap(8, EvmAddress::with_last_byte(1))];
    let (_, swap) = swapped(router(), 0, &multicall(&steps));
    assert_eq!(swap.to, account(EvmAddress::with_last_byte(1)));
    // An amount of zero uses the whole output of an earlier step.
    let all = Router02::swapExactTokensForTokensCall {
        amountIn: uint(0),
        amountOutMin: uint(7),
        path: vec![OTHER, SPENDER],
        to: WALLET,
    };
    let chain = multicall(&[to(EvmAddress::with_last_byte(2)), all.abi_encode()]);
    let (decoded, swap) = swapped(router_02(), 0, &chain);
    assert!(decoded);
    assert_eq!(
        (swap.sold.clone(), swap.bought.clone()),
        (portions(&[(TOKEN, 5)]), portions(&[(SPENDER, 7)]))
    );
    assert_eq!(path(&swap), [TOKEN, OTHER, SPENDER].map(named));
}

#[test]
fn a_path_is_read_completely() {
    let (decoded, swap) = swapped(router(), 0, &hex(EXACT_INPUT));
    assert!(decoded && swap.path.first() == Some(&named(TOKEN)) && swap.path.len() > 1);
    assert_eq!(swap.sold, portions(&[(TOKEN, 1000)]));
    let (decoded, swap) = swapped(router_02(), 0, &hex(EXACT_OUTPUT_02));
    assert!(decoded && swap.path.first() == Some(&named(TOKEN)), "the input token is the first");
    assert_eq!(swap.sold, portions(&[(TOKEN, 1000)]));
    // A path longer than the maximum.
    let long = RouterV2::swapExactTokensForTokensCall {
        amountIn: uint(1),
        amountOutMin: uint(1),
        path: vec![TOKEN; 40],
        to: WALLET,
        deadline: uint(9),
    };
    assert!(!swapped(v2_router(), 0, &long.abi_encode()).0);
}

/// Inside another call, the calling contract swaps as itself.
#[test]
fn a_swap_inside_another_call_is_not_decoded() {
    use crate::evm::codec::decode::multicall::Multicall3;
    let inner = Multicall3::Inner { target: router(), callData: sell(TOKEN, OTHER, 5, 5, WALLET).into() };
    let input = Multicall3::aggregateCall { calls: vec![inner] }.abi_encode();
    let found = reads(pinned::MULTICALL3, 0, &input);
    let swap = hex("414bf389");
    assert!(found.contains(&called(router(), &swap, false)), "{found:?}");
    assert!(found.contains(&token_out(router(), 5)));
}

#[test]
fn tokens_that_a_router_takes_by_a_permit_are_outflows() {
    let permit = Router02::selfPermitCall {
        token: TOKEN,
        value: uint(70),
        deadline: uint(9),
        v: 27,
        r: Default::default(),
        s: Default::default(),
    };
    let steps = [permit.abi_encode(), sell(TOKEN, OTHER, 70, 69, WALLET)];
    let found = reads(router(), 0, &multicall(&steps));
    assert!(found.contains(&allowance(TOKEN, router(), 70)) && found.contains(&token_out(router(), 70)));
    let pull = Router02::pullCall { token: TOKEN, value: uint(4) }.abi_encode();
    assert!(!swapped(router_02(), 0, &pull).0, "pulled and left in the router");
    assert!(swapped(router_02(), 0, &multicall(&[pull, sweep(TOKEN, WALLET)])).0);
}

/// With a price limit, the routers do not check the output.
#[test]
fn an_exact_output_with_a_price_limit_is_not_guaranteed() {
    for (limit, least) in [(0u8, 45), (1, 0)] {
        let limit = || alloy_primitives::Uint::from(limit);
        let v3 = RouterV3::SingleOut {
            tokenIn: TOKEN,
            tokenOut: OTHER,
            fee: alloy_primitives::Uint::from(500u16),
            recipient: WALLET,
            deadline: uint(9),
            amountOut: uint(45),
            amountInMaximum: uint(50),
            sqrtPriceLimitX96: limit(),
        };
        let v3 = RouterV3::exactOutputSingleCall { p: v3 }.abi_encode();
        let of_02 = Router02::SingleOut {
            tokenIn: TOKEN,
            tokenOut: OTHER,
            fee: alloy_primitives::Uint::from(500u16),
            recipient: WALLET,
            amountOut: uint(45),
            amountInMaximum: uint(50),
            sqrtPriceLimitX96: limit(),
        };
        let of_02 = Router02::exactOutputSingleCall { p: of_02 }.abi_encode();
        for (router, input) in [(router(), v3), (router_02(), of_02)] {
            for input in [multicall(std::slice::from_ref(&input)), input] {
                let (decoded, swap) = swapped(router, 0, &input);
                assert!(decoded);
                assert_eq!(swap.sold, portions(&[(TOKEN, 50)]));
                assert_eq!(swap.bought, portions(&[(OTHER, least)]));
            }
        }
    }
}

/// With a price limit, a part of the input may remain in the router.
#[test]
fn the_whole_balance_is_used_only_without_a_price_limit() {
    let first = Router02::swapExactTokensForTokensCall {
        amountIn: uint(5),
        amountOutMin: uint(1),
        path: vec![TOKEN, OTHER],
        to: EvmAddress::with_last_byte(2),
    };
    for (limit, decoded) in [(0u8, true), (1, false)] {
        let p = Router02::SingleIn {
            tokenIn: OTHER,
            tokenOut: SPENDER,
            fee: alloy_primitives::Uint::from(500u16),
            recipient: WALLET,
            amountIn: uint(0),
            amountOutMinimum: uint(4),
            sqrtPriceLimitX96: alloy_primitives::Uint::from(limit),
        };
        let all = Router02::exactInputSingleCall { p };
        let input = multicall(&[first.abi_encode(), all.abi_encode()]);
        assert_eq!(swapped(router_02(), 0, &input).0, decoded, "a limit of {limit}");
    }
}

/// `SwapRouter02` computes the input and does not check the output. The v2 router pays the computed output, or
/// fails.
#[test]
fn an_exact_v2_output_is_guaranteed_if_each_pool_is_used_once() {
    for (path, least) in [
        (vec![TOKEN, OTHER], 45),
        (vec![TOKEN, SPENDER, OTHER], 45),
        (vec![TOKEN, SPENDER, TOKEN, OTHER], 0),
        (vec![TOKEN, OTHER, SPENDER, TOKEN, OTHER], 0),
    ] {
        let of_02 = Router02::swapTokensForExactTokensCall {
            amountOut: uint(45),
            amountInMax: uint(50),
            path: path.clone(),
            to: WALLET,
        };
        let (decoded, swap) = swapped(router_02(), 0, &of_02.abi_encode());
        assert!(decoded);
        assert_eq!(swap.bought, portions(&[(OTHER, least)]), "{path:?}");
        let of_v2 = RouterV2::swapTokensForExactTokensCall {
            amountOut: uint(45),
            amountInMax: uint(50),
            path,
            to: WALLET,
            deadline: uint(9),
        };
        let (_, swap) = swapped(v2_router(), 0, &of_v2.abi_encode());
        assert_eq!(swap.bought, portions(&[(OTHER, 45)]));
    }
}

/// The whole call fails once any of its deadlines has passed.
#[test]
fn the_earliest_deadline_ends_a_swap() {
    let of_v2 = |deadline| RouterV2::swapExactTokensForTokensCall {
        amountIn: uint(100),
        amountOutMin: uint(97),
        path: vec![TOKEN, OTHER],
        to: WALLET,
        deadline,
    };
    let ends = |router, input: &[u8]| swapped(router, 0, input).1.deadline;
    assert_eq!(ends(v2_router(), &of_v2(uint(1_800_000_000)).abi_encode()), Some(1_800_000_000));
    assert_eq!(ends(v2_router(), &of_v2(uint(i64::MAX as u64)).abi_encode()), Some(i64::MAX));
    for never in [uint(1 << 63), U256::MAX] {
        assert_eq!(ends(v2_router(), &of_v2(never).abi_encode()), None, "out of range");
    }
    let at = |deadline: u64| {
        let mut p =
            RouterV3::exactInputSingleCall::abi_decode(&sell(TOKEN, OTHER, 9, 9, WALLET)).expect("a swap");
        p.p.deadline = uint(deadline);
        p.abi_encode()
    };
    assert_eq!(ends(router(), &at(7)), Some(7));
    assert_eq!(ends(router(), &multicall(&[at(8), at(7), at(9), refund()])), Some(7));
    assert_eq!(ends(router(), &buy(TOKEN, OTHER, 9, 9)), Some(9));
    let of_02 = Router02::swapExactTokensForTokensCall {
        amountIn: uint(5),
        amountOutMin: uint(1),
        path: vec![TOKEN, OTHER],
        to: WALLET,
    }
    .abi_encode();
    assert_eq!(ends(router_02(), &of_02), None);
    assert_eq!(ends(router_02(), &multicall(std::slice::from_ref(&of_02))), None);
    let data = vec![of_02.clone().into()];
    let whole = Multicall::multicall_1Call { deadline: uint(12), data: data.clone() };
    assert_eq!(ends(router_02(), &whole.abi_encode()), Some(12));
    // It is valid only in the block after that hash, whose time is unknown.
    let hash = Multicall::multicall_2Call { previousBlockhash: Default::default(), data };
    assert_eq!(ends(router_02(), &hash.abi_encode()), None);
}
