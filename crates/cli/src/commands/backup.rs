//! `waiaas backup` and `waiaas restore`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use waiaas_engine::offline::{self, Restored, RestoredConfig};
use waiaas_engine::{Clock as _, SystemClock, WholeFile};

use crate::context::Context;
use crate::{environment, output, password};

/// Write a backup.
#[derive(clap::Args)]
pub(crate) struct BackupArgs {
    /// Write it to this file and keep none in the data directory. Only on the daemon's own machine, because a
    /// backup contains every key, sealed under the master password.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Replace the file if it exists.
    #[arg(long, requires = "to")]
    force: bool,
}

/// Restore a backup.
#[derive(clap::Args)]
#[command(after_long_help = "\
Everything in the database comes from the backup. Its config.toml is installed if there is none; an existing \
one stays in force, and the backup's is written to config.from-backup.toml. Other files in the data directory \
stay as they are; a recovery.key or mcp-token of another installation must be moved away first.")]
pub(crate) struct RestoreArgs {
    /// The backup file.
    file: PathBuf,
}

pub(crate) async fn create(context: &Context, args: BackupArgs) -> Result<()> {
    let Some(target) = &args.to else {
        output::progress("Sealing the whole state…");
        let backup = context.operator().await?.backup().await?;
        return output::show(context, &backup, |b| {
            format!("Wrote {} ({} bytes) on the daemon's machine.", b.path, b.size)
        });
    };
    refuse_existing(target, args.force, "choose another name, or give --force")?;
    let mut file = WholeFile::create(target)?;
    let client = context.operator().await?;
    output::progress("Sealing the whole state…");
    client.download_backup(&mut file).await.with_context(|| format!("writing {}", target.display()))?;
    refuse_existing(target, args.force, "choose another name, or give --force")?;
    let size = file.keep()?;
    let value = json!({ "path": target, "size": size });
    output::show(context, &value, |_| format!("Wrote {} ({size} bytes).", target.display()))
}

/// Replaces a file only if that was requested, and never anything else of that name.
pub(super) fn refuse_existing(target: &Path, force: bool, remedy: &str) -> Result<()> {
    match std::fs::symlink_metadata(target) {
        Ok(found) if !found.is_file() => bail!("{} exists and is not a file", target.display()),
        Ok(_) if !force => bail!("{} exists already; {remedy}", target.display()),
        Ok(_) | Err(_) => Ok(()),
    }
}

pub(crate) async fn restore(context: &Context, args: RestoreArgs) -> Result<()> {
    let config = context.config(Vec::new())?;
    let password = match password::given()? {
        Some(password) => password,
        None => password::prompt("Master password at the time of the backup")?,
    };
    output::progress("Opening the backup…");
    let (environment, now) = (environment::all().collect(), SystemClock.now());
    let restored =
        offline::restore(&args.file, context.data_dir(), &config, environment, password, now).await?;
    let (outcome, beside) = match &restored.config {
        RestoredConfig::None => ("none", None),
        RestoredConfig::InPlace => ("restored", None),
        RestoredConfig::Same => ("same", None),
        RestoredConfig::BesideOther(path) => ("kept", Some(path)),
        RestoredConfig::BesideForDatabase(path) => ("beside", Some(path)),
    };
    let value = json!({
        "restored": true,
        "dataDir": context.data_dir().path(),
        "config": outcome,
        "configFromBackup": beside,
        "left": restored.left,
    });
    output::show(context, &value, |_| text(context, &restored))
}

fn text(context: &Context, restored: &Restored) -> String {
    let mut text = format!(
        "Restored into {}. Its sessions are revoked, and transactions that were not signed are cancelled.",
        context.data_dir().path().display()
    );
    match &restored.config {
        RestoredConfig::None => text.push_str("\nThe backup has no config.toml."),
        RestoredConfig::InPlace => text.push_str("\nIts config.toml is in place."),
        RestoredConfig::Same => text.push_str("\nIts config.toml equals the existing one."),
        RestoredConfig::BesideOther(path) => text.push_str(&format!(
            "\nThe existing config.toml stays in force; the backup's is {}. Compare the two.",
            path.display()
        )),
        RestoredConfig::BesideForDatabase(path) => text.push_str(&format!(
            "\nThe backup's config.toml does not name the database that was restored into, so it is NOT in \
             force: it is {}. Copy the settings that you need.",
            path.display()
        )),
    }
    if !restored.left.is_empty() {
        text.push_str(&format!("\nExisting files that stay: {}.", restored.left.join(", ")));
    }
    text
}
