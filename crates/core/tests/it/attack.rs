//! An attacker with a leaked token and much patience: asks for the most that is granted without the
//! owner, at the moments that suit best, over thirty days of simulated time. The ledger here counts as
//! the store's does.

use std::collections::{BTreeMap, BTreeSet};

use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{
    AssetFacts, DAY_SECONDS, FeeFacts, MONTH_SECONDS, PolicyFacts, PolicySet, Purpose, Reputations, Spending,
    Sum, Tier, Verdict, evaluate,
};
use waiaas_core::selector::Selector;
use waiaas_core::simulation::{SimulationCheck, Unsimulated};
use waiaas_core::wallet::OwnerState;

use crate::books::{Dice, Entry, State, ledger, worth};
use crate::world::evm;

/// The end of a reservation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    Confirmed,
    Reverted,
    Dropped,
}

/// Something that happens later to a range of entries.
#[derive(Clone, Debug)]
struct Later {
    at: i64,
    entries: std::ops::Range<usize>,
    event: Event,
}

#[derive(Clone, Debug)]
enum Event {
    /// Leaves the wallet, if the wallet has it.
    Execute { effects: Effects, outcome: Outcome },
    /// The daemon learns of it.
    Settle { outcome: Outcome, paid: U256 },
}

/// One network the attacker works on.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) network: NetworkId,
    pub(crate) native: AssetId,
    pub(crate) tokens: Vec<AssetId>,
    pub(crate) policies: PolicySet,
    pub(crate) fee_cap: U256,
}

/// An amount that left, with its time and recipient.
#[derive(Clone, Debug)]
pub(crate) struct Loss {
    pub(crate) at: i64,
    pub(crate) asset: AssetId,
    pub(crate) amount: U256,
}

/// The amounts granted to the attacker without the owner.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    pub(crate) at: i64,
    pub(crate) leaves: i64,
    pub(crate) network: NetworkId,
    pub(crate) items: Vec<Effect>,
}

pub(crate) struct Attack {
    pub(crate) dice: Dice,
    pub(crate) places: Vec<Place>,
    pub(crate) owner: OwnerState,
    pub(crate) assets: BTreeMap<AssetId, AssetFacts>,
    pub(crate) balances: BTreeMap<AssetId, U256>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) requests: Vec<i64>,
    pub(crate) now: i64,
    pub(crate) until: Option<i64>,
    later: Vec<Later>,
    pub(crate) losses: Vec<Loss>,
    pub(crate) granted: Vec<Granted>,
}

impl Attack {
    pub(crate) fn new(dice: Dice, places: Vec<Place>, now: i64) -> Self {
        Self {
            dice,
            places,
            owner: OwnerState::Locked,
            assets: BTreeMap::new(),
            balances: BTreeMap::new(),
            entries: Vec::new(),
            requests: Vec::new(),
            now,
            until: None,
            later: Vec::new(),
            losses: Vec::new(),
            granted: Vec::new(),
        }
    }

    /// Something held since before ends at some time.
    pub(crate) fn ends(&mut self, entry: usize, at: i64, outcome: Outcome) {
        let paid = self.entries[entry].amount;
        self.later.push(Later { at, entries: entry..entry + 1, event: Event::Settle { outcome, paid } });
    }

    pub(crate) fn windows(&self) -> BTreeSet<u64> {
        self.places.iter().flat_map(|place| place.policies.rate_windows()).collect()
    }

    /// Goes on for `steps` requests or until `end`.
    pub(crate) fn run(&mut self, steps: usize, end: i64) {
        for _ in 0..steps {
            if self.until.is_some_and(|until| self.now >= until) || self.now >= end {
                break;
            }
            self.ask();
            let next = self.next_moment(end);
            self.pass(next);
        }
        self.pass(i64::MAX);
    }

    /// Lets time pass, with the events that are due by then.
    fn pass(&mut self, to: i64) {
        while let Some(index) = (0..self.later.len()).min_by_key(|index| self.later[*index].at) {
            if self.later[index].at > to {
                break;
            }
            let due = self.later.swap_remove(index);
            self.now = self.now.max(due.at);
            match due.event {
                Event::Execute { effects, outcome } => self.execute(due.entries, &effects, outcome),
                Event::Settle { outcome, paid } => self.settle(due.entries, outcome, paid),
            }
        }
        if to < i64::MAX {
            self.now = self.now.max(to);
        }
    }

    fn next_moment(&mut self, end: i64) -> i64 {
        let now = self.now;
        let mut moments: Vec<i64> = Vec::new();
        for entry in &self.entries {
            if let State::Settled(at) = entry.state {
                moments.extend([at + DAY_SECONDS, at + MONTH_SECONDS]);
            }
        }
        let windows = self.windows();
        for request in &self.requests {
            moments.extend(windows.iter().map(|window| request + i64::try_from(*window).expect("window")));
        }
        moments.extend(self.later.iter().map(|later| later.at));
        moments.extend([3_599, DAY_SECONDS - 1, MONTH_SECONDS - 1].map(|last| end - MONTH_SECONDS + last));
        moments.retain(|at| *at > now);
        match self.dice.below(10) {
            0..=1 => now,
            2 => now + 1 + i64::try_from(self.dice.below(120)).expect("step"),
            3 => now + 1 + i64::try_from(self.dice.below(2 * 86_400)).expect("step"),
            4 => now - now.rem_euclid(3_600) + 3_600,
            _ => {
                moments.sort_unstable();
                let near = moments.len().min(3);
                if near == 0 { now + 3_600 } else { self.dice.one(&moments[..near]) }
            }
        }
    }

    fn facts(&self) -> PolicyFacts {
        PolicyFacts {
            now: self.now,
            owner: self.owner,
            assets: self.assets.clone(),
            ledger: ledger(&self.entries, &self.requests, self.now, &self.windows(), true),
            default_approval_timeout: 3_600,
            balances: self.balances.clone(),
            purpose: Purpose::Plain,
            action: None,
            reputation: Reputations::default(),
            simulation: SimulationCheck::Agrees,
            unsimulated: Unsimulated::Deny,
            lifetime: None,
            fee: FeeFacts::default(),
            handed_out: false,
        }
    }

    /// Asks for as much as is granted, or sometimes less.
    fn ask(&mut self) {
        let place = self.dice.one(&self.places);
        let facts = self.facts();
        let shape = self.dice.below(12);
        let to = evm(u8::try_from(self.dice.within(8, 10)).expect("byte"));
        let token = self.dice.one(&place.tokens);
        let fee = match self.dice.below(4) {
            0 => U256::ZERO,
            1 => place.fee_cap,
            _ => U256::from(self.dice.figure(3)).min(place.fee_cap),
        };
        let more = U256::from(self.dice.figure(4));
        let selector = Selector::evm([7, 7, 7, u8::try_from(self.dice.within(1, 2)).expect("byte")]);
        let items = |amount: U256| -> Vec<Effect> {
            let native = Effect::NativeOut { to, amount };
            let token_out = |amount| Effect::TokenOut { asset: token.clone(), to, amount };
            let mut items = match shape {
                0..=3 => vec![native],
                4..=6 => vec![token_out(amount)],
                7 => vec![Effect::Allowance { asset: token.clone(), spender: to, amount, through: None }],
                8 => vec![native, token_out(more)],
                9 => vec![token_out(amount), Effect::NativeOut { to, amount: more }],
                10 => {
                    vec![Effect::ContractCall { target: to, selector: Some(selector), decoded: true }, native]
                }
                _ => vec![
                    Effect::ContractCall { target: to, selector: Some(selector), decoded: false },
                    native,
                ],
            };
            items.push(Effect::NetworkFee { max: fee });
            items
        };
        let effects = |amount| Effects {
            network: place.network.clone(),
            native: place.native.clone(),
            from: evm(1),
            items: items(amount),
            methods: Vec::new(),
            seen: Vec::new(),
        };
        let free = |amount| match evaluate(&place.policies, &effects(amount), &facts) {
            Verdict::Granted(grant) if grant.tier < Tier::Approval => Some(grant.delay_seconds.unwrap_or(0)),
            Verdict::Granted(_) | Verdict::Denied(_) => None,
        };
        let spent = match shape {
            4..=7 | 9 => &token,
            _ => &place.native,
        };
        let held = self.balances.get(spent).copied().unwrap_or_default();
        let (mut low, mut high) = (U256::ZERO, held);
        if free(low).is_none() {
            return;
        }
        if free(high).is_some() {
            low = high;
        }
        while high > low + U256::from(1u8) {
            let middle = low + (high - low) / U256::from(2u8);
            if free(middle).is_some() { low = middle } else { high = middle }
        }
        let amount = match self.dice.below(8) {
            0 => low / U256::from(2u8),
            1 => low.min(U256::from(1u8)),
            _ => low,
        };
        let Some(delay) = free(amount) else { return };
        self.admit(&place, effects(amount), &facts, i64::from(delay));
    }

    /// As `engine/src/pipeline/s3_policy.rs` reserves.
    fn admit(&mut self, place: &Place, effects: Effects, facts: &PolicyFacts, delay: i64) {
        let start = self.entries.len();
        for (asset, leaving) in Spending::of(&effects, facts).assets() {
            let spent = leaving.spent.map_or(U256::ZERO, Sum::saturated);
            let fee = leaving.counted.saturated().saturating_sub(spent);
            for (amount, fee) in [(spent, false), (fee, true)] {
                if !amount.is_zero() {
                    let usd = worth(&facts.assets, asset, amount);
                    self.entries.push(Entry { asset: asset.clone(), amount, usd, fee, state: State::Held });
                }
            }
        }
        self.requests.push(self.now);
        let leaves = self.now + delay;
        self.granted.push(Granted {
            at: self.now,
            leaves,
            network: place.network.clone(),
            items: effects.all().cloned().collect(),
        });
        let outcome = match self.dice.below(12) {
            0 => Outcome::Reverted,
            1 => Outcome::Dropped,
            _ => Outcome::Confirmed,
        };
        let entries = start..self.entries.len();
        if outcome == Outcome::Dropped {
            let at = self.now + i64::try_from(self.dice.below(7_200)).expect("time");
            self.later.push(Later { at, entries, event: Event::Settle { outcome, paid: U256::ZERO } });
        } else {
            self.later.push(Later { at: leaves, entries, event: Event::Execute { effects, outcome } });
        }
    }

    /// The moment value leaves. A spender takes its allowance at once.
    fn execute(&mut self, entries: std::ops::Range<usize>, effects: &Effects, outcome: Outcome) {
        let mut needed: BTreeMap<AssetId, U256> = BTreeMap::new();
        let mut fee = U256::ZERO;
        for outflow in effects.outflows() {
            let sum = needed.entry(outflow.asset.clone()).or_default();
            *sum = sum.saturating_add(outflow.amount);
            if outflow.fee {
                fee = fee.saturating_add(outflow.amount);
            }
        }
        let held = |asset: &AssetId| self.balances.get(asset).copied().unwrap_or_default();
        let short = needed.iter().any(|(asset, amount)| held(asset) < *amount);
        let outcome = if short { Outcome::Dropped } else { outcome };
        let paid = if self.dice.percent(30) { fee / U256::from(3u8) } else { fee };
        match outcome {
            Outcome::Dropped => {}
            Outcome::Reverted => self.lose(&effects.native, paid),
            Outcome::Confirmed => {
                for outflow in effects.outflows().filter(|outflow| !outflow.fee) {
                    self.lose(outflow.asset, outflow.amount);
                }
                self.lose(&effects.native, paid);
                let unjudged = |item: &Effect| matches!(item, Effect::ContractCall { decoded: false, .. });
                if effects.items.iter().any(unjudged) {
                    let tokens =
                        self.places.iter().find(|place| place.network == effects.network).expect("place");
                    let token = tokens.tokens[0].clone();
                    let all = self.balances.get(&token).copied().unwrap_or_default();
                    self.lose(&token, all);
                }
            }
        }
        let latency = if self.dice.percent(60) { 0 } else { self.dice.below(4_000) };
        let at = self.now + i64::try_from(latency).expect("time");
        self.later.push(Later { at, entries, event: Event::Settle { outcome, paid } });
    }

    fn lose(&mut self, asset: &AssetId, amount: U256) {
        let held = self.balances.entry(asset.clone()).or_default();
        *held = held.checked_sub(amount).expect("checked before");
        self.losses.push(Loss { at: self.now, asset: asset.clone(), amount });
    }

    /// As `store/src/ledger.rs` settles.
    fn settle(&mut self, entries: std::ops::Range<usize>, outcome: Outcome, paid: U256) {
        for entry in &mut self.entries[entries] {
            entry.state = match outcome {
                Outcome::Dropped => State::Released,
                Outcome::Reverted if !entry.fee => State::Released,
                Outcome::Reverted | Outcome::Confirmed => State::Settled(self.now),
            };
            if entry.fee && outcome != Outcome::Dropped {
                entry.usd = entry.usd.map(|usd| {
                    let product = U256::from(usd.micros()) * paid;
                    Usd::from_micros(u64::try_from(product.div_ceil(entry.amount)).expect("fits"))
                });
                entry.amount = paid;
            }
        }
    }
}
