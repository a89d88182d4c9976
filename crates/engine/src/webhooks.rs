//! Webhook functions shared by the operator's use cases and the worker: one attempt, and its follow-up.

use serde_json::{Value, json};
use waiaas_channels::{Attempt, Channel as _, Notice, Outcome, Webhook as Destination};
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{DeliveryId, WebhookId};
use waiaas_core::webhook::{DeliveryStatus, wait_after};
use waiaas_keys::Purpose;
use waiaas_outbound::Target;
use waiaas_store::{AttemptRecord, AuditRow, DeliveryRow, Entity, StoreError, WebhookRow};

use crate::Engine;
use crate::error::{Error, ErrorCode, Remedy};

/// The event of a test message.
pub(crate) const TEST_EVENT: &str = "WEBHOOK_TEST";

/// Makes one attempt to deliver a notice.
///
/// # Errors
/// If the stored address or secret cannot be read. A failed attempt is part of the result.
pub(crate) async fn attempt(
    engine: &Engine,
    webhook: &WebhookRow,
    notice: &Notice,
) -> Result<Attempt, Error> {
    let target = Target::parse(&webhook.url).map_err(Error::internal)?;
    let id = webhook.id.to_string();
    let secret = engine.vault().open_secret(Purpose::Webhooks, &id, &webhook.sealed_secret);
    let to = Destination { target, secret: secret.map_err(Error::internal)? };
    Ok(engine.webhook_channel().deliver(notice, &to, engine.now()).await)
}

/// Turns a row of the audit log into a notice. The caller's address and the hashes of the chain are left out.
pub(crate) fn notice(id: DeliveryId, row: AuditRow) -> Notice {
    let details: Value = serde_json::from_str(&row.details).unwrap_or_default();
    let data = json!({
        "seq": row.seq,
        "severity": row.severity,
        "actor": row.actor,
        "walletId": row.wallet,
        "sessionId": row.session,
        "txId": row.tx,
        "details": details,
    });
    Notice { id, event: row.event, at: row.at, data }
}

/// A test message.
pub(crate) fn test_notice(id: DeliveryId, webhook: WebhookId, at: UnixSeconds) -> Notice {
    Notice { id, event: TEST_EVENT.to_owned(), at, data: json!({ "webhookId": webhook }) }
}

/// Rebuilds the notice of a logged delivery.
///
/// # Errors
/// If the row of the audit log cannot be read.
pub(crate) async fn notice_of(engine: &Engine, delivery: &DeliveryRow) -> Result<Notice, Error> {
    let Some(seq) = delivery.seq else {
        return Ok(test_notice(delivery.id, delivery.webhook, delivery.created_at));
    };
    let rows = engine.store().audit_after(seq.saturating_sub(1), 1).await?;
    let row = rows.into_iter().next().ok_or_else(|| Error::internal("an audit row is missing"))?;
    Ok(notice(delivery.id, row))
}

/// The record of an attempt after which others may follow.
pub(crate) fn followed_up(attempt: Attempt, made_before: u32, now: UnixSeconds) -> AttemptRecord {
    let wait = match attempt.outcome {
        Outcome::Delivered | Outcome::Refused => None,
        Outcome::TryAgain => wait_after(made_before.saturating_add(1)),
    };
    match wait {
        Some(seconds) => {
            let next_try_at = Some(now.saturating_add(seconds));
            AttemptRecord { status: DeliveryStatus::Pending, next_try_at, ..last(attempt) }
        }
        None => last(attempt),
    }
}

/// The record of an attempt after which none follows.
pub(crate) fn last(attempt: Attempt) -> AttemptRecord {
    let status = match attempt.outcome {
        Outcome::Delivered => DeliveryStatus::Delivered,
        Outcome::Refused => DeliveryStatus::Refused,
        Outcome::TryAgain => DeliveryStatus::Exhausted,
    };
    AttemptRecord {
        status,
        http_status: attempt.http_status,
        error: attempt.error,
        duration_ms: u64::try_from(attempt.duration.as_millis()).unwrap_or(u64::MAX),
        next_try_at: None,
    }
}

/// Maps the store's errors about webhooks to those of use cases.
pub(crate) fn not_found(error: StoreError) -> Error {
    match error {
        StoreError::NotFound(Entity::Webhook) => no_webhook(),
        StoreError::NotFound(Entity::Delivery) => no_delivery(),
        other => other.into(),
    }
}

pub(crate) fn no_webhook() -> Error {
    Error::new(ErrorCode::WebhookNotFound, "There is no such webhook.").hint(Remedy::ListWebhooks)
}

pub(crate) fn no_delivery() -> Error {
    Error::new(ErrorCode::DeliveryNotFound, "The webhook's log has no such delivery.")
        .hint(Remedy::ListDeliveries)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use waiaas_core::webhook::MAX_ATTEMPTS;

    use super::*;

    fn made(outcome: Outcome) -> Attempt {
        Attempt { outcome, http_status: None, error: None, duration: Duration::from_millis(3) }
    }

    #[test]
    fn only_what_may_succeed_is_tried_again_and_not_for_ever() {
        for outcome in [Outcome::Delivered, Outcome::Refused] {
            assert_eq!(followed_up(made(outcome), 0, 100), last(made(outcome)));
        }
        let first = followed_up(made(Outcome::TryAgain), 0, 100);
        assert_eq!((first.status, first.next_try_at), (DeliveryStatus::Pending, Some(101)));
        let third = followed_up(made(Outcome::TryAgain), 2, 100);
        assert_eq!((third.status, third.next_try_at), (DeliveryStatus::Pending, Some(104)));
        let end = followed_up(made(Outcome::TryAgain), MAX_ATTEMPTS - 1, 100);
        assert_eq!((end.status, end.next_try_at), (DeliveryStatus::Exhausted, None));
        assert_eq!(end.duration_ms, 3);
    }
}
