//! `waiaas config check`.

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;
use waiaas_engine::config::{Config, DEFAULTS};

use crate::context::{Context, environment};
use crate::exit::CheckFailed;
use crate::output;

/// Configuration.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Check config.toml and the environment, and say what is wrong.
    Check,
    /// Print every setting with its default and what it means.
    Defaults,
}

pub(crate) fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::Check => match Config::load(context.data_dir().path(), environment(), []) {
            Ok(_) => {
                output::show(context, &json!({ "valid": true }), |_| "The configuration is valid.".to_owned())
            }
            Err(error) => Err(CheckFailed { message: error.to_string(), reported: false }.into()),
        },
        Verb::Defaults => output::show(context, &json!({ "toml": DEFAULTS }), |_| DEFAULTS.to_owned()),
    }
}
