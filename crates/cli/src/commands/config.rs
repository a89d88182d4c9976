//! `waiaas config`.

use std::net::TcpListener;
use std::path::Path;

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;
use waiaas_engine::check_new_password;
use waiaas_engine::config::{Config, DEFAULTS, DatabaseTarget, json_schema};

use crate::context::Context;
use crate::exit::CheckFailed;
use crate::{environment, output, password, table};

/// Configuration.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Check config.toml, the environment and the files they name, and print all faults.
    Check {
        /// Print every setting with its value and its source.
        #[arg(long)]
        explain: bool,
    },
    /// Print every setting with its default and its meaning.
    Defaults,
    /// Print the JSON Schema of config.toml, for editors and other tools.
    Schema,
}

pub(crate) fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::Check { explain } => check(context, explain),
        Verb::Defaults => output::show(context, &json!({ "toml": DEFAULTS }), |_| DEFAULTS.to_owned()),
        Verb::Schema => output::show(context, &json_schema(), |schema| format!("{schema:#}")),
    }
}

fn check(context: &Context, explain: bool) -> Result<()> {
    let failed = |message: String| CheckFailed { message, reported: false };
    let config = Config::load(context.data_dir().path(), environment::all(), []);
    let config = config.map_err(|error| failed(error.to_string()))?;
    let faults = faults(context, &config);
    if !faults.is_empty() {
        return Err(failed(faults.join("\n")).into());
    }
    let mut value = json!({ "valid": true, "warnings": config.warnings() });
    if explain && let Value::Object(value) = &mut value {
        value.insert("settings".to_owned(), json!(config.explained()));
    }
    output::show(context, &value, |_| {
        let mut text = String::new();
        if explain {
            let rows = config.explained().iter().map(|setting| {
                let over: Vec<_> = setting.over.iter().map(ToString::to_string).collect();
                [setting.key.clone(), setting.value.to_string(), setting.source.to_string(), over.join(", ")]
            });
            text = table::table(["setting", "value", "from", "over"], rows) + "\n";
        }
        for warning in config.warnings() {
            text.push_str(&format!("warning: {warning}.\n"));
        }
        text + "The configuration is valid."
    })
}

/// Faults of the configured paths and addresses that a start would report. Nothing is created or changed.
fn faults(context: &Context, config: &Config) -> Vec<String> {
    let dir = context.data_dir().path();
    let mut faults = Vec::new();
    if dir.exists() && !dir.is_dir() {
        faults.push(format!("the data directory {} is a file", dir.display()));
    }
    if let DatabaseTarget::Sqlite(path) = config.database.target(dir) {
        faults.extend(database(&path));
    }
    let pid_file = config.daemon.pid_path(dir);
    if let Some(parent) = pid_file.parent().filter(|parent| *parent != dir && !parent.is_dir()) {
        faults.push(format!("daemon.pid_file: there is no directory {}", parent.display()));
    }
    if let Err(error) = TcpListener::bind((config.daemon.hostname, 0)) {
        faults.push(format!("daemon.hostname: cannot listen on {}: {error}", config.daemon.hostname));
    }
    faults.extend(passwords(context));
    match environment::text("WAIAAS_LOG") {
        Ok(filter) => {
            if let Some(Err(error)) = filter.map(EnvFilter::try_new) {
                faults.push(format!("WAIAAS_LOG: {error}"));
            }
        }
        Err(error) => faults.push(error.to_string()),
    }
    faults
}

/// An SQLite file must be writable; if there is none, the nearest existing parent must be a directory.
fn database(path: &Path) -> Option<String> {
    if path.exists() {
        let open = std::fs::OpenOptions::new().read(true).write(true).open(path);
        return open.err().map(|error| format!("database.path: opening {}: {error}", path.display()));
    }
    let above = path.ancestors().skip(1).find(|above| above.exists())?;
    (!above.is_dir()).then(|| format!("database.path: {} is not a directory", above.display()))
}

fn passwords(context: &Context) -> Vec<String> {
    let mut faults = Vec::new();
    match password::at_hand(context.data_dir()) {
        Err(error) => faults.push(format!("{error:#}")),
        Ok(Some(password)) => {
            if let Err(weak) = check_new_password(&password)
                && weak.is_unsendable()
            {
                faults.push(format!("{weak}; choose another with `waiaas set-master` while no daemon runs"));
            }
        }
        Ok(None) => {}
    }
    if let Some(path) = environment::variable("WAIAAS_NEW_MASTER_PASSWORD_FILE") {
        let read = password::read(Path::new(&path)).and_then(|new| Ok(check_new_password(&new)?));
        faults.extend(read.err().map(|error| format!("WAIAAS_NEW_MASTER_PASSWORD_FILE: {error:#}")));
    }
    faults
}
