//! `GET /v1/webhooks/{id}/logs`, `POST /v1/webhooks/{id}/test`,
//! `POST /v1/webhooks/{id}/deliveries/{deliveryId}/redeliver`

use axum::Json;
use axum::extract::State;
use waiaas_api::page::Listing;
use waiaas_api::webhooks::{Delivery, DeliveryQuery};
use waiaas_core::ids::{DeliveryId, WebhookId};
use waiaas_engine::DeliveryFilter;

use crate::app::App;
use crate::extract::{MasterAuth, Path, Query, page};
use crate::routes::Answer;
use crate::shapes;

/// Lists a webhook's deliveries, newest first: the latest 1000 of the last 30 days.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{id}/logs",
    tag = "webhooks",
    params(("id" = Uuid, Path, description = "The webhook"), DeliveryQuery),
    responses((status = 200, body = Listing<Delivery>))
)]
pub(crate) async fn webhook_logs(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WebhookId>,
    Query(query): Query<DeliveryQuery>,
) -> Answer<Listing<Delivery>> {
    let page = page(query.cursor, query.limit)?;
    let filter = DeliveryFilter { status: query.status, event: query.event_type };
    let found = app.engine().operator(&master).deliveries(id, filter, page).await?;
    Ok(Json(shapes::listing(found, shapes::delivery)))
}

/// Sends a test message at once and answers with what came of it, paused or not. No attempt follows.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{id}/test",
    tag = "webhooks",
    params(("id" = Uuid, Path, description = "The webhook")),
    responses((status = 200, body = Delivery))
)]
pub(crate) async fn test_webhook(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WebhookId>,
) -> Answer<Delivery> {
    let engine = app.engine().clone();
    let sent = app.uninterrupted(async move { engine.operator(&master).test_webhook(id).await });
    Ok(Json(shapes::delivery(sent.await?)))
}

/// Makes one more attempt at a delivery that has ended, with its id and body, and answers with what came of it. No
/// attempt follows.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{id}/deliveries/{deliveryId}/redeliver",
    tag = "webhooks",
    params(
        ("id" = Uuid, Path, description = "The webhook"),
        ("deliveryId" = Uuid, Path, description = "The delivery"),
    ),
    responses((status = 200, body = Delivery))
)]
pub(crate) async fn redeliver(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path((id, delivery)): Path<(WebhookId, DeliveryId)>,
) -> Answer<Delivery> {
    let engine = app.engine().clone();
    let sent = app.uninterrupted(async move { engine.operator(&master).redeliver(id, delivery).await });
    Ok(Json(shapes::delivery(sent.await?)))
}
