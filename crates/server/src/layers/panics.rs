//! A defect in one request must not end the daemon or reach the caller.

use std::any::Any;

use axum::response::{IntoResponse, Response};
use waiaas_engine::Error;

use crate::problem::Failure;

/// The payload is dropped unread: a panic message may quote a secret.
pub(crate) fn answer(_: Box<dyn Any + Send + 'static>) -> Response {
    Failure::from(Error::internal("a handler panicked")).into_response()
}
