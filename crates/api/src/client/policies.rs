//! Policies.

use reqwest::Method;
use waiaas_core::ids::PolicyId;

use super::changes::outcome;
use super::{ChangeResult, Client, ClientError, Credential};
use crate::page::{Listing, PageQuery};
use crate::policies::{CreatePolicy, Policy, PolicyDeleted, UpdatePolicy};
use crate::replay::{ReplayReport, ReplayRequest};

impl Client {
    /// Policies: all of them for the operator; for a session those in force on its wallets.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn policies(&self, query: &PageQuery) -> Result<Listing<Policy>, ClientError> {
        self.query("/v1/policies", query, self.either()).await
    }

    /// Creates a policy, or asks owners to approve it.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn create_policy(&self, policy: &CreatePolicy) -> Result<ChangeResult<Policy>, ClientError> {
        outcome(self.request(Method::POST, "/v1/policies", Credential::Master)?.json(policy)).await
    }

    /// Judges recorded requests again by other policies. Nothing is changed.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn replay_policies(&self, replay: &ReplayRequest) -> Result<ReplayReport, ClientError> {
        self.send(Method::POST, "/v1/admin/policies/replay", replay, Credential::Master).await
    }

    /// One policy.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn policy(&self, id: PolicyId) -> Result<Policy, ClientError> {
        self.get(&format!("/v1/policies/{id}"), Credential::Master).await
    }

    /// Changes a policy, or asks owners to approve that.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn update_policy(
        &self,
        id: PolicyId,
        change: &UpdatePolicy,
    ) -> Result<ChangeResult<Policy>, ClientError> {
        let call = self.request(Method::PUT, &format!("/v1/policies/{id}"), Credential::Master)?;
        outcome(call.json(change)).await
    }

    /// Deletes a policy, or asks owners to approve that.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn delete_policy(&self, id: PolicyId) -> Result<ChangeResult<PolicyDeleted>, ClientError> {
        outcome(self.request(Method::DELETE, &format!("/v1/policies/{id}"), Credential::Master)?).await
    }
}
