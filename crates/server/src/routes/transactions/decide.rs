//! `POST /v1/transactions/{id}/approve`, `POST /v1/transactions/{id}/reject`

use axum::Json;
use axum::extract::State;
use waiaas_api::transactions::{Approved, Rejected};
use waiaas_core::ids::TxId;
use waiaas_engine::Decision;

use crate::app::App;
use crate::extract::{OwnerAuth, Path};
use crate::routes::Answer;
use crate::shapes;

/// Approves a transaction, as its owner. One signature approves one transaction once.
#[utoipa::path(
    post,
    path = "/v1/transactions/{id}/approve",
    tag = "transactions",
    params(("id" = Uuid, Path, description = "The transaction")),
    responses((status = 200, body = Approved))
)]
pub(crate) async fn approve_transaction(
    OwnerAuth(answer): OwnerAuth,
    State(app): State<App>,
    Path(id): Path<TxId>,
) -> Answer<Approved> {
    let engine = app.engine().clone();
    let approved_at = engine.now();
    let owner = engine.authenticate_owner_of_tx(id, Decision::Approve, answer).await?;
    let tx = app.uninterrupted(async move { engine.owner(owner).approve().await }).await?;
    Ok(Json(Approved { transaction: shapes::transaction(tx), approved_at }))
}

/// Rejects a transaction, as its owner.
#[utoipa::path(
    post,
    path = "/v1/transactions/{id}/reject",
    tag = "transactions",
    params(("id" = Uuid, Path, description = "The transaction")),
    responses((status = 200, body = Rejected))
)]
pub(crate) async fn reject_transaction(
    OwnerAuth(answer): OwnerAuth,
    State(app): State<App>,
    Path(id): Path<TxId>,
) -> Answer<Rejected> {
    let engine = app.engine();
    let rejected_at = engine.now();
    let owner = engine.authenticate_owner_of_tx(id, Decision::Reject, answer).await?;
    let tx = engine.owner(owner).reject().await?;
    Ok(Json(Rejected { transaction: shapes::transaction(tx), rejected_at }))
}
