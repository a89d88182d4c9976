//! The length of Rust files. Belongs here: the limit, and the files that exceed it for now.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::tools::root;

/// The maximum number of lines of a file.
const MOST: usize = 400;
/// The folders with this limit.
const FOLDERS: [&str; 2] = ["crates", "xtask"];
/// Files that were longer when the limit was introduced, with their length then. They may shrink but not
/// grow; a file within the limit leaves the list. Nothing is added.
const LONGER: &[(&str, usize)] = &[
    ("crates/chains/src/evm/codec/decode/tests/swaps.rs", 424),
    ("crates/chains/tests/it/evm_lying_node.rs", 590),
    ("crates/chains/tests/it/evm_published.rs", 425),
    ("crates/core/tests/it/properties.rs", 449),
    ("crates/core/tests/it/strictness.rs", 405),
    ("crates/core/tests/it/simulation.rs", 404),
    ("crates/store/tests/it/transactions.rs", 497),
];

/// Fails if a file is too long, or if the list names a file that does not need an entry.
pub(crate) fn check() -> Result<()> {
    let mut lengths = Vec::new();
    for folder in FOLDERS {
        measure(&root().join(folder), &mut lengths)?;
    }
    let broken = broken(&lengths, LONGER);
    if !broken.is_empty() {
        bail!("files are too long:\n  {}", broken.join("\n  "));
    }
    Ok(())
}

/// Returns one sentence for each broken rule.
fn broken(lengths: &[(String, usize)], longer: &[(&str, usize)]) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, lines) in lengths {
        let most = longer.iter().find(|(name, _)| name == path).map_or(MOST, |(_, most)| *most);
        if *lines > most {
            broken.push(format!("{path} has {lines} lines and may have {most}: divide it"));
        }
    }
    for (name, _) in longer {
        if !lengths.iter().any(|(path, lines)| path == name && *lines > MOST) {
            broken
                .push(format!("{name} is within the limit or gone: remove it from xtask/src/file_length.rs"));
        }
    }
    broken
}

/// Adds each Rust file below a folder, as its path from the root, with its number of lines.
fn measure(folder: &Path, found: &mut Vec<(String, usize)>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            measure(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            found.push((name, text.lines().count()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_longer_than_it_may_be() {
        check().expect("no file is too long");
    }

    #[test]
    fn files_over_the_limit_grown_files_and_needless_exceptions_are_found() {
        let found = |path: &str, lines| broken(&[(path.to_owned(), lines)], &[("old.rs", 500)]);
        assert_eq!(found("old.rs", 500), Vec::<String>::new());
        assert_eq!(found("old.rs", 501), ["old.rs has 501 lines and may have 500: divide it"]);
        let stale = "old.rs is within the limit or gone: remove it from xtask/src/file_length.rs";
        assert_eq!(found("old.rs", 400), [stale]);
        assert_eq!(found("new.rs", 400), [stale]);
        assert_eq!(found("new.rs", 401), ["new.rs has 401 lines and may have 400: divide it", stale]);
    }
}
