//! Output of the command line: text for people, one JSON document for programs.
//!
//! Everything is printed here. A reader that has closed its end (`waiaas … | head`) is no error. A result
//! that cannot be written, for example on a full disk, is remembered and gets its own exit code, because the
//! command has run. Text that cannot be written to standard error is lost.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use anyhow::Result;
use serde::Serialize;
use serde_json::json;
use waiaas_api::client::ClientError;

use crate::commands::Unconfirmed;
use crate::context::Context;
use crate::{environment, exit, human, remedy};

/// The reason why standard output could not be written, if it failed.
static UNWRITTEN: OnceLock<io::Error> = OnceLock::new();

/// Prints a result: with `--json` the value itself, its times as ISO 8601; otherwise the output of `text`.
pub(crate) fn show<T: Serialize>(
    context: &Context,
    value: &T,
    text: impl FnOnce(&T) -> String,
) -> Result<()> {
    if context.json() {
        let value = human::with_iso_times(serde_json::to_value(value)?);
        line(&serde_json::to_string_pretty(&value)?);
    } else {
        line(&plain(&text(value)));
    }
    Ok(())
}

/// Prints a line unchanged.
pub(crate) fn line(text: &str) {
    print(format_args!("{text}\n"));
}

/// Prints a line that is not a result; a failure to write it is ignored.
pub(crate) fn announce(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

fn print(text: std::fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    if let Err(error) = out.write_fmt(text).and_then(|()| out.flush())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        // The first reason is reported.
        let _ = UNWRITTEN.set(error);
    }
}

/// Reports progress to a person; never mixed into results.
pub(crate) fn progress(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", plain(text));
}

/// Asks a question; the answer is typed on the same line.
pub(crate) fn ask(question: &str) -> io::Result<()> {
    let mut out = io::stderr().lock();
    write!(out, "{}", plain(question))?;
    out.flush()
}

/// The text without characters that control a terminal or reverse the order of letters: names, memos and
/// errors of nodes are foreign text.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.extend(c.escape_unicode());
            }
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Prints the output of the command-line parser: help, the version, or an error.
pub(crate) fn usage(told: &clap::Error) -> ExitCode {
    let text = told.render();
    let plain = environment::variable("NO_COLOR").is_some();
    if told.use_stderr() {
        let coloured = !plain && io::stderr().is_terminal();
        let text = if coloured { text.ansi().to_string() } else { text.to_string() };
        let _ = write!(io::stderr().lock(), "{text}");
        return u8::try_from(told.exit_code()).unwrap_or(2).into();
    }
    if !plain && io::stdout().is_terminal() {
        print(format_args!("{}", text.ansi()));
    } else {
        print(format_args!("{text}"));
    }
    ended(ExitCode::SUCCESS)
}

/// Prints the result of a command, if it is not printed yet, and returns the exit code.
pub(crate) fn end(context: &Context, result: &Result<()>) -> ExitCode {
    match result {
        Ok(()) => ended(ExitCode::SUCCESS),
        Err(error) => {
            failure(context, error);
            // The code of the error matters more than the failed output.
            unwritten();
            if error.is::<Unconfirmed>() { 2.into() } else { exit::code(error) }
        }
    }
}

fn ended(code: ExitCode) -> ExitCode {
    if unwritten() { exit::UNWRITTEN.into() } else { code }
}

/// Whether output to standard output was lost; if so, reports it.
fn unwritten() -> bool {
    let Some(error) = UNWRITTEN.get() else { return false };
    progress(&format!("error: the command has run, but its result cannot be written: {error}"));
    true
}

fn failure(context: &Context, error: &anyhow::Error) {
    if error.is::<exit::Waits>() || error.is::<exit::NotRun>() {
        return;
    }
    let (code, message, hint) = match (error.downcast_ref::<ClientError>(), error.downcast_ref()) {
        (Some(ClientError::Api(api)), _) if context.json() => {
            let mut problem = json!(api.problem);
            if let Some(details) = problem.get_mut("details") {
                *details = human::with_iso_times(details.take());
            }
            return line(&problem.to_string());
        }
        (Some(ClientError::Api(api)), _) => {
            let problem = &api.problem;
            (Some(problem.code.as_str()), remedy::message(problem), remedy::hint(problem))
        }
        (_, Some(exit::Relayed { document, .. })) if context.json() => return line(&document.to_string()),
        (_, Some(relayed @ exit::Relayed { .. })) => (None, relayed.to_string(), relayed.hint()),
        (_, None) => (None, chain(error), None),
    };
    if context.json() {
        if !error.downcast_ref::<exit::CheckFailed>().is_some_and(|check| check.reported) {
            line(&json!({ "code": "CLI_ERROR", "message": message }).to_string());
        }
        return;
    }
    match code {
        Some(code) => progress(&format!("error: {message} [{code}]")),
        None => progress(&format!("error: {message}")),
    }
    if let Some(hint) = hint {
        progress(&format!("hint:  {hint}"));
    }
}

/// An error and its causes, each once.
fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::{Context as _, anyhow};

    use super::{chain, plain};

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(plain("a\tb\nc ü"), "a\tb\nc ü");
        assert_eq!(plain("\u{1b}[2Jgone\u{7}\u{202e}evil"), "\\u{1b}[2Jgone\\u{7}\\u{202e}evil");
    }

    #[test]
    fn every_cause_is_said_once() {
        let error = anyhow!("open /x: no such file").context("starting");
        assert_eq!(chain(&error), "starting: open /x: no such file");
        let twice = Err::<(), _>(anyhow!("no such file")).context("open /x: no such file");
        assert_eq!(chain(&twice.expect_err("an error")), "open /x: no such file");
    }
}
