//! The table of cases in `tests/cases.md`: every id once, each with existing tests or marked open.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::named_tests::{cells, exists, quoted};
use crate::tools::root;

/// Letter and highest number of each class.
const CLASSES: [(&str, u32); 9] =
    [("A", 11), ("B", 7), ("C", 3), ("D", 9), ("S", 8), ("E", 9), ("G", 7), ("T", 7), ("U", 23)];
/// The entry of a case without tests.
const OPEN: &str = "open";

/// Fails if an id is missing, unknown or given twice, or if a named test does not exist.
pub(crate) fn check() -> Result<()> {
    let text = fs::read_to_string(root().join("tests/cases.md")).context("reading tests/cases.md")?;
    let broken = broken(&text, exists)?;
    if !broken.is_empty() {
        bail!("tests/cases.md and the tests differ:\n  {}", broken.join("\n  "));
    }
    Ok(())
}

/// Returns the faults of the table, one sentence each.
fn broken(text: &str, exists: impl Fn(&str) -> Result<bool>) -> Result<Vec<String>> {
    let mut missing: BTreeSet<String> = ids().collect();
    let mut broken = Vec::new();
    for row in text.lines().filter_map(cells) {
        let [id, _, tests] = row[..] else {
            broken.push(format!("a row has {} cells, not 3: {}", row.len(), row.join(" | ")));
            continue;
        };
        if id == "id" || id.starts_with("---") {
            continue;
        }
        if !missing.remove(id) {
            broken.push(format!("{id} is unknown or given twice"));
        }
        if tests == OPEN {
            continue;
        }
        let named: Vec<_> = quoted(tests).collect();
        if named.is_empty() {
            broken.push(format!("{id} names no test and is not {OPEN}"));
        }
        for test in named {
            if !exists(test)? {
                broken.push(format!("{id} names a test that does not exist: {test}"));
            }
        }
    }
    broken.extend(missing.into_iter().map(|id| format!("{id} has no row")));
    Ok(broken)
}

fn ids() -> impl Iterator<Item = String> {
    CLASSES.into_iter().flat_map(|(class, last)| (1..=last).map(move |number| format!("{class}{number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_tests_agree() {
        check().expect("the table is right");
    }

    #[test]
    fn missing_repeated_and_empty_rows_and_missing_tests_are_found() {
        let row = |id: &str| format!("| {id} | holds | `a.rs::test` |\n");
        let whole: String = ids().map(|id| row(&id)).collect();
        let found = |text: &str| broken(text, |test| Ok(test == "a.rs::test")).expect("a table");
        assert_eq!(found(&whole), Vec::<String>::new());
        assert_eq!(found(&whole.replace(&row("B2"), "")), ["B2 has no row"]);
        assert_eq!(found(&(row("B2") + &whole)), ["B2 is unknown or given twice"]);
        assert_eq!(found(&(row("X1") + &whole)), ["X1 is unknown or given twice"]);
        let lost = whole.replace(&row("C1"), "| C1 | holds | `a.rs::gone` |\n");
        assert_eq!(found(&lost), ["C1 names a test that does not exist: a.rs::gone"]);
        let empty = whole.replace(&row("C1"), "| C1 | holds | later |\n");
        assert_eq!(found(&empty), ["C1 names no test and is not open"]);
    }
}
