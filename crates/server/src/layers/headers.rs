//! Headers of answers: CORS for the configured origins, and hardening for all.

use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::cors::{AllowOrigin, CorsLayer};

const ALLOWED: [HeaderName; 8] = [
    header::CONTENT_TYPE,
    header::AUTHORIZATION,
    HeaderName::from_static("x-master-password"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("x-owner-signature"),
    HeaderName::from_static("x-owner-message"),
    HeaderName::from_static("x-owner-address"),
];

const HARDENING: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
    ),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-site")),
];

/// Permits pages of the configured origins to call the API. Credentials are sent in headers that the page
/// sets itself, so cookies are not permitted.
pub(crate) fn cors(origins: &[String]) -> CorsLayer {
    let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers(ALLOWED)
        .expose_headers([HeaderName::from_static("x-request-id"), header::RETRY_AFTER])
        .max_age(Duration::from_secs(600))
}

/// Marks sensitive request headers as not printable, and adds the hardening headers to answers.
pub(crate) async fn harden(mut request: Request, next: Next) -> Response {
    conceal(request.headers_mut());
    let mut response = next.run(request).await;
    for (name, value) in HARDENING {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Marks these headers so that they are printed as `Sensitive`.
fn conceal(headers: &mut HeaderMap) {
    let secret = ["authorization", "x-master-password", "x-owner-signature", "x-owner-message", "cookie"];
    for (name, value) in headers.iter_mut() {
        if secret.contains(&name.as_str()) {
            value.set_sensitive(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer wai_sess_abc"));
        headers.append("x-master-password", HeaderValue::from_static("hunter2"));
        headers.append("x-master-password", HeaderValue::from_static("hunter3"));
        headers.insert("accept", HeaderValue::from_static("text/plain"));
        conceal(&mut headers);
        let printed = format!("{headers:?}");
        assert!(!printed.contains("wai_sess") && !printed.contains("hunter"), "{printed}");
        assert!(printed.contains("text/plain"));
    }
}
