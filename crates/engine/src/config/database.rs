//! `[database]`: the SQLite file or PostgreSQL server that stores all state.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de};

use waiaas_store::{DatabaseUrl, UrlError};

use super::value::path;

/// `[database]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// SQLite file as configured.
    #[serde(deserialize_with = "path")]
    #[schemars(length(min = 1))]
    path: PathBuf,
    /// PostgreSQL URL, or empty. Secret, since it may contain a password.
    #[serde(deserialize_with = "postgres_url")]
    #[schemars(with = "String")]
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

impl DatabaseTarget {
    /// Whether both name the same database, as far as the configuration tells.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sqlite(one), Self::Sqlite(two)) => one == two,
            (Self::Postgres(one), Self::Postgres(two)) => one.expose_secret() == two.expose_secret(),
            (Self::Sqlite(_), Self::Postgres(_)) | (Self::Postgres(_), Self::Sqlite(_)) => false,
        }
    }
}

impl Database {
    /// Returns the PostgreSQL URL if one is set, else the SQLite file; a relative path is below the data
    /// directory.
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
    if text.is_empty() {
        return Ok(text.into());
    }
    match text.parse::<DatabaseUrl>() {
        Ok(url) if url.is_postgres() => Ok(text.into()),
        Err(error @ UrlError::Postgres(_)) => Err(de::Error::custom(format_args!("cannot be used: {error}"))),
        Err(_) if text.trim().is_empty() => {
            Err(de::Error::custom("is blank: it must be empty or start with postgres:// or postgresql://"))
        }
        Ok(_) | Err(UrlError::Scheme | UrlError::Path) => {
            Err(de::Error::custom("must be empty or start with postgres:// or postgresql://"))
        }
    }
}
