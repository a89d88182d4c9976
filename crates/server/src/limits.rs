//! Rate limits (token buckets): per peer address and lane, per session, and per session for submissions.
//!
//! A peer is the address of the socket. Headers such as `X-Forwarded-For` are ignored, because any caller can
//! set them.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use waiaas_core::ids::SessionId;
use waiaas_engine::config::Security;

use crate::layers::lane::Lane;
use crate::problem::{Failure, HttpCode};

/// Number of checks between two removals of full buckets.
const SWEEP_EVERY: u32 = 1024;

/// All buckets.
pub(crate) struct Limits {
    peers: Buckets<(Lane, IpAddr)>,
    sessions: Buckets<SessionId>,
    submissions: Buckets<SessionId>,
}

impl Limits {
    pub(crate) fn new(security: &Security) -> Self {
        Self {
            peers: Buckets::per_minute(security.rate_limit_global_ip_rpm),
            sessions: Buckets::per_minute(security.rate_limit_session_rpm),
            submissions: Buckets::per_minute(security.rate_limit_tx_rpm),
        }
    }

    /// Checks the limit of any request, by its lane and the address of its peer.
    pub(crate) fn peer(&self, lane: Lane, peer: IpAddr) -> Result<(), Failure> {
        self.peers.take((lane, subscriber(peer)), "from this address")
    }

    /// Checks the limit of any request of a session.
    pub(crate) fn session(&self, session: SessionId) -> Result<(), Failure> {
        self.sessions.take(session, "of this session")
    }

    /// Checks the limit of requests that would move value.
    pub(crate) fn submission(&self, session: SessionId) -> Result<(), Failure> {
        self.submissions.take(session, "to send transactions in this session")
    }
}

/// The address that counts: an IPv6 subscriber has a whole /64; an IPv4-mapped address counts as the IPv4
/// address.
fn subscriber(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

struct Buckets<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, DefaultClock>,
    clock: DefaultClock,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn per_minute(requests: u32) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN));
        let limiter = RateLimiter::hashmap(quota);
        Self { limiter, clock: DefaultClock::default(), checks: AtomicU32::new(0) }
    }

    fn take(&self, key: K, whose: &str) -> Result<(), Failure> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&key).map_err(|early| {
            let wait = early.wait_time_from(self.clock.now()).as_secs().saturating_add(1);
            Failure::new(HttpCode::RateLimited, format!("Too many requests {whose}."))
                .hint(format!("Wait {wait} s, then try again."))
                .retry_after(wait)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_bucket() {
        let buckets = Buckets::per_minute(2);
        assert!(buckets.take(1, "").is_ok());
        assert!(buckets.take(1, "").is_ok());
        let refused = buckets.take(1, "").expect_err("third");
        assert!(refused.waiting_seconds().is_some_and(|s| (1..=31).contains(&s)));
        assert!(buckets.take(2, "").is_ok());
    }

    #[test]
    fn an_ipv6_subscriber_cannot_hop_addresses() {
        let address = |text: &str| subscriber(text.parse().expect("address"));
        assert_eq!(address("2001:db8:1:2::1"), address("2001:db8:1:2:ffff::9"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_eq!(address("::ffff:10.0.0.1"), address("10.0.0.1"));
        assert_ne!(address("10.0.0.1"), address("10.0.0.2"));
    }
}
