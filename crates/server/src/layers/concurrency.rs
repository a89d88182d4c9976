//! A limit on requests in progress: beyond it, a clear refusal instead of a queue.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Semaphore;
use waiaas_engine::ErrorCode;

use crate::layers::lane::Lane;
use crate::problem::Failure;

/// Requests in progress at once, lane by lane.
#[derive(Clone)]
pub(crate) struct Concurrency(Arc<Places>);

struct Places {
    open: Semaphore,
    proof: Semaphore,
    operator: Semaphore,
    local: Semaphore,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self(Arc::new(Places {
            open: Semaphore::new(512),
            proof: Semaphore::new(64),
            operator: Semaphore::new(64),
            local: Semaphore::new(32),
        }))
    }
}

impl Concurrency {
    /// None where places are not counted.
    fn places(&self, lane: Lane) -> Option<&Semaphore> {
        match lane {
            Lane::Open => Some(&self.0.open),
            Lane::Proof => Some(&self.0.proof),
            Lane::Operator => Some(&self.0.operator),
            Lane::KillSwitch => None,
            Lane::Local => Some(&self.0.local),
        }
    }
}

pub(crate) async fn guard(
    State(concurrency): State<Concurrency>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let places = concurrency.places(Lane::of(request.extensions()));
    let Ok(_place) = places.map(Semaphore::try_acquire).transpose() else {
        return Err(Failure::new(ErrorCode::Overloaded, "The daemon is busy.")
            .hint("Ask again soon.")
            .retry_after(1));
    };
    Ok(next.run(request).await)
}
