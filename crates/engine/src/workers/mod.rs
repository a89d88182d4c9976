//! What happens by itself: delays end, approvals and changes expire, signed bytes are followed to their end, and
//! what a crash left behind is taken up again.
//!
//! Each worker only finds transactions and hands them to [`resume`](crate::pipeline::resume); every step may run
//! twice. The first turn after start is the recovery: it sees the same rows any later turn would. Work on a
//! node is done network by network (`turns`), so that one that hangs holds up no other.

mod outages;
mod pauses;
mod turns;

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use waiaas_core::network::Chain;
use waiaas_store::Work;

use crate::Engine;
use crate::changes;
use crate::error::Error;
use crate::workers::outages::Outages;
use crate::workers::turns::{Step, Turns};

/// Rows looked at in one turn.
const BATCH: u32 = 100;
/// How often delays and approvals are looked at.
const TIMERS: Duration = Duration::from_secs(1);
/// How often unsigned work and refused broadcasts are tried again.
const RETRY: Duration = Duration::from_secs(3);
/// How often accepted bytes are sent again while nothing is known of them. EVM nodes keep them; a Solana
/// node hands them to the next leaders once, and a blockhash lives for about a minute.
const fn rebroadcast(chain: Chain) -> Duration {
    match chain {
        Chain::Ethereum => Duration::from_secs(15),
        Chain::Solana => Duration::from_secs(2),
    }
}
/// Looks at what is confirmed and not final yet come this many times less often than at what is pending.
const FINALITY_RATIO: u32 = 10;
/// How often old idempotency keys are forgotten, and transactions looked for that were handed out long ago.
const HOUSEKEEPING: Duration = Duration::from_secs(600);
/// How often the lease on the database is renewed.
const LEASE: Duration = Duration::from_secs(10);

/// Starts the workers. They end when the engine shuts down.
pub(crate) fn spawn(engine: &Engine) {
    let turns = Turns::default();
    let every = |period, job: Job| {
        engine.tasks().spawn(run(engine.clone(), period, job, turns.clone()));
    };
    every(TIMERS, Job::Timers);
    every(RETRY, Job::Unsent);
    every(engine.config().confirmation.poll_interval(), Job::Confirm);
    let settle = engine.config().confirmation.poll_interval().saturating_mul(FINALITY_RATIO);
    every(settle, Job::Settle);
    for chain in [Chain::Ethereum, Chain::Solana] {
        every(rebroadcast(chain), Job::Rebroadcast(chain));
    }
    every(TIMERS, Job::Outages);
    every(HOUSEKEEPING, Job::Housekeeping);
    every(LEASE, Job::Lease);
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Job {
    Timers,
    Unsent,
    Confirm,
    Settle,
    Rebroadcast(Chain),
    Outages,
    Housekeeping,
    Lease,
}

async fn run(engine: Engine, period: Duration, job: Job, turns: Turns) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut outages = Outages::default();
    loop {
        let woken = async {
            match job {
                Job::Confirm => engine.wake().notified().await,
                Job::Timers
                | Job::Unsent
                | Job::Settle
                | Job::Rebroadcast(_)
                | Job::Outages
                | Job::Housekeeping
                | Job::Lease => std::future::pending().await,
            }
        };
        tokio::select! {
            () = engine.stopping().cancelled() => return,
            _ = ticks.tick() => {}
            () = woken => {}
        }
        let started = Instant::now();
        if let Err(error) = turn(&engine, job, &turns, &mut outages).await {
            engine.reserve().make_room_after(&error);
            tracing::error!(?job, %error, "a worker's turn failed; the next one tries again");
        }
        tracing::trace!(?job, elapsed = ?started.elapsed(), "turn");
    }
}

async fn turn(engine: &Engine, job: Job, turns: &Turns, outages: &mut Outages) -> Result<(), Error> {
    let store = engine.store();
    let now = engine.now();
    match job {
        Job::Timers => {
            let mut due = store.due_delays(now, BATCH).await?;
            due.extend(store.expired_approvals(now, BATCH).await?);
            turns.spread(engine, job, due);
            for row in store.lapsed_changes(now, BATCH).await? {
                changes::expire(engine, row.id).await?;
            }
        }
        Job::Unsent => {
            turns.sweep(engine, job, Work::Unsent, Step::Resume).await?;
            if !engine.reserve().is_held() {
                let engine = engine.clone();
                let restored = tokio::task::spawn_blocking(move || engine.reserve().restore());
                restored.await.map_err(Error::internal)?;
            }
        }
        Job::Confirm => {
            turns.sweep(engine, job, Work::Submitted, Step::Resume).await?;
            turns.sweep(engine, job, Work::HandedOut { now }, Step::Resume).await?;
        }
        Job::Settle => turns.sweep(engine, job, Work::NotFinal, Step::Look).await?,
        Job::Rebroadcast(_) => turns.sweep(engine, job, Work::Submitted, Step::Rebroadcast).await?,
        Job::Outages => outages.look(engine).await?,
        Job::Lease => engine.renew_lease().await?,
        Job::Housekeeping => {
            turns.sweep(engine, job, Work::HandedOutLongAgo { now }, Step::Resume).await?;
            store.write(move |tx| Box::pin(async move { tx.forget_old_claims(now).await })).await?;
        }
    }
    Ok(())
}
