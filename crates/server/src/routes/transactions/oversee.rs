//! `GET /v1/admin/transactions`, `GET …/{id}`, `POST …/{id}/cancel`, `…/close`, `…/reject`

use axum::Json;
use axum::extract::State;
use waiaas_api::page::Items;
use waiaas_api::transactions::{CloseRequest, Closed, Rejected, Transaction, TransactionQuery};
use waiaas_core::ids::TxId;

use crate::app::App;
use crate::extract::{Body, MasterAuth, Path, Query, page};
use crate::problem::Failure;
use crate::routes::Answer;
use crate::shapes;

/// Lists all transactions, newest first.
#[utoipa::path(
    get,
    path = "/v1/admin/transactions",
    tag = "admin",
    params(TransactionQuery),
    responses((status = 200, body = Items<Transaction>))
)]
pub(crate) async fn admin_list_transactions(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Query(query): Query<TransactionQuery>,
) -> Answer<Items<Transaction>> {
    if query.idempotency_key.is_some() {
        let message = "a key belongs to a session; use the session's token";
        return Err(Failure::issue("idempotencyKey", "invalid", message));
    }
    let page = page(query.cursor, query.limit)?;
    let found = app.engine().operator(&master).transactions(query.wallet_id, query.status, page).await?;
    Ok(Json(shapes::items(found, shapes::transaction)))
}

/// Shows a transaction of any session.
#[utoipa::path(
    get,
    path = "/v1/admin/transactions/{id}",
    tag = "admin",
    params(("id" = Uuid, Path, description = "The transaction")),
    responses((status = 200, body = Transaction))
)]
pub(crate) async fn admin_get_transaction(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<TxId>,
) -> Answer<Transaction> {
    Ok(Json(shapes::transaction(app.engine().operator(&master).transaction(id).await?)))
}

/// Cancels a waiting transaction of any session.
#[utoipa::path(
    post,
    path = "/v1/admin/transactions/{id}/cancel",
    tag = "admin",
    params(("id" = Uuid, Path, description = "The transaction")),
    responses((status = 200, body = Transaction))
)]
pub(crate) async fn admin_cancel_transaction(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<TxId>,
) -> Answer<Transaction> {
    Ok(Json(shapes::transaction(app.engine().operator(&master).cancel(id).await?)))
}

/// Closes a signed transaction that can no longer confirm and is not proved to be dropped.
///
/// On a local network its reservations are released. Elsewhere, and if the caller has the signature, its
/// bytes may still be included, so its reservations count as spent from then on. Without `confirm` the answer
/// only says what closing would do.
#[utoipa::path(
    post,
    path = "/v1/admin/transactions/{id}/close",
    tag = "admin",
    params(("id" = Uuid, Path, description = "The signed transaction")),
    request_body = CloseRequest,
    responses((status = 200, body = Closed))
)]
pub(crate) async fn admin_close_transaction(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<TxId>,
    Body(request): Body<CloseRequest>,
) -> Answer<Closed> {
    Ok(Json(shapes::closed(app.engine().operator(&master).close(id, request.confirm).await?)))
}

/// Rejects a transaction that waits for its owner. The operator can reject it but not approve it.
#[utoipa::path(
    post,
    path = "/v1/admin/transactions/{id}/reject",
    tag = "admin",
    params(("id" = Uuid, Path, description = "The transaction")),
    responses((status = 200, body = Rejected))
)]
pub(crate) async fn admin_reject_transaction(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<TxId>,
) -> Answer<Rejected> {
    let rejected_at = app.engine().now();
    let tx = app.engine().operator(&master).reject(id).await?;
    Ok(Json(Rejected { transaction: shapes::transaction(tx), rejected_at }))
}
