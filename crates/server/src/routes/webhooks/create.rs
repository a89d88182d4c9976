//! `POST /v1/webhooks`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::webhooks::{CreateWebhook, IssuedWebhook};
use waiaas_engine::NewWebhook;

use crate::app::App;
use crate::extract::{Body, MasterAuth};
use crate::problem::Failure;
use crate::shapes;

/// Creates a webhook: an address that receives events of the audit log, from now on. Only this answer contains its
/// secret.
#[utoipa::path(
    post,
    path = "/v1/webhooks",
    tag = "webhooks",
    request_body = CreateWebhook,
    responses((status = 201, body = IssuedWebhook))
)]
pub(crate) async fn create_webhook(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Body(request): Body<CreateWebhook>,
) -> Result<(StatusCode, Json<IssuedWebhook>), Failure> {
    let events = request.events.into_iter().collect();
    let new = NewWebhook { url: request.url, events, description: request.description };
    let issued = app.engine().operator(&master).create_webhook(new).await?;
    Ok((StatusCode::CREATED, Json(shapes::issued_webhook(issued))))
}
