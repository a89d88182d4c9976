//! `PUT /v1/admin/master-password`

use axum::Json;
use axum::extract::State;
use waiaas_api::admin::{Done, SetMasterPassword};

use crate::app::App;
use crate::extract::{Body, LocalMasterAuth};
use crate::routes::Answer;

/// Replaces the master password. Keys are not encrypted again; only the record that unwraps them changes.
///
/// Only on the Unix socket in the data directory, so that a thief of the password cannot lock the operator
/// out.
#[utoipa::path(
    put,
    path = "/v1/admin/master-password",
    tag = "admin",
    request_body = SetMasterPassword,
    responses((status = 200, body = Done))
)]
pub(crate) async fn set_master_password(
    LocalMasterAuth(master, local): LocalMasterAuth,
    State(app): State<App>,
    Body(request): Body<SetMasterPassword>,
) -> Answer<Done> {
    let engine = app.engine().clone();
    let password = request.new_password.into_inner();
    let change = async move { engine.operator(&master).set_password(&local, password).await };
    let recovery_key_removed = app.uninterrupted(change).await?;
    let message = if recovery_key_removed {
        "The master password was changed, and recovery.key was deleted."
    } else {
        "The master password was changed."
    };
    Ok(Json(Done { message: message.to_owned() }))
}
