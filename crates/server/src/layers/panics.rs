//! A defect in one request must not end the daemon or reach the caller.

use std::any::Any;

use crate::problem::Failure;
use axum::response::{IntoResponse, Response};

/// The payload is dropped unread: a panic message may quote a secret.
pub(crate) fn answer(_: Box<dyn Any + Send + 'static>) -> Response {
    Failure::internal("a handler panicked").into_response()
}
