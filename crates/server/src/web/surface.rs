//! The headers of a group of pages.

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::header::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::Response;

use crate::app::App;

/// The headers of a page, beside those of every answer (`layers/headers.rs`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Surface {
    /// The content that the browser may load, and the sites that may embed the page.
    pub(super) content_security_policy: &'static str,
}

/// Only the daemon's own style sheet; no script, form or frame.
pub(super) const READING: Surface = Surface {
    content_security_policy: "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                              frame-ancestors 'none'",
};

/// Headers of every page, whatever its surface.
const PAGES: [(HeaderName, HeaderValue); 3] = [
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

impl Surface {
    /// Adds these headers to each page of a router. Other answers, such as errors, keep the headers of the
    /// API.
    pub(super) fn around(self, router: Router<App>) -> Router<App> {
        router.layer(from_fn(move |request: Request, next: Next| async move {
            let mut response: Response = next.run(request).await;
            if is_page(response.headers()) {
                let policy = HeaderValue::from_static(self.content_security_policy);
                response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
                for (name, value) in PAGES {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }))
    }
}

fn is_page(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}
