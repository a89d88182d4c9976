//! `GET /v1/transactions`, `GET /v1/transactions/pending`, `GET /v1/transactions/{id}`

use axum::Json;
use axum::extract::State;
use waiaas_api::page::{All, Items, WalletQuery};
use waiaas_api::transactions::{Transaction, TransactionQuery};
use waiaas_core::ids::TxId;
use waiaas_engine::{Paged, TxView};

use crate::app::App;
use crate::extract::{Path, Query, SessionAuth, page};
use crate::routes::Answer;
use crate::shapes;

/// Lists the transactions of the session's wallets, newest first.
#[utoipa::path(
    get,
    path = "/v1/transactions",
    tag = "transactions",
    params(TransactionQuery),
    responses((status = 200, body = Items<Transaction>))
)]
pub(crate) async fn list_transactions(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    Query(query): Query<TransactionQuery>,
) -> Answer<Items<Transaction>> {
    let page = page(query.cursor, query.limit)?;
    let engine = app.engine();
    let found = match &query.idempotency_key {
        None => engine.agent(&session).transactions(query.wallet_id, query.status, page).await?,
        Some(key) => {
            let wanted = |tx: &TxView| {
                query.wallet_id.is_none_or(|wallet| wallet == tx.wallet)
                    && query.status.is_none_or(|status| status == tx.status)
            };
            let found = engine.agent(&session).transaction_by_key(key).await?.filter(wanted);
            Paged { items: found.into_iter().collect(), next_cursor: None, total: None }
        }
    };
    Ok(Json(shapes::items(found, shapes::transaction)))
}

/// Lists the waiting transactions of the session's wallets: `QUEUED` until the end of their delay,
/// `PENDING_APPROVAL` for their owner. `GET /v1/transactions?status=` lists the others.
#[utoipa::path(
    get,
    path = "/v1/transactions/pending",
    tag = "transactions",
    params(WalletQuery),
    responses((status = 200, body = All<Transaction>))
)]
pub(crate) async fn pending_transactions(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    Query(query): Query<WalletQuery>,
) -> Answer<All<Transaction>> {
    let found = app.engine().agent(&session).pending(query.wallet_id).await?;
    Ok(Json(shapes::all(found.into_iter().map(shapes::transaction).collect())))
}

/// Shows a transaction of one of the session's wallets.
#[utoipa::path(
    get,
    path = "/v1/transactions/{id}",
    tag = "transactions",
    params(("id" = Uuid, Path, description = "The transaction")),
    responses((status = 200, body = Transaction))
)]
pub(crate) async fn get_transaction(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    Path(id): Path<TxId>,
) -> Answer<Transaction> {
    Ok(Json(shapes::transaction(app.engine().agent(&session).transaction(id).await?)))
}
