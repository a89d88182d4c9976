//! Which cluster a node serves, by the hash of its first block. Pure.

use waiaas_core::network::{Environment, Network};

/// Genesis hashes of mainnet-beta, devnet and testnet. Their first 32 characters are the CAIP-2 references.
pub(in crate::solana) const PUBLIC_CLUSTERS: [&str; 3] = [
    "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d",
    "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG",
    "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY",
];

/// Whether a node with this genesis hash serves `network`. A local network has no fixed hash, so any hash
/// except those of the public clusters is accepted.
pub(in crate::solana) fn serves(network: &Network, genesis_hash: &str) -> bool {
    let Some(found) = genesis_hash.get(..32) else { return false };
    match network.environment {
        Environment::Local => !PUBLIC_CLUSTERS.iter().any(|public| public.starts_with(found)),
        Environment::Mainnet | Environment::Testnet => {
            network.caip2.split_once(':').is_some_and(|(_, reference)| reference == found)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use waiaas_core::network::Networks;

    #[test]
    fn a_node_serves_its_own_cluster_only() {
        let networks = Networks::builtin();
        let network = |name| networks.find(name).expect(name);
        let mainnet = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
        let devnet = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG";
        let private = "9P5ffNZSr2zkKxNGJ8bnSgyMfEYs3nsVZy3bQQU9rfHv";
        for (name, hash, expected) in [
            ("solana-mainnet", mainnet, true),
            ("solana-mainnet", devnet, false),
            ("solana-mainnet", private, false),
            ("solana-devnet", devnet, true),
            ("solana-localnet", private, true),
            ("solana-localnet", mainnet, false),
            ("solana-localnet", devnet, false),
            ("solana-localnet", "", false),
        ] {
            assert_eq!(serves(network(name), hash), expected, "{name} {hash}");
        }
    }
}
