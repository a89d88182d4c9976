//! The ends of delays, of approval windows and of pending changes.

use std::time::Duration;

use async_trait::async_trait;

use super::supervisor::Worker;
use super::turns::Turns;
use super::{BATCH, SECOND};
use crate::Engine;
use crate::changes;
use crate::error::Error;

/// Resumes delayed and expired transactions, and ends expired changes.
pub(super) struct Timers {
    engine: Engine,
    turns: Turns,
}

impl Timers {
    pub(super) fn new(engine: &Engine, turns: &Turns) -> Self {
        Self { engine: engine.clone(), turns: turns.clone() }
    }
}

#[async_trait]
impl Worker for Timers {
    fn name(&self) -> &'static str {
        "timers"
    }

    fn period(&self) -> Duration {
        SECOND
    }

    async fn turn(&mut self) -> Result<(), Error> {
        let (store, now) = (self.engine.store(), self.engine.now());
        let mut due = store.due_delays(now, BATCH).await?;
        due.extend(store.expired_approvals(now, BATCH).await?);
        self.turns.spread(&self.engine, self.name(), due);
        for row in store.lapsed_changes(now, BATCH).await? {
            changes::expire(&self.engine, row.id).await?;
        }
        Ok(())
    }
}
