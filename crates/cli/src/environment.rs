//! The environment. An empty variable counts as not set.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]

use std::ffi::OsString;

use anyhow::{Result, anyhow};

/// A variable, if it is set and not empty.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// A variable as text.
///
/// # Errors
///
/// If it is not UTF-8. The value, which can be secret, is not repeated.
pub(crate) fn text(name: &str) -> Result<Option<String>> {
    let text = variable(name).map(OsString::into_string).transpose();
    text.map_err(|_| anyhow!("the environment variable {name} is not UTF-8 text"))
}

/// All variables that are text; no other can be a setting of the daemon.
pub(crate) fn all() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
