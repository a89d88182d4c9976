//! Turns a panic of one request into an error answer, so that it neither ends the daemon nor reaches the
//! caller.

use std::any::Any;

use crate::problem::Failure;
use axum::response::{IntoResponse, Response};

/// The payload is dropped unread, because a panic message may quote a secret.
pub(crate) fn answer(_: Box<dyn Any + Send + 'static>) -> Response {
    Failure::internal("a handler panicked").into_response()
}
