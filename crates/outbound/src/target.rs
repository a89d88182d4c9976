//! A URL that others chose, checked as far as its text allows.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;
use url::{Host, Url};

use crate::allowed::AllowList;
use crate::public::is_public;

/// The longest URL.
const MAX_LENGTH: usize = 2048;

/// An http or https URL with a host, and without a user or a fragment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    url: Url,
    host: Host<String>,
    port: u16,
}

/// The reason why a text is not a target. No message repeats the text, which can be secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum TargetError {
    /// Give a URL.
    #[error("it is not an http or https URL")]
    NotHttp,
    /// Shorten the URL.
    #[error("it is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// Leave out the user and password.
    #[error("it must not hold a user or a password")]
    HasUser,
    /// Leave out the fragment: it is never sent.
    #[error("it must not have a fragment")]
    HasFragment,
}

/// The reason why an address is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Refusal {
    /// The address is loopback, private, link-local or the like.
    #[error("it leads to an address that is not public and not on the allow-list")]
    NotPublic,
    /// Plain http is only used with addresses on the allow-list.
    #[error("it must be https, because its address is not on the allow-list")]
    NotEncrypted,
}

impl Target {
    /// Parses a URL.
    ///
    /// # Errors
    ///
    /// [`TargetError`] if it is not http or https, too long, or has parts that it must not have.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        if text.len() > MAX_LENGTH {
            return Err(TargetError::TooLong);
        }
        let url = Url::parse(text).map_err(|_| TargetError::NotHttp)?;
        // The stored form is longer where characters are encoded, and is parsed again.
        if url.as_str().len() > MAX_LENGTH {
            return Err(TargetError::TooLong);
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(TargetError::NotHttp);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::HasUser);
        }
        if url.fragment().is_some() {
            return Err(TargetError::HasFragment);
        }
        let host = url.host().map(|host| host.to_owned()).ok_or(TargetError::NotHttp)?;
        let port = url.port_or_known_default().filter(|port| *port != 0).ok_or(TargetError::NotHttp)?;
        Ok(Self { url, host, port })
    }

    /// The URL in the form in which it is sent and stored.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Scheme, host and port, without path and query, which can be secret.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Refuses a URL whose text alone rules it out: a refused address, or http that no entry can allow.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with the reason.
    pub fn check(&self, allowed: &AllowList) -> Result<(), Refusal> {
        match self.literal() {
            Some(ip) => self.check_address(SocketAddr::new(ip, self.port), allowed),
            None if !self.is_encrypted() && allowed.is_empty() => Err(Refusal::NotEncrypted),
            None => Ok(()),
        }
    }

    /// Whether this target may be reached at an address.
    pub(crate) fn check_address(&self, address: SocketAddr, allowed: &AllowList) -> Result<(), Refusal> {
        if allowed.contains(address) {
            return Ok(());
        }
        if !is_public(address.ip()) {
            return Err(Refusal::NotPublic);
        }
        if self.is_encrypted() { Ok(()) } else { Err(Refusal::NotEncrypted) }
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host, if it is an address.
    pub(crate) const fn literal(&self) -> Option<IpAddr> {
        match &self.host {
            Host::Domain(_) => None,
            Host::Ipv4(ip) => Some(IpAddr::V4(*ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(*ip)),
        }
    }

    /// The host, if it is a name.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.host {
            Host::Domain(name) => Some(name),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        }
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) const fn url(&self) -> &Url {
        &self.url
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    use super::*;

    fn check(url: &str, allowed: &[&str]) -> Result<(), Refusal> {
        Target::parse(url).expect(url).check(&AllowList::parse(allowed).expect("entries"))
    }

    #[test]
    fn an_address_that_grows_when_it_is_encoded_is_measured_as_it_is_stored() {
        for (character, times, fits) in [("é", 300, true), ("é", 900, false), ("\"", 700, false)] {
            let parsed = Target::parse(&format!("https://a.example/{}", character.repeat(times)));
            assert_eq!(parsed.is_ok(), fits, "{times} of {character}");
            if let Ok(target) = parsed {
                assert!(Target::parse(target.as_str()).is_ok());
            }
        }
    }

    #[test]
    fn only_plain_web_addresses_are_targets() {
        let long = format!("https://a.example/{}", "x".repeat(MAX_LENGTH));
        for (text, error) in [
            ("", TargetError::NotHttp),
            ("a.example", TargetError::NotHttp),
            ("ftp://a.example/", TargetError::NotHttp),
            ("file:///etc/passwd", TargetError::NotHttp),
            ("https://", TargetError::NotHttp),
            ("https://a.example:0/", TargetError::NotHttp),
            ("https://user@a.example/", TargetError::HasUser),
            ("https://:secret@a.example/", TargetError::HasUser),
            ("https://a.example/#part", TargetError::HasFragment),
            (&long, TargetError::TooLong),
        ] {
            assert_eq!(Target::parse(text), Err(error), "{text}");
        }
        let target = Target::parse("https://a.example:8443/secret?token=1").expect("URL");
        assert_eq!(target.origin(), "https://a.example:8443");
    }

    #[test]
    fn text_alone_can_say_no() {
        for url in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.0.0.1/",
            "https://017700000001/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:8.8.8.8]/",
            "https://169.254.169.254/latest/meta-data",
            "https://10.0.0.1/",
            "https://0.0.0.0/",
            "http://10.0.0.1/",
        ] {
            assert_eq!(check(url, &[]), Err(Refusal::NotPublic), "{url}");
        }
        assert_eq!(check("https://8.8.8.8/", &[]), Ok(()));
        assert_eq!(check("http://8.8.8.8/", &[]), Err(Refusal::NotEncrypted));
        assert_eq!(check("http://8.8.8.8/", &["10.0.0.0/8"]), Err(Refusal::NotEncrypted));
        assert_eq!(check("http://8.8.8.8/", &["8.8.8.8:80"]), Ok(()));
        assert_eq!(check("http://a.example/", &[]), Err(Refusal::NotEncrypted));
        assert_eq!(check("http://a.example/", &["10.0.0.0/8"]), Ok(()), "its address decides");
        assert_eq!(check("https://a.example/", &[]), Ok(()));
        assert_eq!(check("http://127.0.0.1:9000/", &["127.0.0.1:9000"]), Ok(()));
        assert_eq!(check("http://127.0.0.1:9001/", &["127.0.0.1:9000"]), Err(Refusal::NotPublic));
    }

    proptest! {
        #[test]
        fn an_address_is_reached_only_if_public_or_allowed(bits: u32, port in 1u16.., secure: bool) {
            let ip = Ipv4Addr::from_bits(bits);
            let scheme = if secure { "https" } else { "http" };
            let target = Target::parse(&format!("{scheme}://{bits}:{port}/")).expect("URL");
            prop_assert_eq!(target.literal(), Some(ip.into()));
            let expected = is_public(ip.into()) && secure;
            prop_assert_eq!(target.check(&AllowList::default()).is_ok(), expected);
            let list = AllowList::parse(&[format!("{ip}:{port}")]).expect("entry");
            prop_assert_eq!(target.check(&list), Ok(()));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Target::parse(&text).map(|target| target.check(&AllowList::default()));
        }
    }
}
