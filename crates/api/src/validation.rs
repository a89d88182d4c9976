//! Constraints on requests beyond their types, and the wording of refusals.
//!
//! Belongs here: checks that need no look-up. Does not belong here: addresses, networks and amounts, which
//! are checked where the wallet is known.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waiaas_core::foreign::deceives;

use crate::json;

/// One fault of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Issue {
    /// Path of the field, as in `token.decimals`; empty for the whole body.
    pub path: String,
    /// The expected value, in one sentence. Never quotes the input.
    pub message: String,
    /// Stable code: `required`, `unrecognized_key`, `duplicate_key`, `invalid_type`, `invalid`,
    /// `too_small`, `too_big` or `unsupported`.
    pub code: String,
}

impl Issue {
    /// An issue at `path`.
    pub fn new(path: &str, code: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into(), code: code.to_owned() }
    }
}

/// Why a well-formed JSON body is refused before a use case runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Fields are missing, unknown or out of range; never empty.
    Invalid(Vec<Issue>),
    /// A transaction type that this daemon does not support.
    UnsupportedType,
}

/// A request body.
pub trait Request: DeserializeOwned {
    /// Checks that need only the request itself.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] with every issue found.
    fn check(&self) -> Result<(), Refusal>;

    /// Parses the fields of a body and their types. `text` is valid JSON without repeated keys.
    ///
    /// # Errors
    ///
    /// [`Refusal`] names the fields that do not fit.
    fn shaped(text: &[u8]) -> Result<Self, Refusal> {
        json::parse(text)
    }
}

/// Collects issues and turns them into a result.
#[derive(Default)]
pub(crate) struct Checks(Vec<Issue>);

impl Checks {
    /// Notes an issue unless `fine`.
    pub(crate) fn ensure(&mut self, fine: bool, path: &str, code: &str, message: &str) {
        if !fine && !self.has(path) {
            self.0.push(Issue::new(path, code, message));
        }
    }

    /// Notes an issue.
    pub(crate) fn note(&mut self, issue: Issue) {
        self.0.push(issue);
    }

    /// The issues noted so far.
    pub(crate) fn issues(&self) -> &[Issue] {
        &self.0
    }

    /// Whether an issue is noted at `path`. The first one for a path counts.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.iter().any(|issue| issue.path == path)
    }

    /// `text` must have between `min` and `max` characters and none that deceives its reader.
    pub(crate) fn text(&mut self, path: &str, text: &str, min: usize, max: usize) {
        let length = text.chars().count();
        if self.has(path) {
            return;
        }
        if length < min {
            self.0.push(Issue::new(path, "too_small", format!("at least {min} characters")));
        } else if length > max {
            self.0.push(Issue::new(path, "too_big", format!("at most {max} characters")));
        } else if text.chars().any(deceives) {
            self.0.push(Issue::new(path, "invalid", "no control, invisible or misleading characters"));
        }
    }

    /// `value`, if given, must lie within `min..=max`.
    pub(crate) fn range(&mut self, path: &str, value: Option<u32>, min: u32, max: u32) {
        match value {
            Some(value) if value < min => {
                self.0.push(Issue::new(path, "too_small", format!("at least {min}")));
            }
            Some(value) if value > max => {
                self.0.push(Issue::new(path, "too_big", format!("at most {max}")));
            }
            Some(_) | None => {}
        }
    }

    /// The result.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.0)) }
    }
}
