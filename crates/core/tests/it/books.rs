//! Dice, and a ledger in memory that counts as `store/src/ledger.rs` does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::RngExt as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;
use waiaas_core::money::Usd;
use waiaas_core::policy::{AssetFacts, DAY_SECONDS, Ledger, MONTH_SECONDS, PriceFact};

/// Numbers that follow from a seed.
pub(crate) struct Dice(TestRng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let seed: Vec<u8> = seed.to_le_bytes().repeat(4);
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.random_range(0..end)
    }

    pub(crate) fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).expect("index")].clone()
    }

    /// A number of any magnitude below 10^`digits`.
    pub(crate) fn figure(&mut self, digits: u32) -> u64 {
        let digits = self.within(1, u64::from(digits));
        self.below(10u64.pow(u32::try_from(digits).expect("digits")))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    Held,
    Settled(i64),
    Released,
}

/// One reservation.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) asset: AssetId,
    pub(crate) amount: U256,
    pub(crate) usd: Option<Usd>,
    pub(crate) fee: bool,
    pub(crate) state: State,
}

/// The sums of the ledger at `now`, with or without reservations.
pub(crate) fn ledger(
    entries: &[Entry],
    requests: &[i64],
    now: i64,
    windows: &BTreeSet<u64>,
    held: bool,
) -> Ledger {
    let mut ledger = Ledger::default();
    for entry in entries {
        let (day, month) = match entry.state {
            State::Held => (held, held),
            State::Settled(at) => (at > now - DAY_SECONDS, at > now - MONTH_SECONDS),
            State::Released => (false, false),
        };
        if day {
            ledger.usd_day = ledger.usd_day.plus(entry.usd.unwrap_or_default());
            let sum = ledger.asset_day.entry(entry.asset.clone()).or_default();
            *sum = sum.saturating_add(entry.amount);
        }
        if month {
            ledger.usd_month = ledger.usd_month.plus(entry.usd.unwrap_or_default());
            let sum = ledger.asset_month.entry(entry.asset.clone()).or_default();
            *sum = sum.saturating_add(entry.amount);
        }
    }
    for window in windows {
        let since = now - i64::try_from(*window).expect("window");
        let made = requests.iter().filter(|at| **at > since).count();
        ledger.requests.insert(*window, made as u64);
    }
    ledger
}

pub(crate) fn worth(assets: &BTreeMap<AssetId, AssetFacts>, asset: &AssetId, amount: U256) -> Option<Usd> {
    match assets.get(asset)? {
        AssetFacts { decimals, price: PriceFact::Known(price), .. } => {
            Some(price.value_of(amount, *decimals))
        }
        AssetFacts { price: PriceFact::Unlisted | PriceFact::Unusable | PriceFact::NotAsked, .. } => None,
    }
}

/// The beneficiary of an effect, or the called contract.
pub(crate) fn gains(effect: &Effect) -> Option<Address> {
    match effect {
        Effect::ContractCall { target, .. } => Some(*target),
        other => other.beneficiary().copied(),
    }
}
