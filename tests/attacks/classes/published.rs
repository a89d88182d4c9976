//! Routers, Multicall3 and Permit2 as they are published, at their addresses on Base.
//!
//! A naive design trusts a well-known router: it reads the input and the recipient, and not the
//! output, the route, or the remainder. With a route of the attacker's choosing and zero as the least output,
//! the wallet's payment is the attacker's; a remainder in a router or in Multicall3 goes to the next caller.
//! The operator lists all of these contracts and one token; small change and ten tokens may go at a time.

mod commands;
mod routers;

use std::sync::Arc;

use alloy_dyn_abi::DynSolValue as V;
use alloy_primitives::U256;
use anyhow::{Result, ensure};
use e2e::PERMIT2;
use serde_json::{Value, json};

use self::commands::{COMMANDS, V4, bounded, commands, trade, v4, v4_swap, wrap};
use self::routers::{V2, V3, hops, single, v2_buys};
use super::confirmed;
use crate::kit::base::{MULTICALL3, NEVER, ROUTER_02, UNIVERSAL, V2_ROUTER, WETH};
use crate::kit::{Base, Class, Loot, Needs, On, Target, Victim, account, calldata, number, resisted};

/// Half of the small change, which is as many tokens.
const PAID: u128 = 5_000_000_000_000_000;
/// The least output of that for three percent of slippage.
const FAIR: u128 = PAID / 100 * 97;
const TOKENS: u128 = 1_000_000_000_000_000_000;
/// The routers' words for their caller, for themselves, and for all that they hold.
const CALLER: &str = "0x0000000000000000000000000000000000000001";
const ITSELF: &str = "0x0000000000000000000000000000000000000002";
const NO_ONE: &str = "0x0000000000000000000000000000000000000000";

/// The parts of an attack.
struct Cast {
    wallet: String,
    thief: String,
    token: String,
    unlisted: String,
}

/// Contract, value and call data.
type Attempt = (&'static str, u128, Vec<u8>);
type Row = (&'static str, fn(&Cast) -> Attempt);

fn addresses(of: &[&str]) -> V {
    V::Array(of.iter().map(|one| account(one)).collect())
}

fn limited(amount: U256) -> V {
    V::Uint(amount, 160)
}

fn call(to: &str, may_fail: bool, value: u128, data: Vec<u8>) -> V {
    V::Tuple(vec![account(to), V::Bool(may_fail), number(value), V::Bytes(data)])
}

fn bundle(value: u128, calls: Vec<V>) -> Attempt {
    let method = "aggregate3Value((address,bool,uint256,bytes)[])";
    (MULTICALL3, value, calldata(method, vec![V::Array(calls)]))
}

const BUNDLES: &[Row] = &[
    ("Multicall3: coin and no calls", |_| bundle(PAID, vec![])),
    ("Multicall3: less than came in", |c| {
        (
            MULTICALL3,
            PAID,
            calldata(
                "aggregate((address,bytes)[])",
                vec![V::Array(vec![V::Tuple(vec![
                    account(&c.token),
                    V::Bytes(calldata("totalSupply()", vec![])),
                ])])],
            ),
        )
    }),
    ("Multicall3: a call that may fail", |c| {
        bundle(PAID, vec![call(&c.token, true, PAID, calldata("nothing()", vec![]))])
    }),
    ("Multicall3: coin wrapped for it", |_| {
        bundle(PAID, vec![call(WETH, false, PAID, calldata("deposit()", vec![]))])
    }),
    ("Multicall3: tokens for the thief", |c| {
        let arguments = vec![account(&c.wallet), account(&c.thief), number(500 * TOKENS)];
        let data = calldata("transferFrom(address,address,uint256)", arguments);
        bundle(0, vec![call(&c.token, false, 0, data)])
    }),
    ("Multicall3: a swap for the thief", |c| {
        let (to, value, data) = v2_buys(FAIR, &[WETH, &c.token], &c.thief);
        bundle(value, vec![call(to, false, value, data)])
    }),
    ("Multicall3: a swap whose proceeds stay there", |c| {
        let (to, value, data) = v2_buys(FAIR, &[WETH, &c.token], MULTICALL3);
        bundle(value, vec![call(to, false, value, data)])
    }),
    ("Multicall3: a swap by the caller's word", |c| {
        let swap = trade(CALLER, PAID, FAIR, hops(&[WETH, &c.token]), false);
        let (to, value, data) = commands(PAID, vec![wrap(ITSELF, PAID), (0x00, swap)]);
        bundle(value, vec![call(to, false, value, data)])
    }),
    ("Permit2: the thief may take all", |c| {
        let end = V::Uint(U256::from(NEVER), 48);
        let arguments = vec![account(&c.token), account(&c.thief), limited(U256::MAX >> 96), end];
        (PERMIT2, 0, calldata("approve(address,address,uint160,uint48)", arguments))
    }),
    ("Permit2: the thief may take one unit", |c| {
        let end = V::Uint(U256::from(NEVER), 48);
        let arguments = vec![account(&c.token), account(&c.thief), limited(U256::from(1u8)), end];
        (PERMIT2, 0, calldata("approve(address,address,uint160,uint48)", arguments))
    }),
];

fn request((to, value, data): &Attempt) -> Value {
    json!({
        "type": "CONTRACT_CALL", "to": to, "value": value.to_string(),
        "calldata": format!("0x{}", hex::encode(data)),
    })
}

fn cast(base: &Base, victim: &Victim) -> Cast {
    Cast {
        wallet: victim.address.clone(),
        thief: On::Evm.stranger(),
        token: base.token.clone(),
        unlisted: base.unlisted.clone(),
    }
}

async fn attack(target: &Arc<Target>, attempt: fn(&Cast) -> Attempt) -> Result<()> {
    let base = target.base().await?;
    let victim = base.victim().await?;
    let cast = cast(base, &victim);
    let answer = victim.send(request(&attempt(&cast))).await?;
    let mut loot = vec![Loot::Transaction, Loot::Coins(cast.thief.clone())];
    loot.push(Loot::Tokens(WETH.to_owned(), cast.thief.clone()));
    loot.push(Loot::Allowance(cast.token.clone(), cast.thief.clone()));
    for holder in [cast.thief.as_str(), MULTICALL3, V2_ROUTER, ROUTER_02, UNIVERSAL] {
        loot.push(Loot::Tokens(cast.token.clone(), holder.to_owned()));
    }
    resisted(&base.target, &victim, &answer, &loot).await
}

/// Without this, everything could be refused for want of a decoder. It does what was judged, to the last unit.
async fn fair(target: Arc<Target>) -> Result<()> {
    let base = target.base().await?;
    let cast = cast(base, base.victim().await?.as_ref());
    let victim = base.newcomer().await?;
    let cast = Cast { wallet: victim.address.clone(), ..cast };
    let swap = trade(CALLER, PAID, FAIR, hops(&[WETH, &cast.token]), false);
    let v4_fair =
        vec![v4_swap(0x06, &cast, PAID, FAIR), bounded(0x0c, NO_ONE, PAID), bounded(0x0f, &cast.token, FAIR)];
    let evm = base.target.evm()?;
    for attempt in [
        v2_buys(FAIR, &[WETH, &cast.token], &cast.wallet),
        (ROUTER_02, PAID, single(WETH, &cast.token, &cast.wallet, PAID, FAIR)),
        commands(PAID, vec![wrap(ITSELF, PAID), (0x00, swap)]),
        v4(PAID, v4_fair),
    ] {
        let before = evm.token_balance(&cast.token, &cast.wallet).await?;
        confirmed(&victim, request(&attempt)).await?;
        let after = evm.token_balance(&cast.token, &cast.wallet).await?;
        ensure!(after >= before + U256::from(FAIR), "{} brought {before} to {after}", attempt.0);
    }
    Ok(())
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("published contracts");
    class.case(Needs::Own, "what is fair works", fair);
    for (name, attempt) in [V2, V3, COMMANDS, V4, BUNDLES].into_iter().flatten() {
        class.case(Needs::Own, *name, move |target| async move { attack(&target, *attempt).await });
    }
    class
}
