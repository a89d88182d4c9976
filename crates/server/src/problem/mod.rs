//! The only place where errors become HTTP. The status of each code is in `code`.

#[cfg(test)]
mod catalogue;
mod code;
mod remedy;

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use waiaas_api::problem::Problem;
use waiaas_api::requests::Operation;
use waiaas_api::validation::{Issue, Refusal};
use waiaas_engine::core::stopped;
use waiaas_engine::{Error, ErrorCode};

pub(crate) use self::code::{Code, HttpCode};

/// An error to be answered. It is kept in the response's extensions until [`render`] writes its body.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Failure(Box<Parts>);

#[derive(Clone, PartialEq, Debug)]
struct Parts {
    code: Code,
    message: String,
    hint: Option<String>,
    details: Option<Value>,
    retry_after: Option<u64>,
}

impl Failure {
    pub(crate) fn new(code: impl Into<Code>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        Self(Box::new(Parts { code, message, hint: None, details: None, retry_after: None }))
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// A request that is not valid.
    pub(crate) fn invalid(issues: &[Issue]) -> Self {
        let message = match issues {
            [only] if only.path.is_empty() => stopped(format!("The request is not valid: {}", only.message)),
            [only] => stopped(format!("The request is not valid: {}: {}", only.path, only.message)),
            _ => "The request is not valid; see details.issues.".to_owned(),
        };
        let mut failure = Self::new(ErrorCode::ActionValidationFailed, message);
        failure.0.details = Some(json!({ "issues": issues }));
        failure
    }

    /// A defect of the daemon. The cause is logged. How far the request got is not known here, so the message
    /// does not say.
    pub(crate) fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(ErrorCode::InternalError, "The daemon had an internal error.").hint(
            "Before repeating a send, look at the list of transactions, or use the same Idempotency-Key.",
        )
    }

    /// One fault of a request.
    pub(crate) fn issue(path: &str, code: &str, message: impl Into<String>) -> Self {
        Self::invalid(&[Issue::new(path, code, message)])
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> Code {
        self.0.code
    }

    #[cfg(test)]
    pub(crate) fn details(&self) -> Option<&Value> {
        self.0.details.as_ref()
    }

    #[cfg(test)]
    pub(crate) fn waiting_seconds(&self) -> Option<u64> {
        self.0.retry_after
    }

    fn problem(&self, request_id: &str) -> Problem {
        let parts = &*self.0;
        Problem {
            code: parts.code.as_str().to_owned(),
            message: parts.message.clone(),
            retryable: parts.code.http().1,
            request_id: request_id.to_owned(),
            hint: parts.hint.clone(),
            details: parts.details.clone(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let Error { code, message, hint, details, retry_after } = error;
        let hint = hint.map(remedy::worded);
        let details = details.map(|details| json!(details));
        Self(Box::new(Parts { code: code.into(), message, hint, details, retry_after }))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(issues) => Self::invalid(&issues),
            Refusal::UnsupportedType => {
                Self::new(ErrorCode::UnsupportedTxType, "This daemon does not support this transaction type.")
                    .hint(format!("Use one of {}.", Operation::TYPES.map(|kind| kind.as_str()).join(", ")))
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.0.code.http().0;
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Writes the body of an error. An error answer from outside this crate gets one by its status, so that every
/// error has the same form.
///
/// `listed` are the codes of the operation, if the request matches one. Any other code is a defect of the
/// list: it is logged, and in a debug build it becomes an internal error, so that tests find it.
pub(crate) fn render(mut response: Response, request_id: &str, listed: Option<&[&'static str]>) -> Response {
    let made_here = response.extensions_mut().remove::<Arc<Failure>>();
    let status = response.status();
    let failure = match made_here {
        Some(failure) => Arc::unwrap_or_clone(failure),
        None if status.is_client_error() || status.is_server_error() => by_status(status),
        None => return response,
    };
    let failure = match listed {
        Some(listed) if !listed.contains(&failure.0.code.as_str()) => unlisted(failure),
        Some(_) | None => failure,
    };
    let body = serde_json::to_vec(&failure.problem(request_id)).unwrap_or_default();
    *response.status_mut() = failure.0.code.http().0;
    let headers = response.headers_mut();
    headers.remove(axum::http::header::CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = failure.0.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    *response.body_mut() = Body::from(body);
    response
}

fn unlisted(failure: Failure) -> Failure {
    let code = failure.0.code.as_str();
    tracing::error!(code, "an operation answers with a code that the document does not list");
    match cfg!(debug_assertions) {
        true => {
            Failure::new(ErrorCode::InternalError, format!("{code} is not listed: {}", failure.0.message))
        }
        false => failure,
    }
}

fn by_status(status: StatusCode) -> Failure {
    match status {
        StatusCode::NOT_FOUND => Failure::new(HttpCode::RouteNotFound, "This path does not exist."),
        StatusCode::METHOD_NOT_ALLOWED => {
            Failure::new(HttpCode::MethodNotAllowed, "This path does not support this method.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Failure::new(HttpCode::PayloadTooLarge, "The body is too large."),
        other if other.is_client_error() => Failure::new(HttpCode::BadRequest, "The request cannot be read."),
        _ => Failure::internal("an error answer without a cause"),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use waiaas_api::problem::ProblemDetails;
    use waiaas_core::ids::{PolicyId, TxId};
    use waiaas_core::policy::{Denial, DenialCode, PolicyType};
    use waiaas_engine::{Details, FieldIssue, OpenChallenge};

    use super::*;

    #[test]
    fn a_denial_names_the_policy_that_decided() {
        let (policy_type, policy_id) = (Some(PolicyType::Whitelist), Some(PolicyId::new(Uuid::nil())));
        let (code, message) = (DenialCode::WhitelistDenied, "No.".to_owned());
        let denial = Denial { code, policy_type, policy_id, message, hint: None };
        let error = Error::new(ErrorCode::Denied(code), "No.").details(Details::denied(None, vec![denial]));
        let failure = Failure::from(error);
        let details = failure.details().expect("details");
        assert_eq!((&details["policyType"], &details["policyId"]), (&json!("WHITELIST"), &json!(policy_id)));
        assert_eq!(
            (&details["transactionId"], &details["denials"][0]["message"]),
            (&Value::Null, &json!("No."))
        );
    }

    #[test]
    fn the_details_of_every_kind_are_documented() {
        let text = || "x".to_owned();
        let (policy_id, transaction_id) = (PolicyId::new(Uuid::nil()), TxId::new(Uuid::nil()));
        let denial = Denial {
            code: DenialCode::WhitelistDenied,
            policy_type: Some(PolicyType::Whitelist),
            policy_id: Some(policy_id),
            message: text(),
            hint: None,
        };
        let issue = FieldIssue { path: text(), message: text(), code: "invalid" };
        let challenge = OpenChallenge { message: text(), nonce: text(), expires_at: 1 };
        for details in [
            Details::Invalid { issues: vec![issue] },
            Details::denied(Some(transaction_id), vec![denial]),
            Details::Challenge { challenge },
            Details::Reason { reason: "x" },
            Details::Policy { policy_id },
            Details::Transaction { transaction_id },
            Details::Fee { setting: text(), need: text(), cap: text() },
            Details::Shortage { asset: text(), have: text(), need: text() },
        ] {
            let documented = serde_json::from_value::<ProblemDetails>(json!(details));
            assert!(documented.is_ok(), "{details:?}: {documented:?}");
        }
    }

    #[test]
    fn an_answer_of_the_framework_gets_the_envelope() {
        let mut response = Response::new(Body::from("length limit exceeded"));
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        let rendered = render(response, "r-1", None);
        assert_eq!(rendered.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(rendered.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
