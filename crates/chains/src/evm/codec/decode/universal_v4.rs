//! The actions of Uniswap v4 inside the Universal Router. What is owed and what is due to the router is
//! settled at the end, or the call fails. Both are netted for each currency, so an output that a swap promises
//! comes out only if no other action spends it.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;

use self::Actions as A;
use super::exchange::{COIN, Exchange, Taken};
use super::pinned::RouterVersion;
use super::reader::Reader;
use super::universal::{EVERYTHING, arguments, recipient};

sol! {
    interface Actions {
        struct Pool { address currency0; address currency1; uint24 fee; int24 tickSpacing; address hooks; }
        struct Hop { address intermediate; uint24 fee; int24 tickSpacing; address hooks; bytes hookData; }
        struct Single { Pool pool; bool zeroForOne; uint128 a; uint128 b; bytes hookData; }
        struct SinglePriced {
            Pool pool; bool zeroForOne; uint128 a; uint128 b; uint256 minHopPriceX36; bytes hookData;
        }
        struct Path { address currency; Hop[] path; uint128 a; uint128 b; }
        struct PathPriced { address currency; Hop[] path; uint256[] minHopPriceX36; uint128 a; uint128 b; }

        function all(bytes actions, bytes[] params);
        function single(Single p);
        function singlePriced(SinglePriced p);
        function path(Path p);
        function pathPriced(PathPriced p);
        function settle(address currency, uint256 amount, bool payerIsUser);
        function take(address currency, address recipient, uint256 amount);
        function bounded(address currency, uint256 amount);
    }
}

/// What a trade asks for: the exact amount, and the limit of the other one.
struct Trade {
    /// From what goes in to what comes out.
    path: Vec<Address>,
    exact: U256,
    limit: U256,
}

/// What the router has with the pools in one currency, netted as they net it: at least `due` or at most
/// `owed`, never both.
#[derive(Clone, Copy, Debug)]
struct Balance {
    due: U256,
    owed: U256,
    /// Whether no more can be owed.
    bounded: bool,
    /// Whether it is known to the last unit.
    exact: bool,
}

/// Nothing at all, as at the beginning and once everything is paid or taken.
impl Default for Balance {
    fn default() -> Self {
        Self { due: U256::ZERO, owed: U256::ZERO, bounded: true, exact: true }
    }
}

/// The router's account with the pools.
#[derive(Default)]
struct Account {
    /// Those that an action named.
    balances: BTreeMap<Address, Balance>,
}

/// All actions of one command; none if one of them is not understood.
pub(super) fn run(
    reader: &mut Reader<'_>,
    exchange: &mut Exchange,
    version: RouterVersion,
    input: &[u8],
) -> Option<()> {
    let A::allCall { actions, params } = arguments(input)?;
    (actions.len() == params.len()).then_some(())?;
    let mut account = Account::default();
    for (action, input) in actions.iter().zip(&params) {
        match action {
            0x06 => account.sells(exchange, &single(version, input)?)?,
            0x07 => account.sells(exchange, &path(version, input, false)?)?,
            0x08 => account.buys(exchange, &single(version, input)?)?,
            0x09 => account.buys(exchange, &path(version, input, true)?)?,
            0x0b => {
                let c = arguments::<A::settleCall>(input)?;
                account.settles(reader, exchange, &c);
            }
            0x0c => {
                let c = arguments::<A::boundedCall>(input)?;
                account.settles_all(reader, exchange, c.currency, true, Some(c.amount));
            }
            0x0e => {
                let c = arguments::<A::takeCall>(input)?;
                let balance = account.of(c.currency);
                let amount = if c.amount.is_zero() {
                    std::mem::take(balance).due
                } else {
                    // What is taken beyond what is due is lent, and has to be settled.
                    balance.loses(c.amount, true);
                    c.amount
                };
                exchange.brings(c.currency, amount, recipient(exchange, c.recipient));
            }
            0x0f => {
                let c = arguments::<A::boundedCall>(input)?;
                let due = std::mem::take(account.of(c.currency)).due;
                exchange.brings(c.currency, due.max(c.amount), exchange.wallet());
            }
            _ => return None,
        }
    }
    // The pools would refuse to leave it open, unless it is netted in a way that is not known here.
    account.balances.values().all(|balance| balance.debt().is_none()).then_some(())
}

fn single(version: RouterVersion, input: &[u8]) -> Option<Trade> {
    let (pool, zero_for_one, exact, limit) = match version {
        RouterVersion::Two => {
            let p = arguments::<A::singleCall>(input)?.p;
            (p.pool, p.zeroForOne, p.a, p.b)
        }
        RouterVersion::TwoOne => {
            let p = arguments::<A::singlePricedCall>(input)?.p;
            (p.pool, p.zeroForOne, p.a, p.b)
        }
    };
    let mut path = vec![pool.currency0, pool.currency1];
    if !zero_for_one {
        path.reverse();
    }
    Some(Trade { path, exact: U256::from(exact), limit: U256::from(limit) })
}

/// For an exact output the named currency is the last one, and the path leads to it.
fn path(version: RouterVersion, input: &[u8], to_named: bool) -> Option<Trade> {
    let (named, hops, exact, limit) = match version {
        RouterVersion::Two => {
            let p = arguments::<A::pathCall>(input)?.p;
            (p.currency, p.path, p.a, p.b)
        }
        RouterVersion::TwoOne => {
            let p = arguments::<A::pathPricedCall>(input)?.p;
            (p.currency, p.path, p.a, p.b)
        }
    };
    let mut path: Vec<Address> = hops.into_iter().map(|hop| hop.intermediate).collect();
    path.insert(if to_named { path.len() } else { 0 }, named);
    Some(Trade { path, exact: U256::from(exact), limit: U256::from(limit) })
}

impl Balance {
    /// So much at most is charged, or exactly so much.
    fn loses(&mut self, most: U256, exact: bool) {
        let netted = self.due.min(most);
        self.due = self.due.saturating_sub(netted);
        self.owed = self.owed.saturating_add(most.saturating_sub(netted));
        self.exact &= exact;
    }

    /// So much at least is credited, or exactly so much.
    fn gains(&mut self, least: U256, exact: bool) {
        let netted = self.owed.min(least);
        self.owed = self.owed.saturating_sub(netted);
        if self.bounded {
            self.due = self.due.saturating_add(least.saturating_sub(netted));
        }
        self.exact &= exact;
    }

    /// Nobody knows any more how much is owed, nor whether anything is due.
    const fn becomes_unknown(&mut self) {
        self.due = U256::ZERO;
        self.bounded = false;
        self.exact = false;
    }

    /// The most that is owed, if something may be and a bound is known.
    fn debt(&self) -> Option<U256> {
        (self.bounded && !self.owed.is_zero()).then_some(self.owed)
    }
}

impl Account {
    /// What there is in one currency.
    fn of(&mut self, token: Address) -> &mut Balance {
        self.balances.entry(token).or_default()
    }

    /// An exact amount goes in: all that is due if it is zero. The router checks what comes out.
    fn sells(&mut self, exchange: &mut Exchange, trade: &Trade) -> Option<()> {
        let [first, between @ .., last] = trade.path.as_slice() else { return None };
        if trade.exact.is_zero() {
            let due = std::mem::take(self.of(*first)).due;
            (!due.is_zero()).then_some(())?;
            // The pool may leave some of it.
            self.of(*first).exact = false;
        } else {
            self.of(*first).loses(trade.exact, true);
        }
        // Here, too, a pool may leave some.
        for token in between {
            self.of(*token).exact = false;
        }
        self.of(*last).gains(trade.limit, false);
        note(exchange, &trade.path);
        Some(())
    }

    /// An exact amount comes out: all that is owed, which nobody knows here, if it is zero. The router checks
    /// what goes in, but not whether the amount came out, of the last pool or of one on the way. A hook may
    /// even charge for it.
    fn buys(&mut self, exchange: &mut Exchange, trade: &Trade) -> Option<()> {
        let [first, others @ ..] = trade.path.as_slice() else { return None };
        (!trade.exact.is_zero() && !others.is_empty()).then_some(())?;
        self.of(*first).loses(trade.limit, false);
        for token in others {
            self.of(*token).becomes_unknown();
        }
        note(exchange, &trade.path);
        Some(())
    }

    /// An amount is paid, whatever is owed; all that is owed if it is zero.
    fn settles(&mut self, reader: &mut Reader<'_>, exchange: &mut Exchange, c: &A::settleCall) {
        if c.amount.is_zero() {
            self.settles_all(reader, exchange, c.currency, c.payerIsUser, None);
        } else if c.amount == EVERYTHING {
            // As much as the router holds, whoever pays.
            let least = if c.payerIsUser && c.currency != COIN {
                exchange.doubt();
                exchange.pulls(reader, c.currency, EVERYTHING);
                U256::ZERO
            } else {
                exchange.takes(c.currency, Taken::All)
            };
            self.of(c.currency).gains(least, false);
        } else {
            pay(reader, exchange, c.currency, c.payerIsUser, c.amount, Taken::Exactly(c.amount));
            self.of(c.currency).gains(c.amount, true);
        }
    }

    /// All that is owed is paid, or the call fails because it is more than `limit`.
    fn settles_all(
        &mut self,
        reader: &mut Reader<'_>,
        exchange: &mut Exchange,
        token: Address,
        by_user: bool,
        limit: Option<U256>,
    ) {
        let balance = std::mem::take(self.of(token));
        let (most, exact) = match (balance.debt(), limit) {
            (Some(owed), Some(limit)) if limit < owed => (limit, false),
            (Some(owed), _) => (owed, balance.exact),
            // It may be more than is known.
            (None, Some(limit)) => (limit, false),
            (None, None) => {
                exchange.doubt();
                (U256::ZERO, false)
            }
        };
        let taken = if exact { Taken::Exactly(most) } else { Taken::AtMost(most) };
        pay(reader, exchange, token, by_user, most, taken);
    }
}

/// What the pools get comes from the wallet or from the router. Coin is always the router's.
fn pay(
    reader: &mut Reader<'_>,
    exchange: &mut Exchange,
    token: Address,
    by_user: bool,
    most: U256,
    taken: Taken,
) {
    if by_user && token != COIN {
        exchange.pulls(reader, token, most);
    } else {
        exchange.takes(token, taken);
    }
}

/// Notes the tokens on a path; coin is none.
fn note(exchange: &mut Exchange, path: &[Address]) {
    let tokens: Vec<_> = path.iter().copied().filter(|token| *token != COIN).collect();
    exchange.leads_through(&tokens);
}
