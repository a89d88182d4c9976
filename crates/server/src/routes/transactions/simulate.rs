//! `POST /v1/transactions/simulate`

use axum::Json;
use axum::extract::State;
use tokio::time::Instant;
use waiaas_api::dry_run::DryRunResult;
use waiaas_api::requests::TransactionRequest;
use waiaas_engine::SendRequest;

use crate::app::App;
use crate::extract::{Body, SessionAuth};
use crate::routes::Answer;
use crate::shapes;

/// Dry run: shows what a request would do.
///
/// Shows the current verdict, the cost and the node's simulation. Nothing is written, signed or sent. A
/// denial by policy is a normal answer here.
#[utoipa::path(
    post,
    path = "/v1/transactions/simulate",
    tag = "transactions",
    request_body = TransactionRequest,
    responses((status = 200, body = DryRunResult))
)]
pub(crate) async fn simulate_transaction(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    Body(request): Body<TransactionRequest>,
) -> Answer<DryRunResult> {
    let started = Instant::now();
    let run = app.engine().agent(&session).simulate(SendRequest::new(request, None)).await?;
    Ok(Json(shapes::dry_run(run, started.elapsed())?))
}
