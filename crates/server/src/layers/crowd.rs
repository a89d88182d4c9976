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
pub(crate) struct Crowd(Arc<Places>);

struct Places {
    open: Semaphore,
    operator: Semaphore,
    brake: Semaphore,
    local: Semaphore,
    local_brake: Semaphore,
}

impl Default for Crowd {
    fn default() -> Self {
        Self(Arc::new(Places {
            open: Semaphore::new(512),
            operator: Semaphore::new(64),
            brake: Semaphore::new(8),
            local: Semaphore::new(32),
            local_brake: Semaphore::new(8),
        }))
    }
}

impl Crowd {
    fn places(&self, lane: Lane) -> &Semaphore {
        match lane {
            Lane::Open => &self.0.open,
            Lane::Operator => &self.0.operator,
            Lane::Brake => &self.0.brake,
            Lane::Local => &self.0.local,
            Lane::LocalBrake => &self.0.local_brake,
        }
    }
}

pub(crate) async fn guard(
    State(crowd): State<Crowd>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let Ok(_place) = crowd.places(Lane::of(request.extensions())).try_acquire() else {
        return Err(Failure::new(ErrorCode::Overloaded, "The daemon is busy.")
            .hint("Ask again soon.")
            .retry_after(1));
    };
    Ok(next.run(request).await)
}
