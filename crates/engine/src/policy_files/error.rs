//! Errors of policy files, with their place.

use thiserror::Error;
use waiaas_core::policy::RulesError;

/// A file that cannot be used. Every variant about a file names it.
#[derive(Debug, Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("{file} cannot be read")]
    Unreadable {
        /// The file, as named on the command line or in another file.
        file: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{file} is not TOML")]
    NotToml {
        /// The file.
        file: String,
        /// The place and the cause.
        source: Box<toml::de::Error>,
    },
    /// A key is unknown, missing, or of the wrong type.
    #[error("{file}: {at}: {problem}")]
    Shape {
        /// The file.
        file: String,
        /// Path of the key.
        at: String,
        /// The fault.
        problem: String,
    },
    /// The rules of a row are refused.
    #[error("{file}: {at}")]
    Rules {
        /// The file.
        file: String,
        /// The row and its type.
        at: String,
        /// The cause, with the field.
        source: RulesError,
    },
    /// A value is not valid in its place.
    #[error("{file}: {at}: {reason}")]
    Meaning {
        /// The file.
        file: String,
        /// Path of the key.
        at: String,
        /// The fault, and the expected value.
        reason: String,
    },
    /// TOML cannot express the rules.
    #[error("the policies cannot be written as TOML")]
    Unwritable(#[source] toml::ser::Error),
}

impl FileError {
    pub(super) fn meaning(file: &str, at: &str, reason: impl Into<String>) -> Self {
        Self::Meaning { file: file.to_owned(), at: at.to_owned(), reason: reason.into() }
    }
}
