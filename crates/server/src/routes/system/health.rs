//! `GET /health`

use axum::Json;
use axum::extract::State;
use waiaas_api::admin::Health;

use crate::app::App;
use crate::extract::Public;
use crate::routes::Answer;

/// Whether the daemon is running.
#[utoipa::path(get, path = "/health", tag = "system", responses((status = 200, body = Health)))]
pub(crate) async fn health(_: Public, State(app): State<App>) -> Answer<Health> {
    let health = app.engine().health();
    Ok(Json(Health {
        status: "ok".to_owned(),
        version: health.version.to_owned(),
        schema_version: health.schema_version,
        uptime: health.uptime,
        timestamp: health.timestamp,
    }))
}
