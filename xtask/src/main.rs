//! Everything a contributor runs: `cargo xtask demo | test | attack | fuzz | lint | bench | openapi | deps`.

mod cases;
mod cycles;
mod deps;
mod fuzz;
mod invariants;
mod named_tests;
mod tools;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};

use crate::tools::{cargo, root, run, script};

/// Project tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", about)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything, start local nodes and the daemon, and play the product's story.
    Demo,
    /// Lint, then run every test on real nodes and databases.
    Test {
        /// Only the tests, without the linters.
        #[arg(long)]
        no_lint: bool,
    },
    /// Play an attacker against the daemon on local nodes, and say what held.
    Attack {
        /// What the attack kit takes, such as `--json` or `--url`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Look for inputs that break a decoder, a parser or the judgement, guided by coverage (libFuzzer).
    #[command(after_help = format!("Targets: {}", fuzz::targets().join(", ")))]
    Fuzz {
        /// Only these; all without any.
        targets: Vec<String>,
        /// Inputs tried per target.
        #[arg(long, default_value_t = 20_000)]
        runs: u64,
        /// Longest time per target.
        #[arg(long, default_value_t = 600)]
        seconds: u64,
    },
    /// Formatting, clippy with warnings as errors, dependency rules, invariants, cases, licences, generated files.
    Lint,
    /// Run the benchmarks and print medians.
    Bench,
    /// Write openapi.json from the handlers, or check that it is current.
    Openapi {
        /// Fail when the file is not current instead of writing it.
        #[arg(long)]
        check: bool,
    },
    /// Check which crate may depend on what, and that no modules depend on each other.
    Deps,
}

fn main() -> Result<()> {
    match Cli::parse().task {
        Task::Demo => demo(),
        Task::Test { no_lint } => test(no_lint),
        Task::Attack { arguments } => attack(&arguments),
        Task::Fuzz { targets, runs, seconds } => fuzz::fuzz(&targets, runs, seconds),
        Task::Lint => lint(),
        Task::Bench => bench(),
        Task::Openapi { check } => openapi(check),
        Task::Deps => deps::check(),
    }
}

fn demo() -> Result<()> {
    script("localnet/start.sh", &["--build-only"])?;
    run(cargo().args(["build", "--locked", "--package", "waiaas-cli"]))?;
    run(cargo().args(["run", "--locked", "--quiet", "--package", "e2e", "--bin", "demo"]))
}

fn test(no_lint: bool) -> Result<()> {
    tools::require_postgres()?;
    script("localnet/start.sh", &["--build-only"])?;
    if !no_lint {
        lint()?;
    }
    // The end-to-end tests start this binary.
    run(cargo().args(["build", "--locked", "--package", "waiaas-cli"]))?;
    tools::require_nextest()?;
    run(cargo().args(["nextest", "run", "--locked", "--workspace", "--no-fail-fast"]))?;
    run(cargo().args(["test", "--locked", "--workspace", "--doc"]))?;
    attack(&[])
}

/// On nodes and a daemon of its own, unless the arguments name another one.
fn attack(arguments: &[String]) -> Result<()> {
    script("localnet/start.sh", &["--build-only"])?;
    run(cargo().args(["build", "--locked", "--package", "waiaas-cli"]))?;
    let kit = ["run", "--locked", "--quiet", "--package", "e2e", "--bin", "attack", "--"];
    run(cargo().args(kit).args(arguments))
}

fn lint() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--", "--check"]))?;
    deps::check()?;
    invariants::check()?;
    cases::check()?;
    run(cargo().args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    openapi(true)?;
    tools::cargo_deny()
}

fn bench() -> Result<()> {
    script("localnet/start.sh", &["--build-only"])?;
    run(cargo().args(["bench", "--locked", "--package", "waiaas-core", "--bench", "policy"]))?;
    run(cargo().args(["run", "--locked", "--release", "--manifest-path", "benches/Cargo.toml"]))?;
    run(cargo().args(["build", "--locked", "--release", "--package", "waiaas-cli"]))?;
    run(cargo().args(["run", "--locked", "--release", "--package", "e2e", "--bin", "bench"]))
}

fn openapi(check: bool) -> Result<()> {
    let output = cargo()
        .args(["run", "--locked", "--quiet", "--package", "waiaas-cli", "--", "openapi"])
        .output()
        .context("running waiaas openapi")?;
    if !output.status.success() {
        bail!("waiaas openapi failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let path = root().join("openapi.json");
    if !check {
        return std::fs::write(&path, output.stdout).context("writing openapi.json");
    }
    let current = std::fs::read(&path).context("reading openapi.json")?;
    if current != output.stdout {
        bail!("openapi.json is not what the handlers say; run `cargo xtask openapi` and commit it");
    }
    Ok(())
}
