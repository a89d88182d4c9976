//! `GET /metrics`: the figures of the daemon in the Prometheus text format, for monitoring.
//!
//! It is not part of the API: it is answered on the control socket, and on the address `metrics.listen` if
//! the operator sets one. On the port of the API this path does not exist.

mod gauges;
mod requests;

use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;
use crate::layers::peer::Peer;
use crate::problem::{Failure, HttpCode};

pub(crate) use requests::Requests;

/// The Prometheus text format.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The path of the metrics.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/metrics", get(metrics))
}

/// Proof that the request came by one of the two ways that give metrics: the control socket or the address
/// for monitoring. The kernel or the configuration decides who can use them.
struct Scraper;

impl<S: Send + Sync> FromRequestParts<S> for Scraper {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        match Peer::of(&parts.extensions) {
            Peer::Local | Peer::Monitoring => Ok(Self),
            Peer::Address(_) | Peer::None => {
                Err(Failure::new(HttpCode::RouteNotFound, "This path does not exist."))
            }
        }
    }
}

async fn metrics(_: Scraper, State(app): State<App>) -> Result<impl IntoResponse, Failure> {
    let mut text = String::new();
    app.requests().write(&mut text).map_err(Failure::internal)?;
    app.engine().write_counters(&mut text).map_err(Failure::internal)?;
    gauges::write(&mut text, app.engine().measures().await?).map_err(Failure::internal)?;
    Ok(([(CONTENT_TYPE, FORMAT)], text))
}
