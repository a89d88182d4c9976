//! Path and query parameters, with errors in the form of those of bodies.

use std::error::Error as _;

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path as AxumPath, Query as AxumQuery};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use waiaas_api::json::issue;
use waiaas_api::page::{DEFAULT_LIMIT, MAX_LIMIT};
use waiaas_core::foreign::shown;
use waiaas_engine::Page;

use crate::problem::Failure;

/// Parameters in the path.
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match AxumPath::<T>::from_request_parts(parts, state).await {
            Ok(AxumPath(value)) => Ok(Self(value)),
            Err(rejection) => Err(Failure::issue("id", "invalid", expected(&rejection))),
        }
    }
}

/// The form that a parameter in the path must have.
fn expected(rejection: &PathRejection) -> &'static str {
    let PathRejection::FailedToDeserializePathParams(failed) = rejection else {
        return "the path must contain a UUID here";
    };
    match failed.kind() {
        ErrorKind::ParseError { expected_type: "i64", .. }
        | ErrorKind::ParseErrorAtKey { expected_type: "i64", .. }
        | ErrorKind::ParseErrorAtIndex { expected_type: "i64", .. } => {
            "the path must contain a whole number here"
        }
        _ => "the path must contain a UUID here",
    }
}

/// Parameters in the query.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let read = AxumQuery::<T>::try_from_uri(&parts.uri);
        read.map(|AxumQuery(value)| Self(value)).map_err(|rejection| {
            let cause = rejection.source().map(ToString::to_string).unwrap_or_default();
            // The path, if known, comes before the message: `limit: invalid digit found in string`.
            let (path, message) = match cause.split_once(": ") {
                Some((path, message)) if !path.contains(' ') => (path, message),
                Some(_) | None => ("", cause.as_str()),
            };
            Failure::invalid(&[issue(&shown(path), message)])
        })
    }
}

/// The requested page of a list.
pub(crate) fn page(cursor: Option<String>, limit: Option<u32>) -> Result<Page, Failure> {
    match limit.unwrap_or(DEFAULT_LIMIT) {
        0 => Err(Failure::issue("limit", "too_small", "at least 1")),
        limit if limit > MAX_LIMIT => Err(Failure::issue("limit", "too_big", "at most 200")),
        limit => Ok(Page { cursor, limit }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use waiaas_api::audit::AuditQuery;

    async fn read(query: &str) -> Result<AuditQuery, Failure> {
        let (mut parts, ()) = Request::get(format!("/x?{query}")).body(()).expect("request").into_parts();
        Query::from_request_parts(&mut parts, &()).await.map(|Query(value)| value)
    }

    async fn issue_of(query: &str) -> (String, String) {
        let failure = read(query).await.expect_err(query);
        let first = failure.details().expect("details")["issues"][0].clone();
        let text = |field: &str| first[field].as_str().unwrap_or_default().to_owned();
        (text("path"), text("code"))
    }

    #[tokio::test]
    async fn both_spellings_and_nothing_else() {
        let id = "018f3a4e-0000-7000-8000-000000000001";
        let camel = read(&format!("walletId={id}&includeTotal=true&limit=5")).await.expect("camelCase");
        let snake = read(&format!("wallet_id={id}&include_total=true&limit=5")).await.expect("snake_case");
        assert_eq!(camel, snake);
        assert!(camel.include_total && camel.limit == Some(5));
        assert_eq!(issue_of("a%E2%80%AEb%0Ac=x").await.0, r"a\u{202e}b\nc");
        assert_eq!(issue_of("walet=x").await, ("walet".to_owned(), "unrecognized_key".to_owned()));
        assert_eq!(issue_of("limit=x").await.0, "limit");
        assert_eq!(issue_of("walletId=4242").await, ("walletId".to_owned(), "invalid".to_owned()));
    }

    #[test]
    fn pages_have_bounds() {
        assert_eq!(page(None, None).map(|p| p.limit), Ok(DEFAULT_LIMIT));
        assert!(page(None, Some(0)).is_err() && page(None, Some(201)).is_err());
        assert_eq!(page(Some("c".into()), Some(200)).map(|p| p.limit), Ok(200));
    }
}
