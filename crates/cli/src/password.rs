//! Sources of the master password; it is never an argument.
//!
//! From the environment the value is used unchanged; from a file its text without the final line breaks that
//! editors add; from a prompt the typed line. The one rule for new passwords is [`check_new_password`].

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use secrecy::SecretString;
use waiaas_engine::{DataDir, check_new_password};
use zeroize::Zeroizing;

use crate::environment;
use crate::exit::NoCredential;

/// Any failure to find it counts as a missing credential.
const FINDING: NoCredential = NoCredential("finding the master password");

/// Returns the password from the environment, else from the file named there, else from `recovery.key`, else
/// from a hidden prompt.
pub(crate) fn master(data_dir: &DataDir) -> Result<SecretString> {
    match at_hand(data_dir)? {
        Some(password) => Ok(password),
        None => prompt("Master password"),
    }
}

/// [`master`] without the prompt.
pub(crate) fn at_hand(data_dir: &DataDir) -> Result<Option<SecretString>> {
    match given()? {
        Some(password) => Ok(Some(password)),
        None => data_dir.read_recovery_key().context(FINDING),
    }
}

/// The password in the environment, if it is set.
pub(crate) fn given() -> Result<Option<SecretString>> {
    of_environment().context(FINDING)
}

fn of_environment() -> Result<Option<SecretString>> {
    let plain = environment::text("WAIAAS_MASTER_PASSWORD")?.map(Zeroizing::new);
    match (plain, environment::variable("WAIAAS_MASTER_PASSWORD_FILE")) {
        (Some(_), Some(_)) => {
            bail!("set WAIAAS_MASTER_PASSWORD or WAIAAS_MASTER_PASSWORD_FILE, not both")
        }
        (Some(plain), None) => Ok(Some(SecretString::from(plain.as_str()))),
        (None, Some(path)) => read(Path::new(&path)).map(Some),
        (None, None) => Ok(None),
    }
}

/// The first password of an installation: from the environment, else asked for twice.
pub(crate) fn first() -> Result<SecretString> {
    match given()? {
        Some(password) => Ok(password),
        None => choose("Master password", "WAIAAS_MASTER_PASSWORD_FILE"),
    }
}

/// The new password of a change: `WAIAAS_NEW_MASTER_PASSWORD_FILE`, else asked for twice.
pub(crate) fn new_master() -> Result<SecretString> {
    match environment::variable("WAIAAS_NEW_MASTER_PASSWORD_FILE") {
        Some(path) => read(Path::new(&path)).context(FINDING),
        None => choose("New master password", "WAIAAS_NEW_MASTER_PASSWORD_FILE"),
    }
}

/// Asks without showing the input.
pub(crate) fn prompt(what: &str) -> Result<SecretString> {
    let typed = dialoguer::Password::new().with_prompt(what).interact();
    let typed = typed.context(
        "no master password given and no terminal to ask on; put it into a file and name that in \
         WAIAAS_MASTER_PASSWORD_FILE",
    );
    let typed = typed.context(FINDING)?;
    Ok(SecretString::from(Zeroizing::new(typed).as_str()))
}

/// Asks for a new password until it is acceptable and was typed twice.
fn choose(what: &str, variable: &str) -> Result<SecretString> {
    let good = |typed: &String| check_new_password(&SecretString::from(typed.as_str()));
    let typed = dialoguer::Password::new()
        .with_prompt(what)
        .with_confirmation("The same again", "The two passwords differ.")
        .validate_with(good)
        .interact();
    let typed = typed.with_context(|| {
        format!("no new password given and no terminal to ask on; name a file with it in {variable}")
    });
    let typed = typed.context(FINDING)?;
    Ok(SecretString::from(Zeroizing::new(typed).as_str()))
}

/// Reads a password file; every password file is read here.
pub(crate) fn read(path: &Path) -> Result<SecretString> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.with_context(|| format!("reading the password in {}", path.display()))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => bail!("{} is empty; write the password into it", path.display()),
        text => Ok(SecretString::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::read;

    #[test]
    fn a_file_holds_the_password_and_perhaps_line_breaks_after_it() {
        let dir = std::env::temp_dir().join(format!("waiaas-password-{}", std::process::id()));
        let read = |text: &str| {
            std::fs::write(&dir, text).expect("a file");
            read(&dir)
        };
        for text in ["a b\tc ", "a b\tc \n", "a b\tc \r\n\n"] {
            assert_eq!(read(text).expect(text).expose_secret(), "a b\tc ", "{text:?}");
        }
        for text in ["", "\n"] {
            assert!(read(text).is_err(), "{text:?}");
        }
        std::fs::remove_file(&dir).expect("removed");
    }
}
