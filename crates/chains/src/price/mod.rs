//! Prices: what one whole unit of an asset is worth in dollars, for limits.
//!
//! [`PriceBook`] asks every [`PriceSource`] and judges the answers: fresh, in agreement, the higher
//! one counts. What a source said before it fell silent still has to be agreed with. What does not belong here: decimals and amounts (the chains know those) and what an
//! unusable price means for a request (the policy decides).

mod book;
mod coingecko;
mod feeds;
mod hermes;
mod http;
mod judge;
mod number;

use async_trait::async_trait;
use thiserror::Error;
use waiaas_core::UnixSeconds;
use waiaas_core::asset::AssetId;
use waiaas_core::money::Price;

pub use book::{PriceBook, PriceOptions, Priced};
pub use coingecko::{CoinGecko, read as read_coingecko};
pub use hermes::{Hermes, read as read_hermes};
pub use http::{HttpClient, client};

/// A price as one source observed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quote {
    /// Dollars per whole unit.
    pub price: Price,
    /// When the source observed it, by the source's clock.
    pub observed_at: UnixSeconds,
}

/// Why a source gave no quote. No variant carries a URL: a URL can hold an API key.
#[derive(Debug, Error)]
pub enum PriceError {
    /// The source cannot be set up; the configuration is wrong.
    #[error("the price source cannot be set up: {reason}")]
    Setup {
        /// Why.
        reason: String,
    },
    /// No answer in time; try again later.
    #[error("the price source did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// The source answered but gives nothing now: rate limit, bad API key, outage.
    #[error("the price source refused with HTTP {status}")]
    Refused {
        /// HTTP status.
        status: u16,
    },
    /// The answer is not the documented protocol, or no possible price.
    #[error("the price source gave an unusable answer: {reason}")]
    BadAnswer {
        /// What was wrong.
        reason: &'static str,
    },
}

/// One service that knows prices.
#[async_trait]
pub trait PriceSource: Send + Sync {
    /// Its name in logs.
    fn name(&self) -> &'static str;

    /// The current price, or `None` when the source does not list the asset. Never a price of
    /// another network's asset.
    async fn quote(&self, asset: &AssetId) -> Result<Option<Quote>, PriceError>;
}
