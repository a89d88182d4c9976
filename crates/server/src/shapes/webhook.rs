use waiaas_api::secret::WireSecret;
use waiaas_api::webhooks::{Delivery, IssuedWebhook, Webhook};
use waiaas_engine as engine;

pub(crate) fn webhook(webhook: engine::Webhook) -> Webhook {
    Webhook {
        id: webhook.id,
        url: webhook.url,
        events: webhook.events.iter().map(|event| event.as_str().to_owned()).collect(),
        description: webhook.description,
        enabled: webhook.enabled,
        created_at: webhook.created_at,
        updated_at: webhook.updated_at,
    }
}

pub(crate) fn issued_webhook(issued: engine::IssuedWebhook) -> IssuedWebhook {
    IssuedWebhook { webhook: webhook(issued.webhook), secret: WireSecret::new(issued.secret) }
}

pub(crate) fn delivery(row: engine::DeliveryRow) -> Delivery {
    Delivery {
        id: row.id,
        webhook_id: row.webhook,
        event_type: row.event,
        audit_id: row.seq,
        status: row.status.as_str().to_owned(),
        http_status: row.http_status,
        attempt: row.attempts,
        error: row.error,
        request_duration: row.duration_ms,
        next_attempt_at: row.next_try_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
