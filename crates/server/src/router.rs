//! The router: all operations, inside all layers.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use waiaas_engine::Engine;

use crate::app::App;
use crate::layers::{concurrency, deadline, headers, host, lane, origin, panics, peer, request_id};
use crate::metrics;
use crate::problem::{Failure, HttpCode};
use crate::register::Route;
use crate::web;

/// The whole HTTP API of `engine`. `POST /v1/admin/shutdown` has no effect on this router; see
/// [`crate::serve`].
pub fn router(engine: Engine) -> Router {
    build(App::new(engine, None, CancellationToken::new()))
}

/// The router of the TCP port: the API and the pages.
pub(crate) fn build(app: App) -> Router {
    let all = crate::routes::all();
    let (router, _) = all.router.split_for_parts();
    let origins = app.engine().config().allowed_origins();
    layered(app, router.merge(web::routes()), all.routes, &origins)
}

/// The router of the control socket, where monitoring can read the metrics as well.
pub(crate) fn build_local(app: App) -> Router {
    let all = crate::routes::all();
    let (router, _) = all.router.split_for_parts();
    let origins = app.engine().config().allowed_origins();
    layered(app, router.merge(metrics::routes()), all.routes, &origins)
}

/// The router of the address for monitoring: metrics only, and no web page may read them.
pub(crate) fn build_monitoring(app: App) -> Router {
    layered(app, metrics::routes(), Vec::new(), &[])
}

/// Wraps a router in all layers. Pages of the origins `allowed` may call it.
fn layered(app: App, router: Router<App>, register: Vec<Route>, allowed: &[String]) -> Router {
    let config = app.engine().config();
    let hosts = host::Hosts::new(&config.daemon.allowed_hosts);
    let cors = headers::cors(allowed);
    let body = DefaultBodyLimit::max(config.security.max_body_bytes);
    let origins = origin::Origins::new(allowed);
    let numbering = request_id::Numbering::of(&register, app.clone());
    let plan = lane::Plan::of(register);
    // The layer added last runs first.
    router
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(body)
        .layer(CatchPanicLayer::custom(panics::answer))
        .layer(from_fn(deadline::guard))
        .layer(from_fn_with_state(concurrency::Concurrency::default(), concurrency::guard))
        .layer(from_fn_with_state(app.clone(), peer::guard))
        .layer(from_fn_with_state(plan, lane::assign))
        .layer(from_fn_with_state(origins, origin::guard))
        .layer(from_fn_with_state(hosts, host::guard))
        .layer(from_fn(headers::harden))
        .layer(cors)
        .layer(from_fn_with_state(numbering, request_id::number))
        .with_state(app)
}

pub(crate) async fn no_such_path() -> Failure {
    Failure::new(HttpCode::RouteNotFound, "This path does not exist.").hint("See GET /doc for all paths.")
}

async fn no_such_method() -> Failure {
    Failure::new(HttpCode::MethodNotAllowed, "This path does not support this method.")
        .hint("See GET /doc for all operations.")
}
