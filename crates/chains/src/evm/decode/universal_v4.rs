//! The actions of Uniswap v4 inside the Universal Router. What is owed and what is due to the router is
//! settled at the end, or the call fails.

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

/// The router's account with the pools.
#[derive(Default)]
struct Account {
    /// The most it owes, and whether that is exact.
    owed: BTreeMap<Address, (U256, bool)>,
    /// The least that is due to it.
    due: BTreeMap<Address, U256>,
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
                account.settles(reader, exchange, c.currency, c.amount, c.payerIsUser);
            }
            0x0c => {
                let c = arguments::<A::boundedCall>(input)?;
                let (most, _) = account.owed.get(&c.currency).copied().unwrap_or_default();
                if most > c.amount {
                    account.owed.insert(c.currency, (c.amount, false));
                }
                account.settles(reader, exchange, c.currency, U256::ZERO, true);
            }
            0x0e => {
                let c = arguments::<A::takeCall>(input)?;
                let due = account.due.remove(&c.currency).unwrap_or_default();
                let amount = if c.amount.is_zero() { due } else { c.amount };
                // What is taken beyond it is lent, and has to be settled.
                account.owes(c.currency, amount.saturating_sub(due), true);
                exchange.brings(c.currency, amount, recipient(exchange, c.recipient));
            }
            0x0f => {
                let c = arguments::<A::boundedCall>(input)?;
                let due = account.due.remove(&c.currency).unwrap_or_default();
                exchange.brings(c.currency, due.max(c.amount), exchange.wallet());
            }
            _ => return None,
        }
    }
    Some(())
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

impl Account {
    /// An exact amount goes in: all that is due if it is zero.
    fn sells(&mut self, exchange: &mut Exchange, trade: &Trade) -> Option<()> {
        let [first, .., last] = trade.path.as_slice() else { return None };
        if trade.exact.is_zero() {
            self.due.remove(first)?;
        } else {
            self.owes(*first, trade.exact, true);
        }
        self.gains(exchange, trade, *last, trade.limit);
        Some(())
    }

    /// An exact amount comes out: all that is owed, which nobody knows here, if it is zero.
    fn buys(&mut self, exchange: &mut Exchange, trade: &Trade) -> Option<()> {
        let [first, .., last] = trade.path.as_slice() else { return None };
        (!trade.exact.is_zero()).then_some(())?;
        self.owes(*first, trade.limit, false);
        self.gains(exchange, trade, *last, trade.exact);
        Some(())
    }

    fn owes(&mut self, token: Address, most: U256, exact: bool) {
        let owed = self.owed.entry(token).or_insert((U256::ZERO, true));
        *owed = (owed.0.saturating_add(most), owed.1 && exact);
    }

    fn gains(&mut self, exchange: &mut Exchange, trade: &Trade, token: Address, least: U256) {
        let due = self.due.entry(token).or_default();
        *due = due.saturating_add(least);
        let tokens: Vec<_> = trade.path.iter().copied().filter(|token| *token != COIN).collect();
        exchange.leads_through(&tokens);
    }

    /// What is owed is paid: all of it if the amount is zero. Coin is always the router's.
    fn settles(
        &mut self,
        reader: &mut Reader<'_>,
        exchange: &mut Exchange,
        token: Address,
        amount: U256,
        by_user: bool,
    ) {
        let (owed, exact) = self.owed.remove(&token).unwrap_or_default();
        let most = if amount.is_zero() { owed } else { amount };
        if by_user && token != COIN {
            exchange.pulls(reader, token, most);
        } else if amount == EVERYTHING {
            exchange.takes(token, Taken::All);
        } else if exact || !amount.is_zero() {
            exchange.takes(token, Taken::Exactly(most));
        } else {
            exchange.takes(token, Taken::AtMost(most));
        }
    }
}
