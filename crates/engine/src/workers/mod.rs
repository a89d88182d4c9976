//! What happens by itself: delays end, approvals and changes expire, signed bytes are followed to their end, and
//! what a crash left behind is taken up again.
//!
//! Each worker only finds transactions and hands them to [`resume`]; every step may run twice. The
//! first turn after start is the recovery: it sees the same rows any later turn would.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use waiaas_core::UnixSeconds;
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;

use crate::Engine;
use crate::changes;
use crate::error::Error;
use crate::pipeline::{resume, s6_confirm};

/// Rows looked at in one turn.
const BATCH: u32 = 100;
/// Turns at the same time; a slow node must not hold up the others.
const PARALLEL: usize = 16;
/// How often delays and approvals are looked at.
const TIMERS: Duration = Duration::from_secs(1);
/// How often unsigned work and refused broadcasts are tried again.
const RETRY: Duration = Duration::from_secs(3);
/// How often accepted bytes are sent again while nothing is known of them.
const REBROADCAST: Duration = Duration::from_secs(15);
/// How often old idempotency keys are forgotten, and transactions looked for that were handed out long ago.
const HOUSEKEEPING: Duration = Duration::from_secs(600);
/// For how long a transaction that was handed out is looked for as often as one of the daemon's own.
const FRESH: UnixSeconds = 3_600;

/// Starts the workers. They end when the engine shuts down.
pub(crate) fn spawn(engine: &Engine) {
    let busy = Busy::default();
    let every = |period, job: Job| {
        let (engine, busy) = (engine.clone(), busy.clone());
        engine.tasks().spawn(run(engine.clone(), period, job, busy));
    };
    every(TIMERS, Job::Timers);
    every(RETRY, Job::Unsigned);
    every(engine.config().confirmation.poll_interval(), Job::Confirm);
    every(REBROADCAST, Job::Rebroadcast);
    every(HOUSEKEEPING, Job::Housekeeping);
}

#[derive(Clone, Copy, Debug)]
enum Job {
    Timers,
    Unsigned,
    Confirm,
    Rebroadcast,
    Housekeeping,
}

/// Transactions a worker is at; nobody else needs to start on them.
#[derive(Clone, Default)]
struct Busy(Arc<Mutex<HashSet<TxId>>>);

impl Busy {
    fn take(&self, id: TxId) -> Option<Taken> {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        free.then(|| Taken { busy: self.clone(), id })
    }
}

/// A transaction that a worker is at; given back however the step ends, a panic included.
struct Taken {
    busy: Busy,
    id: TxId,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.busy.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

async fn run(engine: Engine, period: Duration, job: Job, busy: Busy) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let woken = async {
            match job {
                Job::Confirm => engine.wake().notified().await,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            () = engine.stopping().cancelled() => return,
            _ = ticks.tick() => {}
            () = woken => {}
        }
        let started = Instant::now();
        if let Err(error) = turn(&engine, job, &busy).await {
            engine.make_room_after(&error);
            tracing::error!(?job, %error, "a worker's turn failed; the next one tries again");
        }
        tracing::trace!(?job, elapsed = ?started.elapsed(), "turn");
    }
}

async fn turn(engine: &Engine, job: Job, busy: &Busy) -> Result<(), Error> {
    let store = engine.store();
    let now = engine.now();
    match job {
        Job::Timers => {
            let mut due = store.due_delays(now, BATCH).await?;
            due.extend(store.expired_approvals(now, BATCH).await?);
            each(engine, busy, due.into_iter().map(|row| row.id).collect(), Step::Resume).await;
            for row in store.lapsed_changes(now, BATCH).await? {
                changes::expire(engine, row.id).await?;
            }
        }
        Job::Unsigned => {
            let statuses = [TxStatus::Executing, TxStatus::Broadcasting];
            all(engine, busy, &statuses, Step::Resume).await?;
            if !engine.reserve().is_held() {
                let engine = engine.clone();
                let restored = tokio::task::spawn_blocking(move || engine.reserve().restore());
                restored.await.map_err(Error::internal)?;
            }
        }
        Job::Confirm => {
            all(engine, busy, &[TxStatus::Submitted], Step::Resume).await?;
            handed_out(engine, busy, now.saturating_sub(FRESH)).await?;
        }
        Job::Rebroadcast => all(engine, busy, &[TxStatus::Submitted], Step::Rebroadcast).await?,
        Job::Housekeeping => {
            handed_out(engine, busy, UnixSeconds::MIN).await?;
            store.write(move |tx| Box::pin(async move { tx.forget_old_claims(now).await })).await?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Step {
    Resume,
    Rebroadcast,
}

/// Takes the step for every transaction in these states, page by page, so that old ones that do not
/// move cannot keep the others from their turn.
async fn all(engine: &Engine, busy: &Busy, statuses: &[TxStatus], step: Step) -> Result<(), Error> {
    let mut after = None;
    loop {
        let rows = engine.store().with_status(statuses, after, BATCH).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.id);
        each(engine, busy, rows.into_iter().map(|row| row.id).collect(), step).await;
    }
}

/// Looks after signatures that were handed out and still hold something: messages whose time is over, and
/// transactions signed after `since`.
async fn handed_out(engine: &Engine, busy: &Busy, since: UnixSeconds) -> Result<(), Error> {
    let mut after = None;
    loop {
        let rows = engine.store().handed_out(engine.now(), since, after, BATCH).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.id);
        each(engine, busy, rows.into_iter().map(|row| row.id).collect(), Step::Resume).await;
    }
}

/// Takes the step for each transaction, a few at a time.
async fn each(engine: &Engine, busy: &Busy, ids: Vec<TxId>, step: Step) {
    let turns = Arc::new(tokio::sync::Semaphore::new(PARALLEL));
    let mut running = tokio::task::JoinSet::new();
    for id in ids {
        if engine.stopping().is_cancelled() {
            continue;
        }
        let Some(taken) = busy.take(id) else { continue };
        let (engine, turns) = (engine.clone(), turns.clone());
        running.spawn(async move {
            let _taken = taken;
            let _turn = turns.acquire().await;
            if let Err(error) = one(&engine, id, step).await {
                engine.make_room_after(&error);
                tracing::error!(tx = %id, %error, "a step failed; it will be tried again");
            }
        });
    }
    while running.join_next().await.is_some() {}
}

async fn one(engine: &Engine, id: TxId, step: Step) -> Result<(), Error> {
    match step {
        Step::Resume => resume(engine, id).await,
        Step::Rebroadcast => match engine.store().transaction(id).await? {
            Some(row) if row.status == TxStatus::Submitted => s6_confirm::rebroadcast(engine, &row).await,
            _ => Ok(()),
        },
    }
}
