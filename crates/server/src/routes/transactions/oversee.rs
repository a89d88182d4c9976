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
        let message = "a key belongs to a session; ask with its token";
        return Err(Failure::issue("idempotencyKey", "invalid", message));
    }
    let page = page(query.cursor, query.limit)?;
    let found = app.engine().operator(&master).transactions(query.wallet_id, query.status, page).await?;
    Ok(Json(shapes::items(found, shapes::transaction)))
}

/// Shows any transaction.
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

/// Withdraws any transaction that still waits.
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

/// Closes a signed transaction that can no longer happen and that nobody proves dead.
///
/// On a local network what it holds is given free. Elsewhere, and where the caller got the signature, its
/// bytes may still land, so what it holds counts as spent from then on. Without `confirm` the answer only says what closing would do.
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

/// Rejects a transaction that waits for its owner. The operator can stop it but not approve it.
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
