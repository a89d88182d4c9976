//! What handlers take: first a credential, then path, query and body, strictly read.
//!
//! Credentials are checked before the body is read. A handler's first parameter is one of
//! [`Public`], [`SessionAuth`], [`RenewalAuth`], [`MasterAuth`], [`LocalMasterAuth`], [`ActivatorAuth`], [`OwnerAuth`] and
//! [`SessionOrMaster`].

mod body;
mod credential;
mod idempotency;
mod master;
mod owner;
mod place;
mod public;
mod session;

pub(crate) use body::{Body, MaybeBody};
pub(crate) use credential::SessionOrMaster;
pub(crate) use idempotency::Idempotency;
pub(crate) use master::{ActivatorAuth, HEADER as MASTER, LocalMasterAuth, MasterAuth, MaybeLocal};
pub(crate) use owner::{MaybeOwner, OwnerAuth};
pub(crate) use place::{Path, Query, page};
pub(crate) use public::Public;
pub(crate) use session::{RenewalAuth, SessionAuth};

use axum::http::{HeaderMap, HeaderValue};

/// The only value of a header; none when absent, an error when repeated.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a HeaderValue>, Repeated> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(Repeated),
    }
}

/// A header was sent more than once: which of them counts is nobody's guess.
#[derive(Debug)]
struct Repeated;
