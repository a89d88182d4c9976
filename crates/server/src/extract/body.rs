//! The JSON body of a request.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request as HttpRequest};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use waiaas_api::json;
use waiaas_api::validation::Request;

use crate::extract::single;
use crate::problem::{Failure, HttpCode};

/// A request body, parsed strictly.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: Request> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: HttpRequest, state: &S) -> Result<Self, Failure> {
        require_json(&request)?;
        Ok(Self(json::read(&bytes(request, state).await?)?))
    }
}

/// A request body, parsed strictly; an absent body means the default.
pub(crate) struct MaybeBody<T>(pub(crate) T);

impl<S: Send + Sync, T: Request + Default> FromRequest<S> for MaybeBody<T> {
    type Rejection = Failure;

    async fn from_request(request: HttpRequest, state: &S) -> Result<Self, Failure> {
        let typed = require_json(&request);
        let bytes = bytes(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        typed?;
        Ok(Self(json::read(&bytes)?))
    }
}

async fn bytes<S: Send + Sync>(request: HttpRequest, state: &S) -> Result<Bytes, Failure> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::new(HttpCode::PayloadTooLarge, "The body is too large."),
        _ => Failure::new(HttpCode::BadRequest, "The body cannot be read."),
    })
}

fn require_json(request: &HttpRequest) -> Result<(), Failure> {
    let refuse = || {
        Failure::new(HttpCode::UnsupportedMediaType, "The body must be JSON.")
            .hint("Send Content-Type: application/json.")
    };
    let value = single(request.headers(), CONTENT_TYPE.as_str()).map_err(|_| refuse())?.ok_or_else(refuse)?;
    let text = value.to_str().map_err(|_| refuse())?;
    let essence = text.split(';').next().unwrap_or(text).trim();
    if essence.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(refuse()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body as HttpBody;
    use axum::extract::DefaultBodyLimit;
    use axum::routing::post;
    use tower::ServiceExt as _;
    use waiaas_api::wallets::{RenameWallet, SuspendWallet};

    async fn ask(path: &str, content_type: Option<&str>, body: &str) -> StatusCode {
        let router = Router::new()
            .route("/body", post(|_: Body<RenameWallet>| async { "" }))
            .route(
                "/maybe",
                post(|MaybeBody(b): MaybeBody<SuspendWallet>| async move { b.reason.unwrap_or_default() }),
            )
            .layer(DefaultBodyLimit::max(64));
        let mut request = HttpRequest::post(path);
        if let Some(text) = content_type {
            request = request.header(CONTENT_TYPE, text);
        }
        let request = request.body(HttpBody::from(body.to_owned())).expect("request");
        router.oneshot(request).await.expect("infallible").status()
    }

    #[tokio::test]
    async fn only_json_is_read() {
        let body = r#"{"name":"a"}"#;
        assert_eq!(ask("/body", Some("application/json"), body).await, StatusCode::OK);
        assert_eq!(ask("/body", Some("Application/JSON; charset=utf-8"), body).await, StatusCode::OK);
        for other in
            [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonx")]
        {
            assert_eq!(ask("/body", other, body).await, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{other:?}");
        }
    }

    #[tokio::test]
    async fn the_body_has_an_end() {
        let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(90));
        assert_eq!(ask("/body", Some("application/json"), &long).await, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn nothing_is_enough_where_everything_is_optional() {
        assert_eq!(ask("/maybe", None, "").await, StatusCode::OK);
        assert_eq!(ask("/maybe", Some("application/json"), "").await, StatusCode::OK);
        assert_eq!(ask("/maybe", Some("application/json"), r#"{"reason":"x"}"#).await, StatusCode::OK);
        assert_eq!(ask("/maybe", None, "{}").await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(ask("/maybe", Some("application/json"), r#"{"why":"x"}"#).await, StatusCode::BAD_REQUEST);
        assert_eq!(ask("/body", Some("application/json"), "").await, StatusCode::BAD_REQUEST);
    }
}
