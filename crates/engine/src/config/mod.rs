//! Configuration: sources, sections, defaults.
//!
//! Built-in defaults (`config.default.toml`) < `DATA_DIR/config.toml` < environment `WAIAAS_<SECTION>_<KEY>`
//! < flags. Unknown names are refused; of environment variables only those that look like a setting, since
//! other programs have variables too. The effect of a setting belongs to the part that uses it.

mod auto_stop;
mod confirmation;
mod daemon;
mod database;
mod environment;
mod error;
mod explain;
mod fees;
mod keystore;
mod kind;
mod layers;
mod metrics;
mod networks;
mod outbound;
mod policy;
mod prices;
mod reputation;
mod rpc;
mod schema;
mod security;
mod telegram;
mod unit;
mod value;
mod walletconnect;

use std::fs;
use std::io;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::{Table, Value};
use waiaas_core::network::{NetworkId, Networks};
use waiaas_core::{Fault, Wording, strict, wording};

pub use auto_stop::AutoStop;
pub use confirmation::{Commitment, Confirmation};
pub use daemon::{Daemon, LogLevel};
pub use database::{Database, DatabaseTarget};
pub use error::{ConfigError, Conflict, Place, SettingSource};
pub use explain::Explained;
pub use fees::{FeeCap, FeeCapKind, FeeFigure, Fees};
pub use keystore::Keystore;
pub use layers::RESERVED_ENV;
pub use metrics::Metrics;
pub use networks::{CustomNetwork, CustomNetworks};
pub use outbound::OutboundRules;
pub use policy::{Policy, Unsimulated};
pub use prices::{PriceSourceName, Prices};
pub use reputation::{Registries, Reputation};
pub use rpc::Rpc;
pub use schema::json_schema;
pub use security::Security;
pub use telegram::TelegramBot;
pub use walletconnect::WalletConnect;

use environment::Environment;
use layers::{Schema, Setting};

/// The defaults, and the list of all settings.
pub const DEFAULTS: &str = include_str!("../../../../config.default.toml");

/// Name of the file in the data directory.
pub const FILE_NAME: &str = "config.toml";

/// All settings, checked. `Debug` shows no secret and no node URL.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Process and listening socket.
    pub daemon: Daemon,
    /// Where monitoring reads the metrics.
    pub metrics: Metrics,
    /// The database.
    pub database: Database,
    /// Cost of guessing the master password.
    pub keystore: Keystore,
    /// Nodes of the built-in networks.
    pub rpc: Rpc,
    /// EVM networks beyond the built-in ones.
    #[serde(rename = "networks")]
    custom: CustomNetworks,
    /// Network fee caps.
    pub fees: Fees,
    /// When an outcome counts as confirmed and as final.
    pub confirmation: Confirmation,
    /// When a wallet is suspended without anyone asking for it.
    pub auto_stop: AutoStop,
    /// Settings of the evaluation other than policies.
    pub policy: Policy,
    /// Agents by address, and the clients whose feedback counts.
    pub reputation: Reputation,
    /// Sessions, limits, origins, lockout.
    pub security: Security,
    /// Addresses that webhooks may reach although they are not public.
    pub outbound: OutboundRules,
    /// The bot that shows approvals.
    pub telegram: TelegramBot,
    /// The relay over which owners' wallet apps are asked.
    pub walletconnect: WalletConnect,
    /// Dollar values.
    pub prices: Prices,
    #[serde(skip)]
    warnings: Vec<String>,
    #[serde(skip)]
    explained: Vec<Explained>,
}

impl Config {
    /// Reads `config.toml` in `data_dir` if it exists, and overlays `environment` and `flags` (`section.key`,
    /// text).
    ///
    /// # Errors
    /// [`ConfigError`]: a source that cannot be read, an unknown setting, or a value that is not allowed.
    pub fn load(
        data_dir: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let path = data_dir.join(FILE_NAME);
        match fs::read_to_string(&path) {
            Ok(text) => Self::from_parts(Some((&path, &text)), environment, flags),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                Self::from_parts(None, environment, flags)
            }
            Err(source) => Err(ConfigError::Read { path, source }),
        }
    }

    /// Returns the defaults alone.
    ///
    /// # Errors
    /// [`ConfigError`] if the compiled-in defaults are not valid, which a test rules out.
    pub fn built_in() -> Result<Self, ConfigError> {
        Self::from_parts(None, [], [])
    }

    /// Builds the configuration from a file's path and text, the environment and flags; performs no I/O.
    ///
    /// # Errors
    /// [`ConfigError`]: an unknown setting, or a value that is not allowed.
    pub fn from_parts(
        file: Option<(&Path, &str)>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let defaults = layers::parse(SettingSource::BuiltIn, DEFAULTS)?;
        let mut table = defaults.clone();
        let schema = Schema::of_types();
        let mut settings = match file {
            Some((path, text)) => schema.file(path, text)?,
            None => Vec::new(),
        };
        let environment = Environment::read(&schema, environment)?;
        settings.extend(environment.settings);
        settings.extend(schema.flags(flags)?);

        // One at a time, so that an error is caused by exactly one setting.
        let mut config = Self::from_table(&table).map_err(|reason| ConfigError::Invalid {
            place: SettingSource::BuiltIn.into(),
            key: "a setting".to_owned(),
            reason,
        })?;
        for setting in &settings {
            layers::overlay(&mut table, setting);
            config = Self::from_table(&table).map_err(|reason| ConfigError::Invalid {
                place: setting.place.clone(),
                key: setting.name(),
                reason,
            })?;
        }
        config.check().map_err(|conflict| blame(conflict, &settings))?;
        config.warnings = environment.warnings;
        config.explained = explain::explain(&defaults, &table, &settings);
        Ok(config)
    }

    /// One sentence for each environment variable with the prefix that was ignored.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns every setting with its value, without secrets, and its source.
    pub fn explained(&self) -> &[Explained] {
        &self.explained
    }

    fn from_table(table: &Table) -> Result<Self, String> {
        strict::read(Value::Table(table.clone())).map_err(|error| {
            let (path, message) = (strict::path(error.path()), error.inner().message());
            // Serde's messages name types of this program and repeat the value, which can be secret.
            let Some(Wording { fault, field, text }) = wording(message) else { return message.to_owned() };
            let text = text.replace("an object", "a table");
            match (fault, text.strip_prefix("expected "), field) {
                (Fault::WrongType, Some(expected), _) => format!("must be {expected} at {path}"),
                (Fault::MissingField, _, Some(field)) => format!("needs the field {field} at {path}"),
                _ => format!("is refused at {path}: {text}"),
            }
        })
    }

    /// Returns the origins whose pages may call the API: those configured, and the daemon's own on its port.
    pub fn allowed_origins(&self) -> Vec<String> {
        let own = ["localhost", "127.0.0.1"].map(|host| format!("http://{host}:{}", self.daemon.port));
        self.security.cors_origins.iter().cloned().chain(own).collect()
    }

    /// Checks that settings do not contradict each other.
    ///
    /// # Errors
    /// [`Conflict`] names the setting to change.
    pub fn check(&self) -> Result<(), Conflict> {
        self.security.check()?;
        self.prices.check()?;
        let networks = self.networks()?;
        self.fees.check(&networks)?;
        let network = self.reputation.network();
        let chain = networks.get(&network).map(|known| known.chain);
        self.reputation.check(chain, !self.endpoints(&network).is_empty())
    }

    /// Returns the built-in networks and the custom ones. A network without [`endpoints`](Self::endpoints) is
    /// known but not served.
    ///
    /// # Errors
    /// [`Conflict`] if a custom network contradicts a built-in or another custom one.
    pub fn networks(&self) -> Result<Networks, Conflict> {
        let mut networks = Networks::builtin();
        for custom in &self.custom.custom {
            let refused = |e| Conflict { key: "networks.custom", reason: format!("is refused: {e}") };
            networks.add(custom.network()).map_err(refused)?;
        }
        Ok(networks)
    }

    /// Returns the URLs of a network's nodes in order of preference; empty if it is unknown or turned off.
    pub fn endpoints(&self, network: &NetworkId) -> &[String] {
        match self.custom.custom.iter().find(|custom| custom.id == network.as_str()) {
            Some(custom) => &custom.rpc,
            None => self.rpc.endpoints(network),
        }
    }
}

/// Names the source of a conflicting setting.
fn blame(conflict: Conflict, settings: &[Setting]) -> ConfigError {
    let given = settings.iter().rev().find(|setting| setting.name() == conflict.key);
    ConfigError::Invalid {
        place: given.map_or(SettingSource::BuiltIn.into(), |setting| setting.place.clone()),
        key: conflict.key.to_owned(),
        reason: conflict.reason,
    }
}

#[cfg(test)]
mod tests;
