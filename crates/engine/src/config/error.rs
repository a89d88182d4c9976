//! Why a configuration is refused, and where the refused setting came from.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;
use waiaas_core::foreign::shown;

/// Where a setting was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingSource {
    /// The defaults compiled in.
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

/// Where a refused setting was given: its source, and the line where the source is a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The source.
    pub origin: SettingSource,
    /// Counted from 1; of a table or an array of tables, its first line.
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

/// Why the configuration is refused. No variant carries a setting's value: values can be secret.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file exists but cannot be read.
    #[error("{path} cannot be read", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
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
    /// There is no such setting.
    #[error("{place}: there is no setting '{}'{}; known: {known}", shown(.key), did_you_mean(.meant.as_deref()))]
    Unknown {
        /// Where it was given.
        place: Place,
        /// The name given.
        key: String,
        /// What was probably meant.
        meant: Option<String>,
        /// Names that exist at that place.
        known: String,
    },
    /// There was such a setting once.
    #[error("{place}: the setting '{key}' is no longer there; use {instead}")]
    Former {
        /// Where it was given.
        place: Place,
        /// The name given.
        key: String,
        /// What stands in its place.
        instead: &'static str,
    },
    /// The setting exists, its value is not allowed.
    #[error("{place}: {key} {reason}")]
    Invalid {
        /// Where it was given.
        place: Place,
        /// `section.key`.
        key: String,
        /// What is allowed.
        reason: String,
    },
}

fn did_you_mean(meant: Option<&str>) -> String {
    meant.map(|meant| format!(", did you mean '{meant}'?")).unwrap_or_default()
}

/// Two settings, each allowed by itself, that do not go together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{key} {reason}")]
pub struct Conflict {
    /// `section.key` of the setting to change.
    pub key: &'static str,
    /// What is allowed, naming the other setting.
    pub reason: String,
}
