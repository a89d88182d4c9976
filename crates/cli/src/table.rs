//! Rows for people: a table if it fits the terminal, else a block for each row.

use comfy_table::{Table, presets};
use rustix::termios::tcgetwinsize;

use crate::environment;

/// A table of rows, or a sentence if there are none.
pub(crate) fn list<const N: usize>(
    empty: &str,
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let rows: Vec<_> = rows.into_iter().collect();
    if rows.is_empty() { empty.to_owned() } else { table(head, rows) }
}

/// A table of any number of rows.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    fitted(head, rows.into_iter().collect(), width())
}

fn fitted<const N: usize>(head: [&str; N], rows: Vec<[String; N]>, width: Option<usize>) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(head);
    for row in &rows {
        table.add_row(row);
    }
    let text = table.to_string();
    match width {
        Some(width) if text.lines().any(|line| line.chars().count() > width) => blocks(head, &rows, width),
        Some(_) | None => text,
    }
}

/// One object as lines of a name and a value, wrapped to fit the terminal. Empty values are skipped.
pub(crate) fn record(lines: &[(&str, String)]) -> String {
    recorded(lines, width().unwrap_or(usize::MAX))
}

fn recorded(lines: &[(&str, String)], width: usize) -> String {
    let filled = lines.iter().filter(|(_, value)| !value.is_empty());
    let label = filled.clone().map(|(name, _)| name.chars().count()).max().unwrap_or(0).saturating_add(2);
    filled.map(|(name, value)| labelled(name, value, label, width)).collect::<Vec<_>>().join("\n")
}

/// A name and its value; a long value continues below itself.
fn labelled(name: &str, value: &str, label: usize, width: usize) -> String {
    let value = wrapped(value, width.saturating_sub(label)).join(&format!("\n{:label$}", ""));
    format!("{name:<label$}{value}")
}

/// Columns of the terminal, from `COLUMNS` or the terminal; none if lines may have any length.
fn width() -> Option<usize> {
    let told = environment::text("COLUMNS").ok().flatten().and_then(|text| text.parse().ok());
    let terminal = || Some(usize::from(tcgetwinsize(std::io::stdout()).ok()?.ws_col));
    told.or_else(terminal).filter(|width| *width > 0)
}

/// Each row as lines of a name and a value. Empty values are skipped; long ones are wrapped between words, so
/// that ids and addresses stay in one piece.
fn blocks<const N: usize>(head: [&str; N], rows: &[[String; N]], width: usize) -> String {
    let label = head.iter().map(|name| name.chars().count()).max().unwrap_or(0).saturating_add(2);
    let block = |row: &[String; N]| {
        let filled = head.iter().zip(row).filter(|(_, value)| !value.is_empty());
        filled.map(|(name, value)| labelled(name, value, label, width)).collect::<Vec<_>>().join("\n")
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n\n")
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let length = line.chars().count().saturating_add(word.chars().count()).saturating_add(1);
            if !line.is_empty() && length > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<[String; 3]> {
        vec![
            ["018f3a4e-0000-7000-8000-000000000001".into(), "CONFIRMED".into(), "all of it went well".into()],
            ["018f3a4e-0000-7000-8000-000000000002".into(), String::new(), "no".into()],
        ]
    }

    #[test]
    fn a_table_that_does_not_fit_becomes_blocks() {
        let head = ["id", "status", "what was said"];
        let table = fitted(head, rows(), Some(120));
        assert_eq!(table, fitted(head, rows(), None));
        assert!(table.lines().next().is_some_and(|line| line.starts_with('─')), "{table}");
        let expected = "\
id             018f3a4e-0000-7000-8000-000000000001
status         CONFIRMED
what was said  all of it
               went well

id             018f3a4e-0000-7000-8000-000000000002
what was said  no";
        assert_eq!(fitted(head, rows(), Some(26)), expected);
    }

    #[test]
    fn a_record_goes_on_under_its_value() {
        let lines = [
            ("id", "7".to_owned()),
            ("nothing", String::new()),
            ("does", "one thing and another".to_owned()),
        ];
        assert_eq!(recorded(&lines, 16), "id    7\ndoes  one thing\n      and\n      another");
        assert_eq!(recorded(&lines, usize::MAX), "id    7\ndoes  one thing and another");
    }

    #[test]
    fn nothing_is_said_in_a_sentence() {
        assert_eq!(list("There are no wallets.", ["id"], []), "There are no wallets.");
        assert!(list("None.", ["id"], [["x".to_owned()]]).contains('x'));
    }
}
