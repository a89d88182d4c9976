//! Operations that deliberately need no credential.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::register::{AuthClass, Credential};

/// Marks a handler that any caller may use.
pub(crate) struct Public;

impl Credential for Public {
    const CLASS: AuthClass = AuthClass::Public;
}

impl<S: Send + Sync> FromRequestParts<S> for Public {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self)
    }
}
