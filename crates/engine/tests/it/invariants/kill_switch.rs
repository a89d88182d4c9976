//! Signatures while the kill switch is activated and released.

use std::collections::BTreeMap;

use anyhow::Result;
use waiaas_engine::core::UnixSeconds;
use waiaas_engine::core::ids::TxId;
use waiaas_engine::core::transaction::TxStatus;
use waiaas_engine::{Activator, Clock as _, Session};

use super::{Dice, seeds};
use crate::stage::{PATIENCE, Stage, limits, payee, shown};

/// The conditions of a signature: the switch, the wallet, the time.
#[derive(Clone, Copy, Debug)]
struct State {
    activated: bool,
    generation: u32,
    suspended: bool,
    now: UnixSeconds,
}

/// A request that waits out its delay.
struct Asked {
    generation: u32,
    due: UnixSeconds,
    signed: bool,
}

impl Asked {
    fn may_be_signed(&self, state: State) -> bool {
        !state.activated && !state.suspended && state.generation == self.generation && state.now >= self.due
    }
}

async fn step(
    stage: &Stage,
    session: &Session,
    dice: &mut Dice,
    state: &mut State,
    asked: &mut BTreeMap<TxId, Asked>,
) -> Result<()> {
    let (engine, master) = (stage.engine(), &stage.master);
    match dice.roll(0u8..9) {
        0..=2 => {
            if let Ok(tx) = stage.send(session, &payee(dice.roll(30u8..60)), "0.1").await? {
                let due = tx.execute_after.unwrap_or(state.now);
                asked.insert(tx.id, Asked { generation: state.generation, due, signed: false });
            }
        }
        3..=6 if state.activated => {
            engine.operator(master).recover_kill_switch().await.map_err(shown)?;
            state.activated = false;
        }
        3..=4 if !state.suspended => {
            engine.activate_kill_switch(&Activator::by_master(master)).await.map_err(shown)?;
            (state.activated, state.generation) = (true, state.generation + 1);
        }
        5..=6 if state.suspended => {
            engine.operator(master).resume_wallet(stage.wallet.id).await.map_err(shown)?;
            state.suspended = false;
        }
        5 if !state.activated => {
            engine.operator(master).suspend_wallet(stage.wallet.id, None).await.map_err(shown)?;
            state.suspended = true;
        }
        _ => {
            state.now += dice.pick(&[1, 30, 59, 60, 61]);
            stage.clock.set(state.now);
        }
    }
    Ok(())
}

/// Invariant 1: for any activations and releases of the kill switch during a wait, a signature exists only for
/// a request admitted under the kill switch's present generation, with the wallet ACTIVE, the switch off
/// and the delay over.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_past_a_kill_switch() -> Result<()> {
    let (mut signed, mut stopped) = (0, 0);
    let stage = Stage::set_up(None).await?;
    stage.policy("SPENDING_LIMIT", limits(1, 100_000)).await?;
    let session = stage.session().await?;
    let mut state = State { activated: false, generation: 0, suspended: false, now: stage.clock.now() };
    for seed in seeds(2) {
        let mut dice = Dice::new(seed ^ 1);
        let mut asked = BTreeMap::new();
        for number in 0..24 {
            let before = state;
            step(&stage, &session, &mut dice, &mut state, &mut asked).await?;
            // Until the timers have looked at everything that is due.
            let waiting = e2e::until("the timers", PATIENCE, || async {
                let mut left = Vec::new();
                for (id, request) in &asked {
                    let tx = stage.transaction(*id).await?;
                    let due = request.may_be_signed(state) && !request.signed;
                    if due && matches!(tx.status, TxStatus::Queued | TxStatus::Executing) {
                        return Ok(None);
                    }
                    left.push((*id, tx));
                }
                Ok(Some(left))
            })
            .await?;
            for (id, tx) in waiting {
                let request = asked.get_mut(&id).expect("asked for");
                if tx.tx_hash.is_some() && !request.signed {
                    let allowed = request.may_be_signed(before) || request.may_be_signed(state);
                    assert!(allowed, "seed {seed}, step {number}: {before:?} {state:?} {}", tx.status);
                    request.signed = true;
                }
            }
        }
        signed += asked.values().filter(|request| request.signed).count();
        stopped +=
            asked.values().filter(|request| request.generation < state.generation && !request.signed).count();
    }
    assert!(signed > 2 && stopped > 0, "{signed} signed, {stopped} stopped");
    Ok(())
}
