//! `POST /v1/changes/{id}/approve`, `POST /v1/changes/{id}/reject`

use axum::Json;
use axum::extract::State;
use waiaas_api::changes::Change;
use waiaas_core::ids::ChangeId;
use waiaas_engine::Decision;

use crate::app::App;
use crate::extract::{OwnerAuth, Path};
use crate::routes::Answer;
use crate::shapes;

/// Approves a change, as one of the owners concerned. It is in force when every one of them has approved.
#[utoipa::path(
    post,
    path = "/v1/changes/{id}/approve",
    tag = "changes",
    params(("id" = Uuid, Path, description = "The change")),
    responses((status = 200, body = Change))
)]
pub(crate) async fn approve_change(
    OwnerAuth(answer): OwnerAuth,
    State(app): State<App>,
    Path(id): Path<ChangeId>,
) -> Answer<Change> {
    let engine = app.engine();
    let owner = engine.authenticate_owner_of_change(id, Decision::Approve, answer).await?;
    Ok(Json(shapes::change(engine.owner(owner).approve_change().await?)))
}

/// Rejects a change, as one of the owners concerned.
#[utoipa::path(
    post,
    path = "/v1/changes/{id}/reject",
    tag = "changes",
    params(("id" = Uuid, Path, description = "The change")),
    responses((status = 200, body = Change))
)]
pub(crate) async fn reject_change(
    OwnerAuth(answer): OwnerAuth,
    State(app): State<App>,
    Path(id): Path<ChangeId>,
) -> Answer<Change> {
    let engine = app.engine();
    let owner = engine.authenticate_owner_of_change(id, Decision::Reject, answer).await?;
    Ok(Json(shapes::change(engine.owner(owner).reject_change().await?)))
}
