//! `DELETE /v1/sessions/{id}`

use axum::Json;
use axum::extract::State;
use waiaas_api::sessions::SessionRevoked;
use waiaas_core::ids::SessionId;

use crate::app::App;
use crate::extract::{MasterAuth, Path};
use crate::routes::Answer;

/// Revokes a session at once. Repeating it has no further effect.
#[utoipa::path(
    delete,
    path = "/v1/sessions/{id}",
    tag = "sessions",
    params(("id" = Uuid, Path, description = "The session")),
    responses((status = 200, body = SessionRevoked))
)]
pub(crate) async fn revoke_session(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<SessionId>,
) -> Answer<SessionRevoked> {
    app.engine().operator(&master).revoke_session(id).await?;
    Ok(Json(SessionRevoked { id, status: "REVOKED".to_owned() }))
}
