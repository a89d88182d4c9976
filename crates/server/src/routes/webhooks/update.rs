//! `PUT /v1/webhooks/{id}`, `DELETE /v1/webhooks/{id}`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::webhooks::{UpdateWebhook, Webhook};
use waiaas_core::ids::WebhookId;
use waiaas_engine::WebhookChange;

use crate::app::App;
use crate::extract::{Body, MasterAuth, Path};
use crate::problem::Failure;
use crate::routes::Answer;
use crate::shapes;

/// Changes, pauses or resumes a webhook. Absent fields stay as they are; what happens during a pause is sent after
/// it.
#[utoipa::path(
    put,
    path = "/v1/webhooks/{id}",
    tag = "webhooks",
    params(("id" = Uuid, Path, description = "The webhook")),
    request_body = UpdateWebhook,
    responses((status = 200, body = Webhook))
)]
pub(crate) async fn update_webhook(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WebhookId>,
    Body(request): Body<UpdateWebhook>,
) -> Answer<Webhook> {
    let change = WebhookChange {
        url: request.url,
        events: request.events.map(|events| events.into_iter().collect()),
        description: request.description,
        enabled: request.enabled,
    };
    Ok(Json(shapes::webhook(app.engine().operator(&master).change_webhook(id, change).await?)))
}

/// Deletes a webhook with its log. Events that it has not received are not sent.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/{id}",
    tag = "webhooks",
    params(("id" = Uuid, Path, description = "The webhook")),
    responses((status = 204, description = "Deleted"))
)]
pub(crate) async fn delete_webhook(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WebhookId>,
) -> Result<StatusCode, Failure> {
    app.engine().operator(&master).delete_webhook(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
