//! The rate limit per peer address.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::problem::Failure;

/// The address at the other end of the socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl Peer {
    /// Of a request. Without a socket (a router called in memory) all share one address.
    pub(crate) fn of(extensions: &axum::http::Extensions) -> Self {
        extensions.get::<Self>().copied().unwrap_or(Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
    }
}

pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Result<Response, Failure> {
    app.limits().peer(Peer::of(request.extensions()).0)?;
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn the_peer_is_the_socket_whatever_the_headers_say() {
        let mut request = Request::builder()
            .header("x-forwarded-for", "1.2.3.4")
            .header("x-real-ip", "1.2.3.4")
            .header("forwarded", "for=1.2.3.4")
            .body(Body::empty())
            .expect("request");
        assert_eq!(Peer::of(request.extensions()), Peer(Ipv4Addr::UNSPECIFIED.into()));
        let socket = Peer(Ipv4Addr::new(10, 0, 0, 7).into());
        request.extensions_mut().insert(socket);
        assert_eq!(Peer::of(request.extensions()), socket);
    }
}
