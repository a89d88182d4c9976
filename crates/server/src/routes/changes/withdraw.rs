//! `DELETE /v1/changes/{id}`

use axum::Json;
use axum::extract::State;
use waiaas_api::changes::Change;
use waiaas_core::ids::ChangeId;

use crate::app::App;
use crate::extract::{MasterAuth, Path};
use crate::routes::Answer;
use crate::shapes;

/// Withdraws a pending change.
#[utoipa::path(
    delete,
    path = "/v1/changes/{id}",
    tag = "changes",
    params(("id" = Uuid, Path, description = "The change")),
    responses((status = 200, body = Change))
)]
pub(crate) async fn withdraw_change(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<ChangeId>,
) -> Answer<Change> {
    Ok(Json(shapes::change(app.engine().operator(&master).withdraw_change(id).await?)))
}
