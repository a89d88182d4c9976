//! `waiaas audit`.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::json;
use waiaas_api::audit::{AuditEntry, AuditQuery};
use waiaas_api::client::Client;
use waiaas_engine::WholeFile;
use waiaas_engine::core::ids::TxId;

use crate::commands::backup::refuse_existing;
use crate::commands::wallet::find;
use crate::context::Context;
use crate::exit::CheckFailed;
use crate::{human, output, table};

/// The audit log.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// List entries, newest first.
    List {
        /// Only about this wallet (id or name), or about a session that has or had it.
        #[arg(long)]
        wallet: Option<String>,
        /// Only about this transaction.
        #[arg(long)]
        tx: Option<TxId>,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Recompute the hash chain; exit code 6 when it is broken.
    Verify,
    /// Write all entries as JSON lines, ending with a checkpoint of the chain's head.
    Export {
        /// The file to write.
        file: PathBuf,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    let client = context.operator().await?;
    match verb {
        Verb::List { wallet, tx, limit } => {
            let wallet_id = match wallet {
                Some(wallet) => Some(find(&client, &wallet).await?.id),
                None => None,
            };
            let query = AuditQuery { wallet_id, tx_id: tx, limit: Some(limit), ..AuditQuery::default() };
            output::show(context, &client.audit_logs(&query).await?, |page| table(&page.data))
        }
        Verb::Verify => {
            let report = client.verify_audit().await?;
            output::show(context, &report, |r| match r.broken_at {
                None => format!("The chain of {} entries is intact.", r.entries),
                Some(seq) => format!("The chain is broken at entry {seq}."),
            })?;
            if report.intact {
                return Ok(());
            }
            Err(CheckFailed { message: "the audit chain is broken".to_owned(), reported: true }.into())
        }
        Verb::Export { file } => export(context, &client, &file).await,
    }
}

async fn export(context: &Context, client: &Client, path: &Path) -> Result<()> {
    refuse_existing(path, false, "choose another name")?;
    let mut out = BufWriter::new(WholeFile::create(path)?);
    let written = || format!("writing {}", path.display());
    let report = client.verify_audit().await?;
    let mut cursor = None;
    let mut entries = 0u64;
    loop {
        let query = AuditQuery { cursor, limit: Some(200), ..AuditQuery::default() };
        let page = client.audit_logs(&query).await?;
        for entry in &page.data {
            writeln!(out, "{}", serde_json::to_string(entry)?).with_context(written)?;
            entries += 1;
        }
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    writeln!(out, "{}", json!({ "checkpoint": report })).with_context(written)?;
    out.into_inner().map_err(|error| error.into_error()).with_context(written)?.keep()?;
    let value = json!({ "file": path, "entries": entries, "checkpoint": report });
    output::show(context, &value, |_| format!("Wrote {entries} entries to {}.", path.display()))
}

fn table(entries: &[AuditEntry]) -> String {
    let head = ["id", "time", "event", "actor", "severity", "transaction"];
    table::list(
        "No audit entries match.",
        head,
        entries.iter().map(|e| {
            [
                e.id.to_string(),
                human::time(e.timestamp),
                e.event_type.to_string(),
                e.actor.clone(),
                e.severity.to_string(),
                e.tx_id.clone().unwrap_or_default(),
            ]
        }),
    )
}
