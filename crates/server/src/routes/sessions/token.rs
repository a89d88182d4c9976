//! `PUT /v1/sessions/{id}/renew`, `POST /v1/sessions/{id}/rotate`

use axum::Json;
use axum::extract::State;
use waiaas_api::sessions::IssuedSession;
use waiaas_core::ids::SessionId;

use crate::app::App;
use crate::extract::{MasterAuth, Path, RenewalAuth};
use crate::routes::Answer;
use crate::shapes;

/// Replaces the caller's own token by one with a new expiry. The old token is void at once.
///
/// If the answer was lost, the old token fetches the same renewal again, for 60 seconds and until the new
/// token is first used; it permits nothing else.
#[utoipa::path(
    put,
    path = "/v1/sessions/{id}/renew",
    tag = "sessions",
    params(("id" = Uuid, Path, description = "The caller's own session")),
    responses((status = 200, body = IssuedSession))
)]
pub(crate) async fn renew_session(
    RenewalAuth(renewal): RenewalAuth,
    State(app): State<App>,
    Path(id): Path<SessionId>,
) -> Answer<IssuedSession> {
    Ok(Json(shapes::issued(app.engine().renew(&renewal, id).await?)))
}

/// Replaces a session's token and keeps its expiry. The old token is void at once.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/rotate",
    tag = "sessions",
    params(("id" = Uuid, Path, description = "The session")),
    responses((status = 200, body = IssuedSession))
)]
pub(crate) async fn rotate_session(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<SessionId>,
) -> Answer<IssuedSession> {
    Ok(Json(shapes::issued(app.engine().operator(&master).rotate_session(id).await?)))
}
