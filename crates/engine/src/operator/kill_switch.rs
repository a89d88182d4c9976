//! The kill switch. Activating it stops every signature that has not happened, at once.

use serde_json::json;
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
    /// Its state.
    pub async fn kill_switch(&self) -> Result<KillSwitchRow, Error> {
        Ok(self.engine.store().kill_switch().await?)
    }

    /// Resumes normal operation. Every LOCKED owner of a wallet has to agree.
    pub async fn recover_kill_switch(&self) -> Result<ChangeResult<KillSwitchRow>, Error> {
        let generation = self.engine.store().kill_switch().await?.generation;
        Ok(match self.engine.submit(Change::KillSwitchRecovery { generation }).await? {
            Some(change) => ChangeResult::Waits(Box::new(change)),
            None => ChangeResult::Done(self.engine.store().kill_switch().await?),
        })
    }
}

impl Engine {
    /// Activates it. Sessions are refused, and what waits or is cleared but unsigned will not be signed,
    /// not even after recovery. Where it is activated already, a recovery that waits for owners ends, and nothing else
    /// changes.
    pub async fn activate_kill_switch(&self, by: &Activator) -> Result<KillSwitchRow, Error> {
        let audit = AuditEntry::new(AuditEvent::KillSwitchActivated, by.actor(), self.now())
            .details(json!({ "by": by.by() }));
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

/// Whoever activates the kill switch does not want it released by what owners were asked before.
async fn end_recoveries(tx: &mut WriteTx, actor: Actor, at: UnixSeconds) -> Result<(), StoreError> {
    for change in tx.open_changes().await? {
        if change.kind == ChangeKind::KillSwitchRecovery {
            let audit = AuditEntry::new(AuditEvent::ChangeSuperseded, actor, at)
                .details(json!({ "changeId": change.id, "reason": "the kill switch was activated again" }));
            tx.end_change(change.id, ChangeStatus::Superseded, audit).await?;
        }
    }
    Ok(())
}
