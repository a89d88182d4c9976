//! The accept loop: connections in, graceful end.
//!
//! Written out rather than left to a framework because three things matter here: a time limit on
//! request headers, a limit on open connections, and the peer's address in every request.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use waiaas_engine::Engine;

use crate::app::App;
use crate::layers::peer::Peer;
use crate::router::build;

/// Most connections open at once; more wait in the listener's queue.
const MAX_CONNECTIONS: usize = 1024;
/// How long a client may take to send the headers of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Most headers of a request.
const MAX_HEADERS: usize = 64;

/// Why serving ended other than by request.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The listener is broken; the daemon cannot take connections any more.
    #[error("the listening socket failed: {0}")]
    Listener(#[source] io::Error),
}

/// Serves until `shutdown` is cancelled (`POST /v1/admin/shutdown` cancels it too). Then takes no new
/// connections and gives running requests `config.daemon.shutdown_timeout` to finish. The engine is
/// left running: stopping it afterwards is the caller's part.
pub async fn serve(
    engine: Engine,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let grace = Duration::from_secs(engine.config().daemon.shutdown_timeout);
    let app = App::new(engine, shutdown.clone());
    let router = build(app.clone());
    let graceful = GracefulShutdown::new();
    let connections = TaskTracker::new();
    let ended = accept(&listener, &router, &graceful, &connections, &shutdown).await;
    drop(listener);
    tracing::info!(open = graceful.count(), "draining connections");
    let drained = timeout(grace, async {
        graceful.shutdown().await;
        app.tasks().close();
        app.tasks().wait().await;
    });
    if drained.await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    ended
}

async fn accept(
    listener: &TcpListener,
    router: &Router,
    graceful: &GracefulShutdown,
    connections: &TaskTracker,
    shutdown: &CancellationToken,
) -> Result<(), ServeError> {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let next = async {
            let place = room.clone().acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            next = next => next,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = one(stream, peer, router.clone(), graceful.watcher(), place.ok());
                connections.spawn(connection);
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) if is_exhaustion(&error) => {
                tracing::warn!(%error, "cannot accept connections for now");
                sleep(Duration::from_millis(200)).await;
            }
            Err(error) => return Err(ServeError::Listener(error)),
        }
    }
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
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
    place: Option<OwnedSemaphorePermit>,
) {
    // Answers are small; waiting to fill a segment only delays them.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        request.map(Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
    drop(place);
}
