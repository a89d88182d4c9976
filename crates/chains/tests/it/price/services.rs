//! Fakes of the two services, in their documented formats.
#![expect(clippy::expect_used, reason = "a fake that cannot be set up ends its test")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use waiaas_chains::price::{CoinGecko, Hermes, PriceBook, PriceOptions, PriceSource, client};
use waiaas_core::UnixSeconds;
use waiaas_core::asset::AssetId;
use waiaas_core::money::Price;
use waiaas_core::policy::PriceFact;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(super) const NOW: UnixSeconds = 1_800_000_000;
pub(super) const ETH: &str = "eip155:1/slip44:60";
pub(super) const ETH_FEED: &str = "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace";
/// Listed by CoinGecko only.
pub(super) const UNI: &str = "eip155:1/erc20:0x1f9840a85d5af5bf1d1762f925bdaddc4201f984";
pub(super) const OPTIONS: PriceOptions = PriceOptions {
    max_age_seconds: 600,
    max_spread_percent: 5,
    cache_seconds: 30,
    timeout: Duration::from_secs(5),
};

pub(super) fn asset(text: &str) -> AssetId {
    text.parse().expect(text)
}

pub(super) fn known(dollars: &str) -> PriceFact {
    PriceFact::Known(Price::from_decimal(dollars).expect(dollars))
}

/// The two services.
pub(super) struct Services {
    pub(super) pyth: MockServer,
    pub(super) coingecko: MockServer,
}

impl Services {
    pub(super) async fn start() -> Self {
        Self { pyth: MockServer::start().await, coingecko: MockServer::start().await }
    }

    pub(super) fn sources(&self) -> Vec<Arc<dyn PriceSource>> {
        let client = client(Duration::from_secs(5)).expect("client");
        let hermes = Hermes::new(client.clone(), &self.pyth.uri()).expect("hermes");
        let base = format!("{}/api/v3", self.coingecko.uri());
        let coingecko = CoinGecko::new(client, &base, "").expect("coingecko");
        vec![Arc::new(hermes), Arc::new(coingecko)]
    }

    pub(super) fn book(&self) -> PriceBook {
        PriceBook::new(BTreeMap::new(), self.sources(), OPTIONS)
    }

    /// Replaces the answers of both services.
    pub(super) async fn say(&self, pyth: ResponseTemplate, coingecko: ResponseTemplate) {
        for (server, answer) in [(&self.pyth, pyth), (&self.coingecko, coingecko)] {
            server.reset().await;
            Mock::given(method("GET")).respond_with(answer).mount(server).await;
        }
    }

    pub(super) async fn requests(&self) -> (usize, usize) {
        let count = async |server: &MockServer| server.received_requests().await.expect("recorded").len();
        (count(&self.pyth).await, count(&self.coingecko).await)
    }
}

pub(super) fn ok(body: impl Into<String>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.into(), "application/json")
}

pub(super) fn down() -> ResponseTemplate {
    ResponseTemplate::new(500)
}

/// Hermes' answer for ETH.
pub(super) fn hermes(price: &str, conf: &str, expo: i64, publish_time: i64) -> ResponseTemplate {
    let observation = json!({ "price": price, "conf": conf, "expo": expo, "publish_time": publish_time });
    ok(json!({
        "binary": { "encoding": "hex", "data": ["504e41550100000003b801000000040d00"] },
        "parsed": [{
            "id": ETH_FEED,
            "price": observation,
            "ema_price": { "price": "1", "conf": "1", "expo": -8, "publish_time": publish_time },
            "metadata": { "slot": 138_881_186, "proof_available_time": publish_time, "prev_publish_time": publish_time }
        }]
    })
    .to_string())
}

pub(super) fn pyth_dollars(dollars: u64, publish_time: i64) -> ResponseTemplate {
    hermes(&(dollars * 100_000_000).to_string(), "0", -8, publish_time)
}

/// CoinGecko's answer for ETH; `usd` is JSON text, so that its digits are exactly these.
pub(super) fn gecko(usd: &str, updated: i64) -> ResponseTemplate {
    ok(format!("{{\"ethereum\":{{\"usd\":{usd},\"last_updated_at\":{updated}}}}}"))
}
