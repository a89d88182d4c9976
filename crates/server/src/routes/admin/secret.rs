//! `POST /v1/admin/rotate-secret`

use axum::Json;
use axum::extract::State;
use waiaas_api::admin::SecretRotated;

use crate::app::App;
use crate::extract::MasterAuth;
use crate::routes::Answer;

/// Rotates the key that signs session tokens.
#[utoipa::path(
    post,
    path = "/v1/admin/rotate-secret",
    tag = "admin",
    responses((status = 200, body = SecretRotated))
)]
pub(crate) async fn rotate_session_secret(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
) -> Answer<SecretRotated> {
    let rotated_at = app.engine().operator(&master).rotate_session_secret().await?;
    let message =
        "Tokens signed with the old key end in five minutes. An agent that renews its session before then \
                   goes on; for every other one make a new token (`waiaas session rotate SESSION_ID`)."
            .to_owned();
    Ok(Json(SecretRotated { rotated_at, message }))
}
