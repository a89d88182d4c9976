//! `GET /v1/policies`, `GET /v1/policies/{id}`

use axum::Json;
use axum::extract::State;
use waiaas_api::page::{Listing, PageQuery};
use waiaas_api::policies::Policy;
use waiaas_core::ids::PolicyId;

use crate::app::App;
use crate::extract::{MasterAuth, Path, Query, SessionOrMaster, page};
use crate::routes::Answer;
use crate::shapes;

/// Lists policies: all of them for the operator; for a session those that apply to its wallets.
#[utoipa::path(
    get,
    path = "/v1/policies",
    tag = "policies",
    params(PageQuery),
    responses((status = 200, body = Listing<Policy>))
)]
pub(crate) async fn list_policies(
    caller: SessionOrMaster,
    State(app): State<App>,
    Query(query): Query<PageQuery>,
) -> Answer<Listing<Policy>> {
    let engine = app.engine();
    let page = page(query.cursor, query.limit)?;
    let policies = match caller {
        SessionOrMaster::Session(session) => engine.agent(&session).policies(query.wallet_id).await?,
        SessionOrMaster::Master(master) => engine.operator(&master).policies(query.wallet_id).await?,
    };
    let part = shapes::slice(policies, &page, |policy| policy.id.to_string())?;
    Ok(Json(shapes::listing(part, shapes::policy)))
}

/// Shows a policy.
#[utoipa::path(
    get,
    path = "/v1/policies/{id}",
    tag = "policies",
    params(("id" = Uuid, Path, description = "The policy")),
    responses((status = 200, body = Policy))
)]
pub(crate) async fn get_policy(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<PolicyId>,
) -> Answer<Policy> {
    Ok(Json(shapes::policy(app.engine().operator(&master).policy(id).await?)))
}
