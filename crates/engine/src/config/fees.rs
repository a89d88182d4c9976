//! `[fees]`: caps on network fees.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use waiaas_core::U256;
use waiaas_core::money::{HumanAmount, Usd};
use waiaas_core::network::{Network, NetworkId, Networks};

use super::error::Conflict;
use super::value::base_units;

/// `[fees]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// Cap for transactions that only transfer the native coin.
    #[schemars(with = "String")]
    transfer_max_usd: Usd,
    /// Cap for all other transactions.
    #[schemars(with = "String")]
    max_usd: Usd,
    /// Highest EVM priority fee, in wei per gas.
    #[serde(deserialize_with = "base_units")]
    #[schemars(with = "String", regex(pattern = "^[0-9]{1,78}$"))]
    pub evm_max_priority_wei: U256,
    /// Highest Solana priority fee, in micro-lamports per compute unit.
    #[schemars(range(min = 0, max = 100_000_000))]
    pub solana_max_micro_lamports_per_cu: u64,
    /// Caps that replace `transfer_max_usd`, by network.
    transfer_max: BTreeMap<String, String>,
    /// Caps that replace `max_usd`, by network.
    max: BTreeMap<String, String>,
}

/// The kind of a fee cap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FeeCapKind {
    /// For transactions that only transfer the native coin.
    Transfer,
    /// For all other transactions.
    Any,
}

/// A fee cap with the setting that defines it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeeCap {
    /// The name of the setting, such as `fees.max_usd`.
    pub setting: String,
    /// The cap.
    pub most: FeeFigure,
}

/// A cap as the operator wrote it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FeeFigure {
    /// Dollars.
    Usd(Usd),
    /// Base units of the native coin.
    Native(U256),
}

/// Removed settings, each with its replacement.
pub(super) const FORMER: [(&str, &str); 2] = [
    (
        "fees.evm_max_wei",
        "fees.max_usd, or an entry such as \"polygon-mainnet\" = \"0.5 POL\" under [fees.max]",
    ),
    (
        "fees.solana_max_lamports",
        "fees.max_usd, or an entry such as \"solana-mainnet\" = \"0.005 SOL\" under [fees.max]",
    ),
];

impl Fees {
    /// Returns the cap for a network.
    pub fn cap(&self, network: &Network, kind: FeeCapKind) -> FeeCap {
        let (name, entries, usd) = match kind {
            FeeCapKind::Transfer => ("fees.transfer_max", &self.transfer_max, self.transfer_max_usd),
            FeeCapKind::Any => ("fees.max", &self.max, self.max_usd),
        };
        match entries.get(network.id.as_str()).and_then(|text| figure(network, text)) {
            Some(most) => FeeCap { setting: format!("{name}.\"{}\"", network.id), most },
            None => FeeCap { setting: format!("{name}_usd"), most: FeeFigure::Usd(usd) },
        }
    }

    /// Checks that every entry names a known network and an amount in its coin or in dollars.
    pub(super) fn check(&self, networks: &Networks) -> Result<(), Conflict> {
        for (key, entries) in [("fees.transfer_max", &self.transfer_max), ("fees.max", &self.max)] {
            for (id, text) in entries {
                let Some(network) = networks.get(&NetworkId::new(id)) else {
                    return Err(Conflict { key, reason: format!("names '{id}', which is no network") });
                };
                if figure(network, text).is_none() {
                    let symbol = &network.native_symbol;
                    let reason = format!("needs an amount such as \"0.5 {symbol}\" or \"20 USD\" for {id}");
                    return Err(Conflict { key, reason });
                }
            }
        }
        Ok(())
    }
}

/// Reads `20 USD`, or an amount in the network's native coin.
fn figure(network: &Network, text: &str) -> Option<FeeFigure> {
    let (amount, unit) = text.split_once(' ')?;
    if unit == "USD" {
        return amount.parse().ok().map(FeeFigure::Usd);
    }
    let amount = amount.parse::<HumanAmount>().ok().filter(|_| unit == &*network.native_symbol)?;
    amount.to_base_units(network.native_decimals).ok().map(FeeFigure::Native)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::path::Path;

    fn load(text: &str) -> Result<Config, String> {
        Config::from_parts(Some((Path::new("config.toml"), text)), [], []).map_err(|error| error.to_string())
    }

    fn cap(config: &Config, network: &str, kind: FeeCapKind) -> FeeCap {
        let networks = config.networks().expect("networks");
        config.fees.cap(networks.find(network).expect("a network"), kind)
    }

    #[test]
    fn dollars_are_the_default_and_networks_may_say_otherwise() {
        let config = load("").expect("defaults");
        let usd = |setting: &str, dollars| FeeCap {
            setting: setting.to_owned(),
            most: FeeFigure::Usd(Usd::from_dollars(dollars)),
        };
        for network in ["ethereum-mainnet", "polygon-mainnet", "solana-mainnet"] {
            assert_eq!(cap(&config, network, FeeCapKind::Transfer), usd("fees.transfer_max_usd", 5));
            assert_eq!(cap(&config, network, FeeCapKind::Any), usd("fees.max_usd", 50));
        }
        let config = load(
            "[fees]\nmax_usd = \"7.5\"\n[fees.max]\n\"polygon-mainnet\" = \"0.5 POL\"\n\
             \"base-mainnet\" = \"2 USD\"\n[fees.transfer_max]\nsolana-mainnet = \"0.001 SOL\"\n",
        );
        let config = config.expect("caps");
        let half = U256::from(500_000_000_000_000_000u64);
        let polygon = cap(&config, "polygon-mainnet", FeeCapKind::Any);
        assert_eq!(
            (polygon.setting.as_str(), polygon.most),
            ("fees.max.\"polygon-mainnet\"", FeeFigure::Native(half))
        );
        let transfer = cap(&config, "polygon-mainnet", FeeCapKind::Transfer);
        assert_eq!(transfer, usd("fees.transfer_max_usd", 5));
        assert_eq!(cap(&config, "base-mainnet", FeeCapKind::Any), usd("fees.max.\"base-mainnet\"", 2));
        let sol = cap(&config, "solana-mainnet", FeeCapKind::Transfer).most;
        assert_eq!(sol, FeeFigure::Native(U256::from(1_000_000u64)));
        let rest = cap(&config, "ethereum-mainnet", FeeCapKind::Any).most;
        assert_eq!(rest, FeeFigure::Usd(Usd::from_micros(7_500_000)));
    }

    #[test]
    fn entries_that_mean_nothing_are_refused() {
        for (entry, why) in [
            ("\"polygon-mainnet\" = \"0.5 ETH\"", "0.5 POL"),
            ("\"polygon-mainnet\" = \"0.5\"", "0.5 POL"),
            ("\"polygon-mainnet\" = \"half a POL\"", "0.5 POL"),
            ("\"solana-mainnet\" = \"0.0000000001 SOL\"", "0.5 SOL"),
            ("\"nowhere\" = \"1 USD\"", "no network"),
        ] {
            for table in ["max", "transfer_max"] {
                let error = load(&format!("[fees.{table}]\n{entry}\n")).expect_err("refused");
                assert!(error.contains(why) && error.contains(&format!("fees.{table}")), "{error}");
            }
        }
        for usd in ["-1", "1e3", "0.0000001"] {
            assert!(load(&format!("[fees]\nmax_usd = \"{usd}\"\n")).is_err(), "{usd}");
        }
    }

    #[test]
    fn settings_that_are_no_longer_are_named_with_what_takes_their_place() {
        for (text, variable, name) in [
            ("evm_max_wei = \"1\"", "WAIAAS_FEES_EVM_MAX_WEI", "fees.evm_max_wei"),
            ("solana_max_lamports = 5000", "WAIAAS_FEES_SOLANA_MAX_LAMPORTS", "fees.solana_max_lamports"),
        ] {
            let error = load(&format!("[fees]\n{text}\n")).expect_err("refused");
            assert!(error.contains(name) && error.contains("fees.max_usd"), "{error}");
            let set = [(variable.to_owned(), "9000".to_owned())];
            let error = Config::from_parts(None, set, []).expect_err("refused").to_string();
            assert!(error.contains(variable) && error.contains("fees.max_usd"), "{error}");
            let flag = [(name.to_owned(), "9000".to_owned())];
            let error = Config::from_parts(None, [], flag).expect_err("refused").to_string();
            assert!(error.contains(name) && error.contains("fees.max_usd"), "{error}");
        }
    }
}
