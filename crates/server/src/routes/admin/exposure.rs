//! `GET /v1/admin/exposure`

use axum::Json;
use axum::extract::State;
use waiaas_api::exposure::{ExposureQuery, ExposureReport};
use waiaas_engine as engine;

use crate::app::App;
use crate::extract::{MasterAuth, Query};
use crate::routes::Answer;
use crate::shapes;

/// Computes the most that could leave without any human if a session token leaked now: in an hour, a day and
/// 30 days, each figure with the rule that bounds it.
#[utoipa::path(
    get,
    path = "/v1/admin/exposure",
    tag = "admin",
    params(ExposureQuery),
    responses((status = 200, body = ExposureReport))
)]
pub(crate) async fn exposure(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Query(query): Query<ExposureQuery>,
) -> Answer<ExposureReport> {
    let leaked = match (query.session_id, query.wallet_id) {
        (Some(session), None) => engine::Leaked::Session(session),
        (None, Some(wallet)) => engine::Leaked::SessionsOf(wallet),
        (Some(_), Some(_)) | (None, None) => {
            return Err(engine::Error::invalid("walletId", "exactly one of walletId and sessionId").into());
        }
    };
    Ok(Json(shapes::exposure(app.engine().operator(&master).exposure(leaked).await?)))
}
