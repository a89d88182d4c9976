//! `POST /v1/transactions/{id}/cancel`

use axum::Json;
use axum::extract::State;
use waiaas_api::transactions::Transaction;
use waiaas_core::ids::TxId;

use crate::app::App;
use crate::extract::{Path, SessionAuth};
use crate::routes::Answer;
use crate::shapes;

/// Cancels a waiting transaction. A signed transaction cannot be cancelled.
#[utoipa::path(
    post,
    path = "/v1/transactions/{id}/cancel",
    tag = "transactions",
    params(("id" = Uuid, Path, description = "The transaction")),
    responses((status = 200, body = Transaction))
)]
pub(crate) async fn cancel_transaction(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    Path(id): Path<TxId>,
) -> Answer<Transaction> {
    Ok(Json(shapes::transaction(app.engine().agent(&session).cancel(id).await?)))
}
