//! The emergency brake. Pulling it stops every signature that has not happened, at once.

use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::wallet::KillSwitch;
use waiaas_store::{AuditEntry, KillSwitchRow, StoreError};

use crate::Engine;
use crate::credentials::Master;
use crate::error::{Error, ErrorCode};

impl Engine {
    /// Its state.
    pub async fn kill_switch(&self, _: &Master) -> Result<KillSwitchRow, Error> {
        Ok(self.store().kill_switch().await?)
    }

    /// Pulls it. Sessions are refused, and what waits or is cleared but unsigned will not be signed,
    /// not even after recovery.
    pub async fn activate_kill_switch(&self, _: &Master) -> Result<KillSwitchRow, Error> {
        let audit = AuditEntry::new(AuditEvent::KillSwitchActivated, Actor::Master, self.now());
        let (from, to) = (KillSwitch::Active, KillSwitch::Suspended);
        self.move_switch(from, to, audit, ErrorCode::KillSwitchAlreadyActive).await
    }

    /// Resumes normal operation.
    pub async fn recover_kill_switch(&self, _: &Master) -> Result<KillSwitchRow, Error> {
        let audit = AuditEntry::new(AuditEvent::KillSwitchRecovered, Actor::Master, self.now());
        let (from, to) = (KillSwitch::Suspended, KillSwitch::Active);
        self.move_switch(from, to, audit, ErrorCode::KillSwitchNotActive).await
    }

    async fn move_switch(
        &self,
        from: KillSwitch,
        to: KillSwitch,
        audit: AuditEntry,
        otherwise: ErrorCode,
    ) -> Result<KillSwitchRow, Error> {
        let moved = self
            .store()
            .write(move |tx| Box::pin(async move { tx.set_kill_switch(from, to, audit).await }))
            .await;
        match moved {
            Ok(row) => Ok(row),
            Err(StoreError::Conflict(_)) => {
                Err(Error::new(otherwise, format!("The kill switch is not {from}."))
                    .hint("Look at its state first."))
            }
            Err(error) => Err(error.into()),
        }
    }
}
