//! Pyth's Hermes service, `GET /v2/updates/price/latest` (Hermes API version 2).

use std::collections::BTreeMap;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use waiaas_core::asset::AssetId;

use super::feeds::feeds;
use super::http::{self, HttpClient};
use super::{PriceError, PriceSource, Quote, number};

/// The Hermes service: prices of pinned feeds.
#[derive(Debug)]
pub struct Hermes {
    client: HttpClient,
    base: Url,
    feeds: BTreeMap<AssetId, &'static str>,
}

#[derive(Deserialize)]
struct Latest {
    parsed: Vec<Update>,
}

#[derive(Deserialize)]
struct Update {
    id: String,
    price: Observation,
}

/// Whole numbers as text; the value is `price × 10^expo`, give or take `conf × 10^expo`.
#[derive(Deserialize)]
struct Observation {
    price: String,
    conf: String,
    expo: i32,
    publish_time: i64,
}

impl Hermes {
    /// Makes the source for the service at `base`, such as `https://hermes.pyth.network`.
    ///
    /// # Errors
    ///
    /// [`PriceError::Setup`] if `base` is not a base URL.
    pub fn new(client: HttpClient, base: &str) -> Result<Self, PriceError> {
        Ok(Self { client, base: http::base(base)?, feeds: feeds()? })
    }
}

#[async_trait]
impl PriceSource for Hermes {
    fn name(&self) -> &'static str {
        "pyth"
    }

    async fn quote(&self, asset: &AssetId) -> Result<Option<Quote>, PriceError> {
        let Some(feed) = self.feeds.get(asset) else {
            return Ok(None);
        };
        let path = ["v2", "updates", "price", "latest"];
        let id = format!("0x{feed}");
        let url = http::at(&self.base, &path, &[("ids[]", &id), ("parsed", "true")]);
        let body = http::get(&self.client, url, HeaderMap::new()).await?;
        read(&body, feed).map(Some)
    }
}

/// Reads an answer about `feed`, a feed id in hex.
///
/// # Errors
///
/// [`PriceError::BadAnswer`] if the body is not the documented JSON, has no entry for `feed`, or no price
/// above zero within the range of [`Price`](waiaas_core::money::Price).
pub fn read(body: &[u8], feed: &str) -> Result<Quote, PriceError> {
    let bad = |reason| PriceError::BadAnswer { reason };
    let latest: Latest = serde_json::from_slice(body).map_err(|_| bad("not the documented JSON"))?;
    let same = |update: &&Update| update.id.trim_start_matches("0x").eq_ignore_ascii_case(feed);
    let update = latest.parsed.iter().find(same).ok_or(bad("the requested feed is missing"))?;
    let Observation { price, conf, expo, publish_time } = &update.price;
    let price: i64 = price.parse().map_err(|_| bad("the price is not a whole number"))?;
    let conf: u64 = conf.parse().map_err(|_| bad("the confidence is not a whole number"))?;
    let mantissa = u128::try_from(price).ok().filter(|m| *m > 0).ok_or(bad("the price is not above zero"))?;
    // Pyth reports an interval. Its upper end is used, to the agent's disadvantage.
    let upper = mantissa.checked_add(conf.into()).ok_or(bad("the price is out of range"))?;
    let price = number::scaled(upper, *expo).ok_or(bad("the price is out of range"))?;
    Ok(Quote { price, observed_at: *publish_time })
}
