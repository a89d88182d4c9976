//! The keys that sign session tokens: creating, sealing and opening them.

use secrecy::ExposeSecret as _;
use waiaas_core::UnixSeconds;
use waiaas_keys::{Purpose, SecretSlice, Vault};
use waiaas_store::{SessionKeyRow, Store};
use zeroize::Zeroizing;

use crate::error::{Error, StartError};
use crate::ids;
use crate::tokens::{KeyRing, PREVIOUS_KEY_SECONDS, SigningKey};

/// Opens the session signing keys.
pub(crate) async fn key_ring(store: &Store, vault: &Vault) -> Result<KeyRing, StartError> {
    let keys = store.session_keys().await?;
    let until = keys.current.created_at.saturating_add(PREVIOUS_KEY_SECONDS);
    let open = |kid: String, sealed: &[u8]| {
        let secret = vault
            .open_secret(Purpose::SessionSigning, &kid, sealed)
            .map_err(|e| StartError::Keystore(e.to_string()))?;
        let secret = Zeroizing::new(secret.expose_secret().to_vec());
        Ok::<_, StartError>(SigningKey { kid, secret })
    };
    let previous = match keys.previous {
        Some(row) => Some((open(row.kid, &row.sealed)?, until)),
        None => None,
    };
    Ok(KeyRing { current: open(keys.current.kid, &keys.current.sealed)?, previous })
}

/// Returns a new sealed session key.
pub(crate) fn new_session_key(vault: &Vault, now: UnixSeconds) -> Result<SessionKeyRow, Error> {
    let kid = ids::random().simple().to_string();
    let secret = waiaas_keys::generate_recovery_password().map_err(Error::internal)?;
    let secret = SecretSlice::from(secret.expose_secret().as_bytes().to_vec());
    let sealed = vault.seal_secret(Purpose::SessionSigning, &kid, &secret).map_err(Error::internal)?;
    Ok(SessionKeyRow { kid, sealed, created_at: now })
}
