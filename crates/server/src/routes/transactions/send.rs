//! `POST /v1/transactions/send`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use waiaas_api::dry_run::DryRunResult;
use waiaas_api::requests::TransactionRequest;
use waiaas_api::transactions::{SendQuery, Transaction};
use waiaas_engine::SendRequest;

use super::waiting::wait_for;
use crate::app::App;
use crate::extract::{Body, Idempotency, Query, SessionAuth};
use crate::problem::Failure;
use crate::shapes;

/// Asks for a transaction.
///
/// The answer shows the verdict: `SUBMITTED` or `CONFIRMED` if it was signed, `QUEUED` with `executeAfter` if
/// it is delayed, `PENDING_APPROVAL` with `approvalExpiresAt` if the owner is asked. A denial by policy is
/// 403 with a specific code, the deciding policy in `details`, and a hint. With `dryRun` nothing is written,
/// signed or sent, and the answer is 200.
#[utoipa::path(
    post,
    path = "/v1/transactions/send",
    tag = "transactions",
    params(
        SendQuery,
        ("Idempotency-Key" = Option<String>, Header,
            description = "1 to 128 visible ASCII characters; repeating key and body repeats the answer"),
    ),
    request_body = TransactionRequest,
    responses(
        (status = 201, body = Transaction),
        (status = 200, description = "The result of a dry run", body = DryRunResult),
    )
)]
pub(crate) async fn send_transaction(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    Query(query): Query<SendQuery>,
    key: Idempotency,
    Body(request): Body<TransactionRequest>,
) -> Result<Response, Failure> {
    let wait = wait_for(&query)?;
    if request.placement.dry_run {
        let started = Instant::now();
        let run = app.engine().agent(&session).simulate(SendRequest::new(request, None)).await?;
        return Ok(Json(shapes::dry_run(run, started.elapsed())?).into_response());
    }
    app.limits().submission(session.id())?;
    let key = key.bind(&request)?;
    let request = SendRequest::new(request, key);
    let engine = app.engine().clone();
    let sent = app.uninterrupted(async move { engine.agent(&session).send(request, wait).await }).await?;
    Ok((StatusCode::CREATED, Json(shapes::transaction(sent))).into_response())
}
