//! The state of every worker, for monitoring and the operator. The supervisor writes it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use waiaas_core::UnixSeconds;

use crate::views::WorkerState;

/// The states by name of the worker.
#[derive(Default)]
pub(crate) struct WorkerStates(Mutex<BTreeMap<&'static str, WorkerState>>);

/// The end of a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TurnEnd {
    /// It succeeded.
    Done,
    /// It returned an error.
    Failed,
    /// It panicked.
    Panicked,
}

impl WorkerStates {
    /// The state of every worker, ordered by name.
    pub(crate) fn all(&self) -> Vec<WorkerState> {
        self.states().values().cloned().collect()
    }

    /// Records that a worker runs.
    pub(crate) fn started(&self, name: &'static str) {
        self.states().entry(name).or_insert_with(|| WorkerState::new(name)).running = true;
    }

    /// Records that a worker takes no more turns.
    pub(crate) fn stopped(&self, name: &'static str) {
        if let Some(state) = self.states().get_mut(name) {
            state.running = false;
        }
    }

    /// Records why a turn failed.
    pub(crate) fn failed_because(&self, name: &'static str, reason: &str) {
        let mut states = self.states();
        states.entry(name).or_insert_with(|| WorkerState::new(name)).reason = Some(reason.to_owned());
    }

    /// The state of one worker; none if it never ran.
    pub(crate) fn of(&self, name: &str) -> Option<WorkerState> {
        self.states().get(name).cloned()
    }

    /// Records the end of a turn. Returns the number of failures since the last successful turn.
    pub(crate) fn ended(&self, name: &'static str, end: TurnEnd, now: UnixSeconds) -> u32 {
        let mut states = self.states();
        let state = states.entry(name).or_insert_with(|| WorkerState::new(name));
        state.turns = state.turns.saturating_add(1);
        state.last_turn_at = Some(now);
        match end {
            TurnEnd::Done => state.consecutive_failures = 0,
            TurnEnd::Failed | TurnEnd::Panicked => {
                state.consecutive_failures = state.consecutive_failures.saturating_add(1);
                state.failures = state.failures.saturating_add(1);
                state.panics = state.panics.saturating_add(u64::from(end == TurnEnd::Panicked));
                state.last_failure_at = Some(now);
            }
        }
        state.consecutive_failures
    }

    fn states(&self) -> MutexGuard<'_, BTreeMap<&'static str, WorkerState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
