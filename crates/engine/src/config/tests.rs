//! Accepted and refused configurations, and their error messages.

mod defaults;
mod networks;
mod places;
mod schema;
mod sources;
mod units;
mod values;

use std::path::Path;

use super::*;

type Pairs = Vec<(String, String)>;

fn pairs(list: &[(&str, &str)]) -> Pairs {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn file(text: &str) -> Result<Config, ConfigError> {
    Config::from_parts(Some((Path::new("/data/config.toml"), text)), [], [])
}

fn environment(list: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_parts(None, pairs(list), [])
}

fn defaults() -> Table {
    toml::from_str(DEFAULTS).expect("defaults")
}

/// Returns the error's text, which must be for the given place and key.
fn refused(result: Result<Config, ConfigError>, place: &str, key: &str) -> String {
    let text = result.expect_err(key).to_string();
    assert!(text.starts_with(&format!("{place}: ")) && text.contains(key), "{text}");
    text
}
