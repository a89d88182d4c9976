//! What a router holds while one call runs, and what of it is sure to come out.
//!
//! A router is a contract that belongs to nobody: whatever is left in it is taken by whoever comes next. So
//! all steps of a call are read together, with bounds for every asset that the router gets, and the swap
//! counts as decoded only if nothing can be left. Bounds of what is held are widened, bounds of what comes
//! out lowered, whenever a step does not say.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, U256};
use waiaas_core::UnixSeconds;
use waiaas_core::effect::{Effect, Portion, Swap};

use super::account;
use super::reader::{Call, Mark, Reader};
use super::{asset, pinned};

/// The native coin among the tokens of a router.
pub(super) const COIN: Address = Address::ZERO;

/// The longest path that is read.
const LONGEST: usize = 32;

/// The share of which fees are parts, in hundredths of a percent.
const WHOLE: u64 = 10_000;

/// How much the router holds of one asset.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    least: U256,
    most: U256,
}

/// How much of an asset a step takes from what is held.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taken {
    /// All of it.
    All,
    /// So much exactly, or the call fails.
    Exactly(U256),
    /// Some of it, but no more than this.
    AtMost(U256),
}

/// The least that comes out of v2 pools where the router works out what has to go in and then does not look at
/// what came out: nothing if the path leads through a pool twice, whose price has changed by then.
pub(super) fn unchecked_output(path: &[Address], amount: U256) -> U256 {
    let mut pools = BTreeSet::new();
    let mut pairs = path.iter().zip(path.iter().skip(1)).map(|(a, b)| (a.min(b), a.max(b)));
    match pairs.all(|pair| pools.insert(pair)) {
        true => amount,
        false => U256::ZERO,
    }
}

/// One call of a router, step by step.
pub(super) struct Exchange {
    /// Where the call stands among the effects.
    mark: Mark,
    router: Address,
    /// Whose allowances take the wallet's tokens.
    spenders: Vec<Address>,
    wallet: Address,
    weth: Option<Address>,
    held: BTreeMap<Address, Held>,
    /// The most that comes from the wallet, in order.
    sold: Vec<(Address, U256)>,
    /// The least that goes to `to`.
    bought: Vec<(Address, U256)>,
    path: Vec<Address>,
    /// Somebody else who gets something.
    stranger: Option<Address>,
    /// The earliest time after which a step fails, and all of the call with it.
    deadline: Option<U256>,
    /// Whether a step was not understood.
    doubtful: bool,
}

impl Exchange {
    /// Of a call by the wallet, which is added; its value goes in first.
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

    /// The router takes the wallet's tokens through another contract, out of what that was allowed.
    pub(super) fn takes_through(&mut self, agent: Address) {
        self.spenders.push(agent);
    }

    /// The router itself.
    pub(super) const fn router(&self) -> Address {
        self.router
    }

    /// The wallet whose swap it is.
    pub(super) const fn wallet(&self) -> Address {
        self.wallet
    }

    /// The contract that wraps the coin.
    pub(super) const fn weth(&self) -> Option<Address> {
        self.weth
    }

    /// The router refuses to run it after this time, in Unix seconds, if there is one.
    pub(super) fn ends(&mut self, deadline: Option<U256>) {
        self.deadline = self.deadline.into_iter().chain(deadline).min();
    }

    /// A step that is not understood.
    pub(super) const fn doubt(&mut self) {
        self.doubtful = true;
    }

    /// What the router is sure to hold.
    pub(super) fn holds(&self, token: Address) -> U256 {
        self.held.get(&token).map_or(U256::ZERO, |held| held.least)
    }

    /// Whether the router may hold any of it.
    pub(super) fn may_hold(&self, token: Address) -> bool {
        self.held.get(&token).is_some_and(|held| !held.most.is_zero())
    }

    fn gets(&mut self, token: Address, least: U256, most: U256) {
        let held = self.held.entry(token).or_default();
        held.least = held.least.saturating_add(least);
        held.most = held.most.saturating_add(most);
    }

    /// Takes from what is held; what is taken at least.
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

    /// The wallet's own tokens go in, `most` at most; the router keeps none of them.
    pub(super) fn pulls(&mut self, reader: &mut Reader<'_>, token: Address, most: U256) {
        reader.token_out(token, self.router, most);
        self.sold.push((token, most));
    }

    /// The wallet's own tokens go in and stay in the router for the next steps.
    pub(super) fn deposits(&mut self, reader: &mut Reader<'_>, token: Address, amount: U256) {
        self.pulls(reader, token, amount);
        self.gets(token, amount, amount);
    }

    /// Tokens on the way, in order. The address of the coin is none of a token.
    pub(super) fn leads_through(&mut self, path: &[Address]) {
        self.doubtful |= path.len() > LONGEST || path.contains(&COIN);
        for token in path.iter().take(LONGEST) {
            if !self.path.contains(token) {
                self.path.push(*token);
            }
        }
    }

    /// At least so much comes out for `to`: for the wallet, for the router itself, or for somebody else.
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

    /// Somebody else than the wallet gets something.
    pub(super) fn goes_to(&mut self, stranger: Address) {
        // One is named. Several are nobody's to decode.
        self.doubtful |= self.stranger.is_some_and(|known| known != stranger);
        self.stranger.get_or_insert(stranger);
    }

    /// All that is held of a token goes to `to`, `least` at least or the call fails.
    pub(super) fn gives(&mut self, token: Address, least: U256, to: Address) {
        let any = self.may_hold(token) || !least.is_zero();
        let held = self.takes(token, Taken::All);
        if any {
            self.brings(token, held.max(least), to);
        }
    }

    /// A share of what is held, in hundredths of a percent, goes to `to`; the rest stays.
    pub(super) fn shares(&mut self, token: Address, share: U256, to: Address) {
        let whole = U256::from(WHOLE);
        let held = self.held.entry(token).or_default();
        let part = |amount: U256, share: U256| (amount / whole).saturating_mul(share);
        let (least, kept) = (part(held.least, share), whole.saturating_sub(share));
        // Widened where the division leaves a rest.
        held.least = part(held.least, kept);
        if share <= whole {
            self.brings(token, least, to);
        } else {
            self.doubt();
        }
    }

    /// Held wrapped coin becomes coin, `least` at least, for `to`.
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

    /// Held coin becomes wrapped coin for `to`: so much, or all of it.
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

    /// Says whether the call is decoded, and adds the swap if there is one.
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
            // A time beyond all clocks is none.
            deadline: self.deadline.and_then(|deadline| UnixSeconds::try_from(deadline).ok()),
        })));
    }
}
