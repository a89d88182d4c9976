//! Policies: create, list, update, delete. What is stored is what [`Rules::parse`] accepted.

use serde_json::{Value, json};
use uuid::Uuid;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::policy::{PolicyType, Rules};
use waiaas_store::{AuditEntry, NewPolicy as NewRow, PolicyChange as RowChange, PolicyRow, StoreError};

use crate::Engine;
use crate::credentials::{Master, Session};
use crate::error::{Error, ErrorCode};
use crate::views::{NewPolicy, PolicyChange, PolicyView};

impl Engine {
    /// Creates a policy; in force from the next request on.
    pub async fn create_policy(&self, _: &Master, new: NewPolicy) -> Result<PolicyView, Error> {
        let policy_type =
            PolicyType::parse(&new.policy_type).ok_or_else(|| unknown_type(&new.policy_type))?;
        if let Some(wallet) = new.wallet {
            self.wallet_by_id(wallet).await?;
        }
        let network = match &new.network {
            Some(text) => Some(self.networks().find(text)?.id.clone()),
            None => None,
        };
        let rules = Rules::parse(policy_type, &new.rules, self.networks(), network.as_ref())?;
        let id = PolicyId::new(Uuid::now_v7());
        let row = NewRow {
            id,
            wallet: new.wallet,
            network: network.clone(),
            policy_type: policy_type.as_str().to_owned(),
            category: category(&rules),
            rules: rules.to_json().to_string(),
            priority: new.priority,
            enabled: new.enabled,
        };
        let mut audit = AuditEntry::new(AuditEvent::PolicyCreated, Actor::Master, self.now()).details(json!({
            "policyId": id, "type": policy_type, "network": network, "rules": rules.to_json(), "enabled": new.enabled,
        }));
        if let Some(wallet) = new.wallet {
            audit = audit.wallet(wallet);
        }
        let inserted =
            self.store().write(move |tx| Box::pin(async move { tx.insert_policy(row, audit).await })).await;
        match inserted {
            Ok(()) => self.policy_by_id(id).await,
            Err(StoreError::Duplicate(_)) => Err(Error::new(
                ErrorCode::PolicyAlreadyExists,
                format!("There is a {policy_type} policy for this scope already."),
            )
            .hint("Update that one (PUT /v1/policies/{id}), or choose another wallet or network.")),
            Err(error) => Err(error.into()),
        }
    }

    /// Every policy, or those that apply to one wallet (its own and the global ones).
    pub async fn list_policies(
        &self,
        _: &Master,
        wallet: Option<WalletId>,
    ) -> Result<Vec<PolicyView>, Error> {
        let rows = match wallet {
            Some(id) => self.store().policies_of(self.wallet_by_id(id).await?.id).await?,
            None => self.store().policies().await?,
        };
        rows.into_iter().map(view).collect()
    }

    /// The policies that apply to a wallet of the session.
    pub async fn session_policies(
        &self,
        session: &Session,
        wallet: Option<WalletId>,
    ) -> Result<Vec<PolicyView>, Error> {
        let wallet = self.session_wallet(session, wallet).await?;
        self.store().policies_of(wallet.id).await?.into_iter().map(view).collect()
    }

    /// One policy.
    pub async fn policy(&self, _: &Master, id: PolicyId) -> Result<PolicyView, Error> {
        self.policy_by_id(id).await
    }

    async fn policy_by_id(&self, id: PolicyId) -> Result<PolicyView, Error> {
        view(self.policy_row(id).await?)
    }

    async fn policy_row(&self, id: PolicyId) -> Result<PolicyRow, Error> {
        let row = self.store().policy(id).await?;
        row.ok_or_else(|| Error::new(ErrorCode::PolicyNotFound, "There is no such policy."))
    }

    /// Changes rules, priority or whether it is in force; validated exactly as at creation.
    pub async fn update_policy(
        &self,
        _: &Master,
        id: PolicyId,
        change: PolicyChange,
    ) -> Result<PolicyView, Error> {
        let row = self.policy_row(id).await?;
        let policy_type =
            PolicyType::parse(&row.policy_type).ok_or_else(|| unknown_type(&row.policy_type))?;
        let value = match change.rules {
            Some(value) => value,
            None => serde_json::from_str(&row.rules).map_err(Error::internal)?,
        };
        let rules = Rules::parse(policy_type, &value, self.networks(), row.network.as_ref())?;
        let next = RowChange {
            rules: rules.to_json().to_string(),
            category: category(&rules),
            priority: change.priority.unwrap_or(row.priority),
            enabled: change.enabled.unwrap_or(row.enabled),
        };
        let mut audit =
            AuditEntry::new(AuditEvent::PolicyUpdated, Actor::Master, self.now()).details(json!({
                "policyId": id, "type": policy_type,
                "from": { "rules": parsed(&row.rules), "enabled": row.enabled },
                "to": { "rules": rules.to_json(), "enabled": next.enabled },
            }));
        if let Some(wallet) = row.wallet {
            audit = audit.wallet(wallet);
        }
        self.store()
            .write(move |tx| Box::pin(async move { tx.update_policy(id, row.version, next, audit).await }))
            .await
            .map_err(raced)?;
        self.policy_by_id(id).await
    }

    /// Deletes a policy. What it alone allowed is denied from the next request on.
    pub async fn delete_policy(&self, _: &Master, id: PolicyId) -> Result<(), Error> {
        let row = self.policy_row(id).await?;
        let mut audit =
            AuditEntry::new(AuditEvent::PolicyDeleted, Actor::Master, self.now()).details(json!({
                "policyId": id, "type": row.policy_type, "network": row.network, "rules": parsed(&row.rules),
            }));
        if let Some(wallet) = row.wallet {
            audit = audit.wallet(wallet);
        }
        self.store()
            .write(move |tx| Box::pin(async move { tx.delete_policy(id, row.version, audit).await }))
            .await
            .map_err(raced)?;
        Ok(())
    }
}

/// The part of the scope that some types carry in their rules.
fn category(rules: &Rules) -> Option<String> {
    match rules {
        Rules::ActionCategoryLimit(rule) => Some(rule.category.as_str().to_owned()),
        _ => None,
    }
}

fn unknown_type(text: &str) -> Error {
    let shown: String = text.chars().take(64).collect();
    let known: Vec<_> = PolicyType::ALL.iter().map(|policy_type| policy_type.as_str()).collect();
    Error::new(ErrorCode::PolicyTypeUnknown, format!("'{shown}' is not a policy type."))
        .hint(format!("Policy types: {}.", known.join(", ")))
}

fn raced(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(_) => {
            Error::new(ErrorCode::InvalidStateTransition, "The policy changed meanwhile.")
                .hint("Read it again and retry.")
        }
        StoreError::NotFound(_) => Error::new(ErrorCode::PolicyNotFound, "There is no such policy."),
        other => other.into(),
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

fn view(row: PolicyRow) -> Result<PolicyView, Error> {
    let policy_type =
        PolicyType::parse(&row.policy_type).ok_or_else(|| Error::internal("unknown policy type stored"))?;
    Ok(PolicyView {
        id: row.id,
        wallet: row.wallet,
        network: row.network,
        policy_type,
        rules: parsed(&row.rules),
        priority: row.priority,
        enabled: row.enabled,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
