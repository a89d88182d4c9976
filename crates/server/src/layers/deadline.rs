//! A time limit on every request. What moves value keeps running behind it (see
//! [`crate::app::App::uninterrupted`]); only the waiting ends.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::timeout;

use crate::problem::{Failure, HttpCode};

/// Longer than the longest `?wait=confirmed`.
const LIMIT: Duration = Duration::from_secs(75);

pub(crate) async fn guard(request: Request, next: Next) -> Result<Response, Failure> {
    timeout(LIMIT, next.run(request)).await.map_err(|_| {
        Failure::new(HttpCode::RequestTimeout, "The request took too long; what it started may still finish.")
            .hint("Repeat it with the same Idempotency-Key, or look at the list of transactions.")
    })
}
