//! The kill switch: one value, moved by compare-and-set, with a generation that only grows.

use serde::Deserialize;
use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;
use waiaas_core::wallet::KillSwitch;

use crate::audit::AuditEntry;
use crate::error::{Entity, StoreError};
use crate::meta::{get, swap};
use crate::reads::reads;
use crate::writer::WriteTx;

/// Its key in `meta`.
pub(crate) const KEY: &str = "kill_switch";

/// The kill switch now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct KillSwitchRow {
    /// Its state.
    pub state: KillSwitch,
    /// Grows with every change, so that an activation and a recovery in between are both seen.
    pub generation: u64,
    /// When it last changed.
    pub changed_at: UnixSeconds,
}

impl KillSwitchRow {
    pub(crate) fn to_json(self) -> String {
        let Self { state, generation, changed_at } = self;
        serde_json::json!({ "state": state, "generation": generation, "changed_at": changed_at }).to_string()
    }
}

reads! {
    /// The kill switch now. [`StoreError::NotFound`] before [`WriteTx::initialize`].
    kill_switch() -> KillSwitchRow;
}

async fn kill_switch(conn: &mut AnyConnection) -> Result<KillSwitchRow, StoreError> {
    Ok(stored(conn).await?.0)
}

/// The row and its text as stored, which is what compare-and-set compares.
async fn stored(conn: &mut AnyConnection) -> Result<(KillSwitchRow, String), StoreError> {
    let text = get(conn, KEY).await?.ok_or(StoreError::NotFound(Entity::KillSwitch))?;
    let row = serde_json::from_str(&text).map_err(|_| StoreError::Corrupt(KEY))?;
    Ok((row, text))
}

impl WriteTx {
    /// Moves the switch from `from` to `to` and returns it as it is then. [`StoreError::Conflict`]
    /// when it is elsewhere, or when there is no such move: ACTIVE → SUSPENDED → LOCKED, and both
    /// back to ACTIVE.
    pub async fn set_kill_switch(
        &mut self,
        from: KillSwitch,
        to: KillSwitch,
        audit: AuditEntry,
    ) -> Result<KillSwitchRow, StoreError> {
        use KillSwitch::{Activated, Locked, Running};
        let (now, text) = stored(self.conn()).await?;
        let legal = matches!(
            (from, to),
            (Running, Activated) | (Activated, Locked) | (Activated, Running) | (Locked, Running)
        );
        if now.state != from || !legal {
            return Err(StoreError::Conflict(Entity::KillSwitch));
        }
        let generation = now.generation.checked_add(1).ok_or(StoreError::Corrupt(KEY))?;
        let next = KillSwitchRow { state: to, generation, changed_at: audit.at };
        swap(self.conn(), KEY, &text, &next.to_json(), Entity::KillSwitch).await?;
        self.record(audit).await?;
        Ok(next)
    }
}
