//! The actions of Uniswap v4 inside the Universal Router. The router's debts and credits must be settled at the
//! end, or the call fails. They are netted per currency, so the output of a swap is paid out only if no other
//! action spends it.

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

/// The terms of a trade: the exact amount, and the limit of the other amount.
struct Trade {
    /// Path from the input to the output.
    path: Vec<Address>,
    exact: U256,
    limit: U256,
}

/// The router's balance with the pools in one currency, netted as the pools net it: a credit of at least `due` or
/// a debt of at most `owed`, never both.
#[derive(Clone, Copy, Debug)]
struct Balance {
    due: U256,
    owed: U256,
    /// Whether the debt is at most `owed`.
    bounded: bool,
    /// Whether the amount is exact.
    exact: bool,
}

/// An empty balance, as at the beginning and after everything is paid or taken.
impl Default for Balance {
    fn default() -> Self {
        Self { due: U256::ZERO, owed: U256::ZERO, bounded: true, exact: true }
    }
}

/// The router's account with the pools.
#[derive(Default)]
struct Account {
    /// Balances of the currencies that an action named.
    balances: BTreeMap<Address, Balance>,
}

/// Reads all actions of one command; `None` if one of them is not supported.
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
                    // An amount beyond the credit is a debt, which has to be settled.
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
    // The pools refuse an open debt, unless it is netted in a way that is not tracked here.
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

/// Reads a trade along a path. For an exact output, the named currency is the last one of the path.
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
    /// Charges at most `most`, or exactly that amount.
    fn loses(&mut self, most: U256, exact: bool) {
        let netted = self.due.min(most);
        self.due = self.due.saturating_sub(netted);
        self.owed = self.owed.saturating_add(most.saturating_sub(netted));
        self.exact &= exact;
    }

    /// Credits at least `least`, or exactly that amount.
    fn gains(&mut self, least: U256, exact: bool) {
        let netted = self.owed.min(least);
        self.owed = self.owed.saturating_sub(netted);
        if self.bounded {
            self.due = self.due.saturating_add(least.saturating_sub(netted));
        }
        self.exact &= exact;
    }

    /// Records that the debt and the credit are no longer known.
    const fn becomes_unknown(&mut self) {
        self.due = U256::ZERO;
        self.bounded = false;
        self.exact = false;
    }

    /// Returns the highest debt, if there may be a debt and a bound is known.
    fn debt(&self) -> Option<U256> {
        (self.bounded && !self.owed.is_zero()).then_some(self.owed)
    }
}

impl Account {
    /// Returns the balance in one currency.
    fn of(&mut self, token: Address) -> &mut Balance {
        self.balances.entry(token).or_default()
    }

    /// Sells an exact input, or the whole credit if the amount is zero. The router checks the output.
    fn sells(&mut self, exchange: &mut Exchange, trade: &Trade) -> Option<()> {
        let [first, between @ .., last] = trade.path.as_slice() else { return None };
        if trade.exact.is_zero() {
            let due = std::mem::take(self.of(*first)).due;
            (!due.is_zero()).then_some(())?;
            // The pool may not use all of it.
            self.of(*first).exact = false;
        } else {
            self.of(*first).loses(trade.exact, true);
        }
        // A pool may not use all of these either.
        for token in between {
            self.of(*token).exact = false;
        }
        self.of(*last).gains(trade.limit, false);
        note(exchange, &trade.path);
        Some(())
    }

    /// Buys an exact output. An amount of zero means the whole debt, which is not known here, so it is not
    /// supported. The router checks the input, but not the output of any pool on the path. A hook may even charge
    /// for it.
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

    /// Pays an amount regardless of the debt, or the whole debt if the amount is zero.
    fn settles(&mut self, reader: &mut Reader<'_>, exchange: &mut Exchange, c: &A::settleCall) {
        if c.amount.is_zero() {
            self.settles_all(reader, exchange, c.currency, c.payerIsUser, None);
        } else if c.amount == EVERYTHING {
            // The amount is the router's whole balance, for either payer.
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

    /// Pays the whole debt; the call fails if it is above `limit`.
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
            // The debt may be higher than the known amount.
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

/// Pays the pools from the wallet or from the router. Coin always comes from the router.
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

/// Records the tokens of a path, without coin.
fn note(exchange: &mut Exchange, path: &[Address]) {
    let tokens: Vec<_> = path.iter().copied().filter(|token| *token != COIN).collect();
    exchange.leads_through(&tokens);
}
