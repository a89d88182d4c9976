//! `[[networks.custom]]`: EVM networks beyond the built-in ones.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use waiaas_core::network::{Chain, Environment, Finality, Network, NetworkId};

use super::rpc::urls;
use super::value::within;

/// Old names of Solana clusters. Requests may still use them, so no network may take one.
const TAKEN: [&str; 3] = ["mainnet", "devnet", "testnet"];

/// `[networks]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomNetworks {
    /// The networks in the order of the file.
    pub custom: Vec<CustomNetwork>,
}

/// One EVM network.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomNetwork {
    /// Its name, such as `gnosis-mainnet`.
    #[serde(deserialize_with = "slug")]
    #[schemars(regex(pattern = "^[a-z][a-z0-9-]{0,39}$"))]
    pub id: String,
    /// EIP-155 chain id.
    #[serde(deserialize_with = "within::<1, { i64::MAX }, _, _>")]
    #[schemars(range(min = 1, max = i64::MAX))]
    pub chain_id: u64,
    /// Kind of money on it.
    #[schemars(with = "String", extend("enum" = ["mainnet", "testnet", "local"]))]
    pub environment: Environment,
    /// Symbol of its native coin, which has 18 decimals on every EVM network.
    #[serde(deserialize_with = "symbol")]
    #[schemars(regex(pattern = "^[A-Za-z0-9]{1,10}$"))]
    pub native_symbol: String,
    /// SLIP-44 coin type of the native coin.
    #[serde(default = "ether", deserialize_with = "within::<0, 2_147_483_647, _, _>")]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub slip44: u32,
    /// Whether it is of the OP stack, which charges for a transaction's data beside its gas.
    #[serde(default)]
    pub op_stack: bool,
    /// URLs of nodes in order of preference.
    #[serde(deserialize_with = "some_urls")]
    #[schemars(length(min = 1))]
    pub rpc: Vec<String>,
}

impl CustomNetwork {
    /// Returns the network in the form that the rest of the program uses.
    pub fn network(&self) -> Network {
        Network {
            id: NetworkId::new(&self.id),
            caip2: format!("eip155:{}", self.chain_id).into(),
            chain: Chain::Ethereum,
            environment: self.environment,
            evm_chain_id: Some(self.chain_id),
            native_symbol: self.native_symbol.as_str().into(),
            native_decimals: 18,
            slip44: self.slip44,
            finality: Finality::of(self.environment),
            has_data_fee: self.op_stack,
        }
    }
}

impl fmt::Debug for CustomNetwork {
    /// Leaves out the URLs, which may contain API keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomNetwork({}, eip155:{}, {})", self.id, self.chain_id, self.environment)
    }
}

const fn ether() -> u32 {
    60
}

fn slug<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let shaped = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 40;
    if shaped && !TAKEN.contains(&text.as_str()) {
        Ok(text)
    } else {
        Err(de::Error::custom("needs an id of 1 to 40 lower-case letters, digits and dashes, first a letter"))
    }
}

fn symbol<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Ok(text)
    } else {
        Err(de::Error::custom("needs a native_symbol of 1 to 10 letters and digits"))
    }
}

fn some_urls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let urls = urls(deserializer)?;
    if urls.is_empty() { Err(de::Error::custom("needs at least one URL in rpc")) } else { Ok(urls) }
}
