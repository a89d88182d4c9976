//! The one function that changes policies, releases the kill switch and resumes wallets, with or without owners'
//! consent.

use serde_json::Value;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent, Ground, PolicyContent, WholePolicy};
use waiaas_core::ids::ChangeId;
use waiaas_core::wallet::{KillSwitch, WalletStatus};
use waiaas_store::{AuditEntry, NewPolicy, PolicyChange, PolicyRow, StoreError, WriteTx};

use crate::changes::standing::FittedChange;

/// The authority under which a change is applied.
pub(crate) struct Authority {
    /// The operator, or the owner who gave the last missing consent.
    pub(crate) actor: Actor,
    /// The pending change that owners consented to, if there was one.
    pub(crate) change: Option<ChangeId>,
    /// Whether it loosens protection.
    pub(crate) loosens: bool,
    /// The time.
    pub(crate) now: UnixSeconds,
}

impl Authority {
    const fn ground(&self) -> Ground {
        Ground { loosens: self.loosens, change_id: self.change }
    }

    const fn audit(&self, event: AuditEvent) -> AuditEntry {
        AuditEntry::new(event, self.actor, self.now)
    }
}

/// Applies the change with its audit entry. It was checked against the present state in the same transaction.
pub(crate) async fn apply(tx: &mut WriteTx, step: FittedChange, by: &Authority) -> Result<(), StoreError> {
    match step {
        FittedChange::Insert(row) => {
            let ground = by.ground();
            let created = AuditEvent::PolicyCreated { policy: whole(&row), enabled: row.enabled, ground };
            let audit = about(by.audit(created), &row);
            let new = NewPolicy {
                id: row.id,
                wallet: row.wallet,
                network: row.network,
                policy_type: row.policy_type,
                category: row.category,
                rules: row.rules,
                priority: row.priority,
                enabled: row.enabled,
            };
            tx.insert_policy(new, audit).await
        }
        FittedChange::Update(from, to) => {
            let updated = AuditEvent::PolicyUpdated {
                policy_id: from.id,
                policy_type: from.policy_type,
                from: content(&from),
                to: content(&to),
                ground: by.ground(),
            };
            let audit = about(by.audit(updated), &from);
            let change = PolicyChange {
                rules: to.rules,
                category: to.category,
                priority: to.priority,
                enabled: to.enabled,
            };
            tx.update_policy(from.id, from.version, change, audit).await
        }
        FittedChange::Delete(row) => {
            let deleted = AuditEvent::PolicyDeleted { policy: whole(&row), ground: by.ground() };
            let audit = about(by.audit(deleted), &row);
            tx.delete_policy(row.id, row.version, audit).await
        }
        FittedChange::Release(row) => {
            let ground = by.ground();
            let audit = by.audit(AuditEvent::KillSwitchRecovered { generation: row.generation, ground });
            tx.set_kill_switch(row.state, KillSwitch::Running, audit).await.map(drop)
        }
        FittedChange::Resume(row) => {
            let audit = by.audit(AuditEvent::WalletResumed { ground: by.ground() }).wallet(row.id);
            tx.set_wallet_status(row.id, row.status, WalletStatus::Active, None, audit).await
        }
    }
}

fn about(audit: AuditEntry, row: &PolicyRow) -> AuditEntry {
    row.wallet.into_iter().fold(audit, AuditEntry::wallet)
}

fn whole(row: &PolicyRow) -> WholePolicy {
    WholePolicy {
        policy_id: row.id,
        policy_type: row.policy_type,
        network: row.network.clone(),
        rules: parsed(&row.rules),
    }
}

fn content(row: &PolicyRow) -> PolicyContent {
    PolicyContent { rules: parsed(&row.rules), enabled: row.enabled }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}
