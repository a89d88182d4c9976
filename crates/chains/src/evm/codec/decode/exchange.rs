//! Tracks a router's balances during one call, and the least amounts that it pays out.
//!
//! Any account can take the assets that remain in a router. So all steps of a call are read together, with bounds
//! for the router's balance of every asset, and the swap counts as decoded only if no asset can remain. If a step
//! does not state an amount, the bounds of the balance are widened and those of the output lowered.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, U256};
use waiaas_core::UnixSeconds;
use waiaas_core::effect::{Effect, Portion, Swap};

use super::account;
use super::reader::{Call, Mark, Reader};
use super::{asset, pinned};

/// The address that stands for the native coin among a router's tokens.
pub(super) const COIN: Address = Address::ZERO;

/// Longest path that is read, in tokens.
const LONGEST: usize = 32;

/// The whole of a share, in hundredths of a percent.
const WHOLE: u64 = 10_000;

/// Bounds of the router's balance of one asset.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    least: U256,
    most: U256,
}

/// The amount that a step takes from the router's balance of an asset.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taken {
    /// The whole balance.
    All,
    /// Exactly this amount, or the call fails.
    Exactly(U256),
    /// At most this amount.
    AtMost(U256),
}

/// Returns the least output of v2 pools if the router computes the input and does not check the output. It is zero
/// if the path uses a pool twice, because the pool's price has changed by the second use.
pub(super) fn unchecked_output(path: &[Address], amount: U256) -> U256 {
    let mut pools = BTreeSet::new();
    let mut pairs = path.iter().zip(path.iter().skip(1)).map(|(a, b)| (a.min(b), a.max(b)));
    match pairs.all(|pair| pools.insert(pair)) {
        true => amount,
        false => U256::ZERO,
    }
}

/// The state of one call of a router, step by step.
pub(super) struct Exchange {
    /// Position of the call among the effects.
    mark: Mark,
    router: Address,
    /// Contracts whose allowances move the wallet's tokens.
    spenders: Vec<Address>,
    wallet: Address,
    weth: Option<Address>,
    held: BTreeMap<Address, Held>,
    /// Highest amounts from the wallet, in order.
    sold: Vec<(Address, U256)>,
    /// Least amounts to the recipient, in order.
    bought: Vec<(Address, U256)>,
    path: Vec<Address>,
    /// A recipient other than the wallet.
    stranger: Option<Address>,
    /// Earliest deadline of a step, after which the whole call fails.
    deadline: Option<U256>,
    /// Whether a step could not be read.
    doubtful: bool,
}

impl Exchange {
    /// Adds a call by the wallet to the effects and begins its exchange with the value of the call.
    pub(super) fn begin(reader: &mut Reader<'_>, call: &Call<'_>) -> Self {
        let mark = reader.mark();
        reader.called(call, false);
        let mut exchange = Self {
            mark,
            router: call.to,
            spenders: vec![call.to],
            wallet: reader.wallet(),
            weth: reader.chain_id().and_then(pinned::weth),
            held: BTreeMap::new(),
            sold: Vec::new(),
            bought: Vec::new(),
            path: Vec::new(),
            stranger: None,
            deadline: None,
            doubtful: false,
        };
        if !call.value.is_zero() {
            exchange.sold.push((COIN, call.value));
            exchange.gets(COIN, call.value, call.value);
        }
        exchange
    }

    /// Records that the router moves the wallet's tokens by the allowances of another contract.
    pub(super) fn takes_through(&mut self, agent: Address) {
        self.spenders.push(agent);
    }

    /// Returns the router's address.
    pub(super) const fn router(&self) -> Address {
        self.router
    }

    /// Returns the wallet's address.
    pub(super) const fn wallet(&self) -> Address {
        self.wallet
    }

    /// Returns the contract that wraps the coin, if it is known.
    pub(super) const fn weth(&self) -> Option<Address> {
        self.weth
    }

    /// Records a deadline, in Unix seconds, after which the router fails, if there is one.
    pub(super) fn ends(&mut self, deadline: Option<U256>) {
        self.deadline = self.deadline.into_iter().chain(deadline).min();
    }

    /// Records a step that could not be read.
    pub(super) const fn doubt(&mut self) {
        self.doubtful = true;
    }

    /// Returns the router's least balance.
    pub(super) fn holds(&self, token: Address) -> U256 {
        self.held.get(&token).map_or(U256::ZERO, |held| held.least)
    }

    /// Returns whether the router may hold some of the token.
    pub(super) fn may_hold(&self, token: Address) -> bool {
        self.held.get(&token).is_some_and(|held| !held.most.is_zero())
    }

    fn gets(&mut self, token: Address, least: U256, most: U256) {
        let held = self.held.entry(token).or_default();
        held.least = held.least.saturating_add(least);
        held.most = held.most.saturating_add(most);
    }

    /// Takes from the router's balance and returns the least amount taken.
    pub(super) fn takes(&mut self, token: Address, taken: Taken) -> U256 {
        let held = self.held.entry(token).or_default();
        match taken {
            Taken::All => std::mem::take(held).least,
            Taken::Exactly(amount) => {
                held.least = held.least.saturating_sub(amount);
                held.most = held.most.saturating_sub(amount);
                amount
            }
            Taken::AtMost(amount) => {
                held.least = held.least.saturating_sub(amount);
                U256::ZERO
            }
        }
    }

    /// Records that at most `most` of the wallet's tokens go in, of which the router keeps none.
    pub(super) fn pulls(&mut self, reader: &mut Reader<'_>, token: Address, most: U256) {
        reader.token_out(token, self.router, most);
        self.sold.push((token, most));
    }

    /// Records that `amount` of the wallet's tokens go in and remain in the router for the next steps.
    pub(super) fn deposits(&mut self, reader: &mut Reader<'_>, token: Address, amount: U256) {
        self.pulls(reader, token, amount);
        self.gets(token, amount, amount);
    }

    /// Records the tokens of a path, in order. The coin's address is not valid in a path.
    pub(super) fn leads_through(&mut self, path: &[Address]) {
        self.doubtful |= path.len() > LONGEST || path.contains(&COIN);
        for token in path.iter().take(LONGEST) {
            if !self.path.contains(token) {
                self.path.push(*token);
            }
        }
    }

    /// Records an output of at least `least` to `to`: the wallet, the router itself or another recipient.
    pub(super) fn brings(&mut self, token: Address, least: U256, to: Address) {
        if to == self.router {
            self.gets(token, least, U256::MAX);
            return;
        }
        if !self.path.contains(&token) {
            self.path.push(token);
        }
        self.bought.push((token, least));
        if to != self.wallet {
            self.goes_to(to);
        }
    }

    /// Records a recipient other than the wallet.
    pub(super) fn goes_to(&mut self, stranger: Address) {
        // The effect names one recipient. A call with several is not decoded.
        self.doubtful |= self.stranger.is_some_and(|known| known != stranger);
        self.stranger.get_or_insert(stranger);
    }

    /// Pays the router's whole balance of a token to `to`; the call fails if it is below `least`.
    pub(super) fn gives(&mut self, token: Address, least: U256, to: Address) {
        let any = self.may_hold(token) || !least.is_zero();
        let held = self.takes(token, Taken::All);
        if any {
            self.brings(token, held.max(least), to);
        }
    }

    /// Pays a share of the router's balance, in hundredths of a percent, to `to`.
    pub(super) fn shares(&mut self, token: Address, share: U256, to: Address) {
        let whole = U256::from(WHOLE);
        let held = self.held.entry(token).or_default();
        let part = |amount: U256, share: U256| (amount / whole).saturating_mul(share);
        let (least, kept) = (part(held.least, share), whole.saturating_sub(share));
        // The upper bound is not reduced, because the division may leave a remainder.
        held.least = part(held.least, kept);
        if share <= whole {
            self.brings(token, least, to);
        } else {
            self.doubt();
        }
    }

    /// Unwraps the router's whole balance of wrapped coin for `to`; the call fails if it is below `least`.
    pub(super) fn unwraps(&mut self, least: U256, to: Address) {
        let Some(weth) = self.weth else { return self.doubt() };
        let any = self.may_hold(weth) || !least.is_zero();
        let most = self.held.get(&weth).map_or(U256::ZERO, |held| held.most);
        let least = self.takes(weth, Taken::All).max(least);
        if any {
            self.leads_through(&[weth]);
            match to == self.router {
                true => self.gets(COIN, least, most.max(least)),
                false => self.brings(COIN, least, to),
            }
        }
    }

    /// Wraps `amount` of the router's coin, or all of it, for `to`.
    pub(super) fn wraps(&mut self, amount: Option<U256>, to: Address) {
        let Some(weth) = self.weth else { return self.doubt() };
        let most = self.held.get(&COIN).map_or(U256::ZERO, |held| held.most);
        let (least, most) = match amount {
            Some(amount) => (self.takes(COIN, Taken::Exactly(amount)), amount),
            None => (self.takes(COIN, Taken::All), most),
        };
        match to == self.router {
            true => self.gets(weth, least, most),
            false => self.brings(weth, least, to),
        }
    }

    /// Marks the call as decoded if it is, and adds the swap if there is one.
    pub(super) fn conclude(self, reader: &mut Reader<'_>) {
        let left = self.held.values().any(|held| !held.most.is_zero());
        if !self.doubtful && !left {
            reader.trust(self.mark);
        }
        if self.sold.is_empty() && self.bought.is_empty() && self.stranger.is_none() {
            return;
        }
        let network = reader.network();
        let named = |token: Address| if token == COIN { network.native() } else { asset(network, token) };
        let portions = |amounts: &[(Address, U256)]| {
            let mut sums: Vec<Portion> = Vec::new();
            for (token, amount) in amounts {
                let asset = named(*token);
                match sums.iter_mut().find(|portion| portion.asset == asset) {
                    Some(portion) => portion.amount = portion.amount.saturating_add(*amount),
                    None => sums.push(Portion { asset, amount: *amount }),
                }
            }
            sums
        };
        let mut path: Vec<Address> = Vec::new();
        for token in self.sold.iter().map(|(token, _)| token).chain(&self.path) {
            if !path.contains(token) {
                path.push(*token);
            }
        }
        reader.push(Effect::Swap(Box::new(Swap {
            router: account(self.router),
            sold: portions(&self.sold),
            path: path.into_iter().map(named).collect(),
            bought: portions(&self.bought),
            to: account(self.stranger.unwrap_or(self.wallet)),
            wrapper: self.weth.map(|weth| asset(network, weth)),
            spenders: self.spenders.iter().copied().map(account).collect(),
            // A deadline that is out of range is none.
            deadline: self.deadline.and_then(|deadline| UnixSeconds::try_from(deadline).ok()),
        })));
    }
}
