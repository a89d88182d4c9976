//! State that every handler shares.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use waiaas_engine::{Engine, Error};

use crate::limits::Limits;
use crate::metrics::Requests;
use crate::problem::Failure;

/// The engine and the state shared by the routes. Clones are handles.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

struct Parts {
    engine: Engine,
    limits: Limits,
    requests: Requests,
    listens: Option<SocketAddr>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl App {
    pub(crate) fn new(engine: Engine, listens: Option<SocketAddr>, stop: CancellationToken) -> Self {
        let limits = Limits::new(&engine.config().security);
        let requests = Requests::default();
        Self(Arc::new(Parts { engine, limits, requests, listens, stop, tasks: TaskTracker::new() }))
    }

    /// The TCP address, if there is one.
    pub(crate) fn listens_on(&self) -> Option<SocketAddr> {
        self.0.listens
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The count of answered requests.
    pub(crate) fn requests(&self) -> &Requests {
        &self.0.requests
    }

    /// Ends the daemon when cancelled.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Runs `work` to its end, even if the caller disconnects or the request times out.
    pub(crate) async fn uninterrupted<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        match self.0.tasks.spawn(work.in_current_span()).await {
            Ok(result) => result.map_err(Failure::from),
            Err(ended) => Err(Failure::internal(ended)),
        }
    }
}
