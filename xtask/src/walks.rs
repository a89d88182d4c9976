//! The walks in ARCHITECTURE.md, between `<!-- walk: NAME -->` and `<!-- end walk -->`: numbered steps, each a file
//! that a request passes, and below a step the files that it calls. Every path must exist, and only once in its walk.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, bail, ensure};

use crate::named_tests::quoted;
use crate::tools::{eprint_line, root};

const FILE: &str = "ARCHITECTURE.md";
/// The required walks.
const NAMES: [&str; 2] = ["send", "approval"];
const END: &str = "<!-- end walk -->";

/// A numbered list of steps.
#[derive(PartialEq, Eq, Debug)]
struct Walk<'a> {
    name: &'a str,
    steps: Vec<Step<'a>>,
}

/// One step of a walk: its number, its file, and the files that it calls.
#[derive(PartialEq, Eq, Debug)]
struct Step<'a> {
    number: usize,
    path: &'a str,
    called: Vec<&'a str>,
}

/// Fails if a walk is missing, or has a path that does not exist, a repeated path or a wrong number. Prints
/// the length of each walk.
pub(crate) fn check() -> Result<()> {
    let text = fs::read_to_string(root().join(FILE)).with_context(|| format!("reading {FILE}"))?;
    let walks = read(&text)?;
    let broken = broken(&walks, |path| root().join(path).is_file());
    if !broken.is_empty() {
        bail!("the walks in {FILE} and the tree differ:\n  {}", broken.join("\n  "));
    }
    for walk in walks {
        let (steps, changes, files) = (walk.steps.len(), walk.changes(), walk.paths().count());
        let name = walk.name;
        eprint_line(&format!("walk {name}: {steps} steps, {changes} crate changes, {files} files in all"));
    }
    Ok(())
}

/// Returns the walks of a text, in its order.
fn read(text: &str) -> Result<Vec<Walk<'_>>> {
    let mut walks = Vec::new();
    let mut open: Option<Walk<'_>> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let begun = line.strip_prefix("<!-- walk: ").and_then(|rest| rest.strip_suffix(" -->"));
        match (&mut open, begun) {
            (None, Some(name)) => open = Some(Walk { name, steps: Vec::new() }),
            (None, None) => ensure!(line != END, "{FILE} ends a walk that has not begun"),
            (Some(walk), Some(name)) => bail!("walk {name} begins before walk {} ends", walk.name),
            (Some(_), None) if line == END => walks.extend(open.take()),
            (Some(walk), None) => {
                walk.add(line).with_context(|| format!("walk {}: no step: {line}", walk.name))?;
            }
        }
    }
    if let Some(walk) = open {
        bail!("walk {} does not end", walk.name);
    }
    Ok(walks)
}

/// Reads a line such as ``7. `crates/core/src/owner.rs` - compares``.
fn step(line: &str) -> Option<Step<'_>> {
    let (number, rest) = line.split_once(". ")?;
    let path = rest.starts_with('`').then(|| quoted(rest).next())??;
    Some(Step { number: number.parse().ok()?, path, called: Vec::new() })
}

/// Reads a line such as ``- `crates/core/src/owner.rs` - compares``.
fn called(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("- ")?;
    rest.starts_with('`').then(|| quoted(rest).next())?
}

/// Returns the faults of the walks, one sentence each.
fn broken(walks: &[Walk<'_>], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for name in NAMES {
        let count = walks.iter().filter(|walk| walk.name == name).count();
        if count != 1 {
            broken.push(format!("walk {name} exists {count} times, not once"));
        }
    }
    for walk in walks {
        let name = walk.name;
        for (at, Step { number, .. }) in (1..).zip(&walk.steps) {
            if *number != at {
                broken.push(format!("walk {name}: step {at} has the number {number}"));
            }
        }
        let mut seen = BTreeSet::new();
        for path in walk.paths() {
            if !exists(path) {
                broken.push(format!("walk {name}: {path} does not exist"));
            }
            if !seen.insert(path) {
                broken.push(format!("walk {name}: {path} is repeated"));
            }
        }
    }
    broken
}

impl<'a> Walk<'a> {
    /// Adds a line: a step, or a file that the last step calls.
    fn add(&mut self, line: &'a str) -> Option<()> {
        if let Some(path) = called(line) {
            self.steps.last_mut()?.called.push(path);
        } else {
            self.steps.push(step(line)?);
        }
        Some(())
    }

    /// Returns all files, in order.
    fn paths(&self) -> impl Iterator<Item = &'a str> {
        self.steps.iter().flat_map(|step| std::iter::once(step.path).chain(step.called.iter().copied()))
    }

    /// Returns how often a step is in another crate than the step before it.
    fn changes(&self) -> usize {
        let crates: Vec<_> = self.steps.iter().map(|step| step.path.split('/').nth(1)).collect();
        crates.windows(2).filter(|pair| pair.first() != pair.last()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Title\n1. not in a walk\n<!-- walk: send -->\n\n\
        1. `crates/a/src/x.rs` - accepts `this`\n   - `crates/c/src/z.rs` - helps\n\
        2. `crates/a/src/y.rs` - b\n3. `crates/b/src/x.rs` - c\n\n\
        <!-- end walk -->\ntext\n<!-- walk: approval -->\n1. `crates/a/src/x.rs` - d\n<!-- end walk -->\n";

    fn found(text: &str) -> Vec<String> {
        broken(&read(text).expect("walks"), |path| path != "crates/gone.rs")
    }

    #[test]
    fn the_walks_match_the_tree() {
        check().expect("the walks are right");
    }

    #[test]
    fn steps_are_read_with_their_crates() {
        let walks = read(TEXT).expect("walks");
        let [send, approval] = &walks[..] else { unreachable!("two walks: {walks:?}") };
        assert_eq!((send.name, send.steps.len(), send.changes()), ("send", 3, 1));
        assert_eq!((approval.name, approval.changes()), ("approval", 0));
        let first = Step { number: 1, path: "crates/a/src/x.rs", called: vec!["crates/c/src/z.rs"] };
        assert_eq!((send.steps.first(), send.paths().count()), (Some(&first), 4));
        assert_eq!(found(TEXT), Vec::<String>::new());
    }

    #[test]
    fn missing_and_repeated_paths_and_wrong_numbers_are_found() {
        let lost = TEXT.replace("`crates/b/src/x.rs`", "`crates/gone.rs`");
        assert_eq!(found(&lost), ["walk send: crates/gone.rs does not exist"]);
        let lost = TEXT.replace("`crates/c/src/z.rs`", "`crates/gone.rs`");
        assert_eq!(found(&lost), ["walk send: crates/gone.rs does not exist"]);
        let doubled = TEXT.replace("`crates/c/src/z.rs`", "`crates/b/src/x.rs`");
        assert_eq!(found(&doubled), ["walk send: crates/b/src/x.rs is repeated"]);
        let doubled = TEXT.replace("`crates/a/src/y.rs`", "`crates/a/src/x.rs`");
        assert_eq!(found(&doubled), ["walk send: crates/a/src/x.rs is repeated"]);
        assert_eq!(found(&TEXT.replace("3. ", "4. ")), ["walk send: step 3 has the number 4"]);
    }

    #[test]
    fn a_missing_walk_is_found() {
        let missing = TEXT.replace("walk: approval", "walk: other");
        assert_eq!(found(&missing), ["walk approval exists 0 times, not once"]);
        let doubled = TEXT.replace("walk: approval", "walk: send");
        let twice = ["walk send exists 2 times, not once", "walk approval exists 0 times, not once"];
        assert_eq!(found(&doubled), twice);
    }

    #[test]
    fn misplaced_marks_and_malformed_lines_are_errors() {
        for (from, to) in [
            ("<!-- end walk -->\ntext\n", ""),
            ("1. not in a walk", "<!-- end walk -->"),
            (" - d\n<!-- end walk -->", " - d"),
            ("2. `crates/a/src/y.rs` - b", "a line of text"),
            ("1. `crates/a/src/x.rs` - accepts `this`\n", ""),
            ("2. `crates/a/src/y.rs` - b", "2. crates/a/src/y.rs - `b`"),
        ] {
            assert!(TEXT.contains(from) && read(&TEXT.replace(from, to)).is_err(), "{from:?} to {to:?}");
        }
    }
}
