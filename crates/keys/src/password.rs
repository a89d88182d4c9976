//! The master password: its rules, generating one, and recognising an accepted one without the KDF. Does not
//! belong here: lock-out and limits on KDF runs (the engine's).

use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::keystore::KeystoreHeader;
use crate::random::{self, NoRandomness, Secret32};

/// Minimum number of characters of a master password.
pub const MIN_CHARS: usize = 12;
/// Maximum number of bytes, so that a request cannot make hashing expensive.
pub const MAX_BYTES: usize = 1024;
/// Minimum number of different characters; refuses `aaaaaaaaaaaa`.
pub const MIN_DISTINCT: usize = 5;

/// Why a master password is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WeakPassword {
    /// Too short: choose a longer one.
    #[error("the master password needs at least {MIN_CHARS} characters")]
    TooShort,
    /// Too long: choose a shorter one.
    #[error("the master password may have at most {MAX_BYTES} bytes")]
    TooLong,
    /// Too uniform: choose one with more different characters.
    #[error("the master password needs at least {MIN_DISTINCT} different characters")]
    TooUniform,
    /// Leave the control character out.
    #[error(
        "the master password has a line break, a tab or another control character, which no HTTP header \
         can carry"
    )]
    Control,
    /// Leave the outer blank out.
    #[error("the master password begins or ends with a blank, which HTTP drops from a header")]
    OuterBlank,
    /// Use ASCII characters.
    #[error(
        "the master password has a character beyond ASCII, such as an accented letter, which programs \
         write into an HTTP header in different ways"
    )]
    NotAscii,
}

impl WeakPassword {
    /// Whether the password is refused for its characters, not for being easy to guess. An installation with
    /// such a password from an earlier version still unlocks with it, but HTTP requests cannot carry it.
    pub const fn is_unsendable(self) -> bool {
        match self {
            Self::Control | Self::OuterBlank | Self::NotAscii => true,
            Self::TooShort | Self::TooLong | Self::TooUniform => false,
        }
    }
}

/// The rule for every new master password: long enough not to be guessed, and made of characters that every
/// HTTP client sends the same way in a header (RFC 9110 §5.5: visible ASCII, with blanks between). Enforced
/// whenever a header is made.
///
/// # Errors
///
/// [`WeakPassword`] names the first rule that is not met.
pub fn check_new(password: &SecretString) -> Result<(), WeakPassword> {
    let text = password.expose_secret();
    if text.len() > MAX_BYTES {
        return Err(WeakPassword::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(WeakPassword::Control);
    }
    if text.trim() != text {
        return Err(WeakPassword::OuterBlank);
    }
    if !text.is_ascii() {
        return Err(WeakPassword::NotAscii);
    }
    if text.len() < MIN_CHARS {
        return Err(WeakPassword::TooShort);
    }
    let first_seen = |(at, c): &(usize, u8)| !text.bytes().take(*at).any(|earlier| earlier == *c);
    if text.bytes().enumerate().filter(first_seen).take(MIN_DISTINCT).count() < MIN_DISTINCT {
        return Err(WeakPassword::TooUniform);
    }
    Ok(())
}

/// A random password for unattended first starts: 32 random bytes as 64 hex digits.
///
/// # Errors
///
/// [`NoRandomness`] if the operating system gives none.
pub fn generate_recovery_password() -> Result<SecretString, NoRandomness> {
    random::secret_text()
}

/// The result of a check without the KDF.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checked {
    /// It is the password that was accepted last.
    Match,
    /// It is not the header's password.
    Mismatch,
    /// The verifier does not know this header's password: the KDF must be run.
    Unknown,
}

/// Recognises the last accepted password within microseconds.
///
/// Stores its HMAC-SHA256 under a random key that never leaves this process, so the stored value is useless
/// elsewhere. The caller must limit the number of checks, because a check is fast. A stored value is valid
/// for one header only, so a password change takes effect at once, also if another daemon made it or an
/// unlock under the old header finishes late.
pub struct PasswordVerifier {
    key: Secret32,
    accepted: Mutex<Option<Accepted>>,
}

/// A password that opened a header.
struct Accepted {
    commitment: [u8; 32],
    mac: Zeroizing<[u8; 32]>,
}

impl PasswordVerifier {
    /// A verifier without a stored password.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] if the operating system gives none.
    pub fn new() -> Result<Self, NoRandomness> {
        Ok(Self { key: random::secret()?, accepted: Mutex::new(None) })
    }

    /// Whether this is the password that unlocked `header`, the stored one. Takes the same time for a right
    /// and a wrong password.
    pub fn check(&self, header: &KeystoreHeader, password: &SecretString) -> Checked {
        let presented = self.mac(header, password);
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        match accepted.as_ref() {
            // The commitment binds a header to one password.
            Some(accepted) if accepted.commitment == *header.commitment() => {
                let equal = bool::from(accepted.mac.as_slice().ct_eq(presented.as_slice()));
                if equal { Checked::Match } else { Checked::Mismatch }
            }
            Some(_) | None => Checked::Unknown,
        }
    }

    /// Stores a password that has just unlocked (or made) `header`, in place of the one before.
    pub fn remember(&self, header: &KeystoreHeader, password: &SecretString) {
        let accepted = Accepted { commitment: *header.commitment(), mac: self.mac(header, password) };
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner) = Some(accepted);
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn mac(&self, header: &KeystoreHeader, password: &SecretString) -> Zeroizing<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose_secret()).expect("any length");
        // 32 bytes that no two headers share. Their length is fixed, so they cannot be confused with password
        // bytes.
        mac.update(header.commitment());
        mac.update(password.expose_secret().as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kdf::KdfParams;
    use uuid::Uuid;
    use waiaas_core::ids::InstanceId;

    #[test]
    fn only_the_password_of_the_header_stored_now_matches() {
        let verifier = PasswordVerifier::new().unwrap();
        let (one, two) = (SecretString::from("first-password"), SecretString::from("second-password"));
        let instance = InstanceId::new(Uuid::from_u128(1));
        let (before, root) = KeystoreHeader::create(&one, instance, KdfParams::MINIMUM).unwrap();
        assert_eq!(verifier.check(&before, &one), Checked::Unknown);
        verifier.remember(&before, &one);
        assert_eq!(verifier.check(&before, &one), Checked::Match);
        assert_eq!(verifier.check(&before, &two), Checked::Mismatch);
        assert_eq!(verifier.check(&before, &"".into()), Checked::Mismatch);

        let after = root.rewrap(&two, KdfParams::MINIMUM).unwrap();
        assert_eq!(verifier.check(&after, &one), Checked::Unknown);
        verifier.remember(&after, &two);
        assert_eq!(verifier.check(&after, &two), Checked::Match);
        assert_eq!(verifier.check(&after, &one), Checked::Mismatch);
        // An unlock that began before the change and ends after it.
        verifier.remember(&before, &one);
        assert_eq!(verifier.check(&after, &one), Checked::Unknown);
    }

    #[test]
    fn one_rule_for_every_new_password() {
        let new = |text: &str| check_new(&text.into());
        for good in ["my-secret-password", "twelve chars", "!~ \"#$%&'()*+,\\"] {
            assert_eq!(new(good), Ok(()), "{good}");
        }
        assert_eq!(new(""), Err(WeakPassword::TooShort));
        assert_eq!(new("elevenchars"), Err(WeakPassword::TooShort));
        assert_eq!(new(&"a".repeat(64)), Err(WeakPassword::TooUniform));
        assert_eq!(new(&"abcdefgh".repeat(129)), Err(WeakPassword::TooLong));
        for bad in [
            "one line\nanother",
            "ends in a break\n",
            "\ttab at the start",
            "tab\tinside it",
            "nul\0inside it",
        ] {
            assert_eq!(new(bad), Err(WeakPassword::Control), "{bad:?}");
        }
        for bad in [" blank at the start", "blank at the end ", "\u{a0}no-break space"] {
            assert_eq!(new(bad), Err(WeakPassword::OuterBlank), "{bad:?}");
        }
        for bad in ["pässwörd-pässwörd", "e\u{301}-decomposed", "日本語のパスワード文"] {
            assert_eq!(new(bad), Err(WeakPassword::NotAscii), "{bad:?}");
        }
    }

    #[test]
    fn recovery_passwords_are_64_hex_digits_and_never_the_same() {
        let (one, two) = (generate_recovery_password().unwrap(), generate_recovery_password().unwrap());
        assert_eq!(hex::decode(one.expose_secret()).unwrap().len(), 32);
        assert_ne!(one.expose_secret(), two.expose_secret());
        assert_eq!(check_new(&one), Ok(()));
    }
}
