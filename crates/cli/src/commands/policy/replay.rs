//! `waiaas policy replay`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use jiff::{Span, SpanRelativeTo};
use waiaas_api::replay::{ReplayReport, ReplayRequest};
use waiaas_engine::policy_files::PolicyFile;

use super::apply;
use super::files::Names;
use crate::context::Context;
use crate::exit::Usage;
use crate::{output, table};

/// The requests to judge again, and the policies to judge them by.
#[derive(clap::Args)]
#[command(after_long_help = "\
The file is the whole candidate set, which replaces the policies of that time. Nothing is changed.\n\n\
Each request is judged with its recorded effects, prices, simulation check, and the sums of \
the ledger at that time. A request that the candidate set would have denied still counts in \
the sums of those after it. Counts of a rate window that was not recorded are computed from \
the recorded requests. A request that was denied early, and is not denied again by \
its recorded facts, is UNKNOWN and in no sum. If the candidate set needs another fact that the \
record lacks, the request is denied and counted separately. A counterparty that was not looked up counts as unrated.")]
pub(crate) struct Args {
    /// A policy file.
    file: PathBuf,
    /// How far back, such as 90m, 12h, 7d or 4w.
    #[arg(long)]
    since: String,
    /// Only requests of this wallet (id or name).
    #[arg(long)]
    wallet: Option<String>,
    /// Maximum number of examples shown.
    #[arg(long, default_value_t = 20)]
    examples: u32,
}

pub(crate) async fn run(context: &Context, args: &Args) -> Result<()> {
    let networks = context.config(Vec::new())?.networks()?;
    let file = PolicyFile::load(&args.file, &networks)?;
    let since = now()?.saturating_sub(seconds(&args.since)?);
    let client = context.operator().await?;
    let names = Names::ask(&client).await?;
    let mut policies = Vec::new();
    for row in &file.policies {
        let wallet = row.wallet.as_deref().map(|text| names.id(text)).transpose()?;
        policies.push(apply::request(row, wallet));
    }
    let request = ReplayRequest {
        since: since.max(0),
        wallet_id: args.wallet.as_deref().map(|text| names.id(text)).transpose()?,
        policies,
        examples: args.examples,
    };
    output::show(context, &client.replay_policies(&request).await?, text)
}

#[expect(clippy::disallowed_methods, reason = "the user's time of day, on the user's machine")]
fn now() -> Result<i64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    Ok(i64::try_from(now.as_secs())?)
}

/// `7d` in seconds. Days have 24 hours; months and years have no length of their own.
fn seconds(text: &str) -> Result<i64> {
    let span = text.parse::<Span>().ok();
    let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let wrong = || Usage(format!("'{text}' is not a time; give one like 90m, 12h, 7d or 4w"));
    Ok(length.filter(|length| !length.is_negative()).ok_or_else(wrong)?.as_secs())
}

fn text(report: &ReplayReport) -> String {
    let rows = report.counts.iter().map(|c| {
        let mark = match c.is.as_str() {
            "UNKNOWN" => "was denied before prices were asked",
            is if is == c.was => "",
            _ => "changed",
        };
        [c.was.clone(), c.is.clone(), c.count.to_string(), mark.to_owned()]
    });
    let mut text = table::table(["was", "would be", "requests", ""], rows);
    let _ = write!(
        text,
        "\n{} requests, {} decided otherwise.\nnewly denied:  {} USD\nnewly allowed: {} USD\nnewly needing the owner: {} USD",
        report.decisions,
        report.changed,
        report.newly_denied_usd,
        report.newly_allowed_usd,
        report.newly_owner_usd
    );
    if report.unpriced > 0 {
        let _ = write!(text, "\nNot in these sums, because their value is not known: {}", report.unpriced);
    }
    if report.unknown > 0 {
        let _ = write!(
            text,
            "\nUnknown, and in none of these sums: {} (denied before prices were asked)",
            report.unknown
        );
    }
    let lacking = report.not_known.saturating_sub(report.unknown);
    if lacking > 0 {
        let _ = write!(text, "\nDenied because a fact was not recorded: {lacking}");
    }
    for example in &report.examples {
        let worth = example.usd.map(|usd| format!(", {usd} USD")).unwrap_or_default();
        let _ =
            write!(text, "\n{} on {}{worth}: {} -> {}", example.id, example.network, example.was, example.is);
        for why in &example.why {
            let _ = write!(text, "\n    {why}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(seconds("7d").expect("a week"), 604_800);
        assert_eq!(seconds("90m").expect("minutes"), 5_400);
        assert_eq!(seconds("4w").expect("weeks"), 2_419_200);
        for bad in ["", "d", "7", "-7d", "7y", "7é", "99999999999d"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
