//! `GET /v1/transactions/{id}/approval`

use axum::Json;
use axum::extract::State;
use waiaas_api::transactions::Approval;
use waiaas_core::ids::TxId;

use crate::app::App;
use crate::extract::{Path, Public};
use crate::routes::Answer;
use crate::shapes;

/// Shows the question to the owner, with the exact messages to sign.
///
/// No credential is needed besides the id; only the owner's signature decides.
#[utoipa::path(
    get,
    path = "/v1/transactions/{id}/approval",
    tag = "transactions",
    params(("id" = Uuid, Path, description = "The transaction")),
    responses((status = 200, body = Approval))
)]
pub(crate) async fn get_approval(
    _: Public,
    State(app): State<App>,
    Path(id): Path<TxId>,
) -> Answer<Approval> {
    Ok(Json(shapes::approval(app.engine().approval(id).await?)))
}
