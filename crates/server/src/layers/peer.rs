//! Who is at the other end, and the rate limit per address.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use waiaas_engine::Via;

use crate::app::App;
use crate::layers::lane::Lane;
use crate::problem::Failure;

/// The other end of a connection, as the kernel says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Peer {
    /// A TCP peer.
    Address(IpAddr),
    /// The daemon's own user or root, by the socket of the data directory.
    Local,
    /// Nobody's: a router called in memory.
    None,
}

impl Peer {
    /// Of a request.
    pub(crate) fn of(extensions: &axum::http::Extensions) -> Self {
        extensions.get::<Self>().copied().unwrap_or(Self::None)
    }

    /// The same in the engine's words.
    pub(crate) const fn via(self) -> Via {
        match self {
            Self::Address(address) => Via::Network(Some(address)),
            Self::None => Via::Network(None),
            Self::Local => Via::Socket,
        }
    }
}

/// Counts the request where strangers may ask. Where the master password is asked for, its gate counts the
/// wrong ones, and nobody's requests stand in the way of the right one.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Result<Response, Failure> {
    let lane = Lane::of(request.extensions());
    match lane {
        Lane::Open | Lane::Proof => match Peer::of(request.extensions()) {
            Peer::Address(address) => app.limits().peer(lane, address)?,
            Peer::None => app.limits().peer(lane, IpAddr::from([0, 0, 0, 0]))?,
            Peer::Local => {}
        },
        Lane::Operator | Lane::KillSwitch | Lane::Local => {}
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
