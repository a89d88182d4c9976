//! Why rules are not accepted. Every message names the field.

use thiserror::Error;

use crate::money::Usd;
use crate::network::{Chain, NetworkError, NetworkId};
use crate::policy::rules::figures::MAX_USD;
use crate::strict::{self, Located};
use crate::wording::{Wording, wording};

/// Rules that cannot be used. The request (or the stored row) must be corrected.
#[derive(Debug, Error)]
pub enum RulesError {
    /// A field is missing, unknown, or has a value of the wrong type.
    #[error("{field}: {problem}")]
    Malformed {
        /// Path, such as `rules.tokens[0].address`.
        field: String,
        /// The fault.
        problem: String,
    },
    /// An empty list.
    #[error("rules.{field}: needs at least one entry")]
    Empty {
        /// The list.
        field: String,
    },
    /// A value that the field does not accept.
    #[error("rules.{field}: {expected}")]
    Unsuitable {
        /// The field.
        field: String,
        /// The permitted values.
        expected: &'static str,
    },
    /// A number outside its bounds.
    #[error("rules.{field}: must be between {least} and {most}")]
    OutOfRange {
        /// The field.
        field: String,
        /// Smallest value allowed.
        least: u64,
        /// Largest value allowed.
        most: u64,
    },
    /// Two figures in the wrong order.
    #[error("rules.{lower} must not be greater than rules.{upper}")]
    Unordered {
        /// The field that must not be greater.
        lower: String,
        /// The field it is compared with.
        upper: String,
    },
    /// Two fields that contradict each other.
    #[error("rules.{field}: {problem}")]
    Contradiction {
        /// The field.
        field: String,
        /// The contradiction.
        problem: &'static str,
    },
    /// None of several fields is given, and at least one is required.
    #[error("rules: give at least one of {one_of}")]
    Missing {
        /// The fields.
        one_of: &'static str,
    },
    /// An entry that means a different asset on every network, so that the row must name one.
    #[error(
        "rules.{field}: name the policy's network (`network`, or `--network` of the command), because this means \
         something else on each network"
    )]
    NetworkNeeded {
        /// The entry.
        field: String,
    },
    /// An address or key of the wrong chain.
    #[error("rules.{field}: does not belong to {expected}")]
    WrongChain {
        /// The entry.
        field: String,
        /// The chain wanted.
        expected: Chain,
    },
    /// A network that does not exist, or is not the policy's network.
    #[error("rules.{field}: {source}")]
    Network {
        /// The entry.
        field: String,
        /// The reason.
        source: NetworkError,
    },
    /// The policy's own network is not known.
    #[error("network: {source}")]
    Scope {
        /// The reason.
        source: NetworkError,
    },
}

impl RulesError {
    pub(super) fn shape(error: Located<serde_json::Error>) -> Self {
        let path = strict::path(error.path());
        let mut field = if path.is_empty() { "rules".to_owned() } else { format!("rules.{path}") };
        let message = error.into_inner().to_string();
        let Some(Wording { field: named, text, .. }) = wording(&message) else {
            return Self::Malformed { field, problem: message };
        };
        if let Some(named) = named.filter(|named| !field.ends_with(&format!(".{named}"))) {
            field = format!("{field}.{named}");
        }
        Self::Malformed { field, problem: text }
    }

    pub(super) fn unknown_scope(id: &NetworkId) -> Self {
        Self::Scope { source: NetworkError::unknown(id.as_str()) }
    }

    /// Refuses an empty list.
    pub(super) fn if_empty(field: &str, empty: bool) -> Result<(), Self> {
        if empty { Err(Self::Empty { field: field.to_owned() }) } else { Ok(()) }
    }

    /// Refuses a text that is empty or longer than `most` characters.
    pub(super) fn unless_named(
        field: &str,
        text: &str,
        expected: &'static str,
        most: usize,
    ) -> Result<(), Self> {
        if text.is_empty() || text.chars().count() > most {
            return Err(Self::Unsuitable { field: field.to_owned(), expected });
        }
        Ok(())
    }

    /// Refuses a limit of zero, which would deny everything.
    pub(super) fn if_zero(field: &str, zero: bool) -> Result<(), Self> {
        if zero {
            Err(Self::Unsuitable { field: field.to_owned(), expected: "must be more than zero" })
        } else {
            Ok(())
        }
    }

    /// Refuses dollars that a JSON number cannot carry exactly.
    pub(super) fn unless_representable(field: &str, figure: Option<Usd>) -> Result<(), Self> {
        if figure.is_none_or(|usd| usd <= MAX_USD) {
            return Ok(());
        }
        Err(Self::Unsuitable { field: field.to_owned(), expected: "must be at most one billion dollars" })
    }

    /// Refuses a number outside `least..=most`.
    pub(super) fn unless_within(field: &str, value: u64, least: u64, most: u64) -> Result<(), Self> {
        if (least..=most).contains(&value) {
            return Ok(());
        }
        Err(Self::OutOfRange { field: field.to_owned(), least, most })
    }

    /// Refuses figures that are not in ascending order. Absent figures are skipped.
    pub(super) fn unless_ascending<T: PartialOrd>(
        prefix: &str,
        figures: &[(&str, Option<T>)],
    ) -> Result<(), Self> {
        let mut last: Option<(&str, &T)> = None;
        for (name, figure) in figures {
            let Some(figure) = figure else { continue };
            if let Some((lower, before)) = last
                && before > figure
            {
                return Err(Self::Unordered {
                    lower: format!("{prefix}{lower}"),
                    upper: format!("{prefix}{name}"),
                });
            }
            last = Some((name, figure));
        }
        Ok(())
    }
}
