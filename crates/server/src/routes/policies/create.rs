//! `POST /v1/policies`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::policies::{CreatePolicy, Policy};
use waiaas_engine::NewPolicy;

use crate::app::App;
use crate::extract::{Body, MasterAuth};
use crate::problem::Failure;
use crate::shapes;

/// Creates a policy for one wallet, or for all.
#[utoipa::path(
    post,
    path = "/v1/policies",
    tag = "policies",
    request_body = CreatePolicy,
    responses((status = 201, body = Policy))
)]
pub(crate) async fn create_policy(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Body(request): Body<CreatePolicy>,
) -> Result<(StatusCode, Json<Policy>), Failure> {
    let new = NewPolicy {
        wallet: request.wallet_id,
        network: request.network,
        policy_type: request.policy_type,
        rules: request.rules,
        priority: request.priority,
        enabled: request.enabled,
    };
    let policy = app.engine().create_policy(&master, new).await?;
    Ok((StatusCode::CREATED, Json(shapes::policy(policy))))
}
