//! Steps for many transactions, network by network. Each network has its own places, and none waits for
//! another network's turn to end.

use std::collections::BTreeMap;
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use waiaas_core::ids::TxId;
use waiaas_core::network::{Chain, NetworkId};
use waiaas_core::transaction::TxStatus;
use waiaas_store::{TransactionRow, Work};

use super::BATCH;
use super::claims::Claims;
use super::pauses::Pauses;
use crate::Engine;
use crate::chain_watch;
use crate::chains::Look;
use crate::error::Error;
use crate::pipeline::{resume, s6_confirm};

/// Concurrent steps per network, so that a slow answer does not delay the others.
const PLACES: usize = 16;

/// The step for a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Resumes it.
    Resume,
    /// Asks for its outcome.
    Look,
    /// Sends its bytes again.
    Rebroadcast,
}

/// The work in progress.
#[derive(Clone, Default)]
pub(super) struct Turns {
    /// Transactions with a step in progress. No second step is started for them.
    transactions: Claims<TxId>,
    /// Networks with a turn in progress, by worker and kind of work.
    networks: Claims<(&'static str, Option<Discriminant<Work>>, NetworkId)>,
    /// Pauses of transactions that were checked recently.
    pauses: Pauses,
}

impl Turns {
    /// Takes the step for all transactions with this work, each network separately. Skips networks whose last
    /// turn has not ended, and networks of another chain than `only`. Returns when all turns have begun.
    pub(super) async fn sweep(
        &self,
        engine: &Engine,
        worker: &'static str,
        work: Work,
        step: Step,
        only: Option<Chain>,
    ) -> Result<(), Error> {
        for network in engine.store().work_networks(work).await? {
            let chain = engine.networks().get(&network).map(|network| network.chain);
            if only.is_some() && chain != only {
                continue;
            }
            let Some(turn) = self.networks.take((worker, Some(discriminant(&work)), network.clone())) else {
                continue;
            };
            let (turns, engine) = (self.clone(), engine.clone());
            let tasks = engine.tasks().clone();
            tasks.spawn(async move {
                let _turn = turn;
                if let Err(error) = turns.all(&engine, work, &network, step).await {
                    tracing::error!(?work, %network, %error, "a turn failed; the next one tries again");
                }
            });
        }
        Ok(())
    }

    /// Resumes these transactions, each network separately.
    pub(super) fn spread(&self, engine: &Engine, worker: &'static str, rows: Vec<TransactionRow>) {
        let mut networks = BTreeMap::<NetworkId, Vec<TxId>>::new();
        for row in rows {
            networks.entry(row.network).or_default().push(row.id);
        }
        for (network, ids) in networks {
            let Some(turn) = self.networks.take((worker, None, network)) else { continue };
            let (turns, engine) = (self.clone(), engine.clone());
            let tasks = engine.tasks().clone();
            tasks.spawn(async move {
                let _turn = turn;
                turns.each(&engine, ids, Step::Resume, None).await;
            });
        }
    }

    /// Takes the step page by page, so that old rows that do not move cannot block the others.
    async fn all(&self, engine: &Engine, work: Work, network: &NetworkId, step: Step) -> Result<(), Error> {
        let (urgency, pauses) = match (work, step) {
            (Work::Unsent, _) | (_, Step::Rebroadcast) => (Look::BeforeSending, None),
            (
                Work::Submitted | Work::HandedOut { .. } | Work::HandedOutLongAgo { .. } | Work::NotFinal,
                Step::Resume | Step::Look,
            ) => (Look::Routine, Some(&self.pauses)),
        };
        chain_watch::look(engine, network, urgency).await?;
        let mut after = None;
        loop {
            let rows = engine.store().work(work, network, after, BATCH).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(*last);
            self.each(engine, rows, step, pauses).await;
        }
    }

    /// Takes the step for each transaction of one network whose pause is over, [`PLACES`] at a time.
    async fn each(&self, engine: &Engine, ids: Vec<TxId>, step: Step, pauses: Option<&Pauses>) {
        let places = Arc::new(Semaphore::new(PLACES));
        let mut running = JoinSet::new();
        for id in ids {
            if engine.stopping().is_cancelled() {
                break;
            }
            if pauses.is_some_and(|pauses| !pauses.is_over(id, Instant::now())) {
                continue;
            }
            let Some(taken) = self.transactions.take(id) else { continue };
            let (engine, places, pauses) = (engine.clone(), places.clone(), pauses.cloned());
            running.spawn(async move {
                let _taken = taken;
                let _place = places.acquire().await;
                let began = Instant::now();
                if let Err(error) = one(&engine, id, step).await {
                    engine.reserve().make_room_after(&error);
                    tracing::error!(tx = %id, %error, "a step failed; it will be tried again");
                }
                if let Some(pauses) = pauses {
                    pauses.begin(id, began, Instant::now());
                }
            });
        }
        while let Some(ended) = running.join_next().await {
            if ended.is_err() {
                tracing::error!("a step panicked and will be tried again");
            }
        }
    }
}

async fn one(engine: &Engine, id: TxId, step: Step) -> Result<(), Error> {
    match step {
        Step::Resume => resume(engine, id).await,
        Step::Look => s6_confirm::step(engine, id).await,
        Step::Rebroadcast => match engine.store().transaction(id).await? {
            Some(row) if row.status == TxStatus::Submitted => s6_confirm::rebroadcast(engine, &row).await,
            Some(_) | None => Ok(()),
        },
    }
}
