//! `GET /v1/changes`, `GET /v1/changes/{id}`, `GET /v1/changes/{id}/approval`

use axum::Json;
use axum::extract::State;
use waiaas_api::changes::{Change, ChangeQuery};
use waiaas_api::page::Listing;
use waiaas_core::ids::ChangeId;

use crate::app::App;
use crate::extract::{MasterAuth, Path, Public, Query, page};
use crate::routes::Answer;
use crate::shapes;

/// Lists changes that the operator requested and owners must approve, newest first.
#[utoipa::path(
    get,
    path = "/v1/changes",
    tag = "changes",
    params(ChangeQuery),
    responses((status = 200, body = Listing<Change>))
)]
pub(crate) async fn list_changes(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Query(query): Query<ChangeQuery>,
) -> Answer<Listing<Change>> {
    let page = page(query.cursor, query.limit)?;
    let found = app.engine().operator(&master).changes(query.status, page).await?;
    Ok(Json(shapes::listing(found, shapes::change)))
}

/// Shows a change.
#[utoipa::path(
    get,
    path = "/v1/changes/{id}",
    tag = "changes",
    params(("id" = Uuid, Path, description = "The change")),
    responses((status = 200, body = Change))
)]
pub(crate) async fn get_change(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<ChangeId>,
) -> Answer<Change> {
    Ok(Json(shapes::change(app.engine().operator(&master).change(id).await?)))
}

/// Shows the questions to the owners about a waiting change, with the exact messages to sign.
///
/// No credential is needed besides the id; only the owners' signatures decide.
#[utoipa::path(
    get,
    path = "/v1/changes/{id}/approval",
    tag = "changes",
    params(("id" = Uuid, Path, description = "The change")),
    responses((status = 200, body = Change))
)]
pub(crate) async fn get_change_approval(
    _: Public,
    State(app): State<App>,
    Path(id): Path<ChangeId>,
) -> Answer<Change> {
    Ok(Json(shapes::change(app.engine().change_approval(id).await?)))
}
