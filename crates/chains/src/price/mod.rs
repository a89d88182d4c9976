//! Prices: the value of one whole unit of an asset in dollars, for limits.
//!
//! [`PriceBook`] asks every [`PriceSource`] and judges the answers: they must be fresh and agree, and the
//! highest is used. The last price of a source that stopped answering must agree too. Does not belong here:
//! decimals and amounts (the chains read those) and the meaning of an unusable price for a request (the
//! policy decides).

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
        /// The reason.
        reason: String,
    },
    /// No answer in time; try again later.
    #[error("the price source did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// The source answered without a price: rate limit, bad API key, outage.
    #[error("the price source refused with HTTP {status}")]
    Refused {
        /// HTTP status.
        status: u16,
    },
    /// The answer does not follow the documented protocol, or is not a possible price.
    #[error("the price source gave an unusable answer: {reason}")]
    BadAnswer {
        /// The fault.
        reason: &'static str,
    },
}

/// A service that publishes prices.
#[async_trait]
pub trait PriceSource: Send + Sync {
    /// Its name in logs.
    fn name(&self) -> &'static str;

    /// Returns the current price, or `None` if the source does not list the asset. Never the price of another
    /// network's asset.
    ///
    /// # Errors
    ///
    /// [`PriceError::Unreachable`] if the source does not answer in time, [`PriceError::Refused`] if it
    /// answers with an HTTP error, and [`PriceError::BadAnswer`] if the answer cannot be used.
    async fn quote(&self, asset: &AssetId) -> Result<Option<Quote>, PriceError>;
}
