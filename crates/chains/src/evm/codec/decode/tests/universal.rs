//! Tests of the Universal Router's lists of commands.

use super::swaps::{COIN, OTHER, portions, swapped, weth};
use super::vectors::*;
use super::*;
use crate::evm::codec::decode::universal::Commands as C;
use crate::evm::codec::decode::universal::Universal;
use crate::evm::codec::decode::universal_v4::Actions as A;

/// Version 2.0 and version 2.1.1 on Ethereum.
fn routers() -> [EvmAddress; 2] {
    [at("0x66a9893cC07D91D95644AEDD05D03f95e1dBA8Af"), at("0x4C82D1fBFe28C977cBB58D8C7FF8FCF9F70a2cCA")]
}

const CALLER: EvmAddress = EvmAddress::with_last_byte(1);
const ROUTER: EvmAddress = EvmAddress::with_last_byte(2);

fn uint(number: u64) -> U256 {
    U256::from(number)
}

fn execute(commands: &[(u8, Vec<u8>)]) -> Vec<u8> {
    Universal::execute_0Call {
        commands: commands.iter().map(|(command, _)| *command).collect::<Vec<_>>().into(),
        inputs: commands.iter().map(|(_, input)| input.clone().into()).collect(),
    }
    .abi_encode()
}

/// The arguments without a selector.
fn input(call: &impl SolCall) -> Vec<u8> {
    call.abi_encode()[4..].to_vec()
}

fn hops(tokens: &[EvmAddress]) -> Vec<u8> {
    tokens.iter().map(|token| token.to_vec()).collect::<Vec<_>>().join(&[0, 1, 0xf4][..])
}

fn sell(tokens: &[EvmAddress], amount: U256, least: u64, to: EvmAddress, by_user: bool) -> (u8, Vec<u8>) {
    let (a, b, path) = (amount, uint(least), hops(tokens).into());
    (0x00, input(&C::v3Call { recipient: to, a, b, path, payerIsUser: by_user }))
}

fn pay(command: u8, token: EvmAddress, to: EvmAddress, amount: u64) -> (u8, Vec<u8>) {
    (command, input(&C::payCall { token, recipient: to, amount: uint(amount) }))
}

fn wrapping(command: u8, to: EvmAddress, amount: u64) -> (u8, Vec<u8>) {
    (command, input(&C::wrappingCall { recipient: to, amount: uint(amount) }))
}

#[test]
fn calls_encoded_by_another_library_are_read() {
    for router in routers() {
        let (decoded, swap) = swapped(router, 1000, &hex(UNIVERSAL_WRAP_V3));
        assert!(decoded);
        assert_eq!((swap.sold, swap.bought), (portions(&[(COIN, 1000)]), portions(&[(TOKEN, 970)])));
        let (decoded, swap) = swapped(router, 0, &hex(UNIVERSAL_V3_UNWRAP));
        assert!(decoded && swap.to == account(WALLET));
        assert_eq!((swap.sold, swap.bought), (portions(&[(TOKEN, 1000)]), portions(&[(COIN, 980)])));
    }
    // Each version has its own encoding of the actions of v4.
    for (router, own, other) in
        [(routers()[0], UNIVERSAL_V4, UNIVERSAL_V4_PRICED), (routers()[1], UNIVERSAL_V4_PRICED, UNIVERSAL_V4)]
    {
        let (decoded, swap) = swapped(router, 0, &hex(own));
        assert!(decoded);
        assert_eq!((swap.sold, swap.bought), (portions(&[(TOKEN, 1000)]), portions(&[(COIN, 970)])));
        let found = reads(router, 0, &hex(other));
        assert!(found.contains(&called(router, &hex(other), false)), "{found:?}");
    }
    let elsewhere = reads(SPENDER, 0, &hex(UNIVERSAL_WRAP_V3));
    assert_eq!(elsewhere, [called(SPENDER, &hex(UNIVERSAL_WRAP_V3), false)]);
}

#[test]
fn a_list_of_commands_may_have_a_deadline() {
    let (command, input) = sell(&[TOKEN, OTHER], uint(1000), 970, CALLER, true);
    let plain = execute(&[(command, input.clone())]);
    let (commands, inputs) = (vec![command].into(), vec![input.into()]);
    let timed = Universal::execute_1Call { commands, inputs, deadline: uint(12) }.abi_encode();
    for router in routers() {
        assert_eq!(swapped(router, 0, &plain).1.deadline, None);
        let (decoded, swap) = swapped(router, 0, &timed);
        assert_eq!((decoded, swap.deadline), (true, Some(12)));
    }
}

#[test]
fn a_call_that_may_leave_assets_in_the_router_is_undecoded() {
    let router = routers()[0];
    let all = U256::from_limbs([0, 0, 0, 1 << 63]);
    let to_router = sell(&[TOKEN, weth()], uint(100), 0, ROUTER, true);
    for (what, value, commands, decoded) in [
        ("no commands", 5, vec![], false),
        ("coin swept to the wallet", 5, vec![pay(0x04, COIN, CALLER, 0)], true),
        ("coin wrapped and left", 5, vec![wrapping(0x0b, ROUTER, 5)], false),
        ("less wrapped than received", 5, vec![wrapping(0x0b, CALLER, 4)], false),
        ("wrapped for the wallet", 5, vec![wrapping(0x0b, CALLER, 5)], true),
        ("proceeds left", 0, vec![to_router.clone()], false),
        ("proceeds unwrapped", 0, vec![to_router.clone(), wrapping(0x0c, CALLER, 97)], true),
        ("unwrapped and left", 0, vec![to_router.clone(), wrapping(0x0c, ROUTER, 97)], false),
        (
            "unwrapped, then swept",
            0,
            vec![to_router.clone(), wrapping(0x0c, ROUTER, 97), pay(0x04, COIN, CALLER, 97)],
            true,
        ),
        ("sold completely", 0, vec![to_router.clone(), sell(&[weth(), OTHER], all, 9, CALLER, false)], true),
        (
            "sold in part",
            0,
            vec![to_router.clone(), sell(&[weth(), OTHER], uint(97), 9, CALLER, false)],
            false,
        ),
        ("a share paid out", 0, vec![to_router.clone(), pay(0x06, weth(), CALLER, 500)], false),
        ("an unknown command", 0, vec![to_router.clone(), (0x21, vec![])], false),
        ("a malformed command", 0, vec![(0x00, vec![1, 2, 3])], false),
        ("a least amount that is truncated", 0, vec![to_router, (0x04, truncated())], false),
    ] {
        let input = execute(&commands);
        let found = reads(router, value, &input);
        assert!(found.contains(&called(router, &input, decoded)), "{what}: {found:?}");
        assert!(!found.contains(&called(router, &input, !decoded)), "{what}: {found:?}");
    }
}

/// Returns the input of a sweep whose least amount the router truncates to zero.
fn truncated() -> Vec<u8> {
    input(&C::payCall { token: weth(), recipient: CALLER, amount: U256::ONE << 160 })
}

/// Returns one command with actions of v4.
fn v4(actions: &[(u8, Vec<u8>)]) -> (u8, Vec<u8>) {
    let all = A::allCall {
        actions: actions.iter().map(|(action, _)| *action).collect::<Vec<_>>().into(),
        params: actions.iter().map(|(_, input)| input.clone().into()).collect(),
    };
    (0x10, input(&all))
}

/// Returns a swap in one pool: of an exact input (6) with its least output, or of an exact output (8) with its
/// highest input.
fn v4_swap(action: u8, from: EvmAddress, into: EvmAddress, a: u128, b: u128) -> (u8, Vec<u8>) {
    let pool = A::Pool {
        currency0: from.min(into),
        currency1: from.max(into),
        fee: Default::default(),
        tickSpacing: Default::default(),
        hooks: Default::default(),
    };
    let p = A::Single { pool, zeroForOne: from < into, a, b, hookData: Default::default() };
    (action, input(&A::singleCall { p }))
}

fn settle(currency: EvmAddress, amount: U256, by_user: bool) -> (u8, Vec<u8>) {
    (0x0b, input(&A::settleCall { currency, amount, payerIsUser: by_user }))
}

fn settle_all(currency: EvmAddress, most: u64) -> (u8, Vec<u8>) {
    (0x0c, input(&A::boundedCall { currency, amount: uint(most) }))
}

fn take(currency: EvmAddress, recipient: EvmAddress, amount: u64) -> (u8, Vec<u8>) {
    (0x0e, input(&A::takeCall { currency, recipient, amount: uint(amount) }))
}

fn take_all(currency: EvmAddress, least: u64) -> (u8, Vec<u8>) {
    (0x0f, input(&A::boundedCall { currency, amount: uint(least) }))
}

/// An amount taken from the pools without a swap is a debt, which the wallet pays.
#[test]
fn an_amount_taken_beyond_the_credit_is_an_outflow() {
    let router = routers()[0];
    let execute = execute(&[v4(&[take(TOKEN, RECIPIENT, 900), settle(TOKEN, uint(0), true)])]);
    assert!(reads(router, 0, &execute).contains(&token_out(router, 900)));
    let (_, swap) = swapped(router, 0, &execute);
    assert_eq!((swap.sold, swap.to), (portions(&[(TOKEN, 900)]), account(RECIPIENT)));
}

/// The least output of an exact input is paid out only if no other action spends it, before or after.
#[test]
fn debts_and_credits_of_v4_are_netted() {
    let first = v4_swap(6, TOKEN, OTHER, 1000, 970);
    let second = v4_swap(6, OTHER, SPENDER, 900, 5);
    let ends = [settle_all(TOKEN, 1000), take_all(OTHER, 0)];
    for (what, swaps, bought) in [
        ("not spent", vec![first.clone()], portions(&[(OTHER, 970)])),
        ("spent later", vec![first.clone(), second.clone()], portions(&[(OTHER, 70), (SPENDER, 5)])),
        ("spent before", vec![second.clone(), first.clone()], portions(&[(OTHER, 70), (SPENDER, 5)])),
        (
            "spent twice",
            vec![second.clone(), first.clone(), second.clone()],
            portions(&[(OTHER, 0), (SPENDER, 10)]),
        ),
        ("taken before", vec![take(OTHER, CALLER, 900), first.clone()], portions(&[(OTHER, 970)])),
    ] {
        let third = (swaps.len() > 1 && what != "taken before").then(|| take_all(SPENDER, 0));
        let actions: Vec<_> = swaps.into_iter().chain(ends.clone()).chain(third).collect();
        let (_, swap) = swapped(routers()[0], 0, &execute(&[v4(&actions)]));
        assert_eq!((swap.sold, swap.bought), (portions(&[(TOKEN, 1000)]), bought), "{what}");
    }
}

/// The router does not check the output of an exact output.
#[test]
fn an_exact_v4_output_counts_only_as_far_as_the_take_demands_it() {
    for (what, end, least) in [
        ("the whole credit, without a least amount", take_all(OTHER, 0), 0),
        ("the whole credit, with a least amount", take_all(OTHER, 900), 900),
        ("the credit", take(OTHER, CALLER, 0), 0),
        ("an amount", take(OTHER, CALLER, 900), 900),
    ] {
        let actions = [v4_swap(8, TOKEN, OTHER, 900, 1000), settle_all(TOKEN, 1000), end];
        let (decoded, swap) = swapped(routers()[0], 0, &execute(&[v4(&actions)]));
        assert!(decoded, "{what}");
        assert_eq!(swap.sold, portions(&[(TOKEN, 1000)]));
        assert_eq!(swap.bought, portions(&[(OTHER, least)]), "{what}");
    }
}

/// If the debt is unknown, the highest payment counts.
#[test]
fn an_unknown_v4_debt_counts_up_to_its_maximum() {
    let router = routers()[0];
    let buy = || v4_swap(8, TOKEN, OTHER, 900, 1000);
    let paid = || settle_all(TOKEN, 1000);
    let actions = [buy(), paid(), settle_all(OTHER, 50)];
    let (_, swap) = swapped(router, 0, &execute(&[v4(&actions)]));
    assert_eq!(swap.sold, portions(&[(TOKEN, 1000), (OTHER, 50)]));
    let everything = U256::from_limbs([0, 0, 0, 1 << 63]);
    for (what, actions) in [
        ("without a maximum", vec![buy(), paid(), settle(OTHER, uint(0), true)]),
        ("no debt", vec![settle(TOKEN, uint(0), true)]),
        ("the router's whole balance", vec![buy(), settle(TOKEN, everything, true), take_all(OTHER, 900)]),
        ("not paid", vec![take(TOKEN, CALLER, 900)]),
        ("paid in part", vec![take(TOKEN, CALLER, 900), settle(TOKEN, uint(899), true)]),
    ] {
        assert!(!swapped(router, 0, &execute(&[v4(&actions)])).0, "{what}");
    }
}

/// A netted debt needs less coin, and the rest remains in the router.
#[test]
fn coin_for_a_netted_debt_has_to_be_swept() {
    let router = routers()[0];
    let sells = v4_swap(6, COIN, TOKEN, 1000, 900);
    let ends = [settle(COIN, uint(0), false), take_all(TOKEN, 900)];
    let plain = v4(&[&[sells.clone()][..], &ends].concat());
    assert!(swapped(router, 1000, &execute(&[plain])).0);
    let other = [v4_swap(6, OTHER, COIN, 100, 90), settle_all(OTHER, 100)];
    let netted = v4(&[&[sells][..], &other, &ends].concat());
    assert!(!swapped(router, 1000, &execute(std::slice::from_ref(&netted))).0);
    let (decoded, swap) = swapped(router, 1000, &execute(&[netted, pay(0x04, COIN, CALLER, 0)]));
    assert!(decoded);
    assert_eq!(swap.bought, portions(&[(TOKEN, 900), (COIN, 90)]));
}

/// The Universal Router does not check the output of an exact v2 output.
#[test]
fn an_exact_v2_output_is_guaranteed_if_each_pool_is_used_once() {
    for (path, least) in
        [(vec![TOKEN, SPENDER, OTHER], 45), (vec![TOKEN, SPENDER, TOKEN, OTHER], 0), (vec![TOKEN, OTHER], 45)]
    {
        let buy = C::v2Call { recipient: CALLER, a: uint(45), b: uint(50), path, payerIsUser: true };
        let (decoded, swap) = swapped(routers()[0], 0, &execute(&[(0x09, input(&buy))]));
        assert!(decoded);
        assert_eq!((swap.sold, swap.bought), (portions(&[(TOKEN, 50)]), portions(&[(OTHER, least)])));
    }
}

#[test]
fn a_share_for_another_recipient_is_shown() {
    let router = routers()[0];
    let commands = [
        sell(&[TOKEN, OTHER], uint(1000), 1000, ROUTER, true),
        pay(0x06, OTHER, RECIPIENT, 25),
        pay(0x04, OTHER, CALLER, 0),
    ];
    let (decoded, swap) = swapped(router, 0, &execute(&commands));
    assert!(decoded);
    assert_eq!(swap.to, account(RECIPIENT));
    assert_eq!(swap.path.len(), 2);
    // The effect cannot name two other recipients.
    let commands = [
        sell(&[TOKEN, OTHER], uint(1000), 1000, RECIPIENT, true),
        sell(&[TOKEN, OTHER], uint(1000), 1000, SPENDER, true),
    ];
    assert!(!swapped(router, 0, &execute(&commands)).0);
}

#[test]
fn permits_and_transfers_through_permit2_are_effects() {
    let router = routers()[1];
    let details = C::Details {
        token: TOKEN,
        amount: alloy_primitives::Uint::from(100u8),
        expiration: alloy_primitives::Uint::from(9u8),
        nonce: Default::default(),
    };
    let single = C::Single { details, spender: router, sigDeadline: uint(9) };
    let permit = input(&C::permitCall { single, signature: vec![1; 65].into() });
    let swap = sell(&[TOKEN, OTHER], uint(100), 97, CALLER, true);
    // A permit may fail, because another account may have submitted it.
    for command in [0x0a, 0x8a] {
        let input = execute(&[(command, permit.clone()), swap.clone()]);
        let found = reads(router, 0, &input);
        assert!(found.contains(&through_permit2(TOKEN, router, 100)), "{found:?}");
        let swap = found.iter().find_map(Effect::swap).expect("a swap");
        assert_eq!(swap.spenders, [account(router), account(PERMIT2)], "both contracts may use allowances");
        assert!(found.contains(&token_out(router, 100)) && swapped(router, 0, &input).0);
    }
    let moved = |to| {
        let amount = alloy_primitives::Uint::from(7u8);
        (0x02, input(&C::transferFromCall { token: TOKEN, recipient: to, amount }))
    };
    let found = reads(router, 0, &execute(&[moved(RECIPIENT)]));
    assert!(found.contains(&token_out(RECIPIENT, 7)), "{found:?}");
    assert!(!swapped(router, 0, &execute(&[moved(ROUTER)])).0, "left in the router");
    assert!(swapped(router, 0, &execute(&[moved(ROUTER), pay(0x04, TOKEN, CALLER, 7)])).0);
}
