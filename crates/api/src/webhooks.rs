//! Webhooks: addresses that receive audit events, and the log of deliveries.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use waiaas_core::audit::AuditEventKind;
use waiaas_core::ids::{DeliveryId, WebhookId};
use waiaas_core::webhook::DeliveryStatus;

use crate::secret::WireSecret;
use crate::validation::{Checks, Refusal, Request};
use crate::vocabulary::{AuditEventName, DeliveryStatusName};

/// The longest address.
const MAX_URL: usize = 2048;
/// The longest description.
const MAX_DESCRIPTION: usize = 200;

/// Creates a webhook.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateWebhook {
    /// Where events are sent: https and public, or an address that the daemon's configuration allows.
    #[schema(min_length = 1, max_length = 2048)]
    pub url: String,
    /// The events that it receives; empty: all.
    #[serde(default)]
    #[schema(value_type = Vec<AuditEventName>)]
    pub events: Vec<AuditEventKind>,
    /// The operator's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub description: Option<String>,
}

impl Request for CreateWebhook {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        checks.text("url", &self.url, 1, MAX_URL);
        if let Some(description) = &self.description {
            checks.text("description", description, 0, MAX_DESCRIPTION);
        }
        checks.finish()
    }
}

/// Changes, pauses or resumes a webhook. Absent fields stay as they are.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateWebhook {
    /// Where events are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 2048)]
    pub url: Option<String>,
    /// The events that it receives; empty: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<AuditEventName>>)]
    pub events: Option<Vec<AuditEventKind>>,
    /// The operator's own words; an empty text removes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub description: Option<String>,
    /// Whether events are sent. While it is paused, they wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

impl Request for UpdateWebhook {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        let some = self.url.is_some()
            || self.events.is_some()
            || self.description.is_some()
            || self.enabled.is_some();
        checks.ensure(some, "", "required", "give url, events, description or enabled");
        if let Some(url) = &self.url {
            checks.text("url", url, 1, MAX_URL);
        }
        if let Some(description) = &self.description {
            checks.text("description", description, 0, MAX_DESCRIPTION);
        }
        checks.finish()
    }
}

/// A webhook.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: WebhookId,
    /// Where events are sent.
    pub url: String,
    /// The events that it receives; empty: all.
    #[schema(value_type = Vec<AuditEventName>)]
    pub events: Vec<String>,
    /// The operator's own words.
    pub description: Option<String>,
    /// Whether events are sent; otherwise it is paused.
    pub enabled: bool,
    /// When it was created.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
}

/// A new webhook with its secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedWebhook {
    /// The webhook.
    #[serde(flatten)]
    pub webhook: Webhook,
    /// The key of its signatures, 64 hex characters. Only this answer contains it.
    #[schema(value_type = String)]
    pub secret: WireSecret,
}

/// Selects deliveries of a webhook. Filters combine.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// Deliveries in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<DeliveryStatusName>)]
    pub status: Option<DeliveryStatus>,
    /// Deliveries of this event.
    #[serde(default, alias = "event_type", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<AuditEventName>)]
    pub event_type: Option<AuditEventKind>,
    /// `nextCursor` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries per page, 1 to 200; 50 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// A delivery of one event to one webhook, with its last attempt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id: the `id` of the body and `X-WAIaaS-Delivery`, the same in every attempt.
    #[schema(value_type = Uuid)]
    pub id: DeliveryId,
    /// The webhook.
    #[schema(value_type = Uuid)]
    pub webhook_id: WebhookId,
    /// The event: one of the audit log, or `WEBHOOK_TEST`.
    pub event_type: String,
    /// Position of the event in the audit log; `null` for a test message.
    pub audit_id: Option<i64>,
    /// Its state.
    #[schema(value_type = DeliveryStatusName)]
    pub status: String,
    /// HTTP status of the last attempt, if there was an answer.
    pub http_status: Option<u16>,
    /// Number of attempts made.
    pub attempt: u32,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// Duration of the last attempt in milliseconds.
    pub request_duration: Option<u64>,
    /// When the next attempt is due; `null` after the end.
    pub next_attempt_at: Option<i64>,
    /// When the event was taken for the webhook.
    pub created_at: i64,
    /// When the delivery last changed.
    pub updated_at: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_changes_something() {
        assert!(UpdateWebhook::default().check().is_err());
        assert_eq!(UpdateWebhook { enabled: Some(false), ..UpdateWebhook::default() }.check(), Ok(()));
        assert!(UpdateWebhook { url: Some(String::new()), ..UpdateWebhook::default() }.check().is_err());
    }

    #[test]
    fn unknown_events_and_fields_are_refused() {
        for body in [
            r#"{"url":"https://a.example/","events":["TX_CONFIRMD"]}"#,
            r#"{"url":"https://a.example/","event":["TX_CONFIRMED"]}"#,
        ] {
            assert!(serde_json::from_str::<CreateWebhook>(body).is_err(), "{body}");
        }
    }
}
