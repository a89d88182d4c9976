//! CoinGecko API v3: `GET /simple/price` for coins, `GET /simple/token_price/{platform}` for tokens.

use std::collections::BTreeMap;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;
use waiaas_core::asset::{AssetId, AssetKind};

use super::http::{self, HttpClient};
use super::{PriceError, PriceSource, Quote, number};

/// CoinGecko's ids of native coins, main networks only.
const COINS: &[(&str, &str)] = &[
    ("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/slip44:501", "solana"),
    ("eip155:1/slip44:60", "ethereum"),
    ("eip155:10/slip44:60", "ethereum"),
    ("eip155:8453/slip44:60", "ethereum"),
    ("eip155:42161/slip44:60", "ethereum"),
    ("eip155:137/slip44:966", "polygon-ecosystem-token"),
    ("eip155:999/slip44:999", "hyperliquid"),
];

/// CoinGecko's ids of main networks whose tokens it prices by contract.
const PLATFORMS: &[(&str, &str)] = &[
    ("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "solana"),
    ("eip155:1", "ethereum"),
    ("eip155:10", "optimistic-ethereum"),
    ("eip155:137", "polygon-pos"),
    ("eip155:8453", "base"),
    ("eip155:42161", "arbitrum-one"),
];

/// The host that takes paid keys; all others take demo keys.
const PRO_HOST: &str = "pro-api.coingecko.com";

/// The CoinGecko service: prices of coins, and of tokens by contract.
#[derive(Debug)]
pub struct CoinGecko {
    client: HttpClient,
    base: Url,
    headers: HeaderMap,
}

/// By coin id or contract. The number is kept as text, so that no digit is lost.
type Answer<'a> = BTreeMap<String, Entry<'a>>;

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    usd: Option<&'a RawValue>,
    last_updated_at: Option<i64>,
}

impl CoinGecko {
    /// Makes the source for the service at `base`, such as `https://api.coingecko.com/api/v3`; `key` may be
    /// empty.
    ///
    /// # Errors
    ///
    /// [`PriceError::Setup`] if `base` is not a base URL or `key` cannot be sent in a header.
    pub fn new(client: HttpClient, base: &str, key: &str) -> Result<Self, PriceError> {
        let base = http::base(base)?;
        let mut headers = HeaderMap::new();
        if !key.is_empty() {
            let setup = |_| PriceError::Setup { reason: "the CoinGecko API key is not printable".to_owned() };
            let mut value = HeaderValue::from_str(key).map_err(setup)?;
            value.set_sensitive(true);
            let pro = base.host_str() == Some(PRO_HOST);
            let name = if pro { "x-cg-pro-api-key" } else { "x-cg-demo-api-key" };
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(Self { client, base, headers })
    }

    async fn ask(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        wanted: &str,
    ) -> Result<Option<Quote>, PriceError> {
        let fixed = [("vs_currencies", "usd"), ("include_last_updated_at", "true"), ("precision", "full")];
        let url = http::at(&self.base, path, &[query, &fixed].concat());
        let body = http::get(&self.client, url, self.headers.clone()).await?;
        read(&body, wanted)
    }
}

#[async_trait]
impl PriceSource for CoinGecko {
    fn name(&self) -> &'static str {
        "coingecko"
    }

    async fn quote(&self, asset: &AssetId) -> Result<Option<Quote>, PriceError> {
        match asset.kind {
            AssetKind::Native { .. } => {
                let Some(coin) = find(COINS, &asset.to_string()) else {
                    return Ok(None);
                };
                self.ask(&["simple", "price"], &[("ids", coin)], coin).await
            }
            AssetKind::Token(_) => {
                let Some(platform) = find(PLATFORMS, &asset.caip2) else {
                    return Ok(None);
                };
                // CAIP-19 writes contracts as CoinGecko keys them: EVM in lower case, base58 as it is.
                let text = asset.to_string();
                let contract = text.rsplit(':').next().unwrap_or_default();
                let query = [("contract_addresses", contract)];
                self.ask(&["simple", "token_price", platform], &query, contract).await
            }
        }
    }
}

fn find(table: &[(&str, &'static str)], key: &str) -> Option<&'static str> {
    table.iter().find(|(name, _)| *name == key).map(|(_, id)| *id)
}

/// Reads an answer about the coin or contract `wanted`. `{}` and an entry without a price both mean that it
/// is not listed.
///
/// # Errors
///
/// [`PriceError::BadAnswer`] if the body is not the documented JSON, has no entry for `wanted`, no time, or
/// no price above zero within the range of [`Price`](waiaas_core::money::Price).
pub fn read(body: &[u8], wanted: &str) -> Result<Option<Quote>, PriceError> {
    let bad = |reason| PriceError::BadAnswer { reason };
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(|_| bad("not the documented JSON"))?;
    if answer.is_empty() {
        return Ok(None);
    }
    let entry = answer.get(wanted).ok_or(bad("the requested asset is missing"))?;
    let Some(usd) = entry.usd else {
        return Ok(None);
    };
    let price = number::decimal(usd.get()).ok_or(bad("the price is not a valid number"))?;
    if price.picos() == 0 {
        return Err(bad("the price is not above zero"));
    }
    let observed_at = entry.last_updated_at.ok_or(bad("the time of the price is missing"))?;
    Ok(Some(Quote { price, observed_at }))
}

#[cfg(test)]
mod tests {
    use waiaas_core::network::{Environment, Networks};

    use super::*;

    #[test]
    fn every_main_network_coin_is_known_and_no_test_asset_is() {
        let networks = Networks::builtin();
        for network in networks.all() {
            let main = network.environment == Environment::Mainnet;
            assert_eq!(find(COINS, &network.native().to_string()).is_some(), main, "{}", network.id);
            assert!(main || find(PLATFORMS, &network.caip2).is_none(), "{}", network.id);
        }
        for (caip2, _) in PLATFORMS {
            networks.find(caip2).expect(caip2);
        }
    }
}
