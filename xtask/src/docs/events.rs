//! The page of audit events, from the source of their names.

use anyhow::{Result, ensure};

/// The page. `source` is the text of the file that declares the events.
pub(super) fn page(source: &str) -> Result<String> {
    let declared = source.split_once("AuditEventKind {").map(|(_, rest)| rest).unwrap_or_default();
    let declared = declared.split_once("\n    }").map(|(names, _)| names).unwrap_or_default();
    let (mut rows, mut about) = (Vec::new(), Vec::new());
    for line in declared.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            about.push(text.trim());
        } else if let Some((_, name)) = line.trim_end_matches(',').split_once(" = ") {
            rows.push(format!("| `{}` | {} |", name.trim_matches('"'), about.join(" ")));
            about.clear();
        }
    }
    ensure!(!rows.is_empty(), "no audit events found");
    Ok(format!(
        "# Audit events\n\nThe [audit log](../SECURITY.md) records these events. [Webhooks](../guide/webhooks.md) \
         receive them, all or those that `--event` names, and `waiaas audit list` shows them. `GET /v1/audit-logs` and \
         `waiaas audit export` have their details as JSON.\n\n| event | meaning |\n|---|---|\n{}\n",
        rows.join("\n")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_declared_name_is_a_row() {
        let source = "wire_enum!(\n    /// Names.\n    AuditEventKind {\n        /// One\n        /// thing.\n        A = \"A_B\",\n    }\n);";
        let page = page(source).expect("a page");
        assert!(page.ends_with("|---|---|\n| `A_B` | One thing. |\n"), "{page}");
        assert!(super::page("nothing").is_err());
    }
}
