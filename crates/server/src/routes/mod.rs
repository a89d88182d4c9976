//! One folder per noun, one file per verb; small siblings share a file.
//!
//! A handler takes its credential first, translates, calls one use case and translates back.

mod admin;
mod changes;
mod policies;
mod sessions;
mod system;
mod telegram;
mod transactions;
mod utils;
mod wallet;
mod wallets;
mod webhooks;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use waiaas_engine::{ChangeResult, ChangeView};

use crate::problem::Failure;
use crate::register::Register;

/// The answer of a handler.
pub(crate) type Answer<T> = Result<Json<T>, Failure>;

/// The result of an operator's change: done, or 202 with the pending change.
pub(crate) enum Settled<T> {
    Done(StatusCode, T),
    Waits(Box<ChangeView>),
}

impl<T> Settled<T> {
    /// Translates the engine's result; `status` is the status of a completed change.
    pub(crate) fn of<V>(outcome: ChangeResult<V>, status: StatusCode, shape: impl FnOnce(V) -> T) -> Self {
        match outcome {
            ChangeResult::Done(value) => Self::Done(status, shape(value)),
            ChangeResult::Waits(change) => Self::Waits(change),
        }
    }
}

impl<T: Serialize> IntoResponse for Settled<T> {
    fn into_response(self) -> Response {
        match self {
            Self::Done(status, value) => (status, Json(value)).into_response(),
            Self::Waits(change) => {
                (StatusCode::ACCEPTED, Json(crate::shapes::change(*change))).into_response()
            }
        }
    }
}

/// All operations.
pub(crate) fn all() -> Register {
    let register = Register::new(OpenApiRouter::with_openapi(crate::openapi::base()));
    let register = system::add(register);
    let register = wallets::add(register);
    let register = sessions::add(register);
    let register = wallet::add(register);
    let register = transactions::add(register);
    let register = utils::add(register);
    let register = policies::add(register);
    let register = changes::add(register);
    let register = telegram::add(register);
    let register = webhooks::add(register);
    admin::add(register)
}
