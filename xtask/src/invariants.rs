//! The invariants in SECURITY.md and their tests: each side must be complete.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use crate::named_tests::{cells, exists, function, quoted};
use crate::tools::root;

/// The section of the table.
const SECTION: &str = "## Invariants and the tests that hold them";
/// The number of invariants.
const COUNT: u32 = 20;
/// The mark of a test of an invariant; its number follows.
const MARK: &str = "/// Invariant ";

/// Fails if an invariant has no test, a named test does not exist, or a test with the mark of an invariant is
/// not named there.
pub(crate) fn check() -> Result<()> {
    let text = fs::read_to_string(root().join("SECURITY.md")).context("reading SECURITY.md")?;
    let listed = listed(&text)?;
    let mut broken = Vec::new();
    for number in 1..=COUNT {
        if listed.get(&number).is_none_or(BTreeSet::is_empty) {
            broken.push(format!("invariant {number} has no test in SECURITY.md"));
        }
    }
    broken.extend(
        listed
            .keys()
            .filter(|number| **number > COUNT)
            .map(|number| format!("there is no invariant {number}")),
    );
    for test in listed.values().flatten() {
        if !exists(test)? {
            broken.push(format!("SECURITY.md names a test that does not exist: {test}"));
        }
    }
    let mut marked = Vec::new();
    for folder in ["crates", "tests"] {
        find_marked(&root().join(folder), &mut marked)?;
    }
    for (number, test) in marked {
        if !listed.get(&number).is_some_and(|tests| tests.contains(&test)) {
            broken.push(format!("SECURITY.md does not name {test} under invariant {number}"));
        }
    }
    if !broken.is_empty() {
        bail!("invariants and tests differ:\n  {}", broken.join("\n  "));
    }
    Ok(())
}

/// Returns the tests of each number, as `path::name`.
fn listed(text: &str) -> Result<BTreeMap<u32, BTreeSet<String>>> {
    let (_, section) =
        text.split_once(SECTION).with_context(|| format!("SECURITY.md has no \"{SECTION}\""))?;
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let mut listed: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for line in section.lines() {
        let Some(cells) = cells(line) else { continue };
        let Some(number) = cells.first().and_then(|cell| cell.parse().ok()) else { continue };
        let tests = quoted(cells.get(2).copied().unwrap_or_default()).map(str::to_owned);
        let tests: BTreeSet<String> = tests.collect();
        ensure!(listed.insert(number, tests).is_none(), "SECURITY.md has invariant {number} twice");
    }
    Ok(listed)
}

/// Adds every test below a folder whose documentation begins with the mark.
fn find_marked(folder: &Path, found: &mut Vec<(u32, String)>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            find_marked(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let place = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            let mut waiting = None;
            for line in text.lines().map(str::trim_start) {
                if let Some(rest) = line.strip_prefix(MARK) {
                    let number = rest.split(':').next().and_then(|number| number.parse().ok());
                    waiting = Some(number.with_context(|| format!("{place}: no number in \"{line}\""))?);
                } else if let (Some(number), Some(name)) = (waiting, function(line)) {
                    found.push((number, format!("{place}::{name}")));
                    waiting = None;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_and_the_tests_agree() {
        check().expect("the list is right");
    }

    #[test]
    fn rows_are_read() {
        let text = format!(
            "a\n{SECTION}\n| 1 | one | `a.rs::b`<br>`c.rs::d` |\n|---|\n| x |\n## next\n| 2 | `e.rs::f` |"
        );
        let listed = listed(&text).expect("a table");
        let tests: Vec<_> = listed.get(&1).into_iter().flatten().map(String::as_str).collect();
        assert_eq!((listed.len(), tests), (1, vec!["a.rs::b", "c.rs::d"]));
    }
}
