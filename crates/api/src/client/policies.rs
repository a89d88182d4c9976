//! Policies.

use reqwest::Method;
use waiaas_core::ids::PolicyId;

use super::changes::outcome;
use super::{ChangeResult, Client, ClientError, Credential};
use crate::page::{Listing, PageQuery};
use crate::policies::{CreatePolicy, Policy, PolicyDeleted, UpdatePolicy};
use crate::replay::{ReplayReport, ReplayRequest};

impl Client {
    /// Policies: all of them for the operator, those in force on its wallets for a session.
    pub async fn policies(&self, query: &PageQuery) -> Result<Listing<Policy>, ClientError> {
        self.query("/v1/policies", query, self.either()).await
    }

    /// Creates a policy, or asks owners to agree to it.
    pub async fn create_policy(&self, policy: &CreatePolicy) -> Result<ChangeResult<Policy>, ClientError> {
        outcome(self.request(Method::POST, "/v1/policies", Credential::Master)?.json(policy)).await
    }

    /// Judges recorded requests again by other policies. Nothing is changed.
    pub async fn replay_policies(&self, replay: &ReplayRequest) -> Result<ReplayReport, ClientError> {
        self.send(Method::POST, "/v1/admin/policies/replay", replay, Credential::Master).await
    }

    /// One policy.
    pub async fn policy(&self, id: PolicyId) -> Result<Policy, ClientError> {
        self.get(&format!("/v1/policies/{id}"), Credential::Master).await
    }

    /// Changes a policy, or asks owners to agree to that.
    pub async fn update_policy(
        &self,
        id: PolicyId,
        change: &UpdatePolicy,
    ) -> Result<ChangeResult<Policy>, ClientError> {
        let call = self.request(Method::PUT, &format!("/v1/policies/{id}"), Credential::Master)?;
        outcome(call.json(change)).await
    }

    /// Deletes a policy, or asks owners to agree to that.
    pub async fn delete_policy(&self, id: PolicyId) -> Result<ChangeResult<PolicyDeleted>, ClientError> {
        outcome(self.request(Method::DELETE, &format!("/v1/policies/{id}"), Credential::Master)?).await
    }
}
