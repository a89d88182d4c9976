//! Proves to a remote caller that a daemon knows the master password, before the caller sends it.
//!
//! Both stretch the password with the salt of the daemon's keystore and run CPace on the result; the daemon
//! confirms first. An impostor on the port learns nothing with which it could try passwords offline, neither
//! from a caller nor from the daemon. One run tests one password, so the daemon counts runs as it counts
//! wrong passwords. A run is bound to the address that the caller used.

mod cpace;

use hmac::Mac as _;
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::kdf::{self, KdfParams};
use crate::keystore::{KeystoreHeader, UnlockError};
use crate::random::{self, NoRandomness, Secret32};

pub use self::cpace::{SessionId, Share, Tag};
use self::cpace::{Side, generator};

/// Separates these runs from every other use of the password.
const CHANNEL: &str = "waiaas proof v1 ";
/// Info label of the key taken from the stretched password.
pub(crate) const LABEL: &[u8] = b"waiaas.keystore.v1/proof";
/// Salt lengths that a caller accepts, in bytes.
const SALT: std::ops::RangeInclusive<usize> = 16..=32;

/// Salt and cost with which a caller stretches the password as the daemon does. Public data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stretching {
    salt: Vec<u8>,
    params: KdfParams,
}

/// The salt of a daemon has a length that no daemon uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the daemon's salt must have 16 to 32 bytes")]
pub struct SaltRefused;

impl Stretching {
    /// The parameters that a daemon sent. The cost is within the bounds of [`KdfParams`], so an impostor can
    /// make neither guessing cheap nor stretching endless.
    ///
    /// # Errors
    ///
    /// [`SaltRefused`] if the salt is shorter than 16 or longer than 32 bytes.
    pub fn new(salt: Vec<u8>, params: KdfParams) -> Result<Self, SaltRefused> {
        if SALT.contains(&salt.len()) { Ok(Self { salt, params }) } else { Err(SaltRefused) }
    }

    /// The parameters of a keystore.
    pub fn of(header: &KeystoreHeader) -> Self {
        Self { salt: header.salt().to_vec(), params: header.params() }
    }

    /// The salt.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// The cost.
    pub const fn params(&self) -> KdfParams {
        self.params
    }

    /// Runs the KDF once. Blocking.
    ///
    /// # Errors
    ///
    /// [`UnlockError::OutOfMemory`] if the KDF gets too little memory.
    pub fn stretch(&self, password: &SecretString) -> Result<ProofKey, UnlockError> {
        let stretched = kdf::stretch(password, &self.salt, self.params)?;
        Ok(ProofKey::from_stretched(&stretched))
    }
}

/// The key for proofs, derived from the stretched password. It unlocks nothing.
pub struct ProofKey(Secret32);

impl ProofKey {
    pub(crate) fn from_stretched(stretched: &Secret32) -> Self {
        Self(kdf::derive(stretched, LABEL))
    }

    fn side(&self, address: &str, session: &SessionId) -> Result<Side, NoRandomness> {
        let channel = format!("{CHANNEL}{address}");
        let base = generator(self.0.expose_secret(), channel.as_bytes(), session);
        let mut random = Zeroizing::new([0u8; 64]);
        random::fill(random.as_mut_slice())?;
        Ok(Side::new(&base, &random))
    }

    /// Answers a caller who used `address`; none if its share is not valid.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] if the operating system gives none.
    pub fn answer(
        &self,
        address: &str,
        session: &SessionId,
        share: &Share,
    ) -> Result<Option<Answer>, NoRandomness> {
        let side = self.side(address, session)?;
        Ok(side.responded(session, share).map(|key| Answer {
            share: *side.share(),
            tag: key.confirmation(side.share()).finalize().into_bytes().into(),
        }))
    }
}

impl std::fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProofKey(…)")
    }
}

/// The daemon's side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Its share.
    pub share: Share,
    /// Its confirmation.
    pub tag: Tag,
}

/// A caller's challenge.
pub struct Challenge {
    session: SessionId,
    side: Side,
}

impl Challenge {
    /// A challenge to the daemon at `address`.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] if the operating system gives none.
    pub fn new(key: &ProofKey, address: &str) -> Result<Self, NoRandomness> {
        let session = random::public_bytes()?;
        Ok(Self { session, side: key.side(address, &session)? })
    }

    /// Identifies the run; to be sent.
    pub const fn session(&self) -> &SessionId {
        &self.session
    }

    /// To be sent.
    pub const fn share(&self) -> &Share {
        self.side.share()
    }

    /// Whether the answering side knows the same password and was reached at the same address.
    pub fn is_met_by(self, answer: &Answer) -> bool {
        let key = self.side.initiated(&self.session, &answer.share);
        key.is_some_and(|key| key.confirmation(&answer.share).verify_slice(&answer.tag).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(password: &str) -> ProofKey {
        let stretching = Stretching::new(vec![7; 32], KdfParams::MINIMUM).unwrap();
        stretching.stretch(&password.into()).unwrap()
    }

    #[test]
    fn only_the_same_password_salt_and_address_meet() {
        let ours = key("my-secret-password");
        let at = "127.0.0.1:3100";
        let met = |theirs: &ProofKey, address: &str| {
            let challenge = Challenge::new(&ours, at).unwrap();
            let answer = theirs.answer(address, challenge.session(), challenge.share()).unwrap().unwrap();
            challenge.is_met_by(&answer)
        };
        assert!(met(&key("my-secret-password"), at));
        assert!(!met(&key("my-secret-passwore"), at));
        assert!(!met(&key("my-secret-password"), "127.0.0.1:3101"));
        let salted = Stretching::new(vec![8; 32], KdfParams::MINIMUM).unwrap();
        assert!(!met(&salted.stretch(&"my-secret-password".into()).unwrap(), at));
    }

    #[test]
    fn a_squatter_has_nothing_to_answer_with() {
        let ours = key("my-secret-password");
        let ask = || Challenge::new(&ours, "localhost:1").unwrap();
        let (one, two) = (ask(), ask());
        assert_ne!((one.session(), one.share()), (two.session(), two.share()));
        // The answer in an earlier run, and the caller's own values sent back.
        let old = ours.answer("localhost:1", one.session(), one.share()).unwrap().unwrap();
        assert!(!two.is_met_by(&old));
        let three = ask();
        let echo = Answer { share: *three.share(), tag: old.tag };
        assert!(!three.is_met_by(&echo));
        let empty = Answer { share: [0; 32], tag: [0; 64] };
        assert!(!ask().is_met_by(&empty));
        assert_eq!(ours.answer("localhost:1", &[0; 16], &[0; 32]).unwrap(), None);
    }

    #[test]
    fn salts_of_other_lengths_are_refused() {
        for length in [0, 15, 33, 4096] {
            assert_eq!(Stretching::new(vec![0; length], KdfParams::MINIMUM), Err(SaltRefused));
        }
    }
}
