//! `POST /v1/policies`

use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::changes::Change;
use waiaas_api::policies::{CreatePolicy, Policy};
use waiaas_engine::NewPolicy;

use crate::app::App;
use crate::extract::{Body, MasterAuth};
use crate::problem::Failure;
use crate::routes::Settled;
use crate::shapes;

/// Creates a policy for one wallet, or for all.
///
/// If it allows something that a LOCKED owner's wallet could not do before, the answer is 202: the policy
/// waits for that owner's signature.
#[utoipa::path(
    post,
    path = "/v1/policies",
    tag = "policies",
    request_body = CreatePolicy,
    responses(
        (status = 201, body = Policy),
        (status = 202, body = Change, description = "It waits for owners"),
    )
)]
pub(crate) async fn create_policy(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Body(request): Body<CreatePolicy>,
) -> Result<Settled<Policy>, Failure> {
    let new = NewPolicy {
        wallet: request.wallet_id,
        network: request.network,
        policy_type: request.policy_type,
        rules: request.rules,
        priority: request.priority,
        enabled: request.enabled,
    };
    let made = app.engine().operator(&master).create_policy(new).await?;
    Ok(Settled::of(made, StatusCode::CREATED, shapes::policy))
}
