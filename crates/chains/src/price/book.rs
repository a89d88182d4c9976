//! Prices for the rest of the program: from the configured table, otherwise from all sources, judged and
//! cached.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use moka::future::Cache;
use tokio::sync::Mutex;
use tokio::time::timeout;
use waiaas_core::UnixSeconds;
use waiaas_core::asset::AssetId;
use waiaas_core::money::Price;
use waiaas_core::policy::PriceFact;

use super::PriceSource;
use super::judge::{Answer, Bounds, CLOCK_SKEW, Voice, judge};

/// Assets remembered at once. Callers choose tokens freely, so the number must be bounded.
const MAX_ASSETS: u64 = 1_024;

/// Seconds after which sources are asked again when one failed or the price is unusable.
const RETRY_SECONDS: i64 = 5;

/// Limits for the judging and caching of prices.
#[derive(Clone, Copy, Debug)]
pub struct PriceOptions {
    /// Oldest observation used, in seconds.
    pub max_age_seconds: u32,
    /// Largest difference between sources, in percent of the lower price.
    pub max_spread_percent: u32,
    /// Seconds a round of answers is reused.
    pub cache_seconds: u32,
    /// Timeout for one source.
    pub timeout: Duration,
}

/// The prices of all assets.
pub struct PriceBook {
    table: BTreeMap<AssetId, Price>,
    sources: Vec<Arc<dyn PriceSource>>,
    options: PriceOptions,
    rounds: Cache<AssetId, Arc<Mutex<Option<Round>>>>,
}

/// The state of a price, and the number of its sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Priced {
    /// The price.
    pub price: PriceFact,
    /// The number of sources that gave it; none if no source did.
    pub sources: Option<u32>,
}

impl From<PriceFact> for Priced {
    /// A price without a source, or no price.
    fn from(price: PriceFact) -> Self {
        Self { price, sources: None }
    }
}

/// The answers of all sources, in their order.
#[derive(Clone)]
struct Round {
    asked_at: UnixSeconds,
    complete: bool,
    voices: Vec<Voice>,
}

impl PriceBook {
    /// Makes a book. `table` holds fixed prices; for an asset in it no source is asked.
    pub fn new(
        table: BTreeMap<AssetId, Price>,
        sources: Vec<Arc<dyn PriceSource>>,
        options: PriceOptions,
    ) -> Self {
        Self { table, sources, options, rounds: Cache::new(MAX_ASSETS) }
    }

    /// Returns the state of the price of `asset` at `now`. Concurrent calls for one asset share one round of
    /// requests.
    pub async fn price(&self, asset: &AssetId, now: UnixSeconds) -> PriceFact {
        self.price_if(asset, now, || true).await.price
    }

    /// The same, but sources are asked only if `may_ask` returns true; it is called only if a request is
    /// needed. If it returns false, the result is [`PriceFact::NotAsked`].
    pub async fn price_if(
        &self,
        asset: &AssetId,
        now: UnixSeconds,
        may_ask: impl FnOnce() -> bool + Send,
    ) -> Priced {
        if let Some(price) = self.table.get(asset) {
            let fact = if price.picos() > 0 { PriceFact::Known(*price) } else { PriceFact::Unusable };
            return fact.into();
        }
        if self.sources.is_empty() {
            return PriceFact::Unlisted.into();
        }
        let cell = self.rounds.get_with_by_ref(asset, async { Arc::default() }).await;
        let mut last = cell.lock().await;
        if !last.as_ref().is_some_and(|round| self.holds(round, now)) {
            if !may_ask() {
                return PriceFact::NotAsked.into();
            }
            // The old round stays until the new one is complete: this call may be cancelled here.
            let round = self.ask(asset, now, last.as_ref()).await;
            *last = Some(round);
        }
        let Some(round) = &*last else { return PriceFact::Unusable.into() };
        let (price, spoke) = judge(&round.voices, now, self.bounds());
        Priced { price, sources: matches!(price, PriceFact::Known(_)).then_some(spoke) }
    }

    /// Whether the price of `asset` is known, or known to be missing, without a request.
    pub async fn has(&self, asset: &AssetId, now: UnixSeconds) -> bool {
        if self.table.contains_key(asset) || self.sources.is_empty() {
            return true;
        }
        let Some(cell) = self.rounds.get(asset).await else { return false };
        let last = cell.lock().await;
        last.as_ref().is_some_and(|round| self.holds(round, now))
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            max_age: i64::from(self.options.max_age_seconds),
            max_spread_percent: self.options.max_spread_percent,
        }
    }

    /// Whether a round is still valid without new requests.
    fn holds(&self, round: &Round, now: UnixSeconds) -> bool {
        let cache = i64::from(self.options.cache_seconds);
        let usable = judge(&round.voices, now, self.bounds()).0 != PriceFact::Unusable;
        let lifetime = if round.complete && usable { cache } else { cache.min(RETRY_SECONDS) };
        let age = now.saturating_sub(round.asked_at);
        (-CLOCK_SKEW..lifetime).contains(&age)
    }

    async fn ask(&self, asset: &AssetId, now: UnixSeconds, last: Option<&Round>) -> Round {
        let answers = join_all(self.sources.iter().map(|source| self.ask_one(&**source, asset))).await;
        let complete = !answers.contains(&Answer::Failed);
        let heard = |(at, answer): (usize, Answer)| {
            let before = last.and_then(|round| round.voices.get(at)).copied();
            Voice::after(before, answer, now, self.bounds())
        };
        Round { asked_at: now, complete, voices: answers.into_iter().enumerate().map(heard).collect() }
    }

    async fn ask_one(&self, source: &dyn PriceSource, asset: &AssetId) -> Answer {
        match timeout(self.options.timeout, source.quote(asset)).await {
            Ok(Ok(Some(quote))) => Answer::Listed(quote),
            Ok(Ok(None)) => Answer::Unlisted,
            Ok(Err(error)) => {
                tracing::warn!(source = source.name(), %asset, %error, "no price");
                Answer::Failed
            }
            Err(_elapsed) => {
                tracing::warn!(source = source.name(), %asset, "no price in time");
                Answer::Failed
            }
        }
    }
}
