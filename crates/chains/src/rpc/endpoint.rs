//! One endpoint: its address, the secrets inside that address, and whether to leave it alone for now.
//! No I/O: time is an argument.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Parts of a URL shorter than this are words such as `v2`, not keys.
const SHORTEST_KEY: usize = 8;

/// Where to ask, and what of it must never be shown.
pub(super) struct Endpoint {
    pub(super) url: Url,
    /// The place for a huge answer.
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

    /// Host and port. The path, the query and the login can hold keys.
    pub(super) fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// `text` without anything secret that this endpoint's URL holds.
    pub(super) fn redact(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }

    /// Whether `text` holds something secret of this endpoint's URL.
    pub(super) fn leaks_in(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| text.contains(secret.as_str()))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoint(***)")
    }
}

/// How one endpoint has been doing, for status pages and metrics. Of its URL only host and port are told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndpointHealth {
    /// Place in the configured list, from 0.
    pub position: usize,
    /// Host and port of its URL.
    pub host: String,
    /// Failures since the last answer.
    pub consecutive_failures: u32,
    /// How much longer the endpoint is left alone, if it is.
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

    /// Notes a failure of an attempt begun at `began`. Attempts that were already under way when the
    /// previous failure was noted belong to that one: a burst of calls counts once.
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

    /// The time left to leave the endpoint alone.
    pub(super) fn cooling_for(&self, now: Instant) -> Option<Duration> {
        let left = self.cooling_until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    pub(super) fn health(&self, position: usize, endpoint: &Endpoint, now: Instant) -> EndpointHealth {
        EndpointHealth {
            position,
            host: endpoint.host(),
            consecutive_failures: self.failures,
            cooling_for: self.cooling_for(now),
            last_failure: self.last_failure.clone(),
        }
    }
}

/// The endpoints one call has been to.
#[derive(Debug, Default)]
pub(super) struct Round {
    tried: Vec<usize>,
    last_resort_used: bool,
}

impl Round {
    /// The endpoint to ask next: the first of `allowed` not yet tried that is not cooling down; when
    /// all that are left cool down, the one whose pause ends first, once per call.
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

    fn endpoint() -> Endpoint {
        Endpoint::parse("https://user:hunter2@rpc.example:8443/v2/0123456789abcdef?key=fedcba98")
            .expect("URL")
    }

    #[test]
    fn of_its_url_only_host_and_port_are_told() {
        let health = Record::default().health(3, &endpoint(), Instant::now());
        assert_eq!((health.position, health.host.as_str()), (3, "rpc.example:8443"));
        let host = |url: &str| Endpoint::parse(url).expect("URL").host();
        assert_eq!(host("https://rpc.example/v2/0123456789abcdef"), "rpc.example");
        assert_eq!(host("http://[::1]:8545/"), "[::1]:8545");
    }

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
        assert_eq!(record.health(0, &endpoint(), Instant::now()).consecutive_failures, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_failures_counts_once() {
        let mut record = Record::default();
        let began = Instant::now();
        tokio::time::advance(BASE).await;
        for _ in 0..50 {
            record.failed(began, Instant::now(), BASE, MOST, "down".into());
        }
        assert_eq!(record.health(0, &endpoint(), Instant::now()).consecutive_failures, 1);
        assert_eq!(record.cooling_for(Instant::now()), Some(BASE));
    }

    #[tokio::test(start_paused = true)]
    async fn asks_in_order_and_when_all_cool_the_one_that_ends_first() {
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
