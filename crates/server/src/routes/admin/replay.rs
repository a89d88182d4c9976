//! `POST /v1/admin/policies/replay`

use axum::Json;
use axum::extract::State;
use waiaas_api::replay::{ReplayReport, ReplayRequest};
use waiaas_engine::{NewPolicy, Replay};

use crate::app::App;
use crate::extract::{Body, MasterAuth};
use crate::routes::Answer;
use crate::shapes;

/// Judges recorded requests again by a candidate set of policies. Nothing is changed.
///
/// Effects and facts are those of the decision. Ledger sums are those that were recorded, not those that
/// would have resulted from the candidate set.
#[utoipa::path(
    post,
    path = "/v1/admin/policies/replay",
    tag = "admin",
    request_body = ReplayRequest,
    responses((status = 200, body = ReplayReport))
)]
pub(crate) async fn replay_policies(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Body(request): Body<ReplayRequest>,
) -> Answer<ReplayReport> {
    let policies = request.policies.into_iter().map(|row| NewPolicy {
        wallet: row.wallet_id,
        network: row.network,
        policy_type: row.policy_type,
        rules: row.rules,
        priority: row.priority,
        enabled: row.enabled,
    });
    let replay = Replay {
        since: request.since,
        wallet: request.wallet_id,
        policies: policies.collect(),
        examples: usize::try_from(request.examples).unwrap_or(usize::MAX),
    };
    Ok(Json(shapes::replay(app.engine().operator(&master).replay(replay).await?)))
}
