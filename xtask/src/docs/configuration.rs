//! The page of the configuration: every setting of `config.default.toml` with its comment.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};

const INTRODUCTION: &str = "# Configuration

Every setting with its default, made from `config.default.toml`, which `waiaas
config defaults` prints. [Environment variables](environment.md) explains how the sources of settings override
each other, and `waiaas config check --explain` prints the values in force.
";

/// A table of settings.
#[derive(Default, Debug)]
struct Section {
    name: String,
    /// The comment before its header.
    comment: Vec<String>,
    settings: Vec<Setting>,
    /// The comment after its last setting: settings that are commented out.
    examples: Vec<String>,
}

#[derive(Debug)]
struct Setting {
    key: String,
    default: String,
    comment: Vec<String>,
}

/// Returns the page, from the text of the defaults.
pub(super) fn page(defaults: &str) -> Result<String> {
    let sections = read(defaults)?;
    complete(&sections, defaults)?;
    Ok(sections.iter().fold(INTRODUCTION.to_owned(), |page, section| page + &rendered(section)))
}

/// Reads the lines, because a TOML parser does not keep their order and their comments.
fn read(text: &str) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut comment: Vec<String> = Vec::new();
    for line in text.lines().chain([""]) {
        if let Some(rest) = line.strip_prefix('#') {
            comment.push(rest.strip_prefix(' ').unwrap_or(rest).trim_end().to_owned());
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let comment = std::mem::take(&mut comment);
            sections.push(Section { name: name.to_owned(), comment, ..Section::default() });
        } else if let Some((key, default)) = line.split_once(" = ") {
            let section = sections.last_mut().with_context(|| format!("{key} is in no section"))?;
            let comment = std::mem::take(&mut comment);
            section.settings.push(Setting { key: key.to_owned(), default: default.to_owned(), comment });
        } else if line.is_empty() {
            // Before the first section it describes the whole file.
            let comment = std::mem::take(&mut comment);
            if let Some(section) = sections.last_mut() {
                section.examples.extend(comment);
            }
        } else {
            bail!("config.default.toml: unknown line: {line}");
        }
    }
    Ok(sections)
}

/// Fails unless these are the settings that a TOML parser finds.
fn complete(sections: &[Section], text: &str) -> Result<()> {
    let mut read = BTreeSet::new();
    for section in sections {
        for setting in &section.settings {
            read.insert(format!("{}.{}", section.name, setting.key.trim_matches('"')));
        }
    }
    let mut parsed = BTreeSet::new();
    let table: toml::Table = text.parse().context("parsing config.default.toml")?;
    leaves("", &table, &mut parsed);
    let missed: Vec<_> = read.symmetric_difference(&parsed).collect();
    ensure!(missed.is_empty(), "config.default.toml: settings that cannot be read: {missed:?}");
    Ok(())
}

fn leaves(name: &str, table: &toml::Table, found: &mut BTreeSet<String>) {
    for (key, value) in table {
        let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        match value.as_table() {
            Some(table) => leaves(&name, table, found),
            None => drop(found.insert(name)),
        }
    }
}

fn rendered(section: &Section) -> String {
    let mut text = format!("\n## {}\n\n", section.name);
    if !section.comment.is_empty() {
        text.push_str(&format!("{}\n\n", escaped(&section.comment.join(" "))));
    }
    // Nested tables and lists of tables are set in the file only.
    let only_in_file = section.name.contains('.') || section.name == "networks";
    if only_in_file {
        text.push_str("Only in `config.toml`; no environment variable sets it.\n\n");
    }
    if section.settings.is_empty() {
        text.push_str("Empty by default.\n");
    } else if only_in_file {
        text.push_str("| key | default | meaning |\n|---|---|---|\n");
    } else {
        text.push_str("| key | default | environment | meaning |\n|---|---|---|---|\n");
    }
    let mut examples = Vec::new();
    for Setting { key, default, comment } in &section.settings {
        // Indented lines are an example for the lines before them.
        let (shown, said): (Vec<_>, Vec<_>) = comment.iter().partition(|line| line.starts_with("  "));
        examples.extend(shown.into_iter().map(|line| line.trim_start()));
        let said = said.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let mut cells =
            vec![code(key), default.split("\", ").map(code_of_list).collect::<Vec<_>>().join("<br>")];
        if !only_in_file {
            cells.push(code(&format!("WAIAAS_{}_{}", section.name, key).to_uppercase()));
        }
        cells.push(escaped(&said));
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    examples.extend(section.examples.iter().map(String::as_str));
    if !examples.is_empty() {
        let header =
            if section.settings.is_empty() { format!("[{}]\n", section.name) } else { String::new() };
        text.push_str(&format!("\n```toml\n{header}{}\n```\n", examples.join("\n")));
    }
    text
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// Formats a part of a list that was cut after the quotation mark of an item.
fn code_of_list(part: &str) -> String {
    let cut = part.matches('"').count() % 2 == 1;
    code(&if cut { format!("{part}\",") } else { part.to_owned() })
}

/// Escapes text for a cell of Markdown.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('*', "\\*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_shown_with_comments_examples_and_variables() {
        let text = "# About\n# all.\n\n[daemon]\n# The port;\n# 0 for <any>.\nport = 3100\n# Hosts.\n\
            hosts = [\"a\", \"b\"]\n\n[networks]\n# Further ones as\n#   [[networks.custom]]\n#   id = 1 # its id\n\
            custom = []\n\n# Most, by network.\n[fees.max]\n# \"x\" = \"1 USD\"\n";
        let page = page(text).expect("a page");
        let wanted = "\n## daemon\n\n| key | default | environment | meaning |\n|---|---|---|---|\n\
            | `port` | `3100` | `WAIAAS_DAEMON_PORT` | The port; 0 for &lt;any>. |\n\
            | `hosts` | `[\"a\",`<br>`\"b\"]` | `WAIAAS_DAEMON_HOSTS` | Hosts. |\n\
            \n## networks\n\nOnly in `config.toml`; no environment variable sets it.\n\n\
            | key | default | meaning |\n|---|---|---|\n| `custom` | `[]` | Further ones as |\n\
            \n```toml\n[[networks.custom]]\nid = 1 # its id\n```\n\
            \n## fees.max\n\nMost, by network.\n\nOnly in `config.toml`; no environment variable sets it.\n\n\
            Empty by default.\n\n```toml\n[fees.max]\n\"x\" = \"1 USD\"\n```\n";
        assert_eq!(page.strip_prefix(INTRODUCTION), Some(wanted));
    }

    #[test]
    fn an_unknown_line_is_an_error() {
        for text in ["[a]\nb=1\n", "b = 1\n", "[a]\nb = [\n  1\n]\n"] {
            assert!(page(text).is_err(), "{text}");
        }
    }
}
