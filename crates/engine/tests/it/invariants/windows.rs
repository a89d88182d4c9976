//! The window, with all agents at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::{Books, FaultProxy, until};
use serde_json::json;
use tokio::sync::Barrier;
use waiaas_engine::Clock as _;
use waiaas_engine::core::transaction::TxStatus;

use super::{Dice, seeds};
use crate::stage::{SOL, Stage, limits, payee, shown};

/// Dollars of a SOL here.
const PRICE: u128 = 150;
/// How many ask at once.
const AGENTS: usize = 5;
/// How often.
const ROUNDS: usize = 8;

/// The sum held and settled now, in lamports.
async fn counted(books: &mut Books, wallet: &str) -> Result<u128> {
    let held = books.reservations(wallet).await?;
    Ok(held.iter().filter(|row| row.status != "RELEASED").map(|row| row.amount).sum())
}

/// Waits for all agents and the gate.
async fn meet(barrier: &Barrier) -> Result<()> {
    tokio::time::timeout(Duration::from_secs(60), barrier.wait()).await.context("a task is missing")?;
    Ok(())
}

/// One agent: asks when all ask, waits, takes back.
async fn agent(stage: Arc<Stage>, barrier: Arc<Barrier>, mut dice: Dice, most: u64) -> Result<(u32, u32)> {
    let session = stage.session().await?;
    let (mut granted, mut refused) = (0, 0);
    let mut waiting = Vec::new();
    for _ in 0..ROUNDS {
        let lamports = dice.roll(1_000_000..most);
        // First until all are done with the last round, then until the gate is shut.
        meet(&barrier).await?;
        meet(&barrier).await?;
        match stage.send(&session, &payee(dice.roll(10u8..20)), &lamports.to_string()).await? {
            Ok(tx) => {
                granted += 1;
                if tx.status == TxStatus::Queued {
                    waiting.push(tx.id);
                }
            }
            Err(error) => {
                assert_eq!(error.code.as_str(), "OWNER_REQUIRED", "{}", error.message);
                refused += 1;
            }
        }
        if let Some(id) = waiting.pop()
            && dice.roll(0u8..3) == 0
        {
            // It may have run in the meantime.
            drop(stage.engine().agent(&session).cancel(id).await);
        }
        if dice.roll(0u8..4) == 0 {
            stage.clock.set(stage.clock.now() + dice.pick(&[1, 30, 61]));
        }
    }
    Ok((granted, refused))
}

/// Keeps the database busy while the agents ask, so that their requests are admitted in one commit.
async fn gate(stage: Arc<Stage>, proxy: Arc<FaultProxy>, barrier: Arc<Barrier>) -> Result<()> {
    let mut door = Books::open(stage.data_dir()).await?;
    for _ in 0..ROUNDS {
        meet(&barrier).await?;
        door.lock().await?;
        let asked = proxy.count("simulateTransaction");
        meet(&barrier).await?;
        let crowd = || async { Ok((proxy.count("simulateTransaction") >= asked + 2 * AGENTS).then_some(())) };
        // However it ends, no task may be left waiting.
        drop(until("a crowd", Duration::from_secs(2), crowd).await);
        // From the node's answer to the database's queue; a late request is admitted by itself.
        tokio::time::sleep(Duration::from_millis(100)).await;
        door.unlock().await?;
    }
    Ok(())
}

/// Invariant 5: agents that ask, wait, are paid and take back all at once, through the real admission on
/// a real node, never hold and spend more than the window, fees included.
#[tokio::test(flavor = "multi_thread")]
async fn agents_at_once_stay_within_the_window() -> Result<()> {
    for seed in seeds(1) {
        let (stage, proxy, _node) = Stage::behind_proxy().await?;
        let (stage, proxy) = (Arc::new(stage), Arc::new(proxy));
        let mut dice = Dice::new(seed ^ 5);
        let limit = dice.roll(60u64..200);
        let mut rules = limits(10, 100_000);
        rules["daily_limit_usd"] = json!(limit);
        stage.policy("SPENDING_LIMIT", rules).await?;
        let wallet = stage.wallet.id.to_string();
        let over = Arc::new(AtomicBool::new(false));
        let watcher = tokio::spawn({
            let (over, wallet, dir) = (over.clone(), wallet.clone(), stage.data_dir().to_owned());
            async move {
                let mut books = Books::open(&dir).await?;
                let mut looks = 0;
                while !over.load(Ordering::SeqCst) {
                    let lamports = counted(&mut books, &wallet).await?;
                    let within = lamports * PRICE <= u128::from(limit) * u128::from(SOL);
                    anyhow::ensure!(within, "{lamports} lamports of a limit of {limit} dollars");
                    looks += 1;
                }
                Ok(looks)
            }
        });
        let barrier = Arc::new(Barrier::new(AGENTS + 1));
        let gate = tokio::spawn(gate(stage.clone(), proxy, barrier.clone()));
        // A sixth of the window on average, so that it fills at once and is contended from then on.
        let most = limit * SOL / u64::try_from(PRICE)? / 3;
        let agents: Vec<_> = (10u8..)
            .take(AGENTS)
            .map(|number| {
                let dice = Dice::new(seed ^ number);
                tokio::spawn(agent(stage.clone(), barrier.clone(), dice, most))
            })
            .collect();
        let (mut granted, mut refused) = (0, 0);
        for agent in agents {
            let (some, others) = agent.await??;
            granted += some;
            refused += others;
        }
        over.store(true, Ordering::SeqCst);
        assert!(watcher.await?.context("the window")? > 0);
        gate.await??;
        assert!(granted > 5 && refused > 0, "{granted} granted, {refused} refused");
        assert_eq!(
            stage.engine().operator(&stage.master).verify_audit().await.map_err(shown)?.first_bad,
            None
        );
    }
    Ok(())
}
