//! The kill switch. Activating it prevents every signature not yet made, at once.

use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::change::{Change, ChangeKind, ChangeStatus};
use waiaas_core::wallet::KillSwitch;
use waiaas_store::{AuditEntry, KillSwitchRow, StoreError, WriteTx};

use crate::Engine;
use crate::credentials::Activator;
use crate::error::Error;
use crate::operator::Operator;
use crate::views::ChangeResult;

impl Operator<'_> {
    /// The present state.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn kill_switch(&self) -> Result<KillSwitchRow, Error> {
        Ok(self.engine.store().kill_switch().await?)
    }

    /// Releases the kill switch. Every LOCKED owner of a wallet must consent.
    ///
    /// # Errors
    /// `KILL_SWITCH_NOT_ACTIVE`; `CHANGE_LIMIT_EXCEEDED` and `OWNER_UNFIT` if owners have to be asked and cannot be.
    pub async fn recover_kill_switch(&self) -> Result<ChangeResult<KillSwitchRow>, Error> {
        let generation = self.engine.store().kill_switch().await?.generation;
        Ok(match self.engine.submit(Change::KillSwitchRecovery { generation }).await? {
            Some(change) => ChangeResult::Waits(Box::new(change)),
            None => ChangeResult::Done(self.engine.store().kill_switch().await?),
        })
    }
}

impl Engine {
    /// Activates it. Sessions are refused; waiting and cleared but unsigned requests will not be signed, not even
    /// after recovery. If it is activated already, only a pending recovery ends.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn activate_kill_switch(&self, by: &Activator) -> Result<KillSwitchRow, Error> {
        let activated = AuditEvent::KillSwitchActivated { by: by.means() };
        let audit = AuditEntry::new(activated, by.actor(), self.now());
        Ok(self.reserve().write(|| self.activate(audit.clone())).await?)
    }

    async fn activate(&self, audit: AuditEntry) -> Result<KillSwitchRow, StoreError> {
        let activated = self.store().write_first(move |tx| {
            Box::pin(async move {
                let row = tx.kill_switch().await?;
                match row.state {
                    KillSwitch::Running => {
                        tx.set_kill_switch(KillSwitch::Running, KillSwitch::Activated, audit).await
                    }
                    KillSwitch::Activated | KillSwitch::Locked => {
                        end_recoveries(tx, audit.actor, audit.at).await?;
                        Ok::<_, StoreError>(row)
                    }
                }
            })
        });
        activated.await
    }
}

/// An activation ends pending recoveries, so that an earlier consent cannot release it.
async fn end_recoveries(tx: &mut WriteTx, actor: Actor, at: UnixSeconds) -> Result<(), StoreError> {
    for change in tx.open_changes().await? {
        if change.kind == ChangeKind::KillSwitchRecovery {
            let reason = "the kill switch was activated again".to_owned();
            let superseded = AuditEvent::ChangeSuperseded { change_id: change.id, reason };
            let audit = AuditEntry::new(superseded, actor, at);
            tx.end_change(change.id, ChangeStatus::Superseded, audit).await?;
        }
    }
    Ok(())
}
