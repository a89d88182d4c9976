//! A limit on requests in progress: beyond it, a clear refusal instead of a queue.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Semaphore;

use crate::problem::{DoorCode, Failure};

/// Most requests in progress at once.
const MAX_REQUESTS: usize = 512;

#[derive(Clone)]
pub(crate) struct Crowd(Arc<Semaphore>);

impl Default for Crowd {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_REQUESTS)))
    }
}

pub(crate) async fn guard(
    State(Crowd(places)): State<Crowd>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let Ok(_place) = places.try_acquire() else {
        return Err(Failure::new(DoorCode::Overloaded, "The daemon is busy.")
            .hint("Ask again soon.")
            .retry_after(1));
    };
    Ok(next.run(request).await)
}
