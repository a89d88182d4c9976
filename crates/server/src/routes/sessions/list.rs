//! `GET /v1/sessions`

use axum::Json;
use axum::extract::State;
use waiaas_api::page::{Listing, PageQuery};
use waiaas_api::sessions::Session;

use crate::app::App;
use crate::extract::{MasterAuth, Query, page};
use crate::routes::Answer;
use crate::shapes;

/// Lists sessions, newest first, without their tokens.
#[utoipa::path(
    get,
    path = "/v1/sessions",
    tag = "sessions",
    params(PageQuery),
    responses((status = 200, body = Listing<Session>))
)]
pub(crate) async fn list_sessions(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Query(query): Query<PageQuery>,
) -> Answer<Listing<Session>> {
    let page = page(query.cursor, query.limit)?;
    let sessions = app.engine().operator(&master).sessions(query.wallet_id, page).await?;
    Ok(Json(shapes::listing(sessions, shapes::session)))
}
