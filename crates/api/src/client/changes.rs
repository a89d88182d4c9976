//! Changes that wait for owners.

use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use waiaas_core::ids::ChangeId;

use super::{Client, ClientError, Credential, OwnerSignature, parsed, raw};
use crate::changes::{Change, ChangeQuery};
use crate::page::Listing;

/// What came of a change the operator asked for.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum ChangeResult<T> {
    /// It is in force.
    Done(T),
    /// It loosens, and waits for owners.
    Waits(Box<Change>),
}

impl<T> ChangeResult<T> {
    /// What is in force now; none while it waits.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(value) => Some(value),
            Self::Waits(_) => None,
        }
    }
}

impl Client {
    /// Changes, newest first.
    pub async fn changes(&self, query: &ChangeQuery) -> Result<Listing<Change>, ClientError> {
        self.query("/v1/changes", query, Credential::Master).await
    }

    /// One change.
    pub async fn change(&self, id: ChangeId) -> Result<Change, ClientError> {
        self.get(&format!("/v1/changes/{id}"), Credential::Master).await
    }

    /// Takes a waiting change back.
    pub async fn withdraw_change(&self, id: ChangeId) -> Result<Change, ClientError> {
        self.call(Method::DELETE, &format!("/v1/changes/{id}"), Credential::Master).await
    }

    /// A waiting change, with what its owners are asked.
    pub async fn change_approval(&self, id: ChangeId) -> Result<Change, ClientError> {
        self.get(&format!("/v1/changes/{id}/approval"), Credential::None).await
    }

    /// Agrees to a change, as an owner it concerns.
    pub async fn approve_change(&self, id: ChangeId, answer: &OwnerSignature) -> Result<Change, ClientError> {
        self.call(Method::POST, &format!("/v1/changes/{id}/approve"), Credential::Owner(answer)).await
    }

    /// Stops a change, as an owner it concerns.
    pub async fn reject_change(&self, id: ChangeId, answer: &OwnerSignature) -> Result<Change, ClientError> {
        self.call(Method::POST, &format!("/v1/changes/{id}/reject"), Credential::Owner(answer)).await
    }
}

/// An answer that is either what was asked for or, with 202, the change that waits.
pub(super) async fn outcome<T: DeserializeOwned>(
    request: RequestBuilder,
) -> Result<ChangeResult<T>, ClientError> {
    let (status, body) = raw(request).await?;
    if status == 202 {
        return Ok(ChangeResult::Waits(Box::new(parsed(status, &body)?)));
    }
    Ok(ChangeResult::Done(parsed(status, &body)?))
}
