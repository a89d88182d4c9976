//! `PUT /v1/policies/{id}`, `DELETE /v1/policies/{id}`

use axum::Json;
use axum::extract::State;
use waiaas_api::policies::{Policy, PolicyDeleted, UpdatePolicy};
use waiaas_core::ids::PolicyId;
use waiaas_engine::PolicyChange;

use crate::app::App;
use crate::extract::{Body, MasterAuth, Path};
use crate::routes::Answer;
use crate::shapes;

/// Changes a policy. New rules replace the old ones as a whole.
#[utoipa::path(
    put,
    path = "/v1/policies/{id}",
    tag = "policies",
    params(("id" = Uuid, Path, description = "The policy")),
    request_body = UpdatePolicy,
    responses((status = 200, body = Policy))
)]
pub(crate) async fn update_policy(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<PolicyId>,
    Body(request): Body<UpdatePolicy>,
) -> Answer<Policy> {
    let change = PolicyChange { rules: request.rules, priority: request.priority, enabled: request.enabled };
    Ok(Json(shapes::policy(app.engine().update_policy(&master, id, change).await?)))
}

/// Deletes a policy.
#[utoipa::path(
    delete,
    path = "/v1/policies/{id}",
    tag = "policies",
    params(("id" = Uuid, Path, description = "The policy")),
    responses((status = 200, body = PolicyDeleted))
)]
pub(crate) async fn delete_policy(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<PolicyId>,
) -> Answer<PolicyDeleted> {
    app.engine().delete_policy(&master, id).await?;
    Ok(Json(PolicyDeleted { id, deleted: true }))
}
