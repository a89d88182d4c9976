//! The runtimes of outgoing connections.
//!
//! A connection is read by a task of its own, and a peer that sends without end, such as informational answers (RFC
//! 9110, section 15.2), keeps that task busy. So connections have threads of their own: such a peer delays other
//! outgoing requests of its lane at most, never the daemon's answers, signatures or its kill switch.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};
use tokio_util::task::AbortOnDropHandle;

use crate::client::OutboundError;

/// Which requests share threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// Requests to addresses that others chose.
    Others,
    /// Requests to services of the operator's choice: nodes, price services, the Telegram Bot API.
    Services,
}

/// Threads of a lane.
const THREADS: usize = 2;
/// Most threads of a lane for name resolution, which blocks.
const MOST_BLOCKING: usize = 64;

impl Lane {
    /// Runs a future on the lane's threads. Connections that it opens are read there. Dropping the returned future
    /// ends it. A time limit must be put around this call: timers of the lane can be late.
    ///
    /// # Errors
    ///
    /// [`OutboundError::Setup`] if the machine has no threads left, or the future panicked.
    pub async fn run<F>(self, future: F) -> Result<F::Output, OutboundError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let runtime = self.runtime().ok_or(OutboundError::Setup)?;
        AbortOnDropHandle::new(runtime.spawn(future)).await.map_err(|_| OutboundError::Setup)
    }

    /// The runtime, made at its first use. It ends with the process, so a name service that hangs delays no stop.
    fn runtime(self) -> Option<&'static Runtime> {
        static OTHERS: OnceLock<Option<Runtime>> = OnceLock::new();
        static SERVICES: OnceLock<Option<Runtime>> = OnceLock::new();
        let (runtime, name) = match self {
            Self::Others => (&OTHERS, "outgoing-others"),
            Self::Services => (&SERVICES, "outgoing-services"),
        };
        let make = || {
            let mut builder = Builder::new_multi_thread();
            builder
                .worker_threads(THREADS)
                .max_blocking_threads(MOST_BLOCKING)
                .thread_name(name)
                .enable_all();
            builder.build().ok()
        };
        runtime.get_or_init(make).as_ref()
    }
}
