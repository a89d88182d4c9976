//! The one function that changes policies, releases the kill switch and resumes wallets, with or without owners'
//! consent.

use serde_json::{Value, json};
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::ChangeId;
use waiaas_core::wallet::{KillSwitch, WalletStatus};
use waiaas_store::{AuditEntry, NewPolicy, PolicyChange, PolicyRow, StoreError, WriteTx};

use crate::changes::standing::FittedChange;

/// By whom and why a change is applied.
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
    fn audit(&self, event: AuditEvent, mut details: Value) -> AuditEntry {
        details["loosens"] = self.loosens.into();
        if let Some(id) = self.change {
            details["changeId"] = json!(id);
        }
        AuditEntry::new(event, self.actor, self.now).details(details)
    }
}

/// Applies the change with its audit entry. It was checked against the present state in the same transaction.
pub(crate) async fn apply(tx: &mut WriteTx, step: FittedChange, by: &Authority) -> Result<(), StoreError> {
    match step {
        FittedChange::Insert(row) => {
            let audit = by.audit(
                AuditEvent::PolicyCreated,
                json!({
                    "policyId": row.id, "type": row.policy_type, "network": row.network,
                    "rules": parsed(&row.rules), "enabled": row.enabled,
                }),
            );
            let audit = about(audit, &row);
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
            let audit = by.audit(
                AuditEvent::PolicyUpdated,
                json!({
                    "policyId": from.id, "type": from.policy_type,
                    "from": { "rules": parsed(&from.rules), "enabled": from.enabled },
                    "to": { "rules": parsed(&to.rules), "enabled": to.enabled },
                }),
            );
            let audit = about(audit, &from);
            let change = PolicyChange {
                rules: to.rules,
                category: to.category,
                priority: to.priority,
                enabled: to.enabled,
            };
            tx.update_policy(from.id, from.version, change, audit).await
        }
        FittedChange::Delete(row) => {
            let details = json!({
                "policyId": row.id, "type": row.policy_type, "network": row.network, "rules": parsed(&row.rules),
            });
            let audit = about(by.audit(AuditEvent::PolicyDeleted, details), &row);
            tx.delete_policy(row.id, row.version, audit).await
        }
        FittedChange::Release(row) => {
            let audit = by.audit(AuditEvent::KillSwitchRecovered, json!({ "generation": row.generation }));
            tx.set_kill_switch(row.state, KillSwitch::Running, audit).await.map(drop)
        }
        FittedChange::Resume(row) => {
            let audit = by.audit(AuditEvent::WalletResumed, json!({})).wallet(row.id);
            tx.set_wallet_status(row.id, row.status, WalletStatus::Active, None, audit).await
        }
    }
}

fn about(audit: AuditEntry, row: &PolicyRow) -> AuditEntry {
    row.wallet.into_iter().fold(audit, AuditEntry::wallet)
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}
