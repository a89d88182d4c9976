//! `waiaas backup` and `waiaas restore`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::json;
use waiaas_engine::offline;
use waiaas_engine::{Clock as _, SystemClock};

use crate::context::Context;
use crate::{output, password};

/// Write a backup.
#[derive(clap::Args)]
pub(crate) struct BackupArgs {
    /// Also copy the file here.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// Restore a backup.
#[derive(clap::Args)]
pub(crate) struct RestoreArgs {
    /// The backup.
    file: PathBuf,
}

pub(crate) async fn create(context: &Context, args: BackupArgs) -> Result<()> {
    output::progress("Sealing the whole state…");
    let backup = context.operator()?.backup().await?;
    if let Some(target) = &args.to {
        std::fs::copy(&backup.path, target).with_context(|| format!("copying to {}", target.display()))?;
    }
    output::show(context, &backup, |b| format!("Wrote {} ({} bytes).", b.path, b.size))
}

pub(crate) async fn restore(context: &Context, args: RestoreArgs) -> Result<()> {
    let config = context.config(Vec::new())?;
    let password = match password::given()? {
        Some(password) => password,
        None => password::prompt("Master password at the time of the backup")?,
    };
    output::progress("Opening the backup…");
    offline::restore(&args.file, context.data_dir(), &config, password, SystemClock.now()).await?;
    let value = json!({ "restored": true, "dataDir": context.data_dir().path() });
    output::show(context, &value, |_| {
        format!(
            "Restored into {}. Its sessions are revoked and what had not been signed is cancelled.",
            context.data_dir().path().display()
        )
    })
}
