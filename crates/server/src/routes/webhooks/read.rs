//! `GET /v1/webhooks`, `GET /v1/webhooks/{id}`

use axum::Json;
use axum::extract::State;
use waiaas_api::page::All;
use waiaas_api::webhooks::Webhook;
use waiaas_core::ids::WebhookId;

use crate::app::App;
use crate::extract::{MasterAuth, Path};
use crate::routes::Answer;
use crate::shapes;

/// Lists all webhooks, oldest first. There are 32 at most.
#[utoipa::path(
    get,
    path = "/v1/webhooks",
    tag = "webhooks",
    responses((status = 200, body = All<Webhook>))
)]
pub(crate) async fn list_webhooks(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
) -> Answer<All<Webhook>> {
    let webhooks = app.engine().operator(&master).webhooks().await?;
    Ok(Json(shapes::all(webhooks.into_iter().map(shapes::webhook).collect())))
}

/// Shows a webhook, without its secret.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{id}",
    tag = "webhooks",
    params(("id" = Uuid, Path, description = "The webhook")),
    responses((status = 200, body = Webhook))
)]
pub(crate) async fn get_webhook(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WebhookId>,
) -> Answer<Webhook> {
    Ok(Json(shapes::webhook(app.engine().operator(&master).webhook(id).await?)))
}
