//! The walks in ARCHITECTURE.md: the steps that pass a request on, between `<!-- walk: NAME -->` and
//! `<!-- end walk -->`. A step is a numbered line with a path; indented lines below it name the files that it
//! calls. Every path must exist, and only once in its walk.

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

/// One numbered line of a walk: its number, its path and the paths of the files that it calls.
#[derive(PartialEq, Eq, Debug)]
struct Step<'a> {
    number: usize,
    path: &'a str,
    helpers: Vec<&'a str>,
}

/// A line inside a walk.
enum Line<'a> {
    Step(Step<'a>),
    Helper(&'a str),
}

/// Fails if a walk is missing, or has a path that does not exist, a repeated path, a wrong number or a helper
/// before the first step. Prints the size of each walk.
pub(crate) fn check() -> Result<()> {
    let text = fs::read_to_string(root().join(FILE)).with_context(|| format!("reading {FILE}"))?;
    let walks = read(&text)?;
    let broken = broken(&walks, |path| root().join(path).is_file());
    if !broken.is_empty() {
        bail!("the walks in {FILE} and the tree differ:\n  {}", broken.join("\n  "));
    }
    for walk in walks {
        let (steps, changes, files) = (walk.steps.len(), walk.changes(), walk.files());
        let name = walk.name;
        eprint_line(&format!(
            "walk {name}: {steps} steps, {changes} crate changes, {files} files with helpers"
        ));
    }
    Ok(())
}

/// Returns the walks of a text, in its order.
fn read(text: &str) -> Result<Vec<Walk<'_>>> {
    let mut walks = Vec::new();
    let mut open: Option<Walk<'_>> = None;
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        let begun = line.strip_prefix("<!-- walk: ").and_then(|rest| rest.strip_suffix(" -->"));
        match (&mut open, begun) {
            (None, Some(name)) => open = Some(Walk { name, steps: Vec::new() }),
            (None, None) => ensure!(line != END, "{FILE} ends a walk that has not begun"),
            (Some(walk), Some(name)) => bail!("walk {name} begins before walk {} ends", walk.name),
            (Some(_), None) if line == END => walks.extend(open.take()),
            (Some(walk), None) => walk.add(line)?,
        }
    }
    if let Some(walk) = open {
        bail!("walk {} does not end", walk.name);
    }
    Ok(walks)
}

/// Reads a step such as ``7. `crates/core/src/owner.rs` - compares``, or a helper, which is indented:
/// ``  - `crates/core/src/owner.rs` - compares``.
fn read_line(line: &str) -> Option<Line<'_>> {
    let text = line.trim_start();
    if text.len() < line.len() {
        return text.strip_prefix("- ").and_then(path).map(Line::Helper);
    }
    let (number, rest) = line.split_once(". ")?;
    Some(Line::Step(Step { number: number.parse().ok()?, path: path(rest)?, helpers: Vec::new() }))
}

/// Returns the path with which a text begins.
fn path(text: &str) -> Option<&str> {
    if text.starts_with('`') { quoted(text).next() } else { None }
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
    for Walk { name, steps } in walks {
        let mut seen = BTreeSet::new();
        for (at, Step { number, path, helpers }) in (1..).zip(steps) {
            if *number != at {
                broken.push(format!("walk {name}: step {at} has the number {number}"));
            }
            for path in [path].into_iter().chain(helpers) {
                if !exists(path) {
                    broken.push(format!("walk {name}: {path} does not exist"));
                }
                if !seen.insert(path) {
                    broken.push(format!("walk {name}: {path} is repeated"));
                }
            }
        }
    }
    broken
}

impl<'a> Walk<'a> {
    /// Adds a line: a step, or a helper of the last step.
    fn add(&mut self, line: &'a str) -> Result<()> {
        let name = self.name;
        match read_line(line).with_context(|| format!("walk {name}: neither step nor helper: {line}"))? {
            Line::Step(step) => self.steps.push(step),
            Line::Helper(path) => {
                let step = self.steps.last_mut();
                let step = step.with_context(|| format!("walk {name}: {path} helps no step"))?;
                step.helpers.push(path);
            }
        }
        Ok(())
    }

    /// Returns how often a step is in another crate than the step before it.
    fn changes(&self) -> usize {
        let crates: Vec<_> = self.steps.iter().map(|step| step.path.split('/').nth(1)).collect();
        crates.windows(2).filter(|pair| pair.first() != pair.last()).count()
    }

    /// Returns the number of files, helpers included.
    fn files(&self) -> usize {
        self.steps.iter().map(|step| 1 + step.helpers.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Title\n1. not in a walk\n<!-- walk: send -->\n\n\
        1. `crates/a/src/x.rs` - accepts `this`\n   - `crates/b/src/h.rs` - helps\n\
        2. `crates/a/src/y.rs` - b\n3. `crates/b/src/x.rs` - c\n   - `crates/a/src/h.rs` - helps\n\n\
        <!-- end walk -->\ntext\n<!-- walk: approval -->\n1. `crates/a/src/x.rs` - d\n<!-- end walk -->\n";

    fn found(text: &str) -> Vec<String> {
        broken(&read(text).expect("walks"), |path| path != "crates/gone.rs")
    }

    #[test]
    fn the_walks_match_the_tree() {
        check().expect("the walks are right");
    }

    #[test]
    fn steps_are_read_with_their_helpers_and_crates() {
        let walks = read(TEXT).expect("walks");
        let [send, approval] = &walks[..] else { unreachable!("two walks: {walks:?}") };
        assert_eq!((send.name, send.steps.len(), send.changes(), send.files()), ("send", 3, 1, 5));
        assert_eq!((approval.name, approval.changes(), approval.files()), ("approval", 0, 1));
        let first = Step { number: 1, path: "crates/a/src/x.rs", helpers: vec!["crates/b/src/h.rs"] };
        assert_eq!(send.steps.first(), Some(&first));
        assert_eq!(found(TEXT), Vec::<String>::new());
    }

    #[test]
    fn missing_paths_are_found() {
        for path in ["crates/b/src/x.rs", "crates/b/src/h.rs"] {
            assert_eq!(
                found(&TEXT.replace(path, "crates/gone.rs")),
                ["walk send: crates/gone.rs does not exist"]
            );
        }
    }

    #[test]
    fn repeated_paths_are_found() {
        // A step twice, a helper twice, and a step that helps another one.
        for (path, first) in [
            ("crates/a/src/y.rs", "crates/a/src/x.rs"),
            ("crates/a/src/h.rs", "crates/b/src/h.rs"),
            ("crates/a/src/h.rs", "crates/a/src/y.rs"),
        ] {
            assert_eq!(found(&TEXT.replace(path, first)), [format!("walk send: {first} is repeated")]);
        }
    }

    #[test]
    fn wrong_numbers_are_found() {
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
    fn a_helper_before_the_first_step_is_an_error() {
        let text = TEXT.replace("1. `crates/a/src/x.rs` - accepts `this`\n", "");
        let error = read(&text).expect_err("no step").to_string();
        assert_eq!(error, "walk send: crates/b/src/h.rs helps no step");
    }

    #[test]
    fn misplaced_marks_and_malformed_lines_are_errors() {
        for (from, to) in [
            ("<!-- end walk -->\ntext\n", ""),
            ("1. not in a walk", "<!-- end walk -->"),
            (" - d\n<!-- end walk -->", " - d"),
            ("2. `crates/a/src/y.rs` - b", "a line of text"),
            ("2. `crates/a/src/y.rs` - b", "2. crates/a/src/y.rs - `b`"),
            ("   - `crates/a/src/h.rs`", "- `crates/a/src/h.rs`"),
            ("   - `crates/a/src/h.rs`", "   `crates/a/src/h.rs`"),
            ("   - `crates/a/src/h.rs` - helps", "   - crates/a/src/h.rs - `helps`"),
        ] {
            assert!(TEXT.contains(from) && read(&TEXT.replace(from, to)).is_err(), "{from:?} to {to:?}");
        }
    }
}
