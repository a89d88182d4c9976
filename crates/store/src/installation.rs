//! What identifies this installation, in the key-value table `meta`.

use sqlx::AnyConnection;
use waiaas_core::ids::InstanceId;
use waiaas_core::wallet::KillSwitch;

use crate::audit::AuditEntry;
use crate::error::{Entity, StoreError};
use crate::kill_switch::{self, KillSwitchRow};
use crate::meta::{get, put_new, swap};
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
        let kill_switch = KillSwitchRow { state: KillSwitch::Running, generation: 0, changed_at: audit.at };
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
