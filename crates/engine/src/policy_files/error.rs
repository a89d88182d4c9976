//! Errors of policy files, with their place.

use thiserror::Error;
use waiaas_core::policy::RulesError;

/// A file that cannot be used. Every variant that is about a file names it.
#[derive(Debug, Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("{file} cannot be read")]
    Unreadable {
        /// As named on the command line, or in another file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{file} is not TOML")]
    NotToml {
        /// The file.
        file: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A key is unknown, missing, or of another kind.
    #[error("{file}: {at}: {problem}")]
    Shape {
        /// The file.
        file: String,
        /// Path of the key.
        at: String,
        /// What is wrong there.
        problem: String,
    },
    /// The rules of a row are refused.
    #[error("{file}: {at}")]
    Rules {
        /// The file.
        file: String,
        /// The row and its type.
        at: String,
        /// Why, with the field.
        source: RulesError,
    },
    /// A value that is not valid in its place.
    #[error("{file}: {at}: {reason}")]
    Meaning {
        /// The file.
        file: String,
        /// Path of the key.
        at: String,
        /// The fault, and the expected value.
        reason: String,
    },
    /// Rules that TOML has no words for.
    #[error("the policies cannot be written as TOML")]
    Unwritable(#[source] toml::ser::Error),
}

impl FileError {
    pub(super) fn meaning(file: &str, at: &str, reason: impl Into<String>) -> Self {
        Self::Meaning { file: file.to_owned(), at: at.to_owned(), reason: reason.into() }
    }
}
