//! `[database]`: where everything is kept.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de};

use super::value::path;

/// `[database]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// SQLite file as configured.
    #[serde(deserialize_with = "path")]
    path: PathBuf,
    /// PostgreSQL, or empty. Secret: it may hold a password.
    #[serde(deserialize_with = "postgres_url")]
    url: SecretString,
}

/// The database to open.
#[derive(Clone, Debug)]
pub enum DatabaseTarget {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL connection URL.
    Postgres(SecretString),
}

impl Database {
    /// PostgreSQL when a URL is set, else the SQLite file seen from the data directory.
    pub fn target(&self, data_dir: &Path) -> DatabaseTarget {
        if self.url.expose_secret().is_empty() {
            DatabaseTarget::Sqlite(data_dir.join(&self.path))
        } else {
            DatabaseTarget::Postgres(self.url.clone())
        }
    }
}

fn postgres_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || text.starts_with("postgres://") || text.starts_with("postgresql://") {
        Ok(text.into())
    } else {
        Err(de::Error::custom("must be empty or start with postgres:// or postgresql://"))
    }
}
