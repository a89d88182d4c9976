//! Confirmation of destructive and loosening changes: they are shown first, and confirmed on a terminal or by
//! `--yes`. Changes that only tighten need none.

use std::io::IsTerminal as _;

use anyhow::{Result, bail};
use thiserror::Error;

use crate::output;

/// A confirmation given with the command.
#[derive(clap::Args)]
pub(crate) struct Yes {
    /// Do it without asking, for scripts.
    #[arg(long)]
    yes: bool,
}

/// Not confirmed on the command line, and there is no terminal to ask on.
#[derive(Debug, Error)]
#[error("nothing was done: {0}. There is no terminal to ask on; add --yes to do it without asking")]
pub(crate) struct Unconfirmed(pub(super) String);

impl Yes {
    pub(crate) const fn is_given(&self) -> bool {
        self.yes
    }

    /// Continues only if it is confirmed. `what` is half a sentence about the consequence.
    ///
    /// # Errors
    ///
    /// [`Unconfirmed`] without a terminal; another error if the answer is not `yes`.
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

/// Whether there is a terminal to ask on.
pub(crate) fn has_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// Whether the answer to a question was `yes`.
pub(crate) fn typed_yes(question: &str) -> Result<bool> {
    output::ask(&format!("{question} Type yes: "))?;
    let mut typed = String::new();
    std::io::stdin().read_line(&mut typed)?;
    Ok(typed.trim() == "yes")
}
