//! The router: all routes, inside all layers.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use waiaas_engine::Engine;

use crate::app::App;
use crate::layers::{concurrency, deadline, headers, host, lane, origin, panics, peer, request_id};
use crate::problem::{Failure, HttpCode};

/// The whole HTTP surface over `engine`. `POST /v1/admin/shutdown` has no effect on a router made
/// this way; see [`crate::serve`].
pub fn router(engine: Engine) -> Router {
    build(App::new(engine, None, CancellationToken::new()))
}

pub(crate) fn build(app: App) -> Router {
    let config = app.engine().config();
    let hosts = host::Hosts::new(&config.daemon.allowed_hosts);
    let allowed = config.allowed_origins();
    let cors = headers::cors(&allowed);
    let body = DefaultBodyLimit::max(config.security.max_body_bytes);
    let origins = origin::Origins::new(&allowed);
    let all = crate::routes::all();
    let listed = request_id::Listed::of(&all.routes);
    let plan = lane::Plan::of(all.routes);
    let (router, _) = all.router.split_for_parts();
    // Layers run from the last added to the first.
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
        .layer(from_fn_with_state(listed, request_id::number))
        .with_state(app)
}

async fn no_such_path() -> Failure {
    Failure::new(HttpCode::RouteNotFound, "There is nothing at this path.")
        .hint("See GET /doc for all paths.")
}

async fn no_such_method() -> Failure {
    Failure::new(HttpCode::MethodNotAllowed, "This path does not know this method.")
        .hint("See GET /doc for all operations.")
}
