//! `[reputation]`: agents of the ERC-8004 registries by address, and the clients whose feedback counts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::money::parse_base_units;
use waiaas_core::network::{Chain, NetworkId};

use super::error::Conflict;

/// The most clients: their feedback is read in one call, which nodes bound.
const MOST_CLIENTS: usize = 64;

/// Built-in networks on which the registries have the addresses that their authors publish, the same on each.
const WELL_KNOWN: [&str; 5] =
    ["ethereum-mainnet", "polygon-mainnet", "arbitrum-mainnet", "optimism-mainnet", "base-mainnet"];
/// 0x8004A169FB4a3325136EB29fA0ceB6D2e539a432
const IDENTITY: Address = Address::Evm([
    0x80, 0x04, 0xa1, 0x69, 0xfb, 0x4a, 0x33, 0x25, 0x13, 0x6e, 0xb2, 0x9f, 0xa0, 0xce, 0xb6, 0xd2, 0xe5,
    0x39, 0xa4, 0x32,
]);
/// 0x8004BAa17C55a88189AE136b182e5fdA19dE9b63
const REPUTATION: Address = Address::Evm([
    0x80, 0x04, 0xba, 0xa1, 0x7c, 0x55, 0xa8, 0x81, 0x89, 0xae, 0x13, 0x6b, 0x18, 0x2e, 0x5f, 0xda, 0x19,
    0xde, 0x9b, 0x63,
]);

/// `[reputation]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reputation {
    network: String,
    #[serde(deserialize_with = "registry")]
    #[schemars(with = "String")]
    identity_registry: Option<Address>,
    #[serde(deserialize_with = "registry")]
    #[schemars(with = "String")]
    reputation_registry: Option<Address>,
    /// The clients whose feedback counts.
    #[serde(deserialize_with = "clients")]
    #[schemars(with = "Vec<String>", length(max = MOST_CLIENTS))]
    pub clients: Vec<Address>,
    /// Agent ids by the address that the operator trusts to be the agent's. Other addresses are not looked
    /// up.
    #[serde(deserialize_with = "agents")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub agents: BTreeMap<Address, U256>,
}

/// The addresses of the registries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Registries {
    /// The identity registry.
    pub identity: Address,
    /// The reputation registry.
    pub reputation: Address,
}

impl Reputation {
    /// Returns the network of the registries.
    pub fn network(&self) -> NetworkId {
        NetworkId::new(&self.network)
    }

    /// Returns the registries as configured, else those known on the network; none if there are none.
    pub fn registries(&self) -> Option<Registries> {
        let known = WELL_KNOWN.contains(&self.network.as_str());
        let or_known = |given: Option<Address>, well_known| given.or(known.then_some(well_known));
        Some(Registries {
            identity: or_known(self.identity_registry, IDENTITY)?,
            reputation: or_known(self.reputation_registry, REPUTATION)?,
        })
    }

    /// Checks that the section is consistent and fits the network; `chain` is none for an unknown network.
    pub(super) fn check(&self, chain: Option<Chain>, served: bool) -> Result<(), Conflict> {
        let conflict = |key, reason: &str| Err(Conflict { key, reason: reason.to_owned() });
        match chain {
            Some(Chain::Ethereum) => {}
            Some(Chain::Solana) => return conflict("reputation.network", "must be an EVM network"),
            None => return conflict("reputation.network", "names no network"),
        }
        if self.agents.is_empty() {
            return Ok(());
        }
        if self.clients.is_empty() {
            return conflict("reputation.clients", "must name whose feedback counts about the agents");
        }
        if self.registries().is_none() {
            let reason = "must be given, with the other registry: none is known on reputation.network";
            return conflict("reputation.identity_registry", reason);
        }
        if !served {
            return conflict("reputation.network", "has no node under [rpc]");
        }
        Ok(())
    }
}

fn evm(text: &str) -> Result<Address, String> {
    match Address::parse(Chain::Ethereum, text) {
        Ok(Address::Evm(bytes)) if bytes == [0; 20] => Err("must not be the zero address".to_owned()),
        Ok(address) => Ok(address),
        Err(error) => Err(format!("needs EVM addresses: {error}")),
    }
}

fn registry<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Address>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { evm(&text).map(Some).map_err(de::Error::custom) }
}

fn clients<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Address>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let mut clients = Vec::new();
    for text in &texts {
        let client = evm(text).map_err(de::Error::custom)?;
        // A client listed twice would count twice in the average.
        if clients.contains(&client) {
            return Err(de::Error::custom("must not repeat an address"));
        }
        clients.push(client);
    }
    if clients.len() > MOST_CLIENTS {
        return Err(de::Error::custom(format_args!("must be at most {MOST_CLIENTS} addresses")));
    }
    Ok(clients)
}

fn agents<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Address, U256>, D::Error> {
    let mut agents = BTreeMap::new();
    for (address, id) in BTreeMap::<String, String>::deserialize(deserializer)? {
        let party = evm(&address).map_err(de::Error::custom)?;
        let id = parse_base_units(&id)
            .map_err(|_| de::Error::custom("needs agent ids that are whole numbers in quotes"))?;
        if agents.insert(party, id).is_some() {
            return Err(de::Error::custom("must not repeat an address"));
        }
    }
    Ok(agents)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, ConfigError};

    fn file(text: &str) -> Result<Config, ConfigError> {
        Config::from_parts(Some((Path::new("/data/config.toml"), text)), [], [])
    }

    fn refused(result: Result<Config, ConfigError>, key: &str) {
        let text = result.expect_err(key).to_string();
        assert!(text.starts_with("/data/config.toml: ") && text.contains(key), "{text}");
    }

    const AGENT: &str = "[reputation]\nclients = [\"0x8004A169FB4a3325136EB29fA0ceB6D2e539a432\"]\n\
        [reputation.agents]\n\"0x8004BAa17C55a88189AE136b182e5fdA19dE9b63\" = \"22\"\n";

    #[test]
    fn agents_are_pinned_and_the_published_registries_known() {
        let reputation = file(AGENT).expect("an agent").reputation;
        let address = |text: &str| text.parse::<Address>().expect(text);
        let (identity, ratings) = (
            address("0x8004A169FB4a3325136EB29fA0ceB6D2e539a432"),
            address("0x8004BAa17C55a88189AE136b182e5fdA19dE9b63"),
        );
        assert_eq!(reputation.agents.get(&ratings), Some(&U256::from(22u8)));
        assert_eq!(reputation.registries(), Some(Registries { identity, reputation: ratings }));
        let given = "identity_registry = \"0x00000000000000000000000000000000000000aa\"\nclients";
        let other = file(&AGENT.replacen("clients", given, 1)).expect("given").reputation.registries();
        assert_eq!(other.map(|at| at.reputation), Some(ratings), "one may be given alone");
        assert_ne!(other.map(|at| at.identity), Some(identity));
        assert!(Config::built_in().expect("defaults").reputation.agents.is_empty());
    }

    #[test]
    fn agents_need_registries_clients_and_a_node() {
        let on = |network: &str| AGENT.replacen("clients", &format!("network = \"{network}\"\nclients"), 1);
        for known in ["base-mainnet", "polygon-mainnet", "arbitrum-mainnet", "optimism-mainnet"] {
            file(&on(known)).unwrap_or_else(|e| panic!("{known}: {e}"));
        }
        for (network, why) in [
            ("solana-mainnet", "reputation.network must be an EVM network"),
            ("nowhere", "reputation.network names no network"),
            ("", "reputation.network names no network"),
            ("ethereum-sepolia", "reputation.identity_registry must be given"),
            ("hyperevm-mainnet", "reputation.identity_registry must be given"),
        ] {
            let text = file(&on(network)).expect_err(network).to_string();
            assert!(text.contains(why), "{text}");
        }
        let off = format!("{AGENT}[rpc]\nevm_ethereum_mainnet = []\n");
        assert!(file(&off).expect_err("off").to_string().contains("reputation.network has no node"));
        let nobody = AGENT.replacen("[\"0x8004A169FB4a3325136EB29fA0ceB6D2e539a432\"]", "[]", 1);
        refused(file(&nobody), "reputation.clients must name whose feedback");
    }

    #[test]
    fn agents_are_addresses_and_whole_numbers() {
        for (from, to) in [
            ("\"22\"", "22"),
            ("\"22\"", "\"-1\""),
            ("\"22\"", "\"0x16\""),
            ("\"22\"", "\"\""),
            ("\"0x8004BA", "\"0x8004Ba"),
            (
                "\"0x8004BAa17C55a88189AE136b182e5fdA19dE9b63\"",
                "\"0x0000000000000000000000000000000000000000\"",
            ),
            (
                "\"0x8004BAa17C55a88189AE136b182e5fdA19dE9b63\"",
                "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            ),
        ] {
            refused(file(&AGENT.replacen(from, to, 1)), "reputation.agents");
        }
        let twice = format!("{AGENT}\"0x8004baa17c55a88189ae136b182e5fda19de9b63\" = \"23\"\n");
        refused(file(&twice), "reputation.agents must not repeat");
        let client = "\"0x8004A169FB4a3325136EB29fA0ceB6D2e539a432\"";
        for clients in [format!("{client}, {}", client.to_lowercase()), "\"alice\"".to_owned()] {
            refused(file(&AGENT.replacen(client, &clients, 1)), "reputation.clients");
        }
        for key in ["identity_registry = \"x\"\nclients", "score = \"1\"\nclients", "network = 1\nclients"] {
            refused(file(&AGENT.replacen("clients", key, 1)), "reputation.");
        }
    }
}
