//! What the command line prints: text for people, one JSON document for programs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what a command line does")]

use std::process::ExitCode;

use anyhow::Result;
use comfy_table::{Table, presets};
use serde::Serialize;
use serde_json::json;
use waiaas_api::client::ClientError;

use crate::context::Context;
use crate::exit;

/// Prints a result: the value itself with `--json`, otherwise what `text` makes of it.
pub(crate) fn show<T: Serialize>(
    context: &Context,
    value: &T,
    text: impl FnOnce(&T) -> String,
) -> Result<()> {
    if context.json() {
        println!("{}", serde_json::to_string_pretty(value)?);
    } else {
        println!("{}", text(value));
    }
    Ok(())
}

/// Prints a line as it is.
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// Tells a person what goes on; never mixed into results.
pub(crate) fn progress(text: &str) {
    eprintln!("{text}");
}

/// A plain table.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(head);
    for row in rows {
        table.add_row(row);
    }
    table.to_string()
}

/// Prints an error and gives the exit code.
pub(crate) fn failure(context: &Context, error: &anyhow::Error) -> ExitCode {
    if error.is::<exit::Waits>() || error.is::<exit::NotRun>() {
        return exit::code(error);
    }
    let problem = match error.downcast_ref::<ClientError>() {
        Some(ClientError::Api(api)) => Some(&api.problem),
        _ => None,
    };
    if context.json() {
        if error.downcast_ref::<exit::CheckFailed>().is_some_and(|check| check.reported) {
            return exit::code(error);
        }
        let value = match problem {
            Some(problem) => json!(problem),
            None => json!({ "code": "CLI_ERROR", "message": format!("{error:#}") }),
        };
        println!("{value}");
        return exit::code(error);
    }
    match problem {
        Some(problem) => {
            eprintln!("error: {} [{}]", problem.message, problem.code);
            if let Some(hint) = &problem.hint {
                eprintln!("hint:  {hint}");
            }
        }
        None => eprintln!("error: {error:#}"),
    }
    exit::code(error)
}
