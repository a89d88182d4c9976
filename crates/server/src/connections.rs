//! The accept loops: accepting connections and ending gracefully.
//!
//! Written out instead of using a framework, because the daemon needs time limits on request headers and on
//! answers that are not read, a limit on open connections with a rule for closing idle ones, the peer's
//! identity in every request, and a shutdown that does not wait for idle peers.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use waiaas_engine::Engine;

use crate::app::App;
use crate::layers::peer::Peer;
use crate::places::{Place, Places};
use crate::router::{build, build_local, build_monitoring};
use crate::socket::Socket;
use crate::wire::{ServedBody, Watched, WatchedBody, Wire};

/// Maximum number of open TCP connections; a further one takes the place of an idle peer, or waits.
const MAX_CONNECTIONS: u64 = 1024;
/// File descriptors reserved for other uses: the socket, the database and nodes.
const OTHER_FILES: u64 = 256;
/// Maximum number of open connections of the socket, which are counted separately.
const MAX_LOCAL_CONNECTIONS: u64 = 64;
/// Maximum number of open connections of the address for monitoring.
const MAX_MONITORING_CONNECTIONS: u64 = 16;
/// Maximum time for a client to send the headers of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum number of bytes buffered of what a connection sends; the headers of a request fit. Each open
/// connection may use this much memory.
const MAX_BUFFER: usize = 64 * 1024;
/// Maximum number of headers of a request.
const MAX_HEADERS: usize = 64;

/// Why serving ended without a request to stop.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The listening socket failed; the daemon can no longer accept connections.
    #[error("the listening socket failed: {0}")]
    Listener(#[source] io::Error),
}

/// Sources of connections.
#[derive(Debug)]
pub struct Listeners {
    /// Agents, owners and web pages.
    pub tcp: TcpListener,
    /// The operator on this machine.
    pub socket: Option<Socket>,
    /// Monitoring on this machine, at an address of its own.
    pub metrics: Option<TcpListener>,
}

impl From<TcpListener> for Listeners {
    fn from(tcp: TcpListener) -> Self {
        Self { tcp, socket: None, metrics: None }
    }
}

/// Serves until `shutdown` is cancelled; `POST /v1/admin/shutdown` and an engine that stops cancel it too.
/// Then accepts no new connections, ends those whose peer is idle, and gives running requests
/// `config.daemon.shutdown_timeout` seconds to finish. The engine keeps running: the caller stops it
/// afterwards.
///
/// # Errors
///
/// [`ServeError`] if a listening socket fails.
pub async fn serve(
    engine: Engine,
    listeners: impl Into<Listeners>,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let Listeners { tcp, socket, metrics } = listeners.into();
    let grace = Duration::from_secs(engine.config().daemon.shutdown_timeout);
    let (stopping, stop) = (engine.clone(), shutdown.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = stopping.stopped() => stop.cancel(),
            () = stop.cancelled() => {}
        }
    });
    let app = App::new(engine, tcp.local_addr().ok(), shutdown.clone());
    let loops = Loops { graceful: GracefulShutdown::new(), connections: TaskTracker::new(), shutdown };
    let local = async {
        match &socket {
            Some(socket) => {
                let router = build_local(app.clone());
                loops.accept(socket, &router, MAX_LOCAL_CONNECTIONS).await
            }
            None => Ok(()),
        }
    };
    let metrics = metrics.map(Monitoring);
    let monitoring = async {
        match &metrics {
            Some(listener) => {
                let router = build_monitoring(app.clone());
                loops.accept(listener, &router, MAX_MONITORING_CONNECTIONS).await
            }
            None => Ok(()),
        }
    };
    let router = build(app.clone());
    let ended = tokio::try_join!(loops.accept(&tcp, &router, places()), local, monitoring).map(drop);
    // If one listener failed, the connections of the other end as well.
    loops.shutdown.cancel();
    drop((tcp, socket, metrics));
    tracing::info!(open = loops.graceful.count(), "draining connections");
    let drained = timeout(grace, async {
        loops.graceful.shutdown().await;
        app.tasks().close();
        app.tasks().wait().await;
    });
    if drained.await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    ended
}

/// A listener.
trait Accept {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection with its peer; none if it was refused.
    async fn next(&self) -> io::Result<Option<(Self::Stream, Peer)>>;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<Option<(TcpStream, Peer)>> {
        let (stream, peer) = self.accept().await?;
        // Answers are small; waiting to fill a segment only delays them.
        let _ = stream.set_nodelay(true);
        Ok(Some((stream, Peer::Address(peer.ip()))))
    }
}

/// The listener for monitoring.
struct Monitoring(TcpListener);

impl Accept for Monitoring {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<Option<(TcpStream, Peer)>> {
        let (stream, _) = self.0.accept().await?;
        Ok(Some((stream, Peer::Monitoring)))
    }
}

impl Accept for Socket {
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<Option<(UnixStream, Peer)>> {
        Ok(self.accept().await?.map(|stream| (stream, Peer::Local)))
    }
}

struct Loops {
    graceful: GracefulShutdown,
    connections: TaskTracker,
    shutdown: CancellationToken,
}

impl Loops {
    #[expect(clippy::disallowed_methods, reason = "nothing tells when file descriptors are free again")]
    async fn accept<A: Accept>(&self, listener: &A, router: &Router, places: u64) -> Result<(), ServeError> {
        let places = Places::new(usize::try_from(places).unwrap_or(usize::MAX));
        loop {
            let next = async {
                let Some(accepted) = listener.next().await? else { return Ok(None) };
                // Only a connected peer may take another's place.
                let wire = Wire::new();
                let place = places.take(&wire).await;
                Ok(Some((accepted, wire, place)))
            };
            let accepted: io::Result<_> = tokio::select! {
                () = self.shutdown.cancelled() => return Ok(()),
                next = next => next,
            };
            match accepted {
                Ok(Some(((stream, peer), wire, place))) => {
                    let connection = one(
                        stream,
                        peer,
                        router.clone(),
                        self.graceful.watcher(),
                        self.shutdown.clone(),
                        (wire, place),
                    );
                    self.connections.spawn(connection);
                }
                Ok(None) => {}
                Err(error) if is_about_one_connection(&error) => {}
                Err(error) if is_exhaustion(&error) => {
                    tracing::warn!(%error, "cannot accept connections for now");
                    sleep(Duration::from_millis(200)).await;
                }
                Err(error) => return Err(ServeError::Listener(error)),
            }
        }
    }
}

/// The number of TCP connections for which the process has file descriptors, after raising its limit.
fn places() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = MAX_CONNECTIONS + OTHER_FILES;
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(limit.maximum.map_or(wanted, |most| most.min(wanted))), ..limit };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => limit = raised,
            Err(error) => tracing::warn!(%error, "the limit on open files stays low"),
        }
    }
    let free = limit.current.map_or(u64::MAX, |current| current.saturating_sub(OTHER_FILES));
    free.clamp(16, MAX_CONNECTIONS)
}

fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::ConnectionRefused | K::ConnectionAborted | K::ConnectionReset | K::Interrupted)
}

/// EMFILE (24) and ENFILE (23): no file descriptors left. ENOBUFS (105), ENOMEM (12).
fn is_exhaustion(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(12 | 23 | 24 | 105))
}

async fn one(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
    watcher: Watcher,
    shutdown: CancellationToken,
    (wire, place): (Wire, Place),
) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let mut request = request.map(|body| Body::new(WatchedBody::new(body, wire.clone())));
        request.extensions_mut().insert(peer);
        let (router, wire) = (router.clone(), wire.clone());
        async move {
            wire.serving(true);
            let answer = router.oneshot(request).await?;
            Ok::<_, Infallible>(answer.map(|body| Body::new(ServedBody::new(body, wire))))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(Watched::new(stream, wire.clone())), service);
    tokio::select! {
        ended = watcher.watch(connection) => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        }
        () = wire.sent_away() => tracing::debug!("a connection was ended: its place was needed"),
        () = wire.abandoned(&shutdown) => tracing::debug!("a connection was ended: its peer was idle"),
    }
    drop(place);
}
