//! Readers for single values: ranges, URLs, secrets, big integers. Each error text completes the sentence
//! "`section.key` …" and never repeats the value, which can be secret.

use std::fmt::Display;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, de};
use url::{Host, Url};
use waiaas_core::U256;
use waiaas_core::money::parse_base_units;

/// Reads a whole number from `MIN` to `MAX`, both allowed.
pub(super) fn within<'de, const MIN: i64, const MAX: i64, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: TryFrom<i64>,
    T::Error: Display,
    D: Deserializer<'de>,
{
    let number = i64::deserialize(deserializer)?;
    if !(MIN..=MAX).contains(&number) {
        return Err(de::Error::custom(format_args!("must be {MIN} to {MAX}")));
    }
    T::try_from(number).map_err(de::Error::custom)
}

/// Reads a text that must not be logged.
pub(super) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

/// Reads the token of a Telegram bot; empty for none. The error does not repeat it.
pub(super) fn bot_token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    let text = SecretString::from(String::deserialize(deserializer)?);
    let fits = text.expose_secret().split_once(':').is_some_and(|(number, secret)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        !number.is_empty()
            && number.chars().all(|c| c.is_ascii_digit())
            && !secret.is_empty()
            && secret.chars().all(plain)
    });
    if text.expose_secret().is_empty() || fits {
        Ok(text)
    } else {
        Err(de::Error::custom("must be a bot's token as @BotFather gives it, digits:letters, or empty"))
    }
}

/// Reads base units written as digits in quotes, because TOML integers end at 64 bits.
pub(super) fn base_units<'de, D: Deserializer<'de>>(deserializer: D) -> Result<U256, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_base_units(&text).map_err(|_| de::Error::custom("must be a whole number of base units in quotes"))
}

/// Whether a text is an http or https URL with a host.
pub(super) fn is_http_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Reads a URL of a service whose answers affect money: https, or http to this machine.
pub(super) fn trusted_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_trusted(&text, "https", "http") {
        Ok(text)
    } else {
        Err(de::Error::custom("must be an https URL, or an http URL of this machine"))
    }
}

/// Reads the URL of a WebSocket service: wss, or ws to this machine.
pub(super) fn relay_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let plain = Url::parse(&text).is_ok_and(|url| {
        url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    });
    if plain && is_trusted(&text, "wss", "ws") {
        Ok(text)
    } else {
        Err(de::Error::custom(
            "must be a wss URL, or a ws URL of this machine, without user, query and fragment",
        ))
    }
}

/// Reads a WalletConnect project id; empty for none.
pub(super) fn project_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_id = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text.is_empty() || is_id {
        Ok(text)
    } else {
        Err(de::Error::custom("must be 32 hex digits, or empty"))
    }
}

/// Whether a URL has the protected scheme, or the plain one with a host that is this machine.
fn is_trusted(text: &str, protected: &str, plain: &str) -> bool {
    Url::parse(text).is_ok_and(|url| match url.scheme() {
        scheme if scheme == protected => url.has_host(),
        scheme if scheme == plain => match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        },
        _ => false,
    })
}

/// Reads a path, absolute or inside the data directory; never empty.
pub(super) fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<std::path::PathBuf, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() { Err(de::Error::custom("must name a file")) } else { Ok(text.into()) }
}
