//! Webhooks and their deliveries.

use std::collections::BTreeSet;

use secrecy::SecretString;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::ids::WebhookId;
use waiaas_store::WebhookRow;

pub use waiaas_store::{DeliveryFilter, DeliveryRow};

/// A webhook to create.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewWebhook {
    /// Its URL.
    pub url: String,
    /// The events that it receives; empty means all.
    pub events: BTreeSet<AuditEventKind>,
    /// The operator's description.
    pub description: Option<String>,
}

/// Changes to a webhook.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WebhookChange {
    /// Its URL.
    pub url: Option<String>,
    /// The events that it receives; empty means all.
    pub events: Option<BTreeSet<AuditEventKind>>,
    /// The operator's description; an empty text removes it.
    pub description: Option<String>,
    /// Whether events are sent; otherwise it is paused.
    pub enabled: Option<bool>,
}

/// A webhook, without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Its URL.
    pub url: String,
    /// The events that it receives; empty means all.
    pub events: BTreeSet<AuditEventKind>,
    /// The operator's description.
    pub description: Option<String>,
    /// Whether events are sent; otherwise it is paused.
    pub enabled: bool,
    /// Time of its creation.
    pub created_at: UnixSeconds,
    /// Time of the last change.
    pub updated_at: UnixSeconds,
}

/// A new webhook with its secret, which is shown once.
pub struct IssuedWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// The key that signs its deliveries.
    pub secret: SecretString,
}

impl From<WebhookRow> for Webhook {
    fn from(row: WebhookRow) -> Self {
        Self {
            id: row.id,
            url: row.url,
            events: row.events,
            description: row.description,
            enabled: row.enabled,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
