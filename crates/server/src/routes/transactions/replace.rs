//! `POST /v1/transactions/{id}/replace`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::transactions::{ReplaceRequest, SendQuery, Transaction};
use waiaas_core::ids::TxId;

use super::waiting::wait_for;
use crate::app::App;
use crate::extract::{Body, Idempotency, Path, Query, SessionAuth};
use crate::problem::Failure;
use crate::shapes;

/// Replaces a signed transaction that does not confirm.
///
/// EVM networks only. `HIGHER_FEE` sends the same transaction again at a higher fee, `CANCELLATION` an empty
/// transfer to the wallet itself. At most one of the two is included; the other ends as `FAILED` once that is
/// proved. The replacement is judged by policy like any request, and the answer has the same form, with
/// `replaces` set. If the transaction can no longer be replaced, or has an open replacement, the answer is
/// 409.
#[utoipa::path(
    post,
    path = "/v1/transactions/{id}/replace",
    tag = "transactions",
    params(
        ("id" = Uuid, Path, description = "The signed transaction"),
        SendQuery,
        ("Idempotency-Key" = Option<String>, Header,
            description = "1 to 128 visible ASCII characters; repeating key and body repeats the answer"),
    ),
    request_body = ReplaceRequest,
    responses((status = 201, body = Transaction))
)]
pub(crate) async fn replace_transaction(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    Path(id): Path<TxId>,
    Query(query): Query<SendQuery>,
    key: Idempotency,
    Body(request): Body<ReplaceRequest>,
) -> Result<(StatusCode, Json<Transaction>), Failure> {
    let wait = wait_for(&query)?;
    app.limits().submission(session.id())?;
    // Bound to another kind of value than the body of a send, so that no key is valid for both.
    let idempotency = key.bind(&(id, &request))?;
    let request = waiaas_engine::ReplaceRequest { id, with: request.with, idempotency };
    let engine = app.engine().clone();
    let sent = app.uninterrupted(async move { engine.agent(&session).replace(request, wait).await }).await?;
    Ok((StatusCode::CREATED, Json(shapes::transaction(sent))))
}
