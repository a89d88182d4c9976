//! The Universal Router: its commands, and the actions of v4 behind one of them.

use alloy_dyn_abi::DynSolValue as V;
use alloy_primitives::U256;

use super::routers::hops;
use super::{Attempt, CALLER, Cast, FAIR, ITSELF, NO_ONE, PAID, Row, TOKENS, addresses, limited};
use crate::kit::base::{NEVER, UNIVERSAL, WETH, v4_pool};
use crate::kit::{account, calldata, number};

/// The Universal Router: commands with their inputs.
pub(super) fn commands(value: u128, list: Vec<(u8, Vec<V>)>) -> Attempt {
    let (codes, inputs): (Vec<u8>, Vec<V>) =
        list.into_iter().map(|(code, input)| (code, V::Bytes(V::Tuple(input).abi_encode_params()))).unzip();
    let arguments = vec![V::Bytes(codes), V::Array(inputs), number(NEVER)];
    (UNIVERSAL, value, calldata("execute(bytes,bytes[],uint256)", arguments))
}

pub(super) fn trade(to: &str, amount: u128, limit: u128, path: V, by_user: bool) -> Vec<V> {
    vec![account(to), number(amount), number(limit), path, V::Bool(by_user)]
}

pub(super) fn pay(token: &str, to: &str, amount: u128) -> Vec<V> {
    vec![account(token), account(to), number(amount)]
}

pub(super) fn wrap(to: &str, amount: u128) -> (u8, Vec<V>) {
    (0x0b, vec![account(to), number(amount)])
}

pub(super) const COMMANDS: &[Row] = &[
    ("commands: nothing as the least out", |c| {
        let swap = trade(CALLER, PAID, 0, hops(&[WETH, &c.token]), false);
        commands(PAID, vec![wrap(ITSELF, PAID), (0x00, swap)])
    }),
    ("commands: by way of an unlisted token", |c| {
        let swap = trade(CALLER, PAID, FAIR, hops(&[WETH, &c.unlisted, &c.token]), false);
        commands(PAID, vec![wrap(ITSELF, PAID), (0x00, swap)])
    }),
    ("commands: v2 by way of an unlisted token", |c| {
        let swap = trade(CALLER, PAID, FAIR, addresses(&[WETH, &c.unlisted, &c.token]), false);
        commands(PAID, vec![wrap(ITSELF, PAID), (0x08, swap)])
    }),
    ("commands: for the thief", |c| {
        let swap = trade(&c.thief, PAID, FAIR, hops(&[WETH, &c.token]), false);
        commands(PAID, vec![wrap(ITSELF, PAID), (0x00, swap)])
    }),
    ("commands: the thief's tokens for the wallet's", |c| {
        commands(0, vec![(0x00, trade(&c.thief, PAID, FAIR, hops(&[&c.token, WETH]), true))])
    }),
    ("commands: coin wrapped and left", |_| commands(PAID, vec![wrap(ITSELF, PAID)])),
    ("commands: coin wrapped for the thief", |c| commands(PAID, vec![wrap(&c.thief, PAID)])),
    ("commands: coin and no commands", |_| commands(PAID, vec![])),
    ("commands: coin sent to the thief", |c| commands(PAID, vec![(0x05, pay(NO_ONE, &c.thief, PAID))])),
    ("commands: all of it to the thief in parts", |c| {
        let swap = trade(ITSELF, PAID, FAIR, hops(&[WETH, &c.token]), false);
        let (all, rest) = (pay(&c.token, &c.thief, 10_000), pay(&c.token, CALLER, 0));
        commands(PAID, vec![wrap(ITSELF, PAID), (0x00, swap), (0x06, all), (0x04, rest)])
    }),
    ("commands: swept to the thief", |c| {
        let swap = trade(ITSELF, PAID, FAIR, hops(&[WETH, &c.token]), false);
        commands(PAID, vec![wrap(ITSELF, PAID), (0x00, swap), (0x04, pay(&c.token, &c.thief, 0))])
    }),
    ("commands: tokens by Permit2 to the thief", |c| {
        let taken = vec![account(&c.token), account(&c.thief), limited(U256::from(500 * TOKENS))];
        commands(0, vec![(0x02, taken)])
    }),
    ("commands: tokens by Permit2 into the router", |c| {
        let taken = vec![account(&c.token), account(ITSELF), limited(U256::from(TOKENS))];
        commands(0, vec![(0x02, taken)])
    }),
    ("commands: a plan within the plan", |c| {
        let taken = V::Tuple(vec![account(&c.token), account(&c.thief), limited(U256::from(500 * TOKENS))]);
        let inner = V::Array(vec![V::Bytes(taken.abi_encode_params())]);
        commands(0, vec![(0x21, vec![V::Bytes(vec![0x02]), inner])])
    }),
    ("commands: an exact output of one unit", |c| {
        let swap = trade(CALLER, 1, PAID, hops(&[&c.token, WETH]), false);
        commands(PAID, vec![wrap(ITSELF, PAID), (0x01, swap), (0x0c, vec![account(CALLER), number(0)])])
    }),
    ("commands: an exact output, the rest left", |c| {
        let swap = trade(CALLER, PAID / 10, PAID, hops(&[&c.token, WETH]), false);
        commands(PAID, vec![wrap(ITSELF, PAID), (0x01, swap)])
    }),
    ("commands: the rest unwrapped for the thief", |c| {
        let swap = trade(CALLER, PAID / 10, PAID, hops(&[&c.token, WETH]), false);
        commands(PAID, vec![wrap(ITSELF, PAID), (0x01, swap), (0x0c, vec![account(&c.thief), number(0)])])
    }),
];

/// Actions of v4 behind one command of the Universal Router.
pub(super) fn v4(value: u128, actions: Vec<(u8, Vec<V>)>) -> Attempt {
    let (codes, inputs): (Vec<u8>, Vec<V>) = actions
        .into_iter()
        .map(|(code, input)| (code, V::Bytes(V::Tuple(input).abi_encode_params())))
        .unzip();
    commands(value, vec![(0x10, vec![V::Bytes(codes), V::Array(inputs)])])
}

/// Coin for tokens (`sells` an exact amount, or buys one).
pub(super) fn v4_swap(code: u8, c: &Cast, amount: u128, limit: u128) -> (u8, Vec<V>) {
    let size = |size: u128| V::Uint(U256::from(size), 128);
    let p =
        vec![v4_pool(&c.token), V::Bool(true), size(amount), size(limit), number(0), V::Bytes(Vec::new())];
    (code, vec![V::Tuple(p)])
}

pub(super) fn bounded(code: u8, currency: &str, amount: u128) -> (u8, Vec<V>) {
    (code, vec![account(currency), number(amount)])
}

pub(super) fn taken(currency: &str, to: &str, amount: u128) -> (u8, Vec<V>) {
    (0x0e, vec![account(currency), account(to), number(amount)])
}

pub(super) const V4: &[Row] = &[
    ("v4: nothing as the least out", |c| {
        let swap = v4_swap(0x06, c, PAID, 0);
        v4(PAID, vec![swap, bounded(0x0c, NO_ONE, PAID), bounded(0x0f, &c.token, 0)])
    }),
    ("v4: for the thief", |c| {
        let swap = v4_swap(0x06, c, PAID, FAIR);
        v4(PAID, vec![swap, bounded(0x0c, NO_ONE, PAID), taken(&c.token, &c.thief, 0)])
    }),
    ("v4: left in the router", |c| {
        let swap = v4_swap(0x06, c, PAID, FAIR);
        v4(PAID, vec![swap, bounded(0x0c, NO_ONE, PAID), taken(&c.token, ITSELF, 0)])
    }),
    ("v4: more coin than goes in", |c| {
        let swap = v4_swap(0x06, c, PAID / 2, FAIR / 2);
        v4(PAID, vec![swap, bounded(0x0c, NO_ONE, PAID), bounded(0x0f, &c.token, FAIR / 2)])
    }),
    ("v4: an exact output, the rest left", |c| {
        let swap = v4_swap(0x08, c, PAID / 10, PAID);
        v4(PAID, vec![swap, bounded(0x0c, NO_ONE, PAID), bounded(0x0f, &c.token, PAID / 10)])
    }),
    ("v4: a part taken by the thief", |c| {
        let swap = v4_swap(0x06, c, PAID, FAIR);
        let part = taken(&c.token, &c.thief, PAID / 2);
        v4(PAID, vec![swap, bounded(0x0c, NO_ONE, PAID), part, taken(&c.token, CALLER, 0)])
    }),
];
