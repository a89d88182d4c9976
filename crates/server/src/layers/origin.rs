//! The origin guard: what a page of somebody else's makes a browser send is refused before anything is
//! counted, so that no page can use up what the operator or an agent may ask for.
//!
//! A browser says itself where a request comes from (`Origin`, and `Sec-Fetch-Site` of Fetch Metadata,
//! which pages cannot set). Programs that are no browser send neither, and are not concerned.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;

use crate::problem::{Failure, HttpCode};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origins whose pages may call this daemon, beside its own.
#[derive(Clone)]
pub(crate) struct Origins(Arc<[String]>);

impl Origins {
    pub(crate) fn new(allowed: &[String]) -> Self {
        Self(allowed.into())
    }

    /// Whether a page may have this asked. A site's other ports and subdomains are other origins: on
    /// `localhost` they are whatever else runs there.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => {
                let sites = headers.get_all(FETCH_SITE).iter();
                sites.into_iter().all(|site| site == "same-origin" || site == "none")
            }
            (Some(origin), None) => origin.to_str().is_ok_and(|origin| self.allows(origin, headers)),
            (Some(_), Some(_)) => false,
        }
    }

    fn allows(&self, origin: &str, headers: &HeaderMap) -> bool {
        let own = || {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            authority.is_some() && authority == host
        };
        self.0.iter().any(|allowed| allowed == origin) || own()
    }
}

pub(crate) async fn guard(
    State(origins): State<Origins>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    if !origins.admits(request.headers()) {
        return Err(Failure::new(
            HttpCode::OriginNotAllowed,
            "This daemon does not answer to pages of that origin.",
        )
        .hint("Add the page's origin to security.cors_origins if it is yours."));
    }
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn admits(pairs: &[(HeaderName, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("127.0.0.1:3100"));
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        Origins::new(&["https://app.example".to_owned()]).admits(&headers)
    }

    #[test]
    fn only_programs_and_known_pages_pass() {
        assert!(admits(&[]), "a program");
        assert!(admits(&[(FETCH_SITE, "none")]), "typed by a person");
        assert!(admits(&[(FETCH_SITE, "same-origin"), (ORIGIN, "http://127.0.0.1:3100")]), "our own page");
        assert!(admits(&[(FETCH_SITE, "cross-site"), (ORIGIN, "https://app.example")]), "a configured page");
        for refused in [
            &[(FETCH_SITE, "cross-site")][..],
            &[(FETCH_SITE, "same-site")],
            &[(FETCH_SITE, "none"), (FETCH_SITE, "cross-site")],
            &[(FETCH_SITE, "something-new")],
            &[(ORIGIN, "https://evil.example")],
            &[(ORIGIN, "null")],
            &[(ORIGIN, "http://127.0.0.1:8080")],
            &[(ORIGIN, "http://localhost:3100")],
            &[(ORIGIN, "https://app.example.evil.example")],
            &[(ORIGIN, "https://app.example"), (ORIGIN, "https://evil.example")],
            &[(ORIGIN, "127.0.0.1:3100")],
            &[(FETCH_SITE, "same-origin"), (ORIGIN, "https://evil.example")],
        ] {
            assert!(!admits(refused), "{refused:?}");
        }
    }
}
