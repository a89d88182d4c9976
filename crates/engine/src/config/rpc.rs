//! `[rpc]`: the nodes of the built-in networks.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, de};
use url::{Host, Url};
use waiaas_core::network::{Chain, Network, NetworkId, Networks};

use super::value::is_http_url;

/// `[rpc]`. `Debug` shows no URL: providers put API keys into them.
#[derive(Clone)]
pub struct Rpc {
    /// Seconds to wait for one answer of one node.
    pub timeout_seconds: u64,
    endpoints: BTreeMap<NetworkId, Vec<String>>,
}

impl Rpc {
    /// Returns the URLs of a built-in network's nodes in order of preference. Empty: the network is off.
    pub fn endpoints(&self, network: &NetworkId) -> &[String] {
        self.endpoints.get(network).map_or(&[], Vec::as_slice)
    }
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: BTreeMap<_, _> =
            self.endpoints.iter().map(|(id, urls)| (id.as_str(), urls.len())).collect();
        f.debug_struct("Rpc")
            .field("timeout_seconds", &self.timeout_seconds)
            .field("endpoints", &counts)
            .finish()
    }
}

/// Returns the key of a built-in network: `solana_devnet`, `evm_base_mainnet`, `evm_localnet`.
fn key_of(network: &Network) -> String {
    let slug = network.id.as_str().replace('-', "_");
    match network.chain {
        Chain::Ethereum if !slug.starts_with("evm_") => format!("evm_{slug}"),
        Chain::Ethereum | Chain::Solana => slug,
    }
}

/// Reads a list of node URLs.
pub(super) fn urls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let urls = Vec::<String>::deserialize(deserializer)?;
    if !urls.iter().all(|url| is_http_url(url)) {
        return Err(de::Error::custom("must be http or https URLs"));
    }
    let mut places = BTreeSet::new();
    if urls.iter().filter_map(|url| place(url)).all(|place| places.insert(place)) {
        Ok(urls)
    } else {
        Err(de::Error::custom("names one node twice; nodes confirm each other, so each must be another one"))
    }
}

/// Returns host, port and path of a URL, which identify the node. Scheme, login and query do not.
fn place(url: &str) -> Option<(String, Option<u16>, String)> {
    let url = Url::parse(url).ok()?;
    let host = match url.host()? {
        Host::Domain(name) => name.trim_end_matches('.').to_lowercase(),
        Host::Ipv4(ip) => ip.to_string(),
        Host::Ipv6(ip) => ip.to_canonical().to_string(),
    };
    let host = if matches!(host.as_str(), "localhost" | "::1") { "127.0.0.1".to_owned() } else { host };
    Some((host, url.port_or_known_default(), url.path().trim_end_matches('/').to_owned()))
}

#[derive(Deserialize)]
struct Urls(#[serde(deserialize_with = "urls")] Vec<String>);

#[derive(Deserialize, JsonSchema)]
struct Wire {
    #[schemars(range(min = 1, max = 60), extend("x-unit" = "seconds"))]
    timeout_seconds: u64,
    #[serde(flatten)]
    #[schemars(skip)]
    endpoints: BTreeMap<String, Urls>,
}

impl JsonSchema for Rpc {
    fn schema_name() -> Cow<'static, str> {
        "Rpc".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Wire::json_schema(generator);
        let urls = generator.subschema_for::<Vec<String>>();
        if let Some(properties) = schema.get_mut("properties").and_then(|value| value.as_object_mut()) {
            let keys = Networks::builtin().all().map(key_of).collect::<Vec<_>>();
            properties.extend(keys.into_iter().map(|key| (key, urls.clone().into())));
        }
        schema.insert("additionalProperties".to_owned(), false.into());
        schema
    }
}

impl<'de> Deserialize<'de> for Rpc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire { timeout_seconds, endpoints: mut given } = Wire::deserialize(deserializer)?;
        let mut endpoints = BTreeMap::new();
        for network in Networks::builtin().all() {
            let key = key_of(network);
            let Urls(urls) =
                given.remove(&key).ok_or_else(|| de::Error::custom(format_args!("lacks {key}")))?;
            endpoints.insert(network.id.clone(), urls);
        }
        match given.keys().next() {
            Some(unknown) => Err(de::Error::custom(format_args!("has no network key {unknown}"))),
            None => Ok(Self { timeout_seconds, endpoints }),
        }
    }
}
