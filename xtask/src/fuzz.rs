//! Coverage-guided fuzzing: builds the targets for libFuzzer and runs one after another.
//!
//! Works on plain stable: LLVM's coverage pass is requested by name. New inputs are kept in `fuzz/corpus`,
//! failures in `fuzz/artifacts`; neither is committed. After the fix, a failing input is copied to
//! `fuzz/seeds/<target>/`, with a name that describes it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::tools::{cargo, root, run};

/// Instrumentation for libFuzzer.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";
const TRIPLE: &str = "x86_64-unknown-linux-gnu";
/// The maximum length of generated inputs, in bytes. Seeds may be longer.
const LONGEST: &str = "-max_len=2048";

/// The result of one target.
struct Outcome {
    target: String,
    runs: String,
    coverage: String,
    features: String,
    corpus: String,
    seconds: u64,
    crash: Option<String>,
}

/// Returns every target, which is every folder of seeds.
pub(crate) fn targets() -> Vec<String> {
    let folders = fs::read_dir(root().join("fuzz/seeds")).into_iter().flatten().flatten();
    let mut names: Vec<_> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Runs `wanted`, or all targets if none is named. Fails if one of them fails.
pub(crate) fn fuzz(wanted: &[String], runs: u64, seconds: u64) -> Result<()> {
    let known = targets();
    if let Some(other) = wanted.iter().find(|name| !known.contains(name)) {
        bail!("there is no target '{other}'; there are {}", known.join(", "));
    }
    let build = root().join("target/fuzz");
    let manifest = root().join("fuzz/libfuzzer/Cargo.toml");
    run(cargo()
        .env("RUSTFLAGS", FLAGS)
        .args(["build", "--release", "--target", TRIPLE, "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(&build))?;
    let program = build.join(TRIPLE).join("release/waiaas-libfuzzer");
    let all = if wanted.is_empty() { known } else { wanted.to_vec() };
    print_line(&row(["target", "runs", "coverage", "features", "corpus", "seconds", "found"]));
    let mut failed = Vec::new();
    for target in all {
        let outcome = one(&program, target, runs, seconds)?;
        print_line(&outcome.row());
        failed.extend(outcome.crash.map(|crash| format!("{}: {crash}", outcome.target)));
    }
    if !failed.is_empty() {
        bail!("inputs that fail are in fuzz/artifacts:\n  {}", failed.join("\n  "));
    }
    Ok(())
}

fn one(program: &PathBuf, target: String, runs: u64, seconds: u64) -> Result<Outcome> {
    let folder = |kind: &str| root().join("fuzz").join(kind);
    let (corpus, artifacts) = (folder("corpus").join(&target), folder("artifacts").join(&target));
    for new in [&corpus, &artifacts] {
        fs::create_dir_all(new).with_context(|| format!("creating {}", new.display()))?;
    }
    let mut command = Command::new(program);
    command.env("FUZZ_TARGET", &target).env("RUST_BACKTRACE", "0").args([LONGEST, "-timeout=20"]);
    command.arg(format!("-runs={runs}")).arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    let words = folder("dictionaries").join(format!("{target}.dict"));
    if words.exists() {
        command.arg(format!("-dict={}", words.display()));
    }
    let began = Instant::now();
    let output =
        command.arg(corpus).arg(folder("seeds").join(&target)).output().context("starting libFuzzer")?;
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().rfind(|line| line.starts_with('#') && line.contains("cov: ")).unwrap_or_default();
    let after = |name: &str| {
        let mut words = last.split_whitespace().skip_while(|word| *word != name);
        words.nth(1).unwrap_or("-").to_owned()
    };
    let crash = (!output.status.success()).then(|| {
        let mut lines = text.lines().skip_while(|line| !line.contains("panicked at"));
        let lines: Vec<_> = lines.by_ref().take(3).collect();
        if lines.is_empty() { "the process ended without a panic".to_owned() } else { lines.join(" ") }
    });
    Ok(Outcome {
        target,
        runs: last.split_whitespace().next().unwrap_or("-").trim_start_matches('#').to_owned(),
        coverage: after("cov:"),
        features: after("ft:"),
        corpus: after("corp:"),
        seconds: began.elapsed().as_secs(),
        crash,
    })
}

impl Outcome {
    fn row(&self) -> String {
        let found = if self.crash.is_some() { "FAILED" } else { "-" };
        let seconds = self.seconds.to_string();
        row([&self.target, &self.runs, &self.coverage, &self.features, &self.corpus, &seconds, found])
    }
}

fn row([target, runs, coverage, features, corpus, seconds, found]: [&str; 7]) -> String {
    format!("{target:<22}{runs:>10}{coverage:>10}{features:>10}{corpus:>14}{seconds:>9}  {found}")
}

#[expect(clippy::print_stdout, reason = "the result of a command-line tool")]
fn print_line(line: &str) {
    println!("{line}");
}
