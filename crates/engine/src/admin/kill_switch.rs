//! The emergency brake. Pulling it stops every signature that has not happened, at once.

use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::change::Change;
use waiaas_core::wallet::KillSwitch;
use waiaas_store::{AuditEntry, KillSwitchRow, StoreError};

use crate::Engine;
use crate::credentials::Master;
use crate::error::{Error, ErrorCode};
use crate::views::Outcome;

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
        let moved = self
            .store()
            .write(move |tx| Box::pin(async move { tx.set_kill_switch(from, to, audit).await }))
            .await;
        moved.map_err(|error| match error {
            StoreError::Conflict(_) => {
                let message = format!("The kill switch is not {from}.");
                Error::new(ErrorCode::KillSwitchAlreadyActive, message).hint("Look at its state first.")
            }
            other => other.into(),
        })
    }

    /// Resumes normal operation. Every LOCKED owner of a wallet has to agree.
    pub async fn recover_kill_switch(&self, _: &Master) -> Result<Outcome<KillSwitchRow>, Error> {
        let generation = self.store().kill_switch().await?.generation;
        Ok(match self.submit(Change::KillSwitchRecovery { generation }).await? {
            Some(change) => Outcome::Waits(Box::new(change)),
            None => Outcome::Done(self.store().kill_switch().await?),
        })
    }
}
