//! Signed webhooks: a POST with a JSON body and an HMAC-SHA256 over time, delivery and body.
//!
//! The signature covers the time and the id, so neither can be changed on a recorded request. The key is the text of
//! the webhook's secret.

use std::time::Duration;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretSlice};
use serde::Serialize;
use serde_json::Value;
use sha2::Sha256;
use tokio::time::Instant;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::DeliveryId;
use waiaas_outbound::{Outbound, OutboundError, Request, Target};

use crate::channel::{Attempt, Channel, Notice, Outcome};

/// The time for one attempt.
const TIMEOUT: Duration = Duration::from_secs(10);
const USER_AGENT: &str = "WAIaaS-Webhook/1.0";

/// A webhook as a destination.
pub struct Webhook {
    /// Its address.
    pub target: Target,
    /// Its secret.
    pub secret: SecretSlice<u8>,
}

/// The channel to webhooks.
#[derive(Clone, Debug)]
pub struct WebhookChannel {
    outbound: Outbound,
}

/// The body, the same in every attempt.
#[derive(Serialize)]
struct Body<'a> {
    id: DeliveryId,
    event: &'a str,
    timestamp: UnixSeconds,
    data: &'a Value,
}

impl WebhookChannel {
    /// Creates the channel over the client for addresses that others chose.
    pub const fn new(outbound: Outbound) -> Self {
        Self { outbound }
    }

    /// The client.
    pub const fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    async fn post(&self, notice: &Notice, to: &Webhook, now: UnixSeconds) -> Result<u16, Failure> {
        let Notice { id, event, at, data } = notice;
        let body = Body { id: *id, event, timestamp: *at, data };
        let body = serde_json::to_vec(&body).map_err(|_| Failure::Defect)?;
        let signature = sign(&to.secret, now, *id, &body).ok_or(Failure::Defect)?;
        let headers = vec![
            ("Content-Type", "application/json".to_owned()),
            ("User-Agent", USER_AGENT.to_owned()),
            ("X-WAIaaS-Event", event.clone()),
            ("X-WAIaaS-Delivery", id.to_string()),
            ("X-WAIaaS-Timestamp", now.to_string()),
            ("X-WAIaaS-Signature", format!("sha256={signature}")),
        ];
        let request = Request { target: &to.target, headers, body, timeout: TIMEOUT };
        Ok(self.outbound.post(request).await.map_err(Failure::NoAnswer)?.status)
    }
}

/// The reason why there is no answer.
enum Failure {
    NoAnswer(OutboundError),
    Defect,
}

/// HMAC-SHA256 over `timestamp.delivery.body`, as hex. None if HMAC refuses the key, which it never does.
fn sign(secret: &SecretSlice<u8>, now: UnixSeconds, id: DeliveryId, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret()).ok()?;
    mac.update(format!("{now}.{id}.").as_bytes());
    mac.update(body);
    Some(hex::encode(mac.finalize().into_bytes()))
}

#[async_trait]
impl Channel for WebhookChannel {
    type Destination = Webhook;

    async fn deliver(&self, notice: &Notice, to: &Webhook, now: UnixSeconds) -> Attempt {
        let began = Instant::now();
        let ended = self.post(notice, to, now).await;
        let duration = began.elapsed();
        let (outcome, http_status, error) = match ended {
            Ok(status) => {
                let (outcome, error) = judge(status);
                (outcome, Some(status), error)
            }
            Err(Failure::NoAnswer(error)) => (Outcome::TryAgain, None, Some(sentence(&error))),
            Err(Failure::Defect) => (Outcome::TryAgain, None, Some("The message cannot be made.".to_owned())),
        };
        Attempt { outcome, http_status, error, duration }
    }
}

fn sentence(error: &OutboundError) -> String {
    match error {
        OutboundError::Setup => "The request cannot be made.".to_owned(),
        OutboundError::Refused(_)
        | OutboundError::Unresolved
        | OutboundError::Timeout
        | OutboundError::Unreachable => format!("The address was not reached: {error}."),
    }
}

/// The outcome for a status. Redirects are not followed: the operator has to configure the new address.
fn judge(status: u16) -> (Outcome, Option<String>) {
    match status {
        200..=299 => (Outcome::Delivered, None),
        300..=399 => (Outcome::Refused, Some("The receiver redirects, which is not followed.".to_owned())),
        408 | 429 => (Outcome::TryAgain, Some(format!("The receiver answered with status {status}."))),
        400..=499 => (Outcome::Refused, Some(format!("The receiver refused it with status {status}."))),
        _ => (Outcome::TryAgain, Some(format!("The receiver answered with status {status}."))),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use uuid::Uuid;
    use waiaas_outbound::{AllowList, SystemResolver};
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

    use super::*;

    fn notice() -> Notice {
        Notice {
            id: DeliveryId::new(Uuid::from_u128(7)),
            event: "TX_CONFIRMED".into(),
            at: 1_800_000_000,
            data: json!({ "seq": 5 }),
        }
    }

    fn secret() -> SecretSlice<u8> {
        SecretSlice::from(b"key".to_vec())
    }

    async fn deliver(answer: ResponseTemplate) -> (Attempt, Vec<wiremock::Request>) {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        let allowed = AllowList::parse(&[server.address().to_string()]).expect("entry");
        let channel = WebhookChannel::new(Outbound::new(allowed, Arc::new(SystemResolver)));
        let to = Webhook { target: Target::parse(&server.uri()).expect("URL"), secret: secret() };
        let attempt = channel.deliver(&notice(), &to, 1_800_000_060).await;
        (attempt, server.received_requests().await.expect("recorded"))
    }

    #[tokio::test]
    async fn time_id_and_body_are_signed() {
        let (attempt, requests) = deliver(ResponseTemplate::new(204)).await;
        assert_eq!(
            (attempt.outcome, attempt.http_status, attempt.error),
            (Outcome::Delivered, Some(204), None)
        );
        let [request] = &requests[..] else { panic!("{} requests", requests.len()) };
        let header = |name: &str| request.headers.get(name).expect(name).to_str().expect(name);
        let body = r#"{"id":"00000000-0000-0000-0000-000000000007","event":"TX_CONFIRMED","timestamp":1800000000,"data":{"seq":5}}"#;
        assert_eq!(String::from_utf8_lossy(&request.body), body);
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(header("user-agent"), "WAIaaS-Webhook/1.0");
        assert_eq!(header("x-waiaas-event"), "TX_CONFIRMED");
        assert_eq!(header("x-waiaas-delivery"), "00000000-0000-0000-0000-000000000007");
        assert_eq!(header("x-waiaas-timestamp"), "1800000060");
        // Computed by `printf '%s' '1800000060.00000000-0000-0000-0000-000000000007.BODY' | openssl dgst -sha256 -hmac key`.
        assert_eq!(
            header("x-waiaas-signature"),
            "sha256=bec442f4383a10bf2382d514a39e5a41459b8e1e08607f2471ea34d45f308b0f"
        );
    }

    #[test]
    fn each_part_changes_the_signature() {
        let (id, other) = (notice().id, DeliveryId::new(Uuid::from_u128(8)));
        let signed = sign(&secret(), 1, id, b"body");
        assert!(signed.is_some());
        for different in [
            sign(&secret(), 2, id, b"body"),
            sign(&secret(), 1, other, b"body"),
            sign(&secret(), 1, id, b"bodY"),
            sign(&SecretSlice::from(b"kez".to_vec()), 1, id, b"body"),
        ] {
            assert_ne!(signed, different);
        }
    }

    #[tokio::test]
    async fn the_status_decides_about_another_attempt() {
        for (status, outcome) in [
            (200, Outcome::Delivered),
            (301, Outcome::Refused),
            (400, Outcome::Refused),
            (404, Outcome::Refused),
            (408, Outcome::TryAgain),
            (410, Outcome::Refused),
            (429, Outcome::TryAgain),
            (500, Outcome::TryAgain),
            (503, Outcome::TryAgain),
        ] {
            let (attempt, requests) = deliver(ResponseTemplate::new(status)).await;
            assert_eq!((attempt.outcome, attempt.http_status), (outcome, Some(status)), "{status}");
            assert_eq!(attempt.error.is_none(), outcome == Outcome::Delivered, "{status}");
            assert_eq!(requests.len(), 1, "{status}");
        }
    }

    #[tokio::test]
    async fn an_address_that_is_refused_is_tried_again_later() {
        let channel = WebhookChannel::new(Outbound::new(AllowList::default(), Arc::new(SystemResolver)));
        let target = Target::parse("https://127.0.0.1/secret").expect("URL");
        let attempt = channel.deliver(&notice(), &Webhook { target, secret: secret() }, 1).await;
        assert_eq!((attempt.outcome, attempt.http_status), (Outcome::TryAgain, None));
        let error = attempt.error.expect("a reason");
        assert!(error.contains("allow-list") && !error.contains("secret"), "{error}");
    }
}
