//! `waiaas webhook`.

use anyhow::Result;
use clap::Subcommand;
use secrecy::ExposeSecret as _;
use serde_json::json;
use waiaas_api::webhooks::{CreateWebhook, Delivery, DeliveryQuery, IssuedWebhook, UpdateWebhook, Webhook};
use waiaas_engine::core::audit::AuditEventKind;
use waiaas_engine::core::ids::{DeliveryId, WebhookId};
use waiaas_engine::core::webhook::DeliveryStatus;

use crate::commands::confirm::Yes;
use crate::commands::unknown_name;
use crate::context::Context;
use crate::exit::CheckFailed;
use crate::{human, output, table};

/// Webhooks: addresses that receive events of the audit log.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Create a webhook; its secret is shown once.
    Create {
        /// Where events are sent: https and public, or an address that the daemon's configuration allows.
        url: String,
        /// An event that it receives, such as TX_CONFIRMED; may be repeated. Without it, all.
        #[arg(long = "event", value_name = "EVENT")]
        events: Vec<String>,
        /// Your own words.
        #[arg(long)]
        description: Option<String>,
    },
    /// List all webhooks.
    List,
    /// Show a webhook, without its secret.
    Show {
        /// Id of the webhook.
        id: WebhookId,
    },
    /// Stop sending events to a webhook; they wait until it is resumed.
    Pause {
        /// Id of the webhook.
        id: WebhookId,
    },
    /// Send events again, first those that wait.
    Resume {
        /// Id of the webhook.
        id: WebhookId,
    },
    /// Delete a webhook with its log.
    Delete {
        /// Id of the webhook.
        id: WebhookId,
        #[command(flatten)]
        yes: Yes,
    },
    /// List a webhook's deliveries, newest first.
    Logs {
        /// Id of the webhook.
        id: WebhookId,
        /// Only in this state: PENDING, DELIVERED, REFUSED or EXHAUSTED.
        #[arg(long)]
        status: Option<String>,
        /// Only of this event.
        #[arg(long)]
        event: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Send a test message at once; exit code 6 if it is not delivered.
    Test {
        /// Id of the webhook.
        id: WebhookId,
    },
    /// Send an ended delivery once more, at once; exit code 6 if it is not delivered.
    Redeliver {
        /// Id of the webhook.
        id: WebhookId,
        /// Id of the delivery, as in the log.
        delivery: DeliveryId,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::Create { url, events, description } => {
            let events = events.iter().map(|name| event(name)).collect::<Result<_>>()?;
            let new = CreateWebhook { url, events, description };
            let issued = context.operator().await?.create_webhook(&new).await?;
            output::show(context, &issued, issued_text)
        }
        Verb::List => {
            output::show(context, &context.operator().await?.webhooks().await?, |all| list(&all.data))
        }
        Verb::Show { id } => output::show(context, &context.operator().await?.webhook(id).await?, text),
        Verb::Pause { id } => enable(context, id, false).await,
        Verb::Resume { id } => enable(context, id, true).await,
        Verb::Delete { id, yes } => {
            yes.or_ask(&format!("it would delete the webhook {id} with its log and its secret"))?;
            context.operator().await?.delete_webhook(id).await?;
            let deleted = json!({ "id": id, "deleted": true });
            output::show(context, &deleted, |_| format!("Webhook {id} is deleted."))
        }
        Verb::Logs { id, status, event: name, limit } => {
            let status = status.as_deref().map(state).transpose()?;
            let event_type = name.as_deref().map(event).transpose()?;
            let query = DeliveryQuery { status, event_type, cursor: None, limit: Some(limit) };
            let page = context.operator().await?.webhook_logs(id, &query).await?;
            output::show(context, &page, |page| log(&page.data))
        }
        Verb::Test { id } => {
            let client = context.operator().await?;
            attempted(context, client.test_webhook(id).await?)
        }
        Verb::Redeliver { id, delivery } => {
            let client = context.operator().await?;
            attempted(context, client.redeliver(id, delivery).await?)
        }
    }
}

async fn enable(context: &Context, id: WebhookId, enabled: bool) -> Result<()> {
    let change = UpdateWebhook { enabled: Some(enabled), ..UpdateWebhook::default() };
    let changed = context.operator().await?.update_webhook(id, &change).await?;
    output::show(context, &changed, |webhook| {
        format!("Webhook {} is {}.", webhook.id, if webhook.enabled { "active" } else { "paused" })
    })
}

fn event(name: &str) -> Result<AuditEventKind> {
    let known: Vec<_> = AuditEventKind::ALL.iter().map(|event| event.as_str()).collect();
    AuditEventKind::parse(name).ok_or_else(|| unknown_name(name, "an event", &known))
}

fn state(name: &str) -> Result<DeliveryStatus> {
    let known: Vec<_> = DeliveryStatus::ALL.iter().map(|status| status.as_str()).collect();
    DeliveryStatus::parse(name).ok_or_else(|| unknown_name(name, "a state of a delivery", &known))
}

/// Shows one attempt; a failed one counts as a failed check.
fn attempted(context: &Context, delivery: Delivery) -> Result<()> {
    output::show(context, &delivery, |delivery| {
        let took = delivery.request_duration.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
        let status = delivery.http_status.map(|status| format!(" with HTTP {status}")).unwrap_or_default();
        let error = delivery.error.as_deref().unwrap_or_default();
        format!("Delivery {}: {}{status}{took}. {error}", delivery.id, delivery.status).trim_end().to_owned()
    })?;
    if delivery.status == DeliveryStatus::Delivered.as_str() {
        return Ok(());
    }
    Err(CheckFailed { message: "the webhook did not receive it".to_owned(), reported: true }.into())
}

fn issued_text(issued: &IssuedWebhook) -> String {
    let secret = issued.secret.clone().into_inner();
    format!("{}\nThe secret, shown once:\n{}", text(&issued.webhook), secret.expose_secret())
}

fn active(webhook: &Webhook) -> String {
    if webhook.enabled { "active" } else { "paused" }.to_owned()
}

fn events(webhook: &Webhook) -> String {
    if webhook.events.is_empty() { "all".to_owned() } else { webhook.events.join(", ") }
}

fn text(webhook: &Webhook) -> String {
    table::record(&[
        ("id", webhook.id.to_string()),
        ("state", active(webhook)),
        ("url", webhook.url.clone()),
        ("events", events(webhook)),
        ("description", webhook.description.clone().unwrap_or_default()),
        ("created", human::time(webhook.created_at)),
        ("changed", human::time(webhook.updated_at)),
    ])
}

fn list(webhooks: &[Webhook]) -> String {
    let rows = webhooks.iter().map(|webhook| {
        [
            webhook.id.to_string(),
            active(webhook),
            webhook.url.clone(),
            events(webhook),
            webhook.description.clone().unwrap_or_default(),
        ]
    });
    let empty = "There are no webhooks. `waiaas webhook create URL` makes one.";
    table::list(empty, ["id", "state", "url", "events", "description"], rows)
}

fn log(deliveries: &[Delivery]) -> String {
    let head = ["id", "time", "event", "status", "attempts", "HTTP", "next attempt", "error"];
    let rows = deliveries.iter().map(|delivery| {
        [
            delivery.id.to_string(),
            human::time(delivery.created_at),
            delivery.event_type.clone(),
            delivery.status.clone(),
            delivery.attempt.to_string(),
            delivery.http_status.map(|status| status.to_string()).unwrap_or_default(),
            human::time_if_any(delivery.next_attempt_at),
            delivery.error.clone().unwrap_or_default(),
        ]
    });
    table::list("No deliveries match.", head, rows)
}
