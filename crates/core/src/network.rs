//! Chains, environments and the networks this build knows (plus custom EVM chains by configuration).

mod finality;

pub use finality::Finality;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::asset::{AssetId, AssetKind};
use crate::nearest;

/// A family of blockchains. `ethereum` means every EVM network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chain {
    /// Solana clusters; Ed25519 keys.
    Solana,
    /// EVM networks; secp256k1 keys.
    Ethereum,
}

impl Chain {
    /// The wire name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Solana => "solana",
            Self::Ethereum => "ethereum",
        }
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kind of money on a network. A wallet stays in one environment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Real money.
    Mainnet,
    /// Public test networks.
    Testnet,
    /// Nodes on this machine.
    Local,
}

impl Environment {
    /// The wire name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mainnet => "mainnet",
            Self::Testnet => "testnet",
            Self::Local => "local",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A network's canonical name, such as `base-mainnet`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NetworkId(Arc<str>);

impl NetworkId {
    /// Wraps a slug. Whether the network exists is decided by [`Networks`].
    pub fn new(slug: &str) -> Self {
        Self(slug.into())
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NetworkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Network {
    /// Canonical name.
    pub id: NetworkId,
    /// CAIP-2 id, such as `eip155:8453`.
    pub caip2: Arc<str>,
    /// Family.
    pub chain: Chain,
    /// Kind of money.
    pub environment: Environment,
    /// EIP-155 chain id; absent on Solana.
    pub evm_chain_id: Option<u64>,
    /// Symbol of the native coin.
    pub native_symbol: Arc<str>,
    /// Decimals of the native coin.
    pub native_decimals: u8,
    /// SLIP-44 coin type of the native coin, as used in CAIP-19.
    pub slip44: u32,
    /// When its blocks are final.
    pub finality: Finality,
    /// Whether it charges for a transaction's data in addition to its gas, as OP-stack networks do.
    pub has_data_fee: bool,
}

impl Network {
    /// The reference of its CAIP-2 id: the part after the namespace.
    pub fn reference(&self) -> &str {
        self.caip2.split_once(':').map_or("", |(_, reference)| reference)
    }

    /// The native coin as an asset.
    pub fn native(&self) -> AssetId {
        AssetId { caip2: self.caip2.clone(), kind: AssetKind::Native { slip44: self.slip44 } }
    }
}

fn did_you_mean(meant: Option<&str>) -> String {
    meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default()
}

/// Why a network cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NetworkError {
    /// No network has this name.
    #[error("there is no network '{name}'{}", did_you_mean(.meant.as_deref()))]
    Unknown {
        /// The name given.
        name: String,
        /// The nearest known name, if the given one is probably a typing mistake.
        meant: Option<String>,
    },
    /// The wallet's chain and environment have several networks and none was named.
    #[error("name a network: this wallet can use {}", .0.join(", "))]
    Required(Vec<String>),
    /// The network belongs to another chain or environment than the wallet.
    #[error("the wallet is on {chain} {environment}, which has no network '{network}'")]
    Mismatch {
        /// The network asked for.
        network: String,
        /// The wallet's chain.
        chain: Chain,
        /// The wallet's environment.
        environment: Environment,
    },
    /// A custom network has the name or chain id of another network.
    #[error("the network '{0}' is defined twice")]
    Duplicate(String),
}

impl NetworkError {
    /// An unknown network, without a suggestion.
    pub(crate) fn unknown(name: impl Into<String>) -> Self {
        Self::Unknown { name: name.into(), meant: None }
    }
}

/// All networks known to this daemon.
#[derive(Clone, Debug)]
pub struct Networks(BTreeMap<NetworkId, Network>);

/// slug, CAIP-2, environment, symbol, slip44
type Row = (&'static str, &'static str, Environment, &'static str, u32);

const EVM: &[(Row, u64)] = &[
    (("ethereum-mainnet", "eip155:1", Environment::Mainnet, "ETH", 60), 1),
    (("ethereum-sepolia", "eip155:11155111", Environment::Testnet, "ETH", 60), 11_155_111),
    (("polygon-mainnet", "eip155:137", Environment::Mainnet, "POL", 966), 137),
    (("polygon-amoy", "eip155:80002", Environment::Testnet, "POL", 966), 80_002),
    (("arbitrum-mainnet", "eip155:42161", Environment::Mainnet, "ETH", 60), 42_161),
    (("arbitrum-sepolia", "eip155:421614", Environment::Testnet, "ETH", 60), 421_614),
    (("optimism-mainnet", "eip155:10", Environment::Mainnet, "ETH", 60), 10),
    (("optimism-sepolia", "eip155:11155420", Environment::Testnet, "ETH", 60), 11_155_420),
    (("base-mainnet", "eip155:8453", Environment::Mainnet, "ETH", 60), 8_453),
    (("base-sepolia", "eip155:84532", Environment::Testnet, "ETH", 60), 84_532),
    (("hyperevm-mainnet", "eip155:999", Environment::Mainnet, "HYPE", 999), 999),
    (("hyperevm-testnet", "eip155:998", Environment::Testnet, "HYPE", 999), 998),
    (("evm-localnet", "eip155:31337", Environment::Local, "ETH", 60), 31_337),
];

const SOLANA: &[Row] = &[
    ("solana-mainnet", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", Environment::Mainnet, "SOL", 501),
    ("solana-devnet", "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1", Environment::Testnet, "SOL", 501),
    ("solana-testnet", "solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z", Environment::Testnet, "SOL", 501),
    // A local cluster has no fixed genesis hash, so the reference is a name.
    ("solana-localnet", "solana:localnet", Environment::Local, "SOL", 501),
];

/// Number of blocks after which a block counts as final where a node does not support `finalized`. It is the
/// time that the network itself takes, rounded up. Networks that settle on Ethereum are final with it.
fn finality(slug: &str, environment: Environment) -> Finality {
    let else_blocks = match slug {
        // More than two epochs of 12-second blocks.
        "ethereum-mainnet" | "ethereum-sepolia" => 96,
        // Milestones take about a minute; 2 seconds a block.
        "polygon-mainnet" | "polygon-amoy" => 256,
        // Half an hour, 4 blocks a second.
        "arbitrum-mainnet" | "arbitrum-sepolia" => 7_200,
        // Half an hour, 2 seconds a block.
        "optimism-mainnet" | "optimism-sepolia" | "base-mainnet" | "base-sepolia" => 900,
        // Every block is voted on before it is published.
        "hyperevm-mainnet" | "hyperevm-testnet" => 12,
        _ => return Finality::of(environment),
    };
    Finality::Finalized { else_blocks }
}

/// Whether a built-in network is of the OP stack.
fn has_data_fee(slug: &str) -> bool {
    matches!(slug, "optimism-mainnet" | "optimism-sepolia" | "base-mainnet" | "base-sepolia")
}

impl Networks {
    /// The built-in networks.
    pub fn builtin() -> Self {
        let mut map = BTreeMap::new();
        let rows = EVM.iter().map(|(row, id)| (row, Chain::Ethereum, Some(*id), 18));
        let rows = rows.chain(SOLANA.iter().map(|row| (row, Chain::Solana, None, 9)));
        for ((slug, caip2, environment, symbol, slip44), chain, evm_chain_id, decimals) in rows {
            let network = Network {
                id: NetworkId::new(slug),
                caip2: (*caip2).into(),
                chain,
                environment: *environment,
                evm_chain_id,
                native_symbol: (*symbol).into(),
                native_decimals: decimals,
                slip44: *slip44,
                finality: finality(slug, *environment),
                has_data_fee: has_data_fee(slug),
            };
            map.insert(network.id.clone(), network);
        }
        Self(map)
    }

    /// Adds a network from the configuration.
    ///
    /// # Errors
    ///
    /// [`NetworkError::Duplicate`] if a network of the same name or CAIP-2 id exists.
    pub fn add(&mut self, network: Network) -> Result<(), NetworkError> {
        if self.0.values().any(|n| n.id == network.id || n.caip2 == network.caip2) {
            return Err(NetworkError::Duplicate(network.id.to_string()));
        }
        self.0.insert(network.id.clone(), network);
        Ok(())
    }

    /// By canonical name.
    pub fn get(&self, id: &NetworkId) -> Option<&Network> {
        self.0.get(id)
    }

    /// By canonical name, CAIP-2 id, or one of the old Solana words.
    ///
    /// # Errors
    ///
    /// [`NetworkError::Unknown`] if there is no such network.
    pub fn find(&self, text: &str) -> Result<&Network, NetworkError> {
        let slug = match text {
            "mainnet" => "solana-mainnet",
            "devnet" => "solana-devnet",
            "testnet" => "solana-testnet",
            other => other,
        };
        self.0
            .get(&NetworkId::new(slug))
            .or_else(|| self.0.values().find(|n| &*n.caip2 == text))
            .ok_or_else(|| NetworkError::Unknown { name: text.to_owned(), meant: self.meant(text) })
    }

    fn meant(&self, text: &str) -> Option<String> {
        nearest(text, self.0.keys().map(NetworkId::as_str)).map(str::to_owned)
    }

    /// Every network of a chain and environment, by name.
    pub fn of(&self, chain: Chain, environment: Environment) -> impl Iterator<Item = &Network> {
        self.0.values().filter(move |n| n.chain == chain && n.environment == environment)
    }

    /// All networks, by name.
    pub fn all(&self) -> impl Iterator<Item = &Network> {
        self.0.values()
    }

    /// The network of a wallet's request: the one named, else the default of [`Self::default_for`].
    ///
    /// # Errors
    ///
    /// [`NetworkError`] if there is no such network, if it is on another chain or environment, or if none is
    /// named and the chain and environment have no default.
    pub fn resolve(
        &self,
        named: Option<&str>,
        chain: Chain,
        environment: Environment,
    ) -> Result<&Network, NetworkError> {
        let Some(text) = named else {
            return self.default_for(chain, environment);
        };
        let network = self.find(text)?;
        if network.chain == chain && network.environment == environment {
            Ok(network)
        } else {
            Err(NetworkError::Mismatch { network: text.to_owned(), chain, environment })
        }
    }

    /// The network of a request that names none, for wallets without a network of their own.
    ///
    /// # Errors
    ///
    /// [`NetworkError::Required`] if the chain and environment have several networks.
    pub fn default_for(&self, chain: Chain, environment: Environment) -> Result<&Network, NetworkError> {
        let fixed = match (chain, environment) {
            (Chain::Solana, Environment::Testnet) => Some("solana-devnet"),
            (Chain::Solana, Environment::Mainnet) => Some("solana-mainnet"),
            (Chain::Solana, Environment::Local) => Some("solana-localnet"),
            (Chain::Ethereum, Environment::Local) => Some("evm-localnet"),
            (Chain::Ethereum, Environment::Mainnet | Environment::Testnet) => None,
        };
        match fixed {
            Some(slug) => self.find(slug),
            None => {
                Err(NetworkError::Required(self.of(chain, environment).map(|n| n.id.to_string()).collect()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_networks_wait_for_what_they_call_final_and_local_ones_for_one_block() {
        for network in Networks::builtin().all() {
            match network.environment {
                Environment::Local => assert_eq!(network.finality, Finality::Blocks(1)),
                Environment::Mainnet | Environment::Testnet => {
                    assert!(matches!(network.finality, Finality::Finalized { else_blocks: 12.. }));
                }
            }
        }
    }

    #[test]
    fn resolves_names_and_refuses_foreign_ones() {
        let networks = Networks::builtin();
        let find = |n, c, e| networks.resolve(n, c, e).map(|n| n.id.to_string());
        assert_eq!(find(None, Chain::Solana, Environment::Testnet), Ok("solana-devnet".into()));
        assert_eq!(
            find(Some("eip155:84532"), Chain::Ethereum, Environment::Testnet),
            Ok("base-sepolia".into())
        );
        assert!(matches!(
            find(Some("base-mainnet"), Chain::Ethereum, Environment::Testnet),
            Err(NetworkError::Mismatch { .. })
        ));
        assert!(matches!(find(None, Chain::Ethereum, Environment::Testnet), Err(NetworkError::Required(_))));
        assert!(matches!(
            find(Some("nope"), Chain::Solana, Environment::Testnet),
            Err(NetworkError::Unknown { .. })
        ));
    }
}
