//! `waiaas policy diff`.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::Value;
use waiaas_engine::policy_files::{self, Diff, FieldDiff, FilePolicy, PolicyFile, RowDiff, Strictness};

use super::files::{self, Names};
use crate::context::Context;
use crate::exit::{CheckFailed, Usage};
use crate::{output, table};

/// Two sets of policies.
#[derive(clap::Args)]
#[command(after_long_help = "\
Says for each policy, and for the whole, whether the new set is the same, tighter, looser or \
incomparable (both, or uncertain). The answer is cautious: only 'same' and 'tighter' promise that \
no request gets a lower tier, or is allowed where it was denied. The answer for one policy is about that change \
alone, made to the old set.\n\n\
The exit code is 0 for every answer; with --deny-looser it is 6 unless the answer is 'same' or 'tighter'.")]
pub(crate) struct Args {
    /// The old set, a policy file; with --installed give only the new one.
    #[arg(value_name = "FILE", required = true, num_args = 1..=2)]
    files: Vec<PathBuf>,
    /// Compare with the daemon's own policies.
    #[arg(long)]
    installed: bool,
    /// Exit with code 6 unless the new set is at least as strict.
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
            let names = Names::ask(&client).await?;
            (files::file(&files::rows(&client).await?, &names)?, names.settle(load(new)?)?)
        }
        _ => return Err(Usage("give two policy files, or --installed and one".to_owned()).into()),
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
        let _ = write!(text, "\n{}", block(row));
    }
    let _ = write!(text, "\nAs a whole: {}.", diff.overall.as_str());
    text
}

/// Names a policy: `SPENDING_LIMIT of wallet trader on base-mainnet`.
pub(super) fn heading(row: &RowDiff) -> String {
    let wallet =
        row.wallet.as_ref().map_or_else(|| "all wallets".to_owned(), |name| format!("wallet {name}"));
    let network = row.network.as_deref().unwrap_or("all networks");
    format!("{} of {wallet} on {network}", row.policy_type)
}

/// A changed policy, with the change of each field.
pub(super) fn block(row: &RowDiff) -> String {
    let mut text = heading(row);
    let _ = match (&row.old, &row.new) {
        (None, Some(new)) => write!(text, ", added: {}\n  + {}", row.standing.as_str(), shown(new)),
        (Some(old), None) => write!(text, ", removed: {}\n  - {}", row.standing.as_str(), shown(old)),
        (Some(_), Some(_)) | (None, None) => write!(text, ", changed: {}", row.standing.as_str()),
    };
    // Fields that may loosen come first.
    let strict = |field: &&FieldDiff| field.standing.is_some_and(Strictness::is_at_least_as_strict);
    let (tighter, looser): (Vec<_>, Vec<_>) = row.fields.iter().partition(strict);
    for field in looser.into_iter().chain(tighter) {
        let _ = write!(text, "\n  {}", changed(field, row.standing));
    }
    if let (Some(old), Some(new)) = (&row.old, &row.new) {
        match (old.enabled, new.enabled) {
            (true, false) => text.push_str("\n  ~ it is switched off"),
            (false, true) => text.push_str("\n  ~ it is put in force"),
            (true, true) => {}
            (false, false) => text.push_str("\n  (it is switched off, before and after)"),
        }
        if old.priority != new.priority {
            let _ = write!(text, "\n  ~ priority {} -> {}", old.priority, new.priority);
        }
    }
    text
}

fn shown(row: &FilePolicy) -> String {
    format!("{}{}", row.rules, if row.enabled { "" } else { " (switched off)" })
}

/// One field with its sign: `-` removed, `+` added, `~` changed. For lists, the removed and the added
/// entries. Where the strictness depends on several fields, that of `all` fields together is named.
fn changed(field: &FieldDiff, all: Strictness) -> String {
    let name = &field.field;
    let line = match (&field.old, &field.new) {
        (Some(old), None) => format!("- {name} {old}"),
        (None, Some(new)) => format!("+ {name} {new}"),
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            let missing = |from: &[Value], of: &[Value]| -> String {
                let gone: Vec<_> =
                    of.iter().filter(|item| !from.contains(item)).map(Value::to_string).collect();
                gone.join(", ")
            };
            let (gone, come) = (missing(new, old), missing(old, new));
            let part =
                |word: &str, items: String| if items.is_empty() { items } else { format!(" {word} {items}") };
            format!("~ {name}{}{}", part("without", gone), part("with", come))
        }
        (old, new) => {
            let text = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
            format!("~ {name} {} -> {}", text(old), text(new))
        }
    };
    match field.standing {
        Some(standing) => format!("{line} ({})", standing.as_str()),
        None => format!("{line} (with the other fields: {})", all.as_str()),
    }
}
