//! The id of every request: in the answer, in error bodies and in the log. Also the log line, and the place
//! where errors get their body.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::app::App;
use crate::problem::render;
use crate::register::Route;

const HEADER: &str = "x-request-id";
/// Time between two log lines about refused requests.
const PERIOD: Duration = Duration::from_secs(60);

/// Names and error codes of the operations, and the count of answers.
#[derive(Clone)]
pub(crate) struct Numbering {
    listed: Arc<HashMap<(String, String), Listed>>,
    app: App,
}

/// One operation.
struct Listed {
    operation: String,
    codes: Vec<&'static str>,
}

impl Numbering {
    pub(crate) fn of(register: &[Route], app: App) -> Self {
        let listed = |route: &Route| {
            let (operation, codes) = (route.operation.clone(), route.codes.clone());
            ((route.method.to_owned(), route.path.clone()), Listed { operation, codes })
        };
        Self { listed: Arc::new(register.iter().map(listed).collect()), app }
    }

    /// None if the request matches no operation.
    fn operation(&self, request: &Request) -> Option<&Listed> {
        let path = request.extensions().get::<MatchedPath>()?.as_str().to_owned();
        self.listed.get(&(request.method().as_str().to_owned(), path))
    }
}

pub(crate) async fn number(State(numbering): State<Numbering>, request: Request, next: Next) -> Response {
    let listed = numbering.operation(&request);
    let (id, value) = identify(request.headers().get(HEADER));
    // The template, not the path: an id in a path may be a capability. Never the query or a header.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, method = %request.method(), route);
    let started = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = render(response, &id, listed.map(|listed| listed.codes.as_slice()));
    response.headers_mut().insert(HEADER, value);
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    let milliseconds = elapsed.as_millis();
    numbering.app.requests().answered(listed.map(|listed| listed.operation.as_str()), status);
    if is_turned_away(status) {
        // Any caller who reaches the port can cause many of these lines.
        span.in_scope(|| tracing::debug!(status, milliseconds, "answered"));
        if let Some(count) = TURNED_AWAY.count(Instant::now()) {
            tracing::info!(count, "requests were refused since the last such line");
        }
    } else {
        span.in_scope(|| tracing::info!(status, milliseconds, "answered"));
    }
    response
}

/// Whether an answer is one that callers without a credential can cause: no or a wrong credential (401), a
/// page of another origin (403), an unknown host, path or method (404, 405, 421), or too much (413, 429,
/// 431).
const fn is_turned_away(status: u16) -> bool {
    matches!(status, 400 | 401 | 403 | 404 | 405 | 413 | 415 | 421 | 429 | 431)
}

/// The number of refused requests.
static TURNED_AWAY: Tally = Tally(Mutex::new((0, None)));

/// Counts many requests for one log line a minute.
struct Tally(Mutex<(u64, Option<Instant>)>);

impl Tally {
    /// Counts one; returns the number since the last line if another line is due.
    fn count(&self, now: Instant) -> Option<u64> {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, last) = &mut *tally;
        *count = count.saturating_add(1);
        if last.is_some_and(|last| now.saturating_duration_since(last) < PERIOD) {
            return None;
        }
        *last = Some(now);
        Some(std::mem::take(count))
    }
}

/// The caller's id if it is valid, else a new one.
#[expect(
    clippy::disallowed_methods,
    reason = "a request id is for logs; it identifies nothing that is stored"
)]
fn identify(given: Option<&HeaderValue>) -> (String, HeaderValue) {
    let sane = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:".contains(b);
    let given = given.filter(|v| (1..=128).contains(&v.len()) && v.as_bytes().iter().all(sane));
    if let Some((value, text)) = given.and_then(|value| Some((value, value.to_str().ok()?))) {
        return (text.to_owned(), value.clone());
    }
    let text = Uuid::now_v7().to_string();
    let value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("-"));
    (text, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_that_are_turned_away_make_one_line_a_minute() {
        let tally = Tally(Mutex::new((0, None)));
        let start = Instant::now();
        assert_eq!(tally.count(start), Some(1), "the first is told at once");
        for second in 0..59 {
            assert_eq!(tally.count(start + Duration::from_secs(second)), None);
        }
        assert_eq!(tally.count(start + PERIOD), Some(60));
        assert_eq!(tally.count(start + PERIOD), None);
        for told in [200, 201, 202, 402, 409, 422, 500, 502, 503] {
            assert!(!is_turned_away(told), "{told}");
        }
    }

    #[test]
    fn sane_ids_are_kept_and_others_replaced() {
        let kept = HeaderValue::from_static("agent-7.run_3:a");
        assert_eq!(identify(Some(&kept)).0, "agent-7.run_3:a");
        for bad in ["", "a b", "a\"b", "<x>", &"x".repeat(129)] {
            let value = HeaderValue::from_str(bad).expect("header");
            let (id, _) = identify(Some(&value));
            assert_eq!(Uuid::parse_str(&id).map(|u| u.get_version_num()), Ok(7), "{bad}");
        }
    }
}
