//! An owner's answer to a challenge: signed here with a key file, or signed elsewhere and passed in.
//!
//! Before anything is signed, the text is checked: it must be a daemon's challenge about the requested
//! subject, and must describe the bytes that came with it. Then it is shown and confirmed.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use waiaas_api::client::OwnerSignature;
use waiaas_api::owners;
use waiaas_api::transactions::{Approval, DraftBytes};
use waiaas_engine::core::address::Address;
use waiaas_engine::core::draft::Draft;
use waiaas_engine::core::ids::TxId;
use waiaas_engine::core::network::NetworkId;
use waiaas_engine::core::owner::Challenge;
use waiaas_engine::core::presentation::{Ask, Line};
use waiaas_engine::question::{self, Doubt};

use crate::commands::confirm;
use crate::context::Context;
use crate::{exit, output, owner_key};

/// The owner's key on this machine.
#[derive(clap::Args)]
pub(crate) struct Key {
    /// Sign here with the owner's key in this file. The text is checked, shown and confirmed first.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Sign without asking, for scripts. The text is still checked.
    #[arg(long, requires = "key_file")]
    yes: bool,
}

/// How the owner signs.
#[derive(clap::Args)]
pub(crate) struct Answer {
    #[command(flatten)]
    key: Key,
    /// A signature made elsewhere of the message that was printed before.
    #[arg(long, requires = "message_file", conflicts_with = "key_file")]
    signature: Option<String>,
    /// A file with exactly the signed message. One line break at its end is ignored.
    #[arg(long, value_name = "FILE", requires = "signature")]
    message_file: Option<PathBuf>,
}

impl Key {
    pub(crate) const fn is_given(&self) -> bool {
        self.key_file.is_some()
    }

    /// Whether it is this owner's key; none if no key was given.
    pub(crate) fn is_of(&self, owner: &str) -> Result<Option<bool>> {
        self.key_file.as_ref().map(|path| owner_key::is_of(path, owner)).transpose()
    }

    /// Shows the question, has it confirmed and signs it for `owner`.
    pub(crate) fn sign(&self, asked: &Challenge, owner: &str, lines: &[Line]) -> Result<OwnerSignature> {
        let path = self.key_file.as_ref().context("no key file was given")?;
        if asked.owner.to_string() != owner {
            return Err(doubt("the text to sign is for another owner"));
        }
        if !owner_key::is_of(path, owner)? {
            return Err(doubt(&format!("the key in {} is not that of {owner}", path.display())));
        }
        let message = asked.message();
        show(asked, &message, lines);
        if !self.yes {
            confirm(owner)?;
        }
        let signature = owner_key::sign(path, owner, &message)?;
        Ok(OwnerSignature { message, signature, address: Some(owner.to_owned()) })
    }
}

impl Answer {
    /// Whether the given key is this owner's; none if no key was given.
    pub(crate) fn is_of(&self, owner: &str) -> Result<Option<bool>> {
        self.key.is_of(owner)
    }

    /// An answer that was signed elsewhere, if one was given.
    pub(crate) fn made_elsewhere(&self, owner: Option<String>) -> Result<Option<OwnerSignature>> {
        let (Some(signature), Some(path)) = (&self.signature, &self.message_file) else { return Ok(None) };
        let message = read_message(path)?;
        Ok(Some(OwnerSignature { message, signature: signature.clone(), address: owner }))
    }

    /// The signature. Without one the message is printed, and the error is [`exit::Waits`].
    pub(crate) fn to(
        &self,
        context: &Context,
        challenge: &owners::Challenge,
        asked: &Challenge,
        lines: &[Line],
    ) -> Result<OwnerSignature> {
        if self.key.is_given() {
            return self.key.sign(asked, &challenge.owner_address, lines);
        }
        if let Some(answer) = self.made_elsewhere(Some(challenge.owner_address.clone()))? {
            let signed = sound(question::read(&answer.message))?;
            if signed.action != asked.action || signed.wallet != asked.wallet {
                return Err(doubt("the text in the message file is not the requested challenge"));
            }
            return Ok(answer);
        }
        for line in lines {
            output::progress(&indented(line));
        }
        output::progress("The text to sign follows on standard output, and ends with its last character.\n");
        output::show(context, challenge, |c| c.message.clone())?;
        output::progress(&format!(
            "\nSign exactly this text as {}, without the line break at its end. Then run this again with\n\
             --signature SIGNATURE --message-file FILE, where FILE has the text, or sign here with --key-file FILE.",
            challenge.owner_address
        ));
        Err(exit::Waits.into())
    }
}

/// The challenge about a waiting transaction, checked against the transaction's bytes, and its words.
pub(crate) fn of_transaction(waiting: &Approval, tx: TxId, ask: Ask) -> Result<(Challenge, Vec<Line>)> {
    let text = match ask {
        Ask::Approve => &waiting.approve.message,
        Ask::Reject => &waiting.reject.message,
    };
    let (Some(shown), Some(bytes)) = (&waiting.presentation, &waiting.draft) else {
        return Err(doubt(
            "the daemon sent no description or no bytes of the transaction, so its text cannot be checked; \
             make sure that --base-url names your own daemon and that it and this command are of one release",
        ));
    };
    let draft = draft(bytes)?;
    let asked = sound(question::check(text, ask, tx, &draft, shown))?;
    Ok((asked, shown.lines(ask)))
}

/// Returns the challenge if it passed the check.
pub(crate) fn sound(checked: Result<Challenge, Doubt>) -> Result<Challenge> {
    checked.map_err(|why| doubt(&why.to_string()))
}

fn doubt(why: &str) -> anyhow::Error {
    let message = format!("nothing was signed or sent: {why}");
    exit::CheckFailed { message, reported: false }.into()
}

fn draft(bytes: &DraftBytes) -> Result<Draft> {
    let body = bytes.body.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
    let (Some(body), Ok(from)) = (body, bytes.from.parse::<Address>()) else {
        return Err(doubt("the transaction's bytes cannot be decoded"));
    };
    Ok(Draft { network: NetworkId::new(&bytes.network), from, body })
}

/// The text of a file, without the line break that editors add at its end.
fn read_message(path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let text = text.replace("\r\n", "\n");
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

fn show(asked: &Challenge, message: &str, lines: &[Line]) {
    if lines.is_empty() {
        output::progress(&asked.summary);
    }
    for line in lines {
        output::progress(&indented(line));
    }
    output::progress(&format!("\nThe text that is signed:\n\n{message}\n"));
}

fn indented(line: &Line) -> String {
    format!("{}{}", "  ".repeat(line.depth), line.text)
}

fn confirm(owner: &str) -> Result<()> {
    if !confirm::has_terminal() {
        return Err(confirm::Unconfirmed(format!("it would be signed as {owner}")).into());
    }
    if !confirm::typed_yes(&format!("Sign this as {owner}?"))? {
        bail!("nothing was signed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_break_at_the_end_of_a_file_is_passed_over() {
        let path = std::env::temp_dir().join(format!("waiaas-message-{}", std::process::id()));
        for (written, read) in
            [("a\nb", "a\nb"), ("a\nb\n", "a\nb"), ("a\r\nb\r\n", "a\nb"), ("a\nb\n\n", "a\nb\n"), ("", "")]
        {
            std::fs::write(&path, written).expect("written");
            assert_eq!(read_message(&path).expect("read"), read);
        }
        std::fs::remove_file(&path).expect("removed");
    }
}
