//! A limit on requests in progress. Further requests are refused, not queued.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Semaphore;
use waiaas_engine::ErrorCode;

use crate::layers::lane::Lane;
use crate::problem::Failure;

/// The concurrency limits of the lanes.
#[derive(Clone)]
pub(crate) struct Concurrency(Arc<Places>);

struct Places {
    open: Semaphore,
    proof: Semaphore,
    operator: Semaphore,
    local: Semaphore,
    monitoring: Semaphore,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self(Arc::new(Places {
            open: Semaphore::new(512),
            proof: Semaphore::new(64),
            operator: Semaphore::new(64),
            local: Semaphore::new(32),
            monitoring: Semaphore::new(4),
        }))
    }
}

impl Concurrency {
    /// None for lanes without a limit.
    fn places(&self, lane: Lane) -> Option<&Semaphore> {
        match lane {
            Lane::Open => Some(&self.0.open),
            Lane::Proof => Some(&self.0.proof),
            Lane::Operator => Some(&self.0.operator),
            Lane::KillSwitch => None,
            Lane::Local => Some(&self.0.local),
            Lane::Monitoring => Some(&self.0.monitoring),
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
            .hint("Try again soon.")
            .retry_after(1));
    };
    Ok(next.run(request).await)
}
