//! `GET /v1/transactions/{id}/explain` and the operator's view of it

use axum::Json;
use axum::extract::State;
use waiaas_api::transactions::Explanation;
use waiaas_core::ids::TxId;

use crate::app::App;
use crate::extract::{MasterAuth, Path, SessionAuth};
use crate::routes::Answer;
use crate::shapes;

/// Explains a decision.
///
/// Shows its complete input at that time: effects, policies, prices, balances, ledger sums and clock. The
/// decision is made again from this input, and `reproduced` says whether it is the same.
#[utoipa::path(
    get,
    path = "/v1/transactions/{id}/explain",
    tag = "transactions",
    params(("id" = Uuid, Path, description = "The transaction")),
    responses((status = 200, body = Explanation))
)]
pub(crate) async fn explain_transaction(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    Path(id): Path<TxId>,
) -> Answer<Explanation> {
    Ok(Json(shapes::explanation(app.engine().agent(&session).explain(id).await?)?))
}

/// Explains a decision about a transaction of any session.
///
/// Like `GET /v1/transactions/{id}/explain`, for the operator.
#[utoipa::path(
    get,
    path = "/v1/admin/transactions/{id}/explain",
    tag = "admin",
    params(("id" = Uuid, Path, description = "The transaction")),
    responses((status = 200, body = Explanation))
)]
pub(crate) async fn admin_explain_transaction(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<TxId>,
) -> Answer<Explanation> {
    Ok(Json(shapes::explanation(app.engine().operator(&master).explain(id).await?)?))
}
