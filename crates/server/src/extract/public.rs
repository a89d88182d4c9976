//! No credential, on purpose.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::register::{AuthClass, Credential};

/// Marks a handler that anybody may call.
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
