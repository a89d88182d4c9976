//! Session tokens: `wai_sess_` followed by a JWT (RFC 7519) signed with HS256.
//!
//! A token only names a session; every request looks up whether the session is live.

use std::sync::{Arc, RwLock};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{InstanceId, SessionId};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorCode};
use crate::ids;

/// The prefix of every token.
pub(crate) const PREFIX: &str = "wai_sess_";

/// Seconds for which the previous signing key still verifies.
pub(crate) const PREVIOUS_KEY_SECONDS: i64 = 300;

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: SessionId,
    jti: String,
    iss: InstanceId,
    iat: UnixSeconds,
    exp: UnixSeconds,
}

/// The content of a valid token.
pub(crate) struct Genuine {
    pub(crate) session: SessionId,
    pub(crate) issued_at: UnixSeconds,
    pub(crate) expires_at: UnixSeconds,
}

/// One signing key, in memory.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) secret: Zeroizing<Vec<u8>>,
}

/// The current signing key, and the previous one.
pub(crate) struct KeyRing {
    pub(crate) current: SigningKey,
    /// The previous key, with the second from which it no longer verifies.
    pub(crate) previous: Option<(SigningKey, UnixSeconds)>,
}

/// Issues and checks tokens of this installation.
pub(crate) struct Tokens {
    instance: InstanceId,
    keys: RwLock<Arc<KeyRing>>,
}

impl Tokens {
    pub(crate) fn new(instance: InstanceId, keys: KeyRing) -> Self {
        Self { instance, keys: RwLock::new(Arc::new(keys)) }
    }

    /// Puts a rotated key ring in force.
    pub(crate) fn replace(&self, keys: KeyRing) {
        *self.keys.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(keys);
    }

    fn keys(&self) -> Arc<KeyRing> {
        self.keys.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Issues a token; `jti` makes tokens of the same second differ.
    pub(crate) fn issue(
        &self,
        session: SessionId,
        issued_at: UnixSeconds,
        expires_at: UnixSeconds,
    ) -> Result<SecretString, Error> {
        self.sign(session, ids::random(), issued_at, expires_at)
    }

    /// The token that follows the one with this hash. Under one signing key it is always the same, so a renewal can be
    /// fetched again although only its hash is stored.
    pub(crate) fn successor(
        &self,
        session: SessionId,
        replaced: &str,
        issued_at: UnixSeconds,
        expires_at: UnixSeconds,
    ) -> Result<SecretString, Error> {
        let digest = Sha256::new().chain_update(b"waiaas.renewal.v1").chain_update(replaced).finalize();
        let mut id = [0; 16];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        self.sign(session, Uuid::from_bytes(id), issued_at, expires_at)
    }

    fn sign(
        &self,
        session: SessionId,
        id: Uuid,
        issued_at: UnixSeconds,
        expires_at: UnixSeconds,
    ) -> Result<SecretString, Error> {
        let ring = self.keys();
        let header = Header { kid: Some(ring.current.kid.clone()), ..Header::new(Algorithm::HS256) };
        let claims =
            Claims { sub: session, jti: id.to_string(), iss: self.instance, iat: issued_at, exp: expires_at };
        let key = EncodingKey::from_secret(&ring.current.secret);
        let jwt = jsonwebtoken::encode(&header, &claims, &key).map_err(Error::internal)?;
        Ok(SecretString::from(format!("{PREFIX}{jwt}")))
    }

    /// Checks form, signature, issuer and expiry. The session itself is looked up by the caller.
    pub(crate) fn verify(&self, token: &str, now: UnixSeconds) -> Result<Genuine, Error> {
        let jwt = token.strip_prefix(PREFIX).ok_or_else(invalid)?;
        if jwt.len() > 1024 {
            return Err(invalid());
        }
        let header = jsonwebtoken::decode_header(jwt).map_err(|_| invalid())?;
        let kid = header.kid.ok_or_else(invalid)?;
        let ring = self.keys();
        let (key, until) = if kid == ring.current.kid {
            (&ring.current, UnixSeconds::MAX)
        } else {
            match &ring.previous {
                Some((key, until)) if key.kid == kid && now < *until => (key, *until),
                _ => return Err(invalid()),
            }
        };
        let mut checks = Validation::new(Algorithm::HS256);
        // Expiry is checked against the injected clock below.
        checks.validate_exp = false;
        checks.set_issuer(&[self.instance.to_string()]);
        checks.set_required_spec_claims(&["exp", "sub", "iss"]);
        let claims = jsonwebtoken::decode::<Claims>(jwt, &DecodingKey::from_secret(&key.secret), &checks)
            .map_err(|_| invalid())?
            .claims;
        if now >= claims.exp {
            return Err(Error::new(ErrorCode::TokenExpired, "The session token has expired.")
                .hint("Renew the session before its token expires, or ask the operator for a new one."));
        }
        // Tokens of the previous key expire with it.
        let expires_at = claims.exp.min(until);
        Ok(Genuine { session: claims.sub, issued_at: claims.iat, expires_at })
    }
}

/// The stored form of a token: SHA-256 of the whole text, lower-case hex.
pub(crate) fn hash(token: &SecretString) -> String {
    hash_text(token.expose_secret())
}

/// [`hash`] of a token as presented.
pub(crate) fn hash_text(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

fn invalid() -> Error {
    Error::new(ErrorCode::InvalidToken, "The session token is not valid.")
        .hint("Send \"Authorization: Bearer wai_sess_…\" with a token issued by this daemon.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(instance: u128, kid: &str) -> Tokens {
        let current = SigningKey { kid: kid.into(), secret: Zeroizing::new(vec![7; 32]) };
        Tokens::new(InstanceId::new(Uuid::from_u128(instance)), KeyRing { current, previous: None })
    }

    #[test]
    fn only_own_unexpired_untouched_tokens_verify() {
        let ours = tokens(1, "a");
        let session = SessionId::new(Uuid::from_u128(9));
        let token = ours.issue(session, 100, 200).expect("issues");
        let text = token.expose_secret().to_owned();
        let code = |t: &Tokens, text: &str, now| t.verify(text, now).map(|g| g.session).map_err(|e| e.code);

        assert_eq!(code(&ours, &text, 199), Ok(session));
        assert_eq!(code(&ours, &text, 200), Err(ErrorCode::TokenExpired));
        assert_eq!(code(&tokens(2, "a"), &text, 150), Err(ErrorCode::InvalidToken), "another installation");
        assert_eq!(code(&tokens(1, "b"), &text, 150), Err(ErrorCode::InvalidToken), "unknown key");
        for index in 0..text.len() {
            let mut altered = text.clone().into_bytes();
            altered[index] ^= 1;
            let altered = String::from_utf8_lossy(&altered).into_owned();
            // Altered Base64 padding bits may decode to the same bytes; then it is the same token.
            if let Ok(id) = code(&ours, &altered, 150) {
                assert_eq!(id, session);
                assert_ne!(hash_text(&altered), hash_text(&text), "the stored hash still tells them apart");
            }
        }
        let none = "wai_sess_eyJhbGciOiJub25lIn0.eyJzdWIiOiIwIn0.";
        assert_eq!(code(&ours, none, 150), Err(ErrorCode::InvalidToken), "alg none");
    }

    #[test]
    fn a_successor_is_the_same_for_the_same_token_alone() {
        let ours = tokens(1, "a");
        let session = SessionId::new(Uuid::from_u128(9));
        let after = |replaced: &str, at| {
            ours.successor(session, replaced, at, 200).expect("issues").expose_secret().to_owned()
        };
        assert_eq!(after("one", 100), after("one", 100));
        assert_ne!(after("one", 100), after("two", 100));
        assert_ne!(after("one", 100), after("one", 101));
        assert!(ours.verify(&after("one", 100), 199).is_ok());
    }

    #[test]
    fn the_previous_key_verifies_only_within_its_window() {
        let ring = tokens(1, "old");
        let session = SessionId::new(Uuid::from_u128(9));
        let token = ring.issue(session, 0, 10_000).expect("issues");
        let key = |kid: &str, byte| SigningKey { kid: kid.into(), secret: Zeroizing::new(vec![byte; 32]) };
        ring.replace(KeyRing { current: key("new", 8), previous: Some((key("old", 7), 500)) });
        assert!(ring.verify(token.expose_secret(), 499).is_ok());
        assert!(ring.verify(token.expose_secret(), 500).is_err());
    }
}
