//! `waiaas policy diff`.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use waiaas_engine::policy_files::{self, Diff, FilePolicy, PolicyFile};

use super::files::{self, Names};
use crate::context::Context;
use crate::exit::CheckFailed;
use crate::{output, table};

/// Two sets of policies.
#[derive(clap::Args)]
#[command(after_long_help = "\
Says for each row, and for the whole, whether the new set is the same, tighter, looser or
incomparable (both, or not certain). The answer is cautious: only 'same' and 'tighter' promise that
no request gets a lower tier, or is allowed where it was denied. A row's word is about that change
alone, made to the old set.

Exit code 0 whatever the answer; with --deny-looser 6 unless it is 'same' or 'tighter'.")]
pub(crate) struct Args {
    /// The old set, a policy file; with --installed only the new one is given.
    #[arg(value_name = "FILE", required = true, num_args = 1..=2)]
    files: Vec<PathBuf>,
    /// Compare with the daemon's own policies.
    #[arg(long)]
    installed: bool,
    /// Exit with 6 unless the new set is at least as strict.
    #[arg(long)]
    deny_looser: bool,
}

pub(crate) async fn run(context: &Context, args: &Args) -> Result<()> {
    let networks = context.config(Vec::new())?.networks()?;
    let load = |path: &PathBuf| PolicyFile::load(path, &networks);
    let (old, new) = match (args.files.as_slice(), args.installed) {
        ([old, new], false) => (load(old)?, load(new)?),
        ([new], true) => {
            let client = context.operator().await?;
            let names = Names::of(&client).await?;
            (files::file(&files::rows(&client).await?, &names)?, names.settle(load(new)?)?)
        }
        _ => anyhow::bail!("give two policy files, or --installed and one"),
    };
    let diff = policy_files::diff(("old", &old), ("new", &new), &networks)?;
    output::show(context, &diff, text)?;
    if args.deny_looser && !diff.is_at_least_as_strict() {
        let message = format!("the new policies are {}", diff.overall.as_str());
        return Err(CheckFailed { message, reported: true }.into());
    }
    Ok(())
}

/// A diff for people.
pub(super) fn text(diff: &Diff) -> String {
    let rows = diff.rows.iter().map(|row| {
        let change = match (&row.old, &row.new) {
            (None, _) => "added",
            (_, None) => "removed",
            (Some(old), Some(new)) if old == new => "unchanged",
            (Some(_), Some(_)) => "changed",
        };
        let all = |text: &Option<String>| text.clone().unwrap_or_else(|| "all".to_owned());
        [
            row.policy_type.to_string(),
            all(&row.wallet),
            all(&row.network),
            change.to_owned(),
            row.standing.as_str().to_owned(),
        ]
    });
    let mut text = table::table(["type", "wallet", "network", "change", "it is"], rows);
    for row in diff.rows.iter().filter(|row| row.old != row.new) {
        let _ = write!(text, "\n{}", row.policy_type);
        for (sign, row) in [('-', &row.old), ('+', &row.new)] {
            if let Some(FilePolicy { rules, enabled, .. }) = row {
                let off = if *enabled { "" } else { " (switched off)" };
                let _ = write!(text, "\n  {sign} {rules}{off}");
            }
        }
    }
    let _ = write!(text, "\nAs a whole: {}.", diff.overall.as_str());
    text
}
