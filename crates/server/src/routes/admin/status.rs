//! `GET /v1/admin/status`

use axum::Json;
use axum::extract::State;
use waiaas_api::admin::Status;

use crate::app::App;
use crate::extract::MasterAuth;
use crate::routes::Answer;
use crate::shapes;

/// Shows an overview of the daemon's state.
#[utoipa::path(get, path = "/v1/admin/status", tag = "admin", responses((status = 200, body = Status)))]
pub(crate) async fn admin_status(MasterAuth(master): MasterAuth, State(app): State<App>) -> Answer<Status> {
    Ok(Json(shapes::status(app.engine().operator(&master).status().await?)))
}
