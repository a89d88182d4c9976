//! `waiaas policy apply`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Serialize;
use waiaas_api::client::{Client, Outcome};
use waiaas_api::policies::{CreatePolicy, Policy, UpdatePolicy};
use waiaas_engine::core::ids::WalletId;
use waiaas_engine::policy_files::{self, Diff, FilePolicy, PolicyFile};

use super::diff;
use super::files::{self, Names};
use crate::context::Context;
use crate::{exit, output};

/// Makes the daemon's policies those of a file.
#[derive(clap::Args)]
#[command(after_long_help = "\
Shows what changes, then creates and updates rows, one by one. Rows that the
file does not have stay as they are, unless --prune. What loosens may have to wait for a wallet's
owner; such a change is reported, is NOT in force, and makes the exit code that of a waiting change.")]
pub(crate) struct Args {
    /// A policy file.
    file: PathBuf,
    /// The wallet of every row that names none (id or name).
    #[arg(long)]
    wallet: Option<String>,
    /// Only show what would change.
    #[arg(long)]
    dry_run: bool,
    /// Also delete rows that the file does not have; with --wallet only those of that wallet.
    #[arg(long)]
    prune: bool,
}

/// One step.
#[derive(Serialize)]
struct Step {
    what: &'static str,
    #[serde(rename = "type")]
    policy_type: String,
    wallet: Option<String>,
    network: Option<String>,
    /// Present when it waits for owners.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    diff: Diff,
    dry_run: bool,
    steps: Vec<Step>,
}

pub(crate) async fn run(context: &Context, args: &Args) -> Result<()> {
    let networks = context.config(Vec::new())?.networks()?;
    let client = context.operator()?;
    let names = Names::of(&client).await?;
    let mut wanted = PolicyFile::load(&args.file, &networks)?;
    let only = args.wallet.as_deref().map(|text| names.id(text)).transpose()?;
    if let Some(id) = only {
        wanted.policies.iter_mut().for_each(|row| {
            row.wallet.get_or_insert_with(|| names.name(id));
        });
    }
    let wanted = names.settle(wanted)?;
    let rows = files::rows(&client).await?;
    let installed = files::file(&rows, &names)?;
    let gone: Vec<&Policy> = rows
        .iter()
        .zip(&installed.policies)
        .filter_map(|(row, old)| {
            let meant = only.is_none_or(|id| row.wallet_id == Some(id));
            (args.prune && meant && !wanted.policies.iter().any(|new| old.same_place(new))).then_some(row)
        })
        .collect();
    let mut after = wanted.clone();
    let kept = rows.iter().zip(&installed.policies).filter(|(row, old)| {
        !gone.iter().any(|gone| gone.id == row.id) && !wanted.policies.iter().any(|new| old.same_place(new))
    });
    after.policies.extend(kept.map(|(_, old)| old.clone()));
    let diff = policy_files::diff(("installed", &installed), ("file", &after), &networks)?;
    let mut report = Report { diff, dry_run: args.dry_run, steps: Vec::new() };
    if !args.dry_run {
        report.steps = carry_out(&client, &names, &wanted, &rows, &installed, &gone).await?;
    }
    let waits = report.steps.iter().any(|step| step.waits.is_some());
    output::show(context, &report, text)?;
    if waits { Err(exit::Waits.into()) } else { Ok(()) }
}

/// Creates and updates, then deletes. A row that is as wanted is left alone.
async fn carry_out(
    client: &Client,
    names: &Names,
    wanted: &PolicyFile,
    rows: &[Policy],
    installed: &PolicyFile,
    gone: &[&Policy],
) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for new in &wanted.policies {
        let wallet_id = new.wallet.as_deref().map(|text| names.id(text)).transpose()?;
        let found = rows.iter().zip(&installed.policies).find(|(_, old)| old.same_place(new));
        let failed = || format!("applying {}", new.policy_type);
        let (what, outcome) = match found {
            Some((_, old)) if old == new => continue,
            Some((row, _)) => {
                let change = UpdatePolicy {
                    rules: Some(new.rules.clone()),
                    priority: Some(new.priority),
                    enabled: Some(new.enabled),
                };
                ("update", client.update_policy(row.id, &change).await.with_context(failed)?)
            }
            None => ("create", client.create_policy(&request(new, wallet_id)).await.with_context(failed)?),
        };
        steps.push(step(
            what,
            new.policy_type.to_string(),
            new.wallet.clone(),
            new.network.clone(),
            &outcome,
        ));
    }
    for row in gone {
        let outcome = client.delete_policy(row.id).await?;
        let wallet = row.wallet_id.map(|id| names.name(id));
        steps.push(step("delete", row.policy_type.clone(), wallet, row.network.clone(), &outcome));
    }
    Ok(steps)
}

/// The request that creates a row of a file.
pub(super) fn request(row: &FilePolicy, wallet_id: Option<WalletId>) -> CreatePolicy {
    CreatePolicy {
        wallet_id,
        network: row.network.clone(),
        policy_type: row.policy_type.to_string(),
        rules: row.rules.clone(),
        priority: row.priority,
        enabled: row.enabled,
    }
}

fn step<T>(
    what: &'static str,
    policy_type: String,
    wallet: Option<String>,
    network: Option<String>,
    outcome: &Outcome<T>,
) -> Step {
    let waits = match outcome {
        Outcome::Done(_) => None,
        Outcome::Waits(change) => Some(change.id.to_string()),
    };
    Step { what, policy_type, wallet, network, waits }
}

fn text(report: &Report) -> String {
    let mut text = diff::text(&report.diff);
    if report.dry_run {
        text.push_str("\nNothing was changed.");
        return text;
    }
    for step in &report.steps {
        let place = step.wallet.as_deref().unwrap_or("all wallets");
        text.push_str(&format!("\n{} {} for {place}", step.what, step.policy_type));
        match &step.waits {
            None => text.push_str(": done"),
            Some(id) => text.push_str(&format!(
                ": NOT in force, waits for the owner's signature; see `waiaas change show {id}`"
            )),
        }
    }
    if report.steps.is_empty() {
        text.push_str("\nNothing to change.");
    }
    text
}
