//! Pyth feeds pinned per asset of one network. An asset without an entry is not listed: a feed is never found
//! by symbol, because anyone can name a token USDC.

use std::collections::BTreeMap;

use waiaas_core::asset::AssetId;

use super::PriceError;

const SOL: &str = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
const ETH: &str = "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace";
const POL: &str = "ffd11c5a1cfd42f80afb2df4d9f264c15f956d68153335374ec10722edd70472";
const HYPE: &str = "4279e31cc369bbcc2faf022b382b080e32a8e689ff20fbc530d2a603eb6cd98b";
const USDC: &str = "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a";
const USDT: &str = "2b89b9dc8fdf9f34709a5b106b472f0f39bb6ca9ce04b0fd7f2e971688e2e53b";
const DAI: &str = "b0948a5e5313200c632b51bb5ca32f6de0d36e9950a942d19751e833f70dabfd";

/// Main networks only. Wrapped coins redeem one for one and share the coin's feed; bridged
/// stablecoins do not and are absent.
const FEEDS: &[(&str, &str)] = &[
    ("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/slip44:501", SOL),
    ("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/token:So11111111111111111111111111111111111111112", SOL),
    ("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", USDC),
    ("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/token:Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB", USDT),
    ("eip155:1/slip44:60", ETH),
    ("eip155:1/erc20:0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", ETH),
    ("eip155:1/erc20:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", USDC),
    ("eip155:1/erc20:0xdAC17F958D2ee523a2206206994597C13D831ec7", USDT),
    ("eip155:1/erc20:0x6B175474E89094C44Da98b954EedeAC495271d0F", DAI),
    ("eip155:10/slip44:60", ETH),
    ("eip155:10/erc20:0x4200000000000000000000000000000000000006", ETH),
    ("eip155:10/erc20:0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85", USDC),
    ("eip155:137/slip44:966", POL),
    ("eip155:137/erc20:0x0d500B1d8E8eF31E21C99d1Db9A6444d3ADf1270", POL),
    ("eip155:137/erc20:0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359", USDC),
    ("eip155:999/slip44:999", HYPE),
    ("eip155:8453/slip44:60", ETH),
    ("eip155:8453/erc20:0x4200000000000000000000000000000000000006", ETH),
    ("eip155:8453/erc20:0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", USDC),
    ("eip155:42161/slip44:60", ETH),
    ("eip155:42161/erc20:0x82aF49447D8a07e3bd95BD0d56f35241523fBab1", ETH),
    ("eip155:42161/erc20:0xaf88d065e77c8cC2239327C5EDb3A432268e5831", USDC),
];

/// Feed id (32 bytes in hex, without `0x`) by asset.
pub(super) fn feeds() -> Result<BTreeMap<AssetId, &'static str>, PriceError> {
    let parse = |(asset, feed): &(&str, &'static str)| {
        let setup = |e| PriceError::Setup { reason: format!("{e}") };
        Ok((asset.parse().map_err(setup)?, *feed))
    };
    FEEDS.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use waiaas_core::network::{Environment, Networks};

    use super::*;

    #[test]
    fn every_main_network_coin_has_a_feed_and_no_test_asset_has() {
        let feeds = feeds().expect("addresses carry valid EIP-55 checksums");
        assert_eq!(feeds.len(), FEEDS.len(), "no asset twice");
        let networks = Networks::builtin();
        for network in networks.all() {
            let main = network.environment == Environment::Mainnet;
            assert_eq!(feeds.contains_key(&network.native()), main, "{}", network.id);
        }
        for (asset, feed) in &feeds {
            let network = networks.find(&asset.caip2).expect("known network");
            assert_eq!(network.environment, Environment::Mainnet, "{asset}");
            assert_eq!(hex::decode(feed).map(|bytes| bytes.len()), Ok(32), "{asset}");
        }
    }
}
