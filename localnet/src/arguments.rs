//! The command line.
//! Belongs here: the options of the caller, and their checks. `start.sh` passes the defaults that need the
//! cache folder, because it alone has the installation paths.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// Printed for `--help`, to standard error like everything except the announcement.
pub const USAGE: &str = "\
usage: waiaas-localnet --anvil PATH --modules PATH [--slot-ms N]

  --anvil PATH     the native anvil binary
  --modules PATH   node_modules with the compiled contracts
  --slot-ms N      Solana slot time in milliseconds, 400 by default

Prints one line of JSON when both chains are ready, and runs until standard input closes or SIGINT or SIGTERM arrives.
`start.sh` installs and builds missing parts and fills in the two paths.";

/// A cluster's slot time, so that confirmation, finality and blockhash expiry take as long as on a cluster.
const DEFAULT_SLOT_MS: u64 = 400;

/// The caller's options.
#[derive(Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Solana slot time.
    pub slot_ms: u64,
    /// The native anvil binary.
    pub anvil: PathBuf,
    /// `node_modules` with the compiled contracts.
    pub modules: PathBuf,
}

impl Arguments {
    /// Reads the words after the program name; `None` for a request for help. A repeated option overrides.
    pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Option<Self>> {
        let mut slot_ms = DEFAULT_SLOT_MS;
        let mut anvil = None;
        let mut modules = None;

        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{} needs a value", word.display()));
            match word.to_str() {
                Some("--slot-ms") => slot_ms = parse_slot_ms(&value()?)?,
                Some("--anvil") => anvil = Some(PathBuf::from(value()?)),
                Some("--modules") => modules = Some(PathBuf::from(value()?)),
                Some("--help" | "-h") => return Ok(None),
                _ => bail!("unknown argument {}\n{USAGE}", word.display()),
            }
        }
        Ok(Some(Self {
            slot_ms,
            anvil: anvil.context("--anvil is missing")?,
            modules: modules.context("--modules is missing")?,
        }))
    }
}

fn parse_slot_ms(word: &OsString) -> Result<u64> {
    match word.to_str().map(str::parse) {
        Some(Ok(slot_ms @ 1..=60_000)) => Ok(slot_ms),
        _ => bail!("--slot-ms takes 1 to 60000, not {}", word.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Arguments>> {
        Arguments::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn the_slot_time_is_a_clusters_by_default() {
        let arguments = parse("--anvil a --modules m").ok().flatten();
        assert_eq!(arguments.map(|a| a.slot_ms), Some(400));
    }

    #[test]
    fn a_repeated_option_overrides() {
        let arguments = parse("--anvil a --modules m --slot-ms 50 --anvil b").ok().flatten();
        let expected = Arguments { slot_ms: 50, anvil: "b".into(), modules: "m".into() };
        assert_eq!(arguments, Some(expected));
    }

    #[test]
    fn invalid_arguments_are_refused() {
        for line in ["", "--anvil", "--anvil a", "--anvil a --modules m --slot-ms 0", "--nonsense"] {
            assert!(parse(line).is_err(), "{line:?}");
        }
    }
}
