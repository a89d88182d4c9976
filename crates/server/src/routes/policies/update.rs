//! `PUT /v1/policies/{id}`, `DELETE /v1/policies/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::changes::Change;
use waiaas_api::policies::{Policy, PolicyDeleted, UpdatePolicy};
use waiaas_core::ids::PolicyId;
use waiaas_engine::PolicyChange;

use crate::app::App;
use crate::extract::{Body, MasterAuth, Path};
use crate::problem::Failure;
use crate::routes::Settled;
use crate::shapes;

/// Changes a policy. New rules replace all old ones.
///
/// If the change loosens, the answer is 202: it waits for the LOCKED owners of the wallets concerned.
#[utoipa::path(
    put,
    path = "/v1/policies/{id}",
    tag = "policies",
    params(("id" = Uuid, Path, description = "The policy")),
    request_body = UpdatePolicy,
    responses(
        (status = 200, body = Policy),
        (status = 202, body = Change, description = "It waits for owners"),
    )
)]
pub(crate) async fn update_policy(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<PolicyId>,
    Body(request): Body<UpdatePolicy>,
) -> Result<Settled<Policy>, Failure> {
    let change = PolicyChange { rules: request.rules, priority: request.priority, enabled: request.enabled };
    let changed = app.engine().operator(&master).update_policy(id, change).await?;
    Ok(Settled::of(changed, StatusCode::OK, shapes::policy))
}

/// Deletes a policy.
///
/// If that loosens, the answer is 202: it waits for the LOCKED owners of the wallets concerned.
#[utoipa::path(
    delete,
    path = "/v1/policies/{id}",
    tag = "policies",
    params(("id" = Uuid, Path, description = "The policy")),
    responses(
        (status = 200, body = PolicyDeleted),
        (status = 202, body = Change, description = "It waits for owners"),
    )
)]
pub(crate) async fn delete_policy(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<PolicyId>,
) -> Result<Settled<PolicyDeleted>, Failure> {
    let gone = app.engine().operator(&master).delete_policy(id).await?;
    Ok(Settled::of(gone, StatusCode::OK, |()| PolicyDeleted { id, deleted: true }))
}
