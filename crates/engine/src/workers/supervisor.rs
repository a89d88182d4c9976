//! Runs workers: takes their turns one after the other, pauses after a failed turn, and stops with the
//! daemon.
//!
//! Belongs here: how a worker is run. Does not belong here: the work of each worker.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use crate::Engine;
use crate::error::Error;
use crate::worker_states::TurnEnd;

/// The longest pause after failures, unless the worker's own period is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Time for a turn in progress to end at shutdown. Every step may run twice, so a turn that is cut off does no
/// harm.
const GRACE: Duration = Duration::from_secs(10);

/// Work that is done repeatedly.
#[async_trait]
pub(super) trait Worker: Send + Sync + 'static {
    /// Its name in logs and metrics; no two workers have the same.
    fn name(&self) -> &'static str;

    /// The time from the start of one turn to the start of the next.
    fn period(&self) -> Duration;

    /// The notification that starts the next turn early.
    fn wake(&self) -> Option<&Notify> {
        None
    }

    /// The longest pause between two failed turns.
    fn longest_pause(&self) -> Duration {
        self.period().max(LONGEST_PAUSE)
    }

    /// Takes one turn. It can be cut off at any await, and be followed by another after an error or a panic.
    ///
    /// # Errors
    /// Any; the supervisor logs and counts it and tries again.
    async fn turn(&mut self) -> Result<(), Error>;
}

/// The services of the daemon that a supervisor needs.
pub(super) trait Host: Send + Sync + 'static {
    /// Completes when the workers should stop.
    fn stopped(&self) -> impl Future<Output = ()> + Send;
    /// Records that a worker starts (true) or takes no more turns (false).
    fn runs(&self, worker: &'static str, runs: bool);
    /// Records the end of a turn. Returns the number of failures in a row.
    fn ended(&self, worker: &'static str, end: TurnEnd) -> u32;
    /// Handles the error of a failed turn.
    fn failed(&self, worker: &'static str, error: &Error);
}

impl Host for Engine {
    async fn stopped(&self) {
        self.stopping().cancelled().await;
    }

    fn runs(&self, worker: &'static str, runs: bool) {
        if runs {
            self.worker_states().started(worker);
        } else {
            self.worker_states().stopped(worker);
        }
    }

    fn ended(&self, worker: &'static str, end: TurnEnd) -> u32 {
        self.worker_states().ended(worker, end, self.now())
    }

    fn failed(&self, worker: &'static str, error: &Error) {
        self.worker_states().failed_because(worker, &error.message);
        self.reserve().make_room_after(error);
    }
}

/// Runs a worker until the host stops.
#[expect(clippy::disallowed_methods, reason = "the pause between two turns")]
pub(super) async fn supervise(host: impl Host, mut worker: Box<dyn Worker>) {
    let name = worker.name();
    host.runs(name, true);
    let mut next = Instant::now();
    let mut failures = 0;
    loop {
        tokio::select! {
            // First, so that an overdue worker takes no further turn.
            biased;
            () = host.stopped() => break,
            () = sleep_until(next) => {}
            // After a failure the pause is kept.
            () = woken(&*worker), if failures == 0 => {}
        }
        let began = Instant::now();
        let turn = AssertUnwindSafe(worker.turn()).catch_unwind();
        let Some(end) = within_grace(&host, turn).await else {
            tracing::warn!(worker = name, "a turn was cut off by the shutdown; the next start repeats it");
            break;
        };
        let end = match end {
            Ok(Ok(())) => TurnEnd::Done,
            Ok(Err(error)) => {
                host.failed(name, &error);
                tracing::error!(worker = name, %error, "a worker's turn failed and will be tried again");
                TurnEnd::Failed
            }
            // The payload is not logged, because a panic message may quote a secret.
            Err(_) => {
                tracing::error!(worker = name, "a worker's turn panicked and will be tried again");
                TurnEnd::Panicked
            }
        };
        tracing::trace!(worker = name, elapsed = ?began.elapsed(), "turn");
        failures = host.ended(name, end);
        let period = worker.period();
        next = if failures == 0 {
            began + period
        } else {
            Instant::now() + pause(period, worker.longest_pause(), failures)
        };
    }
    host.runs(name, false);
}

/// The pause after so many failures in a row: the period, doubled for each failure after the first.
fn pause(period: Duration, longest: Duration, failures: u32) -> Duration {
    period.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(longest)
}

async fn woken(worker: &dyn Worker) {
    match worker.wake() {
        Some(wake) => wake.notified().await,
        None => std::future::pending().await,
    }
}

/// Runs a turn to its end, for at most [`GRACE`] after the host stops; none if it took longer.
async fn within_grace<T>(host: &impl Host, turn: impl Future<Output = T>) -> Option<T> {
    tokio::pin!(turn);
    tokio::select! {
        biased;
        ended = &mut turn => return Some(ended),
        () = host.stopped() => {}
    }
    timeout(GRACE, turn).await.ok()
}

#[cfg(test)]
mod tests;
