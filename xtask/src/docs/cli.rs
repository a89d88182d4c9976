//! The page of the command line: the help of every command, printed by the binary.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

const INTRODUCTION: &str = "# Command line

This page is the help of `waiaas`, command by command; `waiaas COMMAND --help` prints the same. The options of
`waiaas` itself, first on the page, work with every command and are not repeated. Exit codes are explained in
[Exit codes and output](exit-codes.md).
";

/// Columns of the help, independent of the terminal.
const WIDTH: &str = "100";

/// The options of every command.
const GLOBAL: [&str; 4] = ["--data-dir", "--base-url", "--json", "-h"];

/// Returns the page, from the help of each command.
pub(super) fn page(help: impl Fn(&[&str]) -> Result<String>) -> Result<String> {
    let mut page = INTRODUCTION.to_owned();
    add(&mut page, &help, &mut Vec::new())?;
    Ok(page)
}

/// Adds a command and then its subcommands.
fn add(
    page: &mut String,
    help: &impl Fn(&[&str]) -> Result<String>,
    command: &mut Vec<String>,
) -> Result<()> {
    let words: Vec<_> = command.iter().map(String::as_str).collect();
    let text = help(&words)?;
    let shown = if command.is_empty() { text.clone() } else { without_global(&text) };
    let level = if command.len() < 2 { "##" } else { "###" };
    let name = [&["waiaas"], &*words].concat().join(" ");
    page.push_str(&format!("\n{level} {name}\n\n```text\n{}\n```\n", shown.trim_end()));
    for below in commands(&text) {
        command.push(below);
        add(page, help, command)?;
        command.pop();
    }
    Ok(())
}

/// Returns the help of a command, as the binary beside this program prints it without a terminal.
pub(super) fn help(command: &[&str]) -> Result<String> {
    let binary = std::env::current_exe()?.with_file_name("waiaas");
    let asked = Command::new(&binary).args(command).arg("--help").env("COLUMNS", WIDTH).output();
    let output = asked.with_context(|| format!("running {}", binary.display()))?;
    if !output.status.success() {
        bail!("waiaas {command:?} --help failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(output.stdout).context("help is text")?;
    Ok(text.lines().map(|line| format!("{}\n", line.trim_end())).collect())
}

/// Returns the commands that a help lists, except the one that prints help.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    // Continuation lines are indented further.
    let names = listed.filter_map(|line| line.strip_prefix("  ")?.split_once(' ')).map(|(name, _)| name);
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

/// Returns a help without the options of every command.
fn without_global(help: &str) -> String {
    let mut kept = Vec::new();
    let mut skipping = false;
    for line in help.lines() {
        let inner = line.trim_start();
        let indent = line.len() - inner.len();
        if inner.starts_with('-') && (2..=6).contains(&indent) {
            skipping = GLOBAL.iter().any(|option| inner.starts_with(option));
        } else if indent == 0 && !line.is_empty() {
            skipping = false;
        }
        if !skipping {
            kept.push(line);
        }
    }
    let mut text = String::new();
    for (at, line) in kept.iter().enumerate() {
        let next = kept.iter().skip(at + 1).find(|line| !line.is_empty());
        // A list that became empty: another part follows, or nothing.
        if *line == "Options:" && next.is_none_or(|next| !next.starts_with(' ')) {
            continue;
        }
        if !(line.is_empty() && text.ends_with("\n\n")) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOP: &str = "A program\n\nUsage: waiaas [OPTIONS] <COMMAND>\n\nCommands:\n  tx    Transactions: list,\n        \
        show\n  help  Print this\n\nOptions:\n      --json  As JSON\n";
    const TX: &str = "Transactions\n\nCommands:\n  list  List\n\nOptions:\n      --data-dir <DIR>  Where,\n                        \
        else there\n  -h, --help            Print help\n";
    const LIST: &str = "List\n\nOptions:\n      --limit <N>\n          Most\n\n      --json\n          As JSON\n\n  -h, --help\n          \
        Print help\n\nExamples:\n  - one\n";

    fn told(command: &[&str]) -> Result<String> {
        match command {
            [] => Ok(TOP.to_owned()),
            ["tx"] => Ok(TX.to_owned()),
            ["tx", "list"] => Ok(LIST.to_owned()),
            other => bail!("no command {other:?}"),
        }
    }

    #[test]
    fn every_command_is_listed_and_common_options_are_listed_once() {
        let page = page(told).expect("a page");
        let rest = page.strip_prefix(INTRODUCTION).expect("the introduction first");
        let wanted = format!(
            "\n## waiaas\n\n```text\n{TOP}```\n\n## waiaas tx\n\n```text\nTransactions\n\nCommands:\n  list  List\n```\n\n\
             ### waiaas tx list\n\n```text\nList\n\nOptions:\n      --limit <N>\n          Most\n\nExamples:\n  - one\n```\n"
        );
        assert_eq!(rest, wanted);
    }
}
