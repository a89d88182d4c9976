//! The workers that take a step for every transaction of one kind.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use waiaas_core::UnixSeconds;
use waiaas_core::network::Chain;
use waiaas_store::Work;

use super::supervisor::Worker;
use super::turns::{Step, Turns};
use crate::Engine;
use crate::error::Error;

/// The period in which unsigned transactions and refused broadcasts are tried again.
const RETRY: Duration = Duration::from_secs(3);
/// How many times less often confirmed transactions are checked than pending ones.
const FINALITY_RATIO: u32 = 10;
/// The period of checks of transactions that were handed out long ago.
const LONG_AGO: Duration = Duration::from_secs(600);

/// The period in which accepted bytes are sent again while no node knows them. EVM nodes keep them; a Solana
/// node hands them to the next leaders once, and a blockhash lives for about a minute.
const fn rebroadcast(chain: Chain) -> Duration {
    match chain {
        Chain::Ethereum => Duration::from_secs(15),
        Chain::Solana => Duration::from_secs(2),
    }
}

/// A worker for one kind of transactions.
pub(super) struct Sweep {
    engine: Engine,
    turns: Turns,
    name: &'static str,
    period: Duration,
    work: fn(UnixSeconds) -> Vec<Work>,
    step: Step,
    /// Only networks of this chain.
    chain: Option<Chain>,
    /// Whether the engine wakes it.
    is_woken: bool,
}

impl Sweep {
    /// All sweeps. They share `turns`, so that no two take a step for the same transaction at once.
    pub(super) fn all(engine: &Engine, turns: &Turns) -> [Self; 6] {
        let poll = engine.config().confirmation.poll_interval();
        let sweep = |name, period, work, step| Self {
            engine: engine.clone(),
            turns: turns.clone(),
            name,
            period,
            work,
            step,
            chain: None,
            is_woken: false,
        };
        let rebroadcasts = |name, chain| Self {
            chain: Some(chain),
            ..sweep(name, rebroadcast(chain), |_| vec![Work::Submitted], Step::Rebroadcast)
        };
        let pending = |now| vec![Work::Submitted, Work::HandedOut { now }];
        [
            sweep("unsent", RETRY, |_| vec![Work::Unsent], Step::Resume),
            Self { is_woken: true, ..sweep("confirm", poll, pending, Step::Resume) },
            sweep("settle", poll.saturating_mul(FINALITY_RATIO), |_| vec![Work::NotFinal], Step::Look),
            sweep("handed-out", LONG_AGO, |now| vec![Work::HandedOutLongAgo { now }], Step::Resume),
            rebroadcasts("rebroadcast-evm", Chain::Ethereum),
            rebroadcasts("rebroadcast-solana", Chain::Solana),
        ]
    }
}

#[async_trait]
impl Worker for Sweep {
    fn name(&self) -> &'static str {
        self.name
    }

    fn period(&self) -> Duration {
        self.period
    }

    fn wake(&self) -> Option<&Notify> {
        self.is_woken.then(|| self.engine.wake())
    }

    async fn turn(&mut self) -> Result<(), Error> {
        for work in (self.work)(self.engine.now()) {
            self.turns.sweep(&self.engine, self.name, work, self.step, self.chain).await?;
        }
        Ok(())
    }
}
