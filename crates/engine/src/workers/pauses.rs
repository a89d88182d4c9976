//! Pauses between checks of one transaction: they grow while its state does not change, and after slow
//! answers. Agents determine how many transactions there are, and can influence how much nodes answer about
//! each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use waiaas_core::ids::TxId;

/// The divisor that gives the pause from the time since the first check.
const PART: u32 = 32;
/// A check that takes longer than this is slow.
const LONG: Duration = Duration::from_secs(1);
/// After a slow check the pause is this many times its duration.
const AFTER_LONG: u32 = 10;
/// The longest pause.
const MOST: Duration = Duration::from_secs(60);
/// Entries are removed when a pause has been over for this long.
const FORGOTTEN: Duration = Duration::from_secs(3_600);
/// The number of entries from which old ones are removed.
const MANY: usize = 1_024;

/// The transactions that are not checked for now.
#[derive(Clone, Default)]
pub(super) struct Pauses(Arc<Mutex<HashMap<TxId, Pause>>>);

#[derive(Clone, Copy)]
struct Pause {
    first_look: Instant,
    until: Instant,
}

impl Pauses {
    /// Whether a transaction may be checked.
    pub(super) fn is_over(&self, id: TxId, now: Instant) -> bool {
        let pauses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.get(&id).is_none_or(|pause| pause.until <= now)
    }

    /// Starts the pause after a check from `began` to `ended`.
    pub(super) fn begin(&self, id: TxId, began: Instant, ended: Instant) {
        let mut pauses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pauses.len() >= MANY && !pauses.contains_key(&id) {
            pauses.retain(|_, pause| pause.until + FORGOTTEN > ended);
        }
        let pause = pauses.entry(id).or_insert(Pause { first_look: began, until: ended });
        let took = ended.saturating_duration_since(began);
        let for_length = if took > LONG { took.saturating_mul(AFTER_LONG) } else { Duration::ZERO };
        let for_age = ended.saturating_duration_since(pause.first_look).checked_div(PART).unwrap_or_default();
        pause.until = ended + for_length.max(for_age).min(MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: TxId = TxId::new(uuid::Uuid::nil());

    /// Checks once a second for that many seconds; returns how many checks were allowed.
    async fn looks(seconds: u32, took: Duration) -> usize {
        let (pauses, mut looks) = (Pauses::default(), 0);
        for _ in 0..seconds {
            let now = Instant::now();
            if pauses.is_over(ID, now) {
                looks += 1;
                pauses.begin(ID, now, now + took);
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        looks
    }

    #[tokio::test(start_paused = true)]
    async fn the_longer_nothing_comes_of_it_the_less_often_it_is_looked_at() {
        let quick = Duration::from_millis(50);
        assert!(looks(30, quick).await >= 29, "while it is young");
        let hour = looks(3_600, quick).await;
        assert!((150..250).contains(&hour), "{hour}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_long_is_seldom_looked_at() {
        assert_eq!(looks(60, Duration::from_secs(2)).await, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_ended_are_forgotten() {
        let pauses = Pauses::default();
        let now = Instant::now();
        for n in 0..MANY {
            pauses.begin(TxId::new(uuid::Uuid::from_u128(n as u128 + 1)), now, now);
        }
        tokio::time::advance(FORGOTTEN + MOST).await;
        pauses.begin(ID, Instant::now(), Instant::now());
        assert_eq!(pauses.0.lock().expect("lock").len(), 1);
    }
}
