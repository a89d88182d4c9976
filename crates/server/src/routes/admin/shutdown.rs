//! `POST /v1/admin/shutdown`

use axum::Json;
use axum::extract::State;
use waiaas_api::admin::Done;

use crate::app::App;
use crate::extract::LocalMasterAuth;
use crate::routes::Answer;

/// Stops the daemon: it accepts no new connections, finishes running requests, and ends.
///
/// Only on the Unix socket in the data directory, so that a leaked password cannot stop the daemon.
/// Elsewhere, use the kill switch to stop signing.
#[utoipa::path(post, path = "/v1/admin/shutdown", tag = "admin", responses((status = 200, body = Done)))]
pub(crate) async fn shutdown(_: LocalMasterAuth, State(app): State<App>) -> Answer<Done> {
    app.stop().cancel();
    Ok(Json(Done { message: "The daemon is stopping.".to_owned() }))
}
