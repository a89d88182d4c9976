//! Custom networks, and the table of prices.

use waiaas_core::asset::AssetId;
use waiaas_core::money::Price;

use super::*;

const GNOSIS: &str = "[[networks.custom]]\nid = \"gnosis-mainnet\"\nchain_id = 100\nenvironment = \"mainnet\"\n\
    native_symbol = \"XDAI\"\nrpc = [\"https://rpc.example/secret-key\"]\n";

#[test]
fn custom_networks_join_the_built_in_ones() {
    let config = file(&format!("{GNOSIS}slip44 = 700\n")).expect("custom");
    let networks = config.networks().expect("networks");
    let gnosis = networks.find("eip155:100").expect("gnosis");
    assert_eq!(gnosis.native().to_string(), "eip155:100/slip44:700");
    assert_eq!((gnosis.evm_chain_id, gnosis.native_decimals), (Some(100), 18));
    assert_eq!(config.endpoints(&gnosis.id), ["https://rpc.example/secret-key"]);

    let place = "/data/config.toml";
    refused(file(&format!("{GNOSIS}{GNOSIS}")), place, "networks.custom is refused");
    for (from, to) in [
        ("chain_id = 100", "chain_id = 8453"),
        ("chain_id = 100", "chain_id = 0"),
        ("chain_id = 100\n", ""),
        ("gnosis-mainnet", "base-mainnet"),
        ("gnosis-mainnet", "devnet"),
        ("gnosis-mainnet", "Gnosis"),
        ("gnosis-mainnet", ""),
        ("\"mainnet\"", "\"staging\""),
        ("XDAI", ""),
        ("[\"https://rpc.example/secret-key\"]", "[]"),
        ("https://", "wss://"),
        ("rpc = ", "decimals = 6\nrpc = "),
    ] {
        let text = refused(file(&GNOSIS.replace(from, to)), place, "networks.custom");
        assert!(!text.contains("secret-key"), "{text}");
    }
    refused(
        environment(&[("WAIAAS_NETWORKS_CUSTOM", "x")]),
        "environment variable WAIAAS_NETWORKS_CUSTOM",
        "networks.custom",
    );
}

#[test]
fn the_price_table_grows_and_is_replaced_entry_by_entry() {
    let mixed = "eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e";
    let config = file(&format!("[prices.table]\n\"{mixed}\" = \"1.01\"\n\"eip155:100/slip44:60\" = \"2\"\n"));
    let table = config.expect("table").prices.table;
    let price = |id: &str| table.get(&id.parse::<AssetId>().expect(id)).copied();
    assert_eq!(price(mixed), Price::from_decimal("1.01").ok());
    assert_eq!(price("eip155:100/slip44:60"), Price::from_decimal("2").ok());
    assert_eq!(price("solana:localnet/slip44:501"), Price::from_decimal("150").ok());

    let place = "/data/config.toml";
    let lower = mixed.to_lowercase();
    refused(
        file(&format!("[prices.table]\n\"{mixed}\" = \"1\"\n\"{lower}\" = \"2\"")),
        place,
        "prices.table",
    );
    let entry = |value: &str| file(&format!("[prices.table]\n\"eip155:1/slip44:60\" = {value}"));
    for value in ["\"0\"", "\"-1\"", "\"\"", "\"1e3\"", "\"0.0000000000001\"", "3000", "3000.5"] {
        refused(entry(value), place, "prices.table");
    }
    refused(file("[prices.table]\nETH = \"1\""), place, "prices.table keys are CAIP-19 ids");
}
