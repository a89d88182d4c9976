//! Tests that documents name as `path::name`. Belongs here: reading a table of them and finding them in the
//! tree. The required content of a table belongs to its document.

use std::fs;

use anyhow::{Context as _, Result};

use crate::tools::root;

/// Returns the cells of one row of a Markdown table, trimmed; none for any other line.
pub(crate) fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

/// Returns the texts between backquotes in a cell.
pub(crate) fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Whether the file has a function of that name.
pub(crate) fn exists(test: &str) -> Result<bool> {
    let (path, name) = test.rsplit_once("::").with_context(|| format!("{test} is not path::name"))?;
    let Ok(text) = fs::read_to_string(root().join(path)) else { return Ok(false) };
    Ok(text.lines().any(|line| function(line) == Some(name)))
}

/// Returns the name of the function that starts on this line.
pub(crate) fn function(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("fn ")?;
    let known = ["pub(crate)", "pub(super)", "pub", "async", "const"];
    if !before.split_whitespace().all(|word| known.contains(&word)) {
        return None;
    }
    rest.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_functions_are_read() {
        assert_eq!(cells(" | 1 | `a.rs::b` | "), Some(vec!["1", "`a.rs::b`"]));
        assert_eq!(cells("text | with a bar"), None);
        assert_eq!(quoted("`a.rs::b`<br>`c.rs::d`").collect::<Vec<_>>(), ["a.rs::b", "c.rs::d"]);
        assert_eq!(function("pub(crate) async fn name(x: u8) {"), Some("name"));
        assert_eq!(function("    fn other<T>() {"), Some("other"));
        assert_eq!(function("// the fn of it"), None);
    }
}
