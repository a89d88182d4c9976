//! What the command line prints: text for people, one JSON document for programs.
//!
//! Everything goes through here. A reader that has gone away (`waiaas … | head`) is no error. A result
//! that cannot be written, on a full disk say, is remembered, and the exit code tells it apart from a
//! command that did not do what it was asked. What cannot be written to standard error is lost.

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

/// Why standard output could not be written, if it could not.
static UNWRITTEN: OnceLock<io::Error> = OnceLock::new();

/// Prints a result: the value itself with `--json`, its times as ISO 8601; otherwise what `text` makes of it.
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

/// Prints a line as it is.
pub(crate) fn line(text: &str) {
    print(format_args!("{text}\n"));
}

/// Prints a line that is no result: whoever is not there to read it misses nothing.
pub(crate) fn announce(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

fn print(text: std::fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    if let Err(error) = out.write_fmt(text).and_then(|()| out.flush())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        // The first reason is the one to tell.
        let _ = UNWRITTEN.set(error);
    }
}

/// Tells a person what goes on; never mixed into results.
pub(crate) fn progress(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", plain(text));
}

/// Asks a person a question; the answer is typed on the same line.
pub(crate) fn ask(question: &str) -> io::Result<()> {
    let mut out = io::stderr().lock();
    write!(out, "{}", plain(question))?;
    out.flush()
}

/// The text without what would steer a terminal or turn the order of letters round: names, memos and errors
/// of nodes are written by others.
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

/// Prints what the parser of the command line has to say: help, the version, or what is wrong.
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

/// Prints how a command ended, where that is still to be told, and gives the exit code.
pub(crate) fn end(context: &Context, result: &Result<()>) -> ExitCode {
    match result {
        Ok(()) => ended(ExitCode::SUCCESS),
        Err(error) => {
            failure(context, error);
            // The code of what happened matters more than that nobody could be told.
            unwritten();
            if error.is::<Unconfirmed>() { 2.into() } else { exit::code(error) }
        }
    }
}

fn ended(code: ExitCode) -> ExitCode {
    if unwritten() { exit::UNWRITTEN.into() } else { code }
}

/// Whether something is lost that was to be on standard output; then it says so.
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

/// An error and its causes, each said once.
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
