//! The limit of price look-ups per session.
//!
//! Price services are rate-limited or charge per look-up, and one agent must not exhaust them for all
//! wallets: an exhausted service would leave another as the only source. Each session has a token bucket that
//! fills by a number of look-ups per minute. Prices in the price book's cache are free.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use waiaas_chains::price::{PriceBook, Priced};
use waiaas_core::UnixSeconds;
use waiaas_core::asset::AssetId;
use waiaas_core::ids::SessionId;

/// The cost of one look-up: sixty times the inflow of one second at one look-up per minute.
const ONE: u64 = 60;
/// Sessions remembered before full buckets are removed.
const MOST: usize = 1_024;

/// The buckets.
pub(crate) struct Lookups {
    per_minute: u64,
    buckets: Mutex<HashMap<SessionId, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: u64,
    at: UnixSeconds,
}

impl Lookups {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute: u64::from(per_minute), buckets: Mutex::default() }
    }

    /// Takes one look-up; false if the session has none left.
    pub(crate) fn take(&self, session: SessionId, now: UnixSeconds) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST {
            buckets.retain(|_, bucket| self.filled(*bucket, now) < self.full());
        }
        let bucket = buckets.entry(session).or_insert(Bucket { left: self.full(), at: now });
        let left = self.filled(*bucket, now);
        let after = left.checked_sub(ONE);
        *bucket = Bucket { left: after.unwrap_or(left), at: now };
        after.is_some()
    }

    /// The price of an asset for a session: from the book, or from the services if the session has look-ups
    /// left.
    pub(crate) async fn price(
        &self,
        book: &PriceBook,
        session: SessionId,
        asset: &AssetId,
        now: UnixSeconds,
    ) -> Priced {
        book.price_if(asset, now, || self.take(session, now)).await
    }

    const fn full(&self) -> u64 {
        self.per_minute.saturating_mul(ONE)
    }

    /// The content of a bucket now. A clock that goes back adds nothing.
    fn filled(&self, bucket: Bucket, now: UnixSeconds) -> u64 {
        let seconds = u64::try_from(now.saturating_sub(bucket.at)).unwrap_or(0);
        bucket.left.saturating_add(seconds.saturating_mul(self.per_minute)).min(self.full())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_bucket_empties_and_fills_and_is_each_sessions_own() {
        let lookups = Lookups::new(3);
        let session = |n| SessionId::new(Uuid::from_u128(n));
        let taken = |n, now| (0..10).filter(|_| lookups.take(session(n), now)).count();
        assert_eq!(taken(1, 1_000), 3);
        assert_eq!(taken(2, 1_000), 3, "another session's is its own");
        assert_eq!(taken(1, 1_019), 0, "a third of a minute fills one");
        assert_eq!(taken(1, 1_020), 1);
        assert_eq!(taken(1, 1_030), 0);
        assert_eq!(taken(1, 1_040), 1);
        assert_eq!(taken(1, 900), 0, "a clock that goes back fills nothing");
        assert_eq!(taken(1, 10_000), 3, "never more than a minute's");
        assert_eq!((0..3).filter(|_| Lookups::new(0).take(session(1), 5)).count(), 0);
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let lookups = Lookups::new(1);
        for n in 0..MOST + 5 {
            assert!(lookups.take(SessionId::new(Uuid::from_u128(n as u128)), n as i64 * 100));
        }
        assert!(lookups.buckets.lock().expect("lock").len() < MOST);
    }
}
