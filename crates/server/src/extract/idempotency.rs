//! The header `Idempotency-Key`.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde::Serialize;
use waiaas_core::digest::Digest;
use waiaas_engine::IdempotencyKey;

use crate::extract::single;
use crate::problem::Failure;

const HEADER: &str = "idempotency-key";

/// The caller's key, if given: 1 to 128 visible ASCII characters.
pub(crate) struct Idempotency(Option<String>);

impl Idempotency {
    /// Binds the key to the parsed request, so that spacing and field order do not matter.
    pub(crate) fn bind(self, request: &impl Serialize) -> Result<Option<IdempotencyKey>, Failure> {
        let Some(key) = self.0 else { return Ok(None) };
        let canonical = serde_json::to_vec(request).map_err(Failure::internal)?;
        Ok(Some(IdempotencyKey { key, body: Digest::of("waiaas.request.v1", &[&canonical]) }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Idempotency {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        key(&parts.headers).map(Self)
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let refuse =
        || Failure::issue("Idempotency-Key", "invalid", "one header of 1 to 128 visible ASCII characters");
    let Some(value) = single(headers, HEADER).map_err(|_| refuse())? else { return Ok(None) };
    let fine = (1..=128).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic);
    value.to_str().ok().filter(|_| fine).map(|text| Some(text.to_owned())).ok_or_else(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use waiaas_api::requests::TransactionRequest;

    #[test]
    fn visible_ascii_only() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(text.as_bytes()).expect("header"));
            key(&headers)
        };
        assert_eq!(key(&HeaderMap::new()), Ok(None));
        assert_eq!(read("018f-a_b"), Ok(Some("018f-a_b".to_owned())));
        for bad in ["", "a b", "é", &"x".repeat(129)] {
            assert_eq!(read(bad).expect_err("refused").code().as_str(), "ACTION_VALIDATION_FAILED");
        }
    }

    #[test]
    fn the_key_is_bound_to_what_was_meant() {
        let digest = |body: &str| {
            let request: TransactionRequest = serde_json::from_str(body).expect("request");
            Idempotency(Some("k".into())).bind(&request).expect("bound").expect("key").body
        };
        let one = digest(r#"{"to":"r","amount":"1"}"#);
        assert_eq!(one, digest(r#"{ "amount": "1", "to": "r", "memo": null }"#));
        assert_ne!(one, digest(r#"{"to":"r","amount":"2"}"#));
        assert_ne!(one, digest(r#"{"to":"r","humanAmount":"1"}"#));
    }
}
