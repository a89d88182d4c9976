//! The peer of a connection, and the rate limit per address.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use waiaas_engine::Via;

use crate::app::App;
use crate::layers::lane::Lane;
use crate::problem::Failure;

/// The peer of a connection, as the kernel reports it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Peer {
    /// A TCP peer.
    Address(IpAddr),
    /// The daemon's own user or root, through the socket of the data directory.
    Local,
    /// A TCP peer at the address for monitoring.
    Monitoring,
    /// No peer: a router that is called in memory.
    None,
}

impl Peer {
    /// The peer of a request.
    pub(crate) fn of(extensions: &axum::http::Extensions) -> Self {
        extensions.get::<Self>().copied().unwrap_or(Self::None)
    }

    /// The same as the engine's type.
    pub(crate) const fn via(self) -> Via {
        match self {
            Self::Address(address) => Via::Network(Some(address)),
            Self::Monitoring | Self::None => Via::Network(None),
            Self::Local => Via::Socket,
        }
    }
}

/// Counts the request if the operation is open to callers without the master password. For the others the
/// gate of the master password counts wrong passwords, and no other caller's requests block the right one.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Result<Response, Failure> {
    let lane = Lane::of(request.extensions());
    match lane {
        Lane::Open | Lane::Proof => match Peer::of(request.extensions()) {
            Peer::Address(address) => app.limits().peer(lane, address)?,
            Peer::None => app.limits().peer(lane, IpAddr::from([0, 0, 0, 0]))?,
            Peer::Local | Peer::Monitoring => {}
        },
        Lane::Operator | Lane::KillSwitch | Lane::Local | Lane::Monitoring => {}
    }
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
        assert_eq!(Peer::of(request.extensions()), Peer::None);
        let socket = Peer::Address(IpAddr::from([10, 0, 0, 7]));
        request.extensions_mut().insert(socket);
        assert_eq!(Peer::of(request.extensions()), socket);
    }
}
