//! Pending changes.

use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use waiaas_core::ids::ChangeId;

use super::{Client, ClientError, Credential, OwnerSignature, parsed, raw};
use crate::changes::{Change, ChangeQuery};
use crate::page::Listing;

/// The result of a change that the operator requested.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum ChangeResult<T> {
    /// It is in force.
    Done(T),
    /// It loosens protection and waits for owners.
    Waits(Box<Change>),
}

impl<T> ChangeResult<T> {
    /// The value in force; none while the change waits.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(value) => Some(value),
            Self::Waits(_) => None,
        }
    }
}

impl Client {
    /// Changes, newest first.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn changes(&self, query: &ChangeQuery) -> Result<Listing<Change>, ClientError> {
        self.query("/v1/changes", query, Credential::Master).await
    }

    /// One change.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn change(&self, id: ChangeId) -> Result<Change, ClientError> {
        self.get(&format!("/v1/changes/{id}"), Credential::Master).await
    }

    /// Withdraws a pending change.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn withdraw_change(&self, id: ChangeId) -> Result<Change, ClientError> {
        self.call(Method::DELETE, &format!("/v1/changes/{id}"), Credential::Master).await
    }

    /// A pending change, with the questions to its owners.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn change_approval(&self, id: ChangeId) -> Result<Change, ClientError> {
        self.get(&format!("/v1/changes/{id}/approval"), Credential::None).await
    }

    /// Approves a change, as one of its owners.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn approve_change(&self, id: ChangeId, answer: &OwnerSignature) -> Result<Change, ClientError> {
        self.call(Method::POST, &format!("/v1/changes/{id}/approve"), Credential::Owner(answer)).await
    }

    /// Rejects a change, as one of its owners.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn reject_change(&self, id: ChangeId, answer: &OwnerSignature) -> Result<Change, ClientError> {
        self.call(Method::POST, &format!("/v1/changes/{id}/reject"), Credential::Owner(answer)).await
    }
}

/// The result of a change: the requested value or, with 202, the pending change.
pub(super) async fn outcome<T: DeserializeOwned>(
    request: RequestBuilder,
) -> Result<ChangeResult<T>, ClientError> {
    let (status, body) = raw(request).await?;
    if status == 202 {
        return Ok(ChangeResult::Waits(Box::new(parsed(status, &body)?)));
    }
    Ok(ChangeResult::Done(parsed(status, &body)?))
}
