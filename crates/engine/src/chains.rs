//! The codecs of all networks, and the chains of networks with an endpoint, connected from configuration.

mod gas;
mod watch;

pub(crate) use gas::GasWatch;
pub(crate) use watch::{ChainWatch, Look};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use waiaas_chains::evm::{Erc8004, EvmChain, EvmOptions};
use waiaas_chains::price::{CoinGecko, Hermes, PriceBook, PriceOptions, PriceSource, client};
use waiaas_chains::rpc::{EndpointHealth, RpcOptions, RpcPool, http_client};
use waiaas_chains::solana::{self, SolanaChain, SolanaOptions};
use waiaas_chains::{Chain as ChainPort, Codec, ReputationSource, codec};
use waiaas_core::network::{Chain, Network, NetworkId, Networks};

use crate::config::{Commitment, Config, PriceSourceName};
use crate::error::{Error, ErrorCode, StartError};
use crate::views::NetworkStatus;

struct Served {
    rpc: RpcPool,
    chain: Arc<dyn ChainPort>,
    endpoints: usize,
}

/// The two halves of every network: its codec, which needs no endpoint, and its chain, if an endpoint is
/// configured. Connecting asks no node, so the daemon also starts while a node is down.
pub(crate) struct Chains {
    codecs: BTreeMap<NetworkId, Arc<dyn Codec>>,
    served: BTreeMap<NetworkId, Served>,
}

impl Chains {
    pub(crate) fn connect(config: &Config, networks: &Networks) -> Result<Self, StartError> {
        let failed =
            |network: &Network, reason: String| StartError::Network { network: network.id.clone(), reason };
        // One client for all chains, since each client loads the system's certificates.
        let client = http_client().map_err(|e| StartError::Http(e.to_string()))?;
        let (mut codecs, mut served) = (BTreeMap::new(), BTreeMap::new());
        for network in networks.all() {
            let formats = codec(network).map_err(|e| failed(network, e.to_string()))?;
            codecs.insert(network.id.clone(), Arc::from(formats));
            let urls = config.endpoints(&network.id).to_vec();
            if urls.is_empty() {
                continue;
            }
            let endpoints = urls.len();
            let options = RpcOptions {
                timeout: Duration::from_secs(config.rpc.timeout_seconds),
                ..RpcOptions::default()
            };
            let rpc = RpcPool::new(&network.id, urls, client.clone(), options)
                .map_err(|e| failed(network, e.to_string()))?;
            let chain = chain(config, network, rpc.clone()).map_err(|e| failed(network, e))?;
            served.insert(network.id.clone(), Served { rpc, chain, endpoints });
        }
        Ok(Self { codecs, served })
    }

    /// The codec of a network.
    pub(crate) fn codec(&self, network: &NetworkId) -> Result<Arc<dyn Codec>, Error> {
        let known = self.codecs.get(network).cloned();
        known.ok_or_else(|| {
            Error::new(ErrorCode::AdapterNotAvailable, format!("The network {network} is not configured."))
                .hint("The operator can add it under [[networks.custom]] in config.toml.")
        })
    }

    /// The chain that serves a network.
    pub(crate) fn get(&self, network: &NetworkId) -> Result<Arc<dyn ChainPort>, Error> {
        let served = self.served.get(network).ok_or_else(|| {
            Error::new(ErrorCode::AdapterNotAvailable, format!("No endpoint is configured for {network}."))
                .hint("The operator can set one under [rpc] in config.toml.")
        })?;
        Ok(served.chain.clone())
    }

    /// The health of each network's endpoints.
    pub(crate) fn health(&self) -> Vec<(NetworkId, Vec<EndpointHealth>)> {
        self.served.iter().map(|(network, served)| (network.clone(), served.rpc.health())).collect()
    }

    pub(crate) fn status(&self) -> Vec<NetworkStatus> {
        let row = |(network, served): (&NetworkId, &Served)| NetworkStatus {
            network: network.clone(),
            endpoints: served.endpoints,
            simulation_methods: served.chain.simulation_methods(),
        };
        self.served.iter().map(row).collect()
    }
}

fn chain(config: &Config, network: &Network, rpc: RpcPool) -> Result<Arc<dyn ChainPort>, String> {
    let (fees, confirmation) = (&config.fees, &config.confirmation);
    Ok(match network.chain {
        Chain::Ethereum => {
            let options = EvmOptions {
                max_priority_fee_per_gas: u128::try_from(fees.evm_max_priority_wei).unwrap_or(u128::MAX),
                confirmations: confirmation.evm_blocks(network.environment),
                finality: network.finality,
                least_finality_depth: confirmation.evm_finality_depth,
                ..EvmOptions::for_environment(network.environment)
            };
            Arc::new(EvmChain::new(network.clone(), rpc, options).map_err(|e| e.to_string())?)
        }
        Chain::Solana => {
            let options = SolanaOptions {
                priority_fee_cap: fees.solana_max_micro_lamports_per_cu,
                commitment: match confirmation.solana_commitment {
                    Commitment::Confirmed => solana::Commitment::Confirmed,
                    Commitment::Finalized => solana::Commitment::Finalized,
                },
                ..SolanaOptions::default()
            };
            Arc::new(SolanaChain::new(network.clone(), rpc, options))
        }
    })
}

/// The configured registries; none if no agent is named.
pub(crate) fn reputation(
    config: &Config,
    networks: &Networks,
    chains: &Chains,
) -> Result<Option<Arc<dyn ReputationSource>>, StartError> {
    let settings = &config.reputation;
    if settings.agents.is_empty() {
        return Ok(None);
    }
    let id = settings.network();
    let failed = |reason: &str| StartError::Network { network: id.clone(), reason: reason.to_owned() };
    let (Some(network), Some(served)) = (networks.get(&id), chains.served.get(&id)) else {
        return Err(failed("the registries of [reputation] are on it, and it has no node"));
    };
    let registries = settings.registries().ok_or_else(|| failed("no registries are known on it"))?;
    let (identity, reputation) = (registries.identity, registries.reputation);
    let source = Erc8004::new(network, &served.rpc, identity, reputation, &settings.clients);
    Ok(Some(Arc::new(source.map_err(|e| failed(&e.to_string()))?)))
}

/// The price book as configured.
pub(crate) fn price_book(config: &Config) -> Result<PriceBook, StartError> {
    let prices = &config.prices;
    let failed = |e: waiaas_chains::price::PriceError| StartError::Prices(e.to_string());
    let mut sources: Vec<Arc<dyn PriceSource>> = Vec::new();
    let http = client(prices.timeout()).map_err(failed)?;
    for name in &prices.sources {
        let http = http.clone();
        sources.push(match name {
            PriceSourceName::Pyth => Arc::new(Hermes::new(http, &prices.pyth_url).map_err(failed)?),
            PriceSourceName::Coingecko => {
                let key = prices.coingecko_api_key.expose_secret();
                Arc::new(CoinGecko::new(http, &prices.coingecko_url, key).map_err(failed)?)
            }
        });
    }
    let options = PriceOptions {
        max_age_seconds: prices.max_age_seconds,
        max_spread_percent: prices.max_spread_percent,
        cache_seconds: prices.cache_seconds,
        timeout: prices.timeout(),
    };
    Ok(PriceBook::new(prices.table.clone(), sources, options))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_network_that_no_node_serves_has_its_formats() {
        let text = "[rpc]\nevm_localnet = []\n";
        let config = Config::from_parts(Some((Path::new("config.toml"), text)), [], []).expect("settings");
        let networks = config.networks().expect("networks");
        let chains = Chains::connect(&config, &networks).expect("asks nobody");
        for network in networks.all() {
            assert_eq!(chains.codec(&network.id).expect("formats").network().id, network.id);
            assert_eq!(chains.get(&network.id).is_ok(), !config.endpoints(&network.id).is_empty());
        }
        assert!(chains.get(&NetworkId::new("evm-localnet")).is_err());
        assert!(chains.codec(&NetworkId::new("nowhere")).is_err());
    }
}
