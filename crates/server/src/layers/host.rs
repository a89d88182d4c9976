//! The host guard, against DNS rebinding: a page whose name was re-pointed at this machine sends its
//! own name in `Host`, and is refused.
//!
//! It is no access control: a client that is not a browser writes any `Host` it likes. Who may
//! connect is decided by the address the daemon listens on.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::Response;

use crate::problem::{Failure, HttpCode};

/// The names this daemon answers to.
#[derive(Clone)]
pub(crate) struct Hosts(Arc<[String]>);

impl Hosts {
    /// Loopback names and `more`, which is lower case and without ports.
    pub(crate) fn new(more: &[String]) -> Self {
        let loopback = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        Self(loopback.into_iter().chain(more.iter().cloned()).collect())
    }

    fn allows(&self, authority: &Authority) -> bool {
        // `user@host` has no place in a Host header and has fooled parsers.
        let host = authority.host().to_ascii_lowercase();
        !authority.as_str().contains('@') && self.0.contains(&host)
    }

    fn admits(&self, request: &Request) -> bool {
        let mut names = request.headers().get_all(HOST).iter();
        let (Some(name), None) = (names.next(), names.next()) else { return false };
        let named = name.to_str().ok().and_then(|text| text.parse::<Authority>().ok());
        let target = request.uri().authority().is_none_or(|authority| self.allows(authority));
        target && named.is_some_and(|authority| self.allows(&authority))
    }
}

pub(crate) async fn guard(
    State(hosts): State<Hosts>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    if !hosts.admits(&request) {
        return Err(Failure::new(HttpCode::HostNotAllowed, "This daemon does not answer to that host name.")
            .hint("Use localhost or 127.0.0.1, or add the name to daemon.allowed_hosts."));
    }
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn admits(uri: &str, hosts: &[&str]) -> bool {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        Hosts::new(&["wallet.internal".to_owned()]).admits(&request.body(Body::empty()).expect("request"))
    }

    #[test]
    fn only_own_names_pass() {
        for host in
            ["localhost", "localhost:3100", "LOCALHOST:1", "127.0.0.1:3100", "[::1]:3100", "wallet.internal"]
        {
            assert!(admits("/", &[host]), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil@localhost",
            "localhost@evil",
            "0.0.0.0",
            "127.0.0.2",
            "::1",
            "",
            " ",
            "localhost:3100:1",
            "wallet.internal.",
            "localhost,evil",
        ] {
            assert!(!admits("/", &[host]), "{host}");
        }
    }

    #[test]
    fn no_host_two_hosts_or_another_target_are_refused() {
        assert!(!admits("/", &[]));
        assert!(!admits("/", &["localhost", "localhost"]));
        assert!(!admits("http://evil.example/", &["localhost"]));
        assert!(admits("http://localhost/", &["localhost"]));
    }
}
