//! Keys, topics and envelopes.
//!
//! An envelope of type 0 is `0x00 ‖ nonce (12) ‖ ciphertext and tag`, in base64, by ChaCha20-Poly1305 (RFC 8439). The
//! key of a session comes from X25519 (RFC 7748) and HKDF-SHA256 (RFC 5869) without salt and info.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// The address of a conversation on the relay. It is not secret, but only the peers know it at first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic([u8; 32]);

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Topic {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// The key of a conversation.
#[derive(Clone)]
pub struct SymKey(Zeroizing<[u8; 32]>);

/// The first byte of an envelope whose key both peers have.
const TYPE_0: u8 = 0;
/// Bytes of a nonce.
const NONCE: usize = 12;

impl SymKey {
    /// A key from its 32 bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A key from stored bytes; none for any other length than 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::new)
    }

    /// The bytes, for sealing at rest and for the pairing URI.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its topic: the SHA-256 of the key.
    pub fn topic(&self) -> Topic {
        Topic(Sha256::digest(self.0.as_slice()).into())
    }

    /// Seals a text. Each nonce must be used once; none if it cannot be sealed.
    pub fn seal(&self, text: &str, random: [u8; 32]) -> Option<String> {
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(random.get(..NONCE)?);
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), text.as_bytes()).ok()?;
        Some(STANDARD.encode([&[TYPE_0], nonce.as_slice(), &sealed].concat()))
    }

    /// Opens an envelope; none if it was not sealed with this key or was changed.
    pub fn open(&self, envelope: &str) -> Option<Zeroizing<String>> {
        let bytes = STANDARD.decode(envelope).ok()?;
        let (kind, rest) = bytes.split_first()?;
        let (nonce, sealed) = rest.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let text = (*kind == TYPE_0).then(|| self.cipher().decrypt(&Nonce::from(nonce), sealed).ok())??;
        String::from_utf8(text).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(*self.0))
    }
}

/// Our half of a key agreement.
pub(super) struct Agreement(StaticSecret);

impl Agreement {
    pub(super) fn new(bytes: [u8; 32]) -> Self {
        Self(StaticSecret::from(bytes))
    }

    /// Our public key, in hex.
    pub(super) fn public(&self) -> String {
        hex::encode(PublicKey::from(&self.0).as_bytes())
    }

    /// The key agreed on with a peer, whose public key is hex; none for a key that fixes the result.
    pub(super) fn with(&self, peer: &str) -> Option<SymKey> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(peer, &mut bytes).ok()?;
        let shared = self.0.diffie_hellman(&PublicKey::from(bytes));
        let mut key = [0; 32];
        let agreed = shared.was_contributory()
            && Hkdf::<Sha256>::new(None, shared.as_bytes()).expand(&[], &mut key).is_ok();
        agreed.then(|| SymKey::new(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_opens_with_its_key_only_and_unchanged_only() {
        let (key, other) = (SymKey::new([7; 32]), SymKey::new([8; 32]));
        let envelope = key.seal("text", [3; 32]).unwrap();
        assert_eq!(key.open(&envelope).unwrap().as_str(), "text");
        assert!(other.open(&envelope).is_none());
        let bytes = STANDARD.decode(&envelope).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(key.open(&STANDARD.encode(changed)).is_none(), "byte {at}");
        }
        for cut in 0..bytes.len() {
            assert!(key.open(&STANDARD.encode(&bytes[..cut])).is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn both_sides_agree_on_one_key() {
        let (ours, theirs) = (Agreement::new([1; 32]), Agreement::new([2; 32]));
        let (one, two) = (ours.with(&theirs.public()).unwrap(), theirs.with(&ours.public()).unwrap());
        assert_eq!(one.topic(), two.topic());
        // A public key of small order gives the same secret with every key.
        assert!(ours.with(&"00".repeat(32)).is_none());
        assert!(ours.with("short").is_none());
    }
}
