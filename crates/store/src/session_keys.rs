//! The sealed keys that sign session tokens: the current one and the previous one.

use serde::Deserialize;
use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;

use crate::audit::AuditEntry;
use crate::error::{Entity, StoreError};
use crate::meta::{get, put, swap};
use crate::reads::reads;
use crate::writer::WriteTx;

/// Name of the current key in `meta`.
pub(crate) const CURRENT: &str = "session_key_current";
const PREVIOUS: &str = "session_key_previous";

/// One sealed key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionKeyRow {
    /// Its `kid` in the header of tokens.
    pub kid: String,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
    /// Time of its creation.
    pub created_at: UnixSeconds,
}

#[derive(Deserialize)]
struct Wire {
    kid: String,
    sealed: String,
    created_at: UnixSeconds,
}

impl SessionKeyRow {
    pub(crate) fn to_json(&self) -> String {
        let sealed = hex::encode(&self.sealed);
        serde_json::json!({ "kid": self.kid, "sealed": sealed, "created_at": self.created_at }).to_string()
    }

    fn read(text: &str, key: &'static str) -> Result<Self, StoreError> {
        let wire: Wire = serde_json::from_str(text).map_err(|_| StoreError::Corrupt(key))?;
        let sealed = hex::decode(wire.sealed).map_err(|_| StoreError::Corrupt(key))?;
        Ok(Self { kid: wire.kid, sealed, created_at: wire.created_at })
    }
}

/// The keys that verify tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionKeys {
    /// Signs and verifies.
    pub current: SessionKeyRow,
    /// Verifies for a limited time after a rotation.
    pub previous: Option<SessionKeyRow>,
}

reads! {
    /// The session keys. [`StoreError::NotFound`] before [`WriteTx::initialize`].
    session_keys() -> SessionKeys;
}

async fn session_keys(conn: &mut AnyConnection) -> Result<SessionKeys, StoreError> {
    let current = get(conn, CURRENT).await?.ok_or(StoreError::NotFound(Entity::SessionKey))?;
    let previous = get(conn, PREVIOUS).await?;
    Ok(SessionKeys {
        current: SessionKeyRow::read(&current, CURRENT)?,
        previous: previous.map(|text| SessionKeyRow::read(&text, PREVIOUS)).transpose()?,
    })
}

impl WriteTx {
    /// Makes `next` the current key and the current key the previous one, if the current one still is
    /// `from_kid`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if it is another one, [`StoreError::Duplicate`] if `next` has the same `kid`,
    /// and [`StoreError::NotFound`] before [`WriteTx::initialize`].
    pub async fn rotate_session_key(
        &mut self,
        from_kid: &str,
        next: &SessionKeyRow,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let old = get(self.conn(), CURRENT).await?.ok_or(StoreError::NotFound(Entity::SessionKey))?;
        let current = SessionKeyRow::read(&old, CURRENT)?;
        if current.kid != from_kid {
            return Err(StoreError::Conflict(Entity::SessionKey));
        }
        if next.kid == current.kid {
            return Err(StoreError::Duplicate(Entity::SessionKey));
        }
        swap(self.conn(), CURRENT, &old, &next.to_json(), Entity::SessionKey).await?;
        put(self.conn(), PREVIOUS, &old).await?;
        self.record(audit).await?;
        Ok(())
    }
}
