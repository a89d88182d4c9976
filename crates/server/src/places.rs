//! Places for open connections. If all are taken, a new connection takes the place of the peer for which the
//! daemon has waited longest, so that idle peers keep no other caller out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::wire::Wire;

/// Time between two searches for an idle peer while all places are in use.
const LOOK: Duration = Duration::from_millis(50);

/// The places of one listener.
pub(crate) struct Places {
    free: Arc<Semaphore>,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    next: u64,
    wires: HashMap<u64, Wire>,
}

/// A connection's place; dropping it releases the place.
pub(crate) struct Place {
    number: u64,
    taken: Arc<Mutex<Taken>>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(places: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(places)), taken: Arc::default() }
    }

    /// A place for a connection that has been accepted.
    pub(crate) async fn take(&self, wire: &Wire) -> Place {
        let permit = loop {
            if let Ok(permit) = self.free.clone().try_acquire_owned() {
                break permit;
            }
            self.make_room();
            if let Ok(Ok(permit)) = timeout(LOOK, self.free.clone().acquire_owned()).await {
                break permit;
            }
        };
        let mut taken = lock(&self.taken);
        let number = taken.next;
        taken.next = number.wrapping_add(1);
        taken.wires.insert(number, wire.clone());
        Place { number, taken: self.taken.clone(), _permit: permit }
    }

    /// Ends the connection that has owed a request, a body or the reading of an answer for longest, in this
    /// order.
    fn make_room(&self) {
        let taken = lock(&self.taken);
        let waited_for = taken.wires.values().filter_map(|wire| Some((wire.owes()?, wire)));
        if let Some((_, wire)) = waited_for.min_by_key(|(owes, _)| *owes) {
            wire.send_away();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.taken).wires.remove(&self.number);
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_served_stays_and_who_came_first_and_does_nothing_goes() {
        let places = Places::new(3);
        let (served, first, second) = (Wire::new(), Wire::new(), Wire::new());
        served.serving(true);
        let _served = places.take(&served).await;
        let first_place = places.take(&first).await;
        let _second = places.take(&second).await;
        let leaving = tokio::spawn({
            let first = first.clone();
            async move {
                first.sent_away().await;
                drop(first_place);
            }
        });
        let _new = places.take(&Wire::new()).await;
        leaving.await.expect("it left");
        assert!(second.owes().is_some() && first.owes().is_none());
        assert_eq!(lock(&places.taken).wires.len(), 3);
    }
}
