//! A time limit on every request. Only the answer is cut off: operations that move value continue in the
//! background (see [`crate::app::App::uninterrupted`]).

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::timeout;

use crate::problem::{Failure, HttpCode};

/// Longer than the maximum of `?wait=confirmed`.
const LIMIT: Duration = Duration::from_secs(75);

pub(crate) async fn guard(request: Request, next: Next) -> Result<Response, Failure> {
    timeout(LIMIT, next.run(request)).await.map_err(|_| {
        Failure::new(HttpCode::RequestTimeout, "The request took too long; the operation may still finish.")
            .hint("Repeat it with the same Idempotency-Key, or look at the list of transactions.")
    })
}
