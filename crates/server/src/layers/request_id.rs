//! A number for every request: in the answer, in error bodies and in the log. Also the log line, and
//! the place where errors get their body.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::problem::render;

const HEADER: &str = "x-request-id";

pub(crate) async fn number(request: Request, next: Next) -> Response {
    let (id, value) = identify(request.headers().get(HEADER));
    // The template, not the path: ids in paths can be capabilities. Never the query or a header.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, method = %request.method(), route);
    let started = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = render(response, &id);
    response.headers_mut().insert(HEADER, value);
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    span.in_scope(|| tracing::info!(status, milliseconds = elapsed.as_millis(), "answered"));
    response
}

/// The caller's id when it is sane, else a new one.
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
