//! Policies: create, list, update, delete. Only rules that [`Rules::parse`] accepted are stored.

use waiaas_core::change::Change;
use waiaas_core::foreign::shown;
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::nearest;
use waiaas_core::policy::{PolicyType, Rules};
use waiaas_store::PolicyRow;

use crate::error::{Error, ErrorCode};
use crate::ids;
use crate::operator::Operator;
use crate::views::{ChangeResult, ChangeView, NewPolicy, PolicyChange, PolicyView};

impl Operator<'_> {
    /// Creates a policy, in force from the next request on. A policy that loosens the protection of a wallet with a
    /// LOCKED owner becomes a pending change.
    ///
    /// # Errors
    /// `POLICY_RULES_INVALID`, `POLICY_TYPE_UNKNOWN`, `POLICY_ALREADY_EXISTS`, errors of the scope, and the errors of
    /// a pending change.
    pub async fn create_policy(&self, new: NewPolicy) -> Result<ChangeResult<PolicyView>, Error> {
        let policy_type =
            PolicyType::parse(&new.policy_type).ok_or_else(|| unknown_type(&new.policy_type))?;
        if let Some(wallet) = new.wallet {
            self.engine.wallet_by_id(wallet).await?;
        }
        let network = match &new.network {
            Some(text) => Some(self.engine.networks().find(text)?.id.clone()),
            None => None,
        };
        let rules = Rules::parse(policy_type, &new.rules, self.engine.networks(), network.as_ref())?;
        let id = PolicyId::new(ids::ordered());
        let waits = self.engine.submit(Change::PolicyCreate {
            policy: id,
            wallet: new.wallet,
            network,
            policy_type,
            rules: rules.to_json(),
            priority: new.priority,
            enabled: new.enabled,
        });
        self.outcome(id, waits.await?).await
    }

    async fn outcome(
        &self,
        id: PolicyId,
        waits: Option<ChangeView>,
    ) -> Result<ChangeResult<PolicyView>, Error> {
        Ok(match waits {
            Some(change) => ChangeResult::Waits(Box::new(change)),
            None => ChangeResult::Done(self.policy_by_id(id).await?),
        })
    }

    /// Every policy, or those that apply to one wallet (its own and the global ones).
    ///
    /// # Errors
    /// `WALLET_NOT_FOUND`.
    pub async fn policies(&self, wallet: Option<WalletId>) -> Result<Vec<PolicyView>, Error> {
        let rows = match wallet {
            Some(id) => self.engine.store().policies_of(self.engine.wallet_by_id(id).await?.id).await?,
            None => self.engine.store().policies().await?,
        };
        Ok(rows.into_iter().map(PolicyView::from).collect())
    }

    /// One policy.
    ///
    /// # Errors
    /// `POLICY_NOT_FOUND`.
    pub async fn policy(&self, id: PolicyId) -> Result<PolicyView, Error> {
        self.policy_by_id(id).await
    }

    async fn policy_by_id(&self, id: PolicyId) -> Result<PolicyView, Error> {
        Ok(self.policy_row(id).await?.into())
    }

    async fn policy_row(&self, id: PolicyId) -> Result<PolicyRow, Error> {
        let row = self.engine.store().policy(id).await?;
        row.ok_or_else(|| Error::new(ErrorCode::PolicyNotFound, "There is no such policy."))
    }

    /// Changes rules, priority or whether it is enabled; validated as at creation. A loosening waits for the LOCKED
    /// owners of the wallets concerned.
    ///
    /// # Errors
    /// `POLICY_NOT_FOUND`, `POLICY_RULES_INVALID`, and the errors of a pending change.
    pub async fn update_policy(
        &self,
        id: PolicyId,
        change: PolicyChange,
    ) -> Result<ChangeResult<PolicyView>, Error> {
        let row = self.policy_row(id).await?;
        let value = match change.rules {
            Some(value) => value,
            None => serde_json::from_str(&row.rules).map_err(Error::internal)?,
        };
        let rules = Rules::parse(row.policy_type, &value, self.engine.networks(), row.network.as_ref())?;
        let waits = self.engine.submit(Change::PolicyUpdate {
            policy: id,
            version: row.version,
            rules: rules.to_json(),
            priority: change.priority.unwrap_or(row.priority),
            enabled: change.enabled.unwrap_or(row.enabled),
        });
        self.outcome(id, waits.await?).await
    }

    /// Deletes a policy, from the next request on. A deletion that loosens waits for the LOCKED owners of the wallets
    /// concerned.
    ///
    /// # Errors
    /// `POLICY_NOT_FOUND`, and the errors of a pending change.
    pub async fn delete_policy(&self, id: PolicyId) -> Result<ChangeResult<()>, Error> {
        let row = self.policy_row(id).await?;
        let waits = self.engine.submit(Change::PolicyDelete { policy: id, version: row.version }).await?;
        Ok(waits.map_or(ChangeResult::Done(()), |change| ChangeResult::Waits(Box::new(change))))
    }
}

fn unknown_type(text: &str) -> Error {
    let shown = shown(text);
    let known: Vec<_> = PolicyType::ALL.iter().map(|policy_type| policy_type.as_str()).collect();
    let meant = nearest(text, known.iter().copied()).map(|meant| format!("; did you mean {meant}?"));
    let end = meant.as_deref().unwrap_or(".");
    Error::new(ErrorCode::PolicyTypeUnknown, format!("'{shown}' is not a policy type{end}"))
        .hint(format!("Policy types: {}.", known.join(", ")))
}
