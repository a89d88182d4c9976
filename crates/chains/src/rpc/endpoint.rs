//! One endpoint: its address, the secrets inside that address, and whether it rests. No I/O: time is an
//! argument.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Parts of a URL shorter than this are words such as `v2`, not keys.
const SHORTEST_KEY: usize = 8;

/// The URL of an endpoint, and the parts of it that must never be shown.
pub(super) struct Endpoint {
    pub(super) url: Url,
    /// The permit for one huge answer at a time.
    pub(super) huge: Semaphore,
    secrets: Vec<String>,
}

impl Endpoint {
    /// Accepts absolute `http` and `https` URLs with a host.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || url.fragment().is_some() {
            return None;
        }
        let mut secrets = vec![url.as_str().to_owned(), text.to_owned()];
        let path = url.path().split('/').map(str::to_owned);
        let query = url.query_pairs().map(|(_, value)| value.into_owned());
        let login = [url.username(), url.password().unwrap_or_default()].map(str::to_owned);
        secrets.extend(path.chain(query).chain(login).filter(|part| part.len() >= SHORTEST_KEY));
        Some(Self { url, huge: Semaphore::new(1), secrets })
    }

    /// Returns `text` with the secrets of this endpoint's URL replaced by `***`.
    pub(super) fn redact(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }

    /// Whether `text` contains a secret of this endpoint's URL.
    pub(super) fn leaks_in(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| text.contains(secret.as_str()))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoint(***)")
    }
}

/// The state of one endpoint, for status pages and metrics. No part of its URL is included: some providers
/// put the account's key into the host name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndpointHealth {
    /// Position in the configured list, from 0.
    pub position: usize,
    /// Failures since the last answer.
    pub consecutive_failures: u32,
    /// The remaining rest, if the endpoint rests.
    pub cooling_for: Option<Duration>,
    /// The latest failure, without URLs or keys.
    pub last_failure: Option<String>,
}

/// The record behind [`EndpointHealth`].
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    failures: u32,
    failed_at: Option<Instant>,
    cooling_until: Option<Instant>,
    last_failure: Option<String>,
}

impl Record {
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Records a failure of an attempt begun at `began`. An attempt that was under way when the previous
    /// failure was recorded belongs to that failure, so a burst of calls counts once.
    pub(super) fn failed(
        &mut self,
        began: Instant,
        now: Instant,
        base: Duration,
        most: Duration,
        why: String,
    ) {
        self.last_failure = Some(why);
        if self.failed_at.is_some_and(|noted| began < noted) {
            return;
        }
        let doublings = self.failures.min(16);
        self.failures = self.failures.saturating_add(1);
        self.failed_at = Some(now);
        let pause = base.saturating_mul(1 << doublings).min(most);
        self.cooling_until = now.checked_add(pause);
    }

    /// Returns the remaining rest of the endpoint.
    pub(super) fn cooling_for(&self, now: Instant) -> Option<Duration> {
        let left = self.cooling_until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    pub(super) fn health(&self, position: usize, now: Instant) -> EndpointHealth {
        EndpointHealth {
            position,
            consecutive_failures: self.failures,
            cooling_for: self.cooling_for(now),
            last_failure: self.last_failure.clone(),
        }
    }
}

/// The endpoints tried by one call.
#[derive(Debug, Default)]
pub(super) struct Round {
    tried: Vec<usize>,
    last_resort_used: bool,
}

impl Round {
    /// Returns the next endpoint to ask: the first in order that is not yet tried and does not rest; if all
    /// others rest, the one whose rest ends first, once per call. With `allowed`, only that endpoint.
    pub(super) fn next(&mut self, records: &[Record], now: Instant, allowed: Option<usize>) -> Option<usize> {
        let candidates = || {
            let all = records.iter().enumerate();
            all.filter(|(position, _)| {
                allowed.is_none_or(|only| only == *position) && !self.tried.contains(position)
            })
        };
        let ready = candidates().find(|(_, record)| record.cooling_for(now).is_none());
        let (position, resort) = match ready {
            Some((position, _)) => (position, false),
            None if self.last_resort_used => return None,
            None => (candidates().min_by_key(|(_, record)| record.cooling_until)?.0, true),
        };
        self.last_resort_used |= resort;
        self.tried.push(position);
        Some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Duration = Duration::from_secs(1);
    const MOST: Duration = Duration::from_secs(300);

    #[tokio::test(start_paused = true)]
    async fn pauses_double_up_to_the_limit_and_end_with_an_answer() {
        let mut record = Record::default();
        let mut pauses = Vec::new();
        for _ in 0..12 {
            let now = Instant::now();
            record.failed(now, now, BASE, MOST, "down".into());
            pauses.push(record.cooling_for(now).expect("cooling").as_secs());
            tokio::time::advance(MOST).await;
            assert_eq!(record.cooling_for(Instant::now()), None);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        record.succeeded();
        assert_eq!(record.health(0, Instant::now()).consecutive_failures, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_failures_counts_once() {
        let mut record = Record::default();
        let began = Instant::now();
        tokio::time::advance(BASE).await;
        for _ in 0..50 {
            record.failed(began, Instant::now(), BASE, MOST, "down".into());
        }
        assert_eq!(record.health(0, Instant::now()).consecutive_failures, 1);
        assert_eq!(record.cooling_for(Instant::now()), Some(BASE));
    }

    #[tokio::test(start_paused = true)]
    async fn endpoints_are_asked_in_order_and_of_resting_ones_the_first_to_end() {
        let now = Instant::now();
        let mut records = vec![Record::default(), Record::default(), Record::default()];
        let order = |records: &[Record], only| {
            let mut round = Round::default();
            std::iter::from_fn(|| round.next(records, now, only)).collect::<Vec<_>>()
        };
        assert_eq!(order(&records, None), [0, 1, 2]);
        assert_eq!(order(&records, Some(1)), [1]);
        for (record, base) in records.iter_mut().zip([30, 10, 20]) {
            record.failed(now, now, Duration::from_secs(base), MOST, "down".into());
        }
        assert_eq!(order(&records, None), [1], "one last resort per call");
        records[2].succeeded();
        assert_eq!(order(&records, None), [2, 1]);
    }

    #[test]
    fn only_http_urls_and_no_secret_survives_redaction() {
        for bad in
            ["", "localhost:8545", "ftp://a/b", "http://", "file:///etc/passwd", "ws://a", "http://a/#f"]
        {
            assert!(Endpoint::parse(bad).is_none(), "{bad}");
        }
        let endpoint =
            Endpoint::parse("https://user:longpassword@node.test/v2/sup3rs3cretk3y?k=queryseecret")
                .expect("url");
        let text = endpoint.redact("bad key sup3rs3cretk3y, queryseecret, longpassword at /v2");
        assert_eq!(text, "bad key ***, ***, *** at /v2");
        assert_eq!(format!("{endpoint:?}"), "Endpoint(***)");
        assert!(endpoint.leaks_in("x sup3rs3cretk3y") && !endpoint.leaks_in("v2"));
    }
}
