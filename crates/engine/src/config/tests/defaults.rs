//! The values of settings that are not given.

use std::path::{Path, PathBuf};

use waiaas_core::U256;
use waiaas_core::network::{Environment, NetworkId};

use super::*;

#[test]
fn the_defaults_are_a_complete_configuration() {
    let config = Config::built_in().expect("defaults");
    assert_eq!(config.daemon.listen().to_string(), "127.0.0.1:3100");
    assert_eq!(config.daemon.log_level.as_str(), "info");
    assert_eq!(config.daemon.pid_path(Path::new("/data")), PathBuf::from("/data/daemon.pid"));
    assert_eq!(config.fees.evm_max_priority_wei, U256::from(100_000_000_000u64));
    assert_eq!(config.security.session_ttl, 86_400);
    assert_eq!(config.policy.unsimulated, Unsimulated::Approval);
    assert_eq!(config.confirmation.evm_blocks(Environment::Mainnet), 2);
    assert_eq!(config.prices.sources, [PriceSourceName::Pyth, PriceSourceName::Coingecko]);
    let target = config.database.target(Path::new("/data"));
    assert!(matches!(target, DatabaseTarget::Sqlite(path) if path == Path::new("/data/data/waiaas.db")));
}

#[test]
fn the_defaults_list_every_key_once_each_with_a_comment() {
    // No section has a default of its own, so a key missing from the file fails to parse.
    for (section, content) in &defaults() {
        for key in content.as_table().expect("section").keys() {
            let mut less = defaults();
            less.get_mut(section).and_then(Value::as_table_mut).expect("section").remove(key);
            assert!(Config::from_table(&less).is_err(), "{section}.{key} is not needed");
        }
    }
    let lines: Vec<&str> = DEFAULTS.lines().collect();
    for pair in lines.windows(2) {
        let [before, line] = pair else { unreachable!() };
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(before.starts_with("# "), "no comment above: {line}");
        }
    }
}

#[test]
fn every_built_in_network_has_nodes_and_every_test_coin_a_price() {
    let config = Config::built_in().expect("defaults");
    let networks = config.networks().expect("networks");
    for network in networks.all() {
        assert!(!config.endpoints(&network.id).is_empty(), "{}", network.id);
        let priced = config.prices.table.contains_key(&network.native());
        assert_eq!(priced, network.environment != Environment::Mainnet, "{}", network.id);
    }
    for asset in config.prices.table.keys() {
        let network = networks.find(&asset.caip2).expect("network");
        assert_ne!(network.environment, Environment::Mainnet, "{asset}");
    }
    assert!(config.endpoints(&NetworkId::new("nowhere")).is_empty());
}

#[test]
fn shipped_token_addresses_are_the_published_ones() {
    // Mixed case carries the EIP-55 checksum, so a mistyped digit would not parse.
    let config = Config::built_in().expect("defaults");
    for id in [
        "eip155:11155111/erc20:0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238",
        "eip155:421614/erc20:0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d",
        "eip155:11155420/erc20:0x5fd84259d66Cd46123540766Be93DFE6D43130D7",
        "eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e",
        "eip155:80002/erc20:0x41E94Eb019C0762f9Bfcf9Fb1E58725BfB0e7582",
    ] {
        assert!(config.prices.table.contains_key(&id.parse().expect(id)), "{id}");
    }
}

#[test]
fn what_no_node_can_run_is_denied_or_approved_and_nothing_else() {
    let config = file("[policy]\nunsimulated = \"deny\"").expect("accepted");
    assert_eq!(config.policy.unsimulated, Unsimulated::Deny);
    for laxer in ["instant", "notify", "delay", "", "Deny"] {
        let text = format!("[policy]\nunsimulated = \"{laxer}\"");
        refused(file(&text), "/data/config.toml", "policy.unsimulated");
    }
}
