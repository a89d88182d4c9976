//! `waiaas policy test`.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;
use waiaas_engine::policy_files::{TestFile, TestReport};

use crate::context::Context;
use crate::exit::CheckFailed;
use crate::{output, table};

/// The format of a test file.
const HELP: &str = r#"A test file is TOML:

  policies = "trader.toml"            # or [[policy]] tables in this file

  [defaults]                          # holds for every case that does not say otherwise
  network = "base-mainnet"            # ethereum-mainnet
  assets.ETH.price = "2000"           # native coin: no price
  assets.USDC = { token = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", decimals = 6, price = "1" }

  [[case]]
  name = "small payments go at once"
  send = { to = "0x1111111111111111111111111111111111111111", amount = "5", token = "USDC" }
  given = { ledger = { usd_day = "90" } }
  expect = { tier = "INSTANT" }

A request is one of
  send = { to, amount, token? }       amounts in whole coins or tokens
  approve = { spender, amount, token }   amount "unlimited" is the largest number
  call = { to, data?, value? }        EVM, decoded by the daemon's own decoder
  effects = [ ... ]                   exactly these, in the form of `waiaas tx explain --json`
and, for a call that cannot be decoded,
  seen = [ ... ]                      its effects in a simulation, in the same form
expect is { tier, delay_seconds?, approval_timeout?, by? } with INSTANT, NOTIFY, DELAY or APPROVAL,
or { denied = "TOKEN_NOT_ALLOWED", by? }; `by` is the type of policy that decides.

given (and defaults), with the value if absent:
  network ethereum-mainnet            wallet   none: only policies for all wallets apply
  from    some address                clock    "2026-01-05T12:00:00Z", a Monday
  owner   LOCKED (or NONE, GRACE)     fee      none
  assets  the native coin, unpriced; price may be "unlisted" or "unusable"
  balances  nothing held (matters for allowances)
  ledger  empty: usd_day, usd_month, asset_day, asset_month, requests by seconds of the window,
          categories by name, http_messages
  action  none: provider, category, kind, trusted, venue, market, leverage, position_usd,
          notional_usd, lending_asset, collateral_usd, debt_usd
  x402, erc8128   none: the host that is paid, or for which a message is signed
  reputation  no ratings: [{ party, score?, tag1?, tag2? }]
  simulation "agrees"; or "not_applicable", { exceeds = "..." }, { unavailable = "..." }
  unsimulated "deny" (or "approval"); approval_timeout 3600
  handed_out false: the daemon sends it; true: the signature is given to the caller
  unknown []; of "requests", "categories", "http_messages": facts to withhold

Exit code 0 if every case gives the expected result, else 6."#;

/// Files to run.
#[derive(clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Args {
    /// Test files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    passed: usize,
    failed: usize,
    files: Vec<TestReport>,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<()> {
    let networks = context.config(Vec::new())?.networks()?;
    let mut files = Vec::new();
    for path in &args.files {
        files.push(TestFile::load(path, &networks)?.run(&networks)?);
    }
    let passed = files.iter().map(|file| file.passed).sum();
    let failed = files.iter().map(|file| file.failed).sum();
    let report = Report { passed, failed, files };
    output::show(context, &report, text)?;
    if failed == 0 {
        return Ok(());
    }
    let message =
        format!("{failed} of {} cases did not give the expected result", failed.saturating_add(passed));
    Err(CheckFailed { message, reported: true }.into())
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for file in &report.files {
        let _ = writeln!(text, "{}: {} passed, {} failed", file.file, file.passed, file.failed);
        let rows = file.cases.iter().map(|case| {
            let mark = if case.passed { "pass" } else { "FAIL" };
            [mark.to_owned(), case.name.clone(), case.expected.clone(), case.got.clone()]
        });
        text.push_str(&table::table(["", "case", "expected", "came"], rows));
        text.push('\n');
        for case in file.cases.iter().filter(|case| !case.passed) {
            let _ = writeln!(
                text,
                "\nFAIL {}\n  expected: {}\n  result:   {}",
                case.name, case.expected, case.got
            );
            for line in &case.why {
                let _ = writeln!(text, "  because:  {line}");
            }
            for effect in &case.effects {
                let effect = serde_json::to_string(effect).unwrap_or_default();
                let _ = writeln!(text, "  it does:  {effect}");
            }
        }
    }
    let _ = write!(text, "{} passed, {} failed", report.passed, report.failed);
    text
}
