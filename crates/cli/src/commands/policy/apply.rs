//! `waiaas policy apply`.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use waiaas_api::client::{ChangeResult, Client};
use waiaas_api::policies::{CreatePolicy, UpdatePolicy};
use waiaas_engine::core::ids::{PolicyId, WalletId};
use waiaas_engine::policy_files::{self, Diff, FilePolicy, PolicyFile, RowDiff, Strictness};

use super::comparison::{self, Installed};
use super::diff;
use super::files::Names;
use crate::commands::confirm::Yes;
use crate::context::Context;
use crate::{exit, output};

/// Changes the daemon's policies to those of a file.
#[derive(clap::Args)]
#[command(after_long_help = "\
Shows the changes, then creates, updates and deletes policies one by one: first \
those that tighten, last those that loosen. Policies that are not in the file stay as \
they are, unless --prune. Deleting a policy, or allowing more under an existing one, must be \
confirmed, on a terminal or by --yes; new policies need no confirmation. A change that loosens may wait for a wallet's \
owner; such a change is reported, is NOT in force, and gives the exit code of a waiting change.")]
pub(crate) struct Args {
    /// A policy file.
    file: PathBuf,
    /// The wallet of every policy that names none (id or name).
    #[arg(long)]
    wallet: Option<String>,
    /// Only show what would change.
    #[arg(long)]
    dry_run: bool,
    /// Also delete policies that are not in the file; with --wallet only those of that wallet.
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    yes: Yes,
}

/// One change that was made.
#[derive(Serialize)]
struct Step {
    what: &'static str,
    #[serde(rename = "type")]
    policy_type: String,
    wallet: Option<String>,
    network: Option<String>,
    /// Id of the change if it waits for owners.
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
    let client = context.operator().await?;
    let installed = Installed::read(context, &client).await?;
    let (names, rows, networks) = (&installed.names, &installed.rows, installed.networks());
    let mut wanted = PolicyFile::load(&args.file, networks)?;
    let only = args.wallet.as_deref().map(|text| names.id(text)).transpose()?;
    if let Some(id) = only {
        wanted.policies.iter_mut().for_each(|row| {
            row.wallet.get_or_insert_with(|| names.name(id));
        });
    }
    let wanted = names.settle(wanted)?;
    let mut after = wanted.clone();
    let kept = rows.iter().zip(&installed.file.policies).filter(|(row, old)| {
        let meant = args.prune && only.is_none_or(|id| row.wallet_id == Some(id));
        !meant && !wanted.policies.iter().any(|new| old.same_place(new))
    });
    after.policies.extend(kept.map(|(_, old)| old.clone()));
    let diff = policy_files::diff(("installed", &installed.file), ("file", &after), networks)?;
    let mut report = Report { diff, dry_run: args.dry_run, steps: Vec::new() };
    if !args.dry_run {
        confirm(&installed, &report.diff, &args.yes)?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).zip(&installed.file.policies).collect();
        report.steps = carry_out(&client, names, &report.diff, &ids).await?;
    }
    let waits = report.steps.iter().any(|step| step.waits.is_some());
    output::show(context, &report, text)?;
    if waits { Err(exit::Waits.into()) } else { Ok(()) }
}

/// Asks for confirmation if existing policies are deleted or loosened, unless an owner is asked about them.
fn confirm(installed: &Installed, diff: &Diff, yes: &Yes) -> Result<()> {
    let mut reasons = Vec::new();
    for row in diff.rows.iter().filter(|row| row.old != row.new) {
        let Some(why) = comparison::why(row) else { continue };
        let others = installed.file.policies.iter().filter(|old| Some(*old) != row.old.as_ref());
        let after = PolicyFile { policies: others.chain(&row.new).cloned().collect() };
        if !installed.asks_an_owner(&after)? {
            reasons.push(why);
        }
    }
    if reasons.is_empty() {
        return Ok(());
    }
    output::progress(&diff::text(diff));
    yes.or_ask(&reasons.join("; "))
}

/// Makes every policy that differs equal to the file. Tightening changes come first, loosening ones last: if
/// a later one fails or waits, all tightening changes are in force already.
async fn carry_out(
    client: &Client,
    names: &Names,
    diff: &Diff,
    ids: &[(PolicyId, &FilePolicy)],
) -> Result<Vec<Step>> {
    let mut rows: Vec<&RowDiff> = diff.rows.iter().filter(|row| row.old != row.new).collect();
    rows.sort_by_key(|row| match row.standing {
        Strictness::Tighter => 0,
        Strictness::Same => 1,
        Strictness::Incomparable => 2,
        Strictness::Looser => 3,
    });
    let mut steps = Vec::new();
    for row in rows {
        let id = ids.iter().find(|(_, old)| Some(*old) == row.old.as_ref()).map(|(id, _)| *id);
        let (what, outcome) = match (id, &row.new) {
            (None, Some(new)) => {
                let wallet_id = new.wallet.as_deref().map(|text| names.id(text)).transpose()?;
                ("create", client.create_policy(&request(new, wallet_id)).await.map(waits))
            }
            (Some(id), Some(new)) => {
                let change = UpdatePolicy {
                    rules: Some(new.rules.clone()),
                    priority: Some(new.priority),
                    enabled: Some(new.enabled),
                };
                ("update", client.update_policy(id, &change).await.map(waits))
            }
            (Some(id), None) => ("delete", client.delete_policy(id).await.map(waits)),
            (None, None) => {
                bail!("{} to delete is not a policy of the daemon", row.policy_type.with_article())
            }
        };
        steps.push(Step {
            what,
            policy_type: row.policy_type.to_string(),
            wallet: row.wallet.clone(),
            network: row.network.clone(),
            waits: outcome.with_context(|| format!("{what} {}", row.policy_type))?,
        });
    }
    Ok(steps)
}

/// The request that creates a policy of a file.
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

/// The change that waits for owners, if it does.
fn waits<T>(outcome: ChangeResult<T>) -> Option<String> {
    match outcome {
        ChangeResult::Done(_) => None,
        ChangeResult::Waits(change) => Some(change.id.to_string()),
    }
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
