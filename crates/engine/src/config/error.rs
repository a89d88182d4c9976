//! Reasons for refusing a configuration, with the source of the refused setting.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;
use waiaas_core::foreign::shown;

/// The source of a setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingSource {
    /// The compiled-in defaults.
    BuiltIn,
    /// A configuration file.
    File(PathBuf),
    /// An environment variable, by its full name.
    Environment(String),
    /// A command-line flag, by its `section.key`.
    Flag(String),
}

impl fmt::Display for SettingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("the built-in defaults"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Flag(key) => write!(f, "flag for {key}"),
        }
    }
}

/// The place of a refused setting: its source, and the line if the source is a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The source.
    pub origin: SettingSource,
    /// Line number from 1; for a table or an array of tables, its first line.
    pub line: Option<usize>,
}

impl From<SettingSource> for Place {
    fn from(origin: SettingSource) -> Self {
        Self { origin, line: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}: line {line}", self.origin),
            None => self.origin.fmt(f),
        }
    }
}

/// The reason for refusing the configuration. No variant contains a setting's value, since values can be
/// secret.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file exists but cannot be read.
    #[error("{path} cannot be read", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{place}: {reason}")]
    Syntax {
        /// The file and the line.
        place: Place,
        /// What the parser expected.
        reason: String,
    },
    /// The setting does not exist.
    #[error("{place}: there is no setting '{}'{}; known: {known}", shown(.key), did_you_mean(.meant.as_deref()))]
    Unknown {
        /// The place of the setting.
        place: Place,
        /// The given name.
        key: String,
        /// The setting that was probably meant.
        meant: Option<String>,
        /// The names that exist at that place.
        known: String,
    },
    /// The setting existed in an earlier release.
    #[error("{place}: the setting '{key}' is no longer there; use {instead}")]
    Former {
        /// The place of the setting.
        place: Place,
        /// The given name.
        key: String,
        /// The setting that replaces it.
        instead: &'static str,
    },
    /// The setting exists, but its value is not allowed.
    #[error("{place}: {key} {reason}")]
    Invalid {
        /// The place of the setting.
        place: Place,
        /// `section.key`.
        key: String,
        /// The allowed values.
        reason: String,
    },
}

fn did_you_mean(meant: Option<&str>) -> String {
    meant.map(|meant| format!(", did you mean '{meant}'?")).unwrap_or_default()
}

/// Two settings that are allowed separately but contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{key} {reason}")]
pub struct Conflict {
    /// `section.key` of the setting to change.
    pub key: &'static str,
    /// The allowed values, with the name of the other setting.
    pub reason: String,
}
