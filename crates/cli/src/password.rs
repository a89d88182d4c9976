//! Where the master password comes from: never from an argument.

use anyhow::{Context as _, Result, bail};
use secrecy::SecretString;
use waiaas_engine::DataDir;
use zeroize::Zeroizing;

/// Environment first, then a file named there, then `recovery.key`, then a hidden prompt.
pub(crate) fn master(data_dir: &DataDir) -> Result<SecretString> {
    match at_hand(data_dir)? {
        Some(password) => Ok(password),
        None => prompt("Master password"),
    }
}

/// The same without asking.
pub(crate) fn at_hand(data_dir: &DataDir) -> Result<Option<SecretString>> {
    match given()? {
        Some(password) => Ok(Some(password)),
        None => Ok(data_dir.read_recovery_key()?),
    }
}

/// The password of the environment, if one is set.
pub(crate) fn given() -> Result<Option<SecretString>> {
    let plain = std::env::var("WAIAAS_MASTER_PASSWORD").ok().filter(|text| !text.is_empty());
    let file = std::env::var_os("WAIAAS_MASTER_PASSWORD_FILE").filter(|path| !path.is_empty());
    match (plain, file) {
        (Some(_), Some(_)) => {
            bail!("set WAIAAS_MASTER_PASSWORD or WAIAAS_MASTER_PASSWORD_FILE, not both")
        }
        (Some(plain), None) => Ok(Some(SecretString::from(Zeroizing::new(plain).as_str()))),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(&path).map(Zeroizing::new);
            let text = text.with_context(|| format!("reading {}", path.to_string_lossy()))?;
            Ok(Some(SecretString::from(text.trim_end_matches(['\r', '\n']))))
        }
        (None, None) => Ok(None),
    }
}

/// Asks without echo.
pub(crate) fn prompt(what: &str) -> Result<SecretString> {
    let typed = dialoguer::Password::new().with_prompt(what).interact();
    let typed =
        typed.context("no password given and no terminal to ask on; set WAIAAS_MASTER_PASSWORD_FILE")?;
    Ok(SecretString::from(Zeroizing::new(typed).as_str()))
}

/// The new password of a change: `WAIAAS_NEW_MASTER_PASSWORD_FILE`, else asked twice without echo.
pub(crate) fn new_master() -> Result<SecretString> {
    if let Some(path) = std::env::var_os("WAIAAS_NEW_MASTER_PASSWORD_FILE").filter(|path| !path.is_empty()) {
        let text = std::fs::read_to_string(&path).map(Zeroizing::new);
        let text = text.with_context(|| format!("reading {}", path.to_string_lossy()))?;
        return Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])));
    }
    let typed = dialoguer::Password::new()
        .with_prompt("New master password")
        .with_confirmation("The same again", "The two differ.")
        .interact();
    let typed = typed.context("no terminal to ask on; set WAIAAS_NEW_MASTER_PASSWORD_FILE")?;
    Ok(SecretString::from(Zeroizing::new(typed).as_str()))
}
