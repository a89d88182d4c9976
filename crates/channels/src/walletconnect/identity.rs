//! The daemon's identity towards the relay: a key, and a token that it signs for each connection.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;
use waiaas_core::UnixSeconds;

/// Prefix of an Ed25519 public key in `did:key` (multicodec).
const ED25519: [u8; 2] = [0xed, 0x01];
/// Lifetime of a token, in seconds.
const LIFETIME: UnixSeconds = 86_400;

/// The key. It names a client of the relay and authorises nothing else.
pub struct Identity(SigningKey);

impl Identity {
    /// An identity from 32 random bytes.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// A token (JWT, EdDSA) for one relay: `iss` is the `did:key` of this identity, `aud` the relay's URL.
    pub(super) fn token(&self, relay: &str, subject: [u8; 32], now: UnixSeconds) -> String {
        let key = [ED25519.as_slice(), self.0.verifying_key().as_bytes()].concat();
        let header = json!({ "alg": "EdDSA", "typ": "JWT" });
        let claims = json!({
            "iss": format!("did:key:z{}", bs58::encode(key).into_string()),
            "sub": hex::encode(subject),
            "aud": relay,
            "iat": now,
            "exp": now.saturating_add(LIFETIME),
        });
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(signed.as_bytes()).to_bytes());
        format!("{signed}.{signature}")
    }
}
