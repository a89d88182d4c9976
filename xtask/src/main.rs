//! Everything a contributor runs: `cargo xtask demo | test | attack | fuzz | lint | bench | openapi | schema | docs | deps`.
#![expect(clippy::disallowed_methods, reason = "tasks read the environment and measure time")]

mod cases;
mod cycles;
mod deps;
mod docs;
mod file_length;
mod fuzz;
mod invariants;
mod links;
mod named_tests;
mod needs;
mod pure;
mod source;
mod tools;
mod walks;

use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};

use crate::needs::Need;
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
    /// Build the daemon, and run the demonstration on a local EVM node, then on a local Solana node.
    Demo,
    /// Lint, then run every test on real nodes and databases.
    Test {
        /// Only the tests, without the linters.
        #[arg(long)]
        no_lint: bool,
    },
    /// Attack the daemon on local nodes, and report the results.
    Attack {
        /// Arguments of the attack kit, such as `--json` or `--url`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Search for inputs that break a decoder, a parser or the evaluation, guided by coverage (libFuzzer).
    #[command(after_help = format!("Targets: {}", fuzz::targets().join(", ")))]
    Fuzz {
        /// Only these targets; all if none is named.
        targets: Vec<String>,
        /// Inputs tried per target.
        #[arg(long, default_value_t = 20_000)]
        runs: u64,
        /// Longest time per target, in seconds.
        #[arg(long, default_value_t = 600)]
        seconds: u64,
    },
    /// Formatting, clippy with warnings as errors, dependency rules, file lengths, invariants, cases, walks, links, unused
    /// dependencies, licences, generated files.
    Lint,
    /// Run the benchmarks and print medians.
    Bench,
    /// Write openapi.json from the handlers, or check that it is current.
    Openapi {
        /// Fail when the file is not current instead of writing it.
        #[arg(long)]
        check: bool,
    },
    /// Write config.schema.json from the types of the configuration, or check that it is current.
    Schema {
        /// Fail when the file is not current instead of writing it.
        #[arg(long)]
        check: bool,
    },
    /// Write the reference of the command line and of the configuration, or check that it is current.
    Docs {
        /// Fail when a page is not current instead of writing it.
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
        Task::Schema { check } => schema(check),
        Task::Docs { check } => docs::docs(check),
        Task::Deps => deps::check(),
    }
}

/// Requirements of every task that starts the local nodes.
const NODES: [Need; 2] = [Need::CCompiler, Need::LocalNodes];
/// Requirements of the linters.
const LINTERS: [Need; 3] = [Need::CCompiler, Need::Deny, Need::Machete];

/// Builds the packages of the demonstration at once, then runs it. Its first half needs only the EVM node. It
/// compiles the Solana node itself, before its second half.
fn demo() -> Result<()> {
    needs::announce(&NODES)?;
    let packages = ["--package", "waiaas-cli", "--package", "e2e", "--bin", "waiaas", "--bin", "demo"];
    run(cargo().args(["build", "--locked"]).args(packages))?;
    // Not `cargo run`, which would choose features for one package alone and build some of them again.
    let this = std::env::current_exe().context("where this program is")?;
    run(&mut Command::new(this.with_file_name("demo")))
}

fn test(no_lint: bool) -> Result<()> {
    let mut all = vec![Need::CCompiler, Need::Postgres, Need::Commands, Need::LocalNodes, Need::Nextest];
    if !no_lint {
        all.extend([Need::Deny, Need::Machete]);
    }
    needs::announce(&all)?;
    tools::require_postgres()?;
    tools::require_commands()?;
    script("localnet/start.sh", &["--build-only"])?;
    if !no_lint {
        lint()?;
    }
    // The end-to-end tests start this binary.
    run(cargo().args(["build", "--locked", "--package", "waiaas-cli"]))?;
    tools::require_nextest()?;
    // A text that differs from its snapshot fails, and nothing is written beside it.
    let tests = ["nextest", "run", "--locked", "--workspace", "--no-fail-fast"];
    run(cargo().args(tests).env("INSTA_UPDATE", "no"))?;
    run(cargo().args(["test", "--locked", "--workspace", "--doc"]))?;
    attack(&[])
}

/// Uses its own nodes and daemon, unless the arguments name another one.
fn attack(arguments: &[String]) -> Result<()> {
    needs::announce(&NODES)?;
    script("localnet/start.sh", &["--build-only"])?;
    run(cargo().args(["build", "--locked", "--package", "waiaas-cli"]))?;
    let kit = ["run", "--locked", "--quiet", "--package", "e2e", "--bin", "attack", "--"];
    run(cargo().args(kit).args(arguments))
}

fn lint() -> Result<()> {
    needs::announce(&LINTERS)?;
    run(cargo().args(["fmt", "--all", "--", "--check"]))?;
    deps::check()?;
    file_length::check()?;
    invariants::check()?;
    cases::check()?;
    walks::check()?;
    links::check()?;
    run(cargo().args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    openapi(true)?;
    schema(true)?;
    docs::docs(true)?;
    tools::cargo_machete()?;
    tools::cargo_deny()
}

fn bench() -> Result<()> {
    needs::announce(&NODES)?;
    script("localnet/start.sh", &["--build-only"])?;
    run(cargo().args(["bench", "--locked", "--package", "waiaas-core", "--bench", "policy"]))?;
    run(cargo().args(["run", "--locked", "--release", "--manifest-path", "benches/Cargo.toml"]))?;
    run(cargo().args(["build", "--locked", "--release", "--package", "waiaas-cli"]))?;
    run(cargo().args(["run", "--locked", "--release", "--package", "e2e", "--bin", "bench"]))
}

fn openapi(check: bool) -> Result<()> {
    generated("openapi.json", &["openapi"], "cargo xtask openapi", check)
}

fn schema(check: bool) -> Result<()> {
    generated("config.schema.json", &["config", "schema"], "cargo xtask schema", check)
}

/// Writes the output of a command of the product to a file, or checks that the file equals it.
fn generated(file: &str, command: &[&str], remedy: &str, check: bool) -> Result<()> {
    let printed = command.join(" ");
    let output = cargo()
        .args(["run", "--locked", "--quiet", "--package", "waiaas-cli", "--"])
        .args(command)
        .output()
        .with_context(|| format!("running waiaas {printed}"))?;
    if !output.status.success() {
        bail!("waiaas {printed} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let path = root().join(file);
    if !check {
        return std::fs::write(&path, output.stdout).with_context(|| format!("writing {file}"));
    }
    let current = std::fs::read(&path).with_context(|| format!("reading {file}"))?;
    if current != output.stdout {
        bail!("{file} is not current; run `{remedy}` and commit it");
    }
    Ok(())
}
