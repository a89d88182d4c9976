//! What identifies this installation, in the key-value table `meta`.

use sqlx::AnyConnection;
use waiaas_core::ids::InstanceId;
use waiaas_core::wallet::KillSwitch;

use crate::audit::AuditEntry;
use crate::columns::Columns;
use crate::error::{Entity, StoreError};
use crate::kill_switch::{self, KillSwitchRow};
use crate::reads::reads;
use crate::session_keys::{self, SessionKeyRow};
use crate::writer::WriteTx;

const INSTANCE: &str = "instance_id";
const HEADER: &str = "keystore_header";

/// Everything a new installation starts with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewInstallation {
    /// Part of every token and owner message.
    pub instance: InstanceId,
    /// The keystore's header as JSON: KDF parameters and the wrapped root key.
    pub keystore_header: String,
    /// The first key for session tokens, sealed.
    pub session_key: SessionKeyRow,
}

reads! {
    /// This installation's id; none before [`WriteTx::initialize`].
    instance_id() -> Option<InstanceId>;
}

reads! {
    by gate;
    /// The keystore's header (JSON); none before [`WriteTx::initialize`].
    keystore_header() -> Option<String>;
}

impl WriteTx {
    /// Writes the installation's identity once; a second time is [`StoreError::Duplicate`]. The kill
    /// switch starts ACTIVE in generation 0.
    pub async fn initialize(&mut self, new: NewInstallation, audit: AuditEntry) -> Result<(), StoreError> {
        let entity = Entity::Installation;
        put_new(self.conn(), INSTANCE, &new.instance.to_string(), entity).await?;
        put_new(self.conn(), HEADER, &new.keystore_header, entity).await?;
        let kill_switch = KillSwitchRow { state: KillSwitch::Active, generation: 0, changed_at: audit.at };
        put_new(self.conn(), kill_switch::KEY, &kill_switch.to_json(), entity).await?;
        put_new(self.conn(), session_keys::CURRENT, &new.session_key.to_json(), entity).await?;
        self.record(audit).await?;
        Ok(())
    }

    /// Replaces the keystore's header if it still is `from` (a changed password rewrites only this).
    pub async fn set_keystore_header(
        &mut self,
        from: &str,
        to: &str,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        swap(self.conn(), HEADER, from, to, Entity::Installation).await?;
        self.record(audit).await?;
        Ok(())
    }
}

async fn instance_id(conn: &mut AnyConnection) -> Result<Option<InstanceId>, StoreError> {
    let text = get(conn, INSTANCE).await?;
    text.map(|text| text.parse().map_err(|_| StoreError::Corrupt(INSTANCE))).transpose()
}

async fn keystore_header(conn: &mut AnyConnection) -> Result<Option<String>, StoreError> {
    get(conn, HEADER).await
}

/// A value by key.
pub(crate) async fn get(conn: &mut AnyConnection, key: &str) -> Result<Option<String>, StoreError> {
    let query = "SELECT value FROM meta WHERE key = $1";
    let row = sqlx::query(query).bind(key.to_owned()).fetch_optional(conn).await?;
    row.map(|row| row.text("value")).transpose()
}

/// A new value under a new key.
pub(crate) async fn put_new(
    conn: &mut AnyConnection,
    key: &str,
    value: &str,
    entity: Entity,
) -> Result<(), StoreError> {
    let query = "INSERT INTO meta (key, value) VALUES ($1, $2)";
    let done = sqlx::query(query).bind(key.to_owned()).bind(value.to_owned()).execute(conn).await;
    done.map(|_| ()).map_err(|error| StoreError::duplicate(error, entity))
}

/// Sets a value whatever was there.
pub(crate) async fn put(conn: &mut AnyConnection, key: &str, value: &str) -> Result<(), StoreError> {
    let query = "INSERT INTO meta (key, value) VALUES ($1, $2) \
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    sqlx::query(query).bind(key.to_owned()).bind(value.to_owned()).execute(conn).await?;
    Ok(())
}

/// Compare and set.
pub(crate) async fn swap(
    conn: &mut AnyConnection,
    key: &str,
    from: &str,
    to: &str,
    entity: Entity,
) -> Result<(), StoreError> {
    let query = "UPDATE meta SET value = $1 WHERE key = $2 AND value = $3";
    let query = sqlx::query(query).bind(to.to_owned()).bind(key.to_owned()).bind(from.to_owned());
    match query.execute(conn).await?.rows_affected() {
        1 => Ok(()),
        _ => Err(StoreError::Conflict(entity)),
    }
}
