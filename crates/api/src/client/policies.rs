//! Policies.

use reqwest::Method;
use waiaas_core::ids::PolicyId;

use super::{Client, ClientError, Credential};
use crate::page::{Listing, PageQuery};
use crate::policies::{CreatePolicy, Policy, PolicyDeleted, UpdatePolicy};

impl Client {
    /// Policies: all of them for the operator, those in force on its wallets for a session.
    pub async fn policies(&self, query: &PageQuery) -> Result<Listing<Policy>, ClientError> {
        self.query("/v1/policies", query, self.either()).await
    }

    /// Creates a policy.
    pub async fn create_policy(&self, policy: &CreatePolicy) -> Result<Policy, ClientError> {
        self.send(Method::POST, "/v1/policies", policy, Credential::Master).await
    }

    /// One policy.
    pub async fn policy(&self, id: PolicyId) -> Result<Policy, ClientError> {
        self.get(&format!("/v1/policies/{id}"), Credential::Master).await
    }

    /// Changes a policy.
    pub async fn update_policy(&self, id: PolicyId, change: &UpdatePolicy) -> Result<Policy, ClientError> {
        self.send(Method::PUT, &format!("/v1/policies/{id}"), change, Credential::Master).await
    }

    /// Deletes a policy.
    pub async fn delete_policy(&self, id: PolicyId) -> Result<PolicyDeleted, ClientError> {
        self.call(Method::DELETE, &format!("/v1/policies/{id}"), Credential::Master).await
    }
}
