//! What destroys or loosens is shown first and done only when it is confirmed: typed on a terminal, or by
//! `--yes` on the command line. What only tightens is never asked about.

use std::io::IsTerminal as _;

use anyhow::{Result, bail};
use thiserror::Error;

use crate::output;

/// A confirmation given with the command.
#[derive(clap::Args)]
pub(crate) struct Yes {
    /// Do it without being asked, for scripts.
    #[arg(long)]
    yes: bool,
}

/// It was neither confirmed on the command line nor is there a terminal to ask on.
#[derive(Debug, Error)]
#[error("nothing was done: {0}. There is no terminal to ask on; add --yes to do it without being asked")]
pub(crate) struct Unconfirmed(pub(super) String);

impl Yes {
    pub(crate) const fn is_given(&self) -> bool {
        self.yes
    }

    /// Goes on only if this is confirmed. `what` says in half a sentence what would be done.
    ///
    /// # Errors
    ///
    /// [`Unconfirmed`] where nobody can be asked; another one where the answer is not `yes`.
    pub(crate) fn or_ask(&self, what: &str) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        if !has_terminal() {
            return Err(Unconfirmed(what.to_owned()).into());
        }
        if !typed_yes("Do it?")? {
            bail!("nothing was done");
        }
        Ok(())
    }
}

/// Whether there is a person to ask.
pub(crate) fn has_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// Whether `yes` was typed in answer to a question.
pub(crate) fn typed_yes(question: &str) -> Result<bool> {
    output::ask(&format!("{question} Type yes: "))?;
    let mut typed = String::new();
    std::io::stdin().read_line(&mut typed)?;
    Ok(typed.trim() == "yes")
}
