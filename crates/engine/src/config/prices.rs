//! `[prices]`: the sources of dollar values.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de};
use waiaas_core::asset::AssetId;
use waiaas_core::money::Price;

use super::error::Conflict;
use super::value::{secret, trusted_url};

/// `[prices]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Price services, each at most once. Empty: only the table is used.
    #[serde(deserialize_with = "distinct_sources")]
    #[schemars(extend("uniqueItems" = true))]
    pub sources: Vec<PriceSourceName>,
    /// Base URL of Pyth Hermes.
    #[serde(deserialize_with = "trusted_url")]
    pub pyth_url: String,
    /// Base URL of the CoinGecko API, version included.
    #[serde(deserialize_with = "trusted_url")]
    pub coingecko_url: String,
    /// CoinGecko API key, or empty.
    #[serde(deserialize_with = "secret")]
    #[schemars(with = "String")]
    pub coingecko_api_key: SecretString,
    /// Oldest observation used, in seconds.
    #[schemars(range(min = 30, max = 1_800), extend("x-unit" = "seconds"))]
    pub max_age_seconds: u32,
    /// Largest difference between services, in percent of the lower price.
    #[schemars(range(min = 1, max = 50))]
    pub max_spread_percent: u32,
    /// Seconds to wait for one service.
    #[schemars(range(min = 1, max = 30), extend("x-unit" = "seconds"))]
    timeout_seconds: u64,
    /// Seconds for which a price is reused.
    #[schemars(range(min = 1, max = 600), extend("x-unit" = "seconds"))]
    pub cache_seconds: u32,
    /// Look-ups at the services that one session may cause per minute, and at once.
    #[schemars(range(min = 1, max = 10_000))]
    pub lookups_per_session_per_minute: u32,
    /// Fixed prices; the services are not asked about an asset listed here.
    #[serde(deserialize_with = "price_table")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub table: BTreeMap<AssetId, Price>,
}

impl Prices {
    /// Time to wait for one service.
    pub const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    pub(super) fn check(&self) -> Result<(), Conflict> {
        if self.cache_seconds > self.max_age_seconds {
            let reason = format!("must be at most max_age_seconds, {}", self.max_age_seconds);
            return Err(Conflict { key: "prices.cache_seconds", reason });
        }
        Ok(())
    }
}

/// A price service.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PriceSourceName {
    /// Pyth Hermes.
    Pyth,
    /// CoinGecko.
    Coingecko,
}

fn distinct_sources<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PriceSourceName>, D::Error> {
    let sources = Vec::<PriceSourceName>::deserialize(deserializer)?;
    let repeated =
        sources.iter().enumerate().any(|(i, source)| sources.iter().skip(i + 1).any(|s| s == source));
    if repeated { Err(de::Error::custom("must not repeat a source")) } else { Ok(sources) }
}

fn price_table<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<AssetId, Price>, D::Error> {
    let mut table = BTreeMap::new();
    for (asset, dollars) in BTreeMap::<String, String>::deserialize(deserializer)? {
        let id: AssetId =
            asset.parse().map_err(|e| de::Error::custom(format_args!("keys are CAIP-19 ids: {e}")))?;
        match Price::from_decimal(&dollars) {
            Ok(price) if price.picos() > 0 => table.insert(id, price),
            Ok(_) | Err(_) => {
                let wanted = "needs decimal dollars above zero in quotes, at most 12 fraction digits, for";
                return Err(de::Error::custom(format_args!("{wanted} {asset}")));
            }
        };
    }
    Ok(table)
}
