//! What a request must satisfy beyond its shape, and how a refusal is worded.
//!
//! Only what can be said without looking anything up belongs here. Addresses, networks and amounts
//! are judged where the wallet is known.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json;

/// One thing wrong with a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Issue {
    /// Where, as in `token.decimals`; empty for the body as a whole.
    pub path: String,
    /// What is wanted, in one sentence. Never quotes what was sent.
    pub message: String,
    /// Stable word: `required`, `unrecognized_key`, `duplicate_key`, `invalid_type`, `invalid`,
    /// `too_small`, `too_big` or `unsupported`.
    pub code: String,
}

impl Issue {
    /// An issue at `path`.
    pub fn new(path: &str, code: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into(), code: code.to_owned() }
    }
}

/// Why a well-formed JSON body is refused before any use case sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Fields are missing, unknown or out of range; never empty.
    Invalid(Vec<Issue>),
    /// A transaction type this daemon does not carry out.
    UnsupportedType,
}

/// A request body.
pub trait Request: DeserializeOwned {
    /// Checks that need nothing but the request itself.
    fn check(&self) -> Result<(), Refusal>;

    /// Reads the shape of a body: its fields and their types. `text` is valid JSON without repeated keys.
    ///
    /// # Errors
    ///
    /// What does not have the shape.
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

    /// What has been noted.
    pub(crate) fn issues(&self) -> &[Issue] {
        &self.0
    }

    /// Whether an issue is noted at `path`. The first one there is the one that counts.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.iter().any(|issue| issue.path == path)
    }

    /// `text` must have between `min` and `max` characters and no control characters.
    pub(crate) fn text(&mut self, path: &str, text: &str, min: usize, max: usize) {
        let length = text.chars().count();
        if self.has(path) {
            return;
        }
        if length < min {
            self.0.push(Issue::new(path, "too_small", format!("at least {min} characters")));
        } else if length > max {
            self.0.push(Issue::new(path, "too_big", format!("at most {max} characters")));
        } else if text.chars().any(char::is_control) {
            self.0.push(Issue::new(path, "invalid", "no control characters"));
        }
    }

    /// `value`, when given, must lie within `min..=max`.
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

    /// The outcome.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.0)) }
    }
}
