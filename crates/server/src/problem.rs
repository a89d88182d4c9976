//! The only place that turns an error into HTTP: code → status and `retryable`.

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use waiaas_api::problem::Problem;
use waiaas_api::requests::TransactionRequest;
use waiaas_api::validation::{Issue, Refusal};
use waiaas_core::policy::DenialCode;
use waiaas_engine::{Error, ErrorCode};

/// Codes of what the doors refuse by themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DoorCode {
    /// The `Host` header names somebody else (DNS rebinding).
    HostNotAllowed,
    /// The body is larger than configured.
    PayloadTooLarge,
    /// The body is not `application/json`.
    UnsupportedMediaType,
    /// No such path.
    RouteNotFound,
    /// The path does not know this method.
    MethodNotAllowed,
    /// Too many requests.
    RateLimited,
    /// The request took too long.
    RequestTimeout,
    /// Too many requests at once.
    Overloaded,
    /// HTTP that cannot be read.
    BadRequest,
}

/// Every code that can leave the daemon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    /// From a use case.
    Engine(ErrorCode),
    /// From the doors.
    Door(DoorCode),
}

impl From<ErrorCode> for Code {
    fn from(code: ErrorCode) -> Self {
        Self::Engine(code)
    }
}

impl From<DoorCode> for Code {
    fn from(code: DoorCode) -> Self {
        Self::Door(code)
    }
}

impl Code {
    /// The wire code.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Engine(code) => code.as_str(),
            Self::Door(code) => match code {
                DoorCode::HostNotAllowed => "HOST_NOT_ALLOWED",
                DoorCode::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
                DoorCode::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
                DoorCode::RouteNotFound => "NOT_FOUND",
                DoorCode::MethodNotAllowed => "METHOD_NOT_ALLOWED",
                DoorCode::RateLimited => "RATE_LIMITED",
                DoorCode::RequestTimeout => "REQUEST_TIMEOUT",
                DoorCode::Overloaded => "OVERLOADED",
                DoorCode::BadRequest => "BAD_REQUEST",
            },
        }
    }

    /// HTTP status, and whether the same request may succeed later by itself.
    pub(crate) const fn http(self) -> (StatusCode, bool) {
        match self {
            Self::Engine(code) => engine(code),
            Self::Door(code) => match code {
                DoorCode::HostNotAllowed => (StatusCode::MISDIRECTED_REQUEST, false),
                DoorCode::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, false),
                DoorCode::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, false),
                DoorCode::RouteNotFound => (StatusCode::NOT_FOUND, false),
                DoorCode::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, false),
                DoorCode::RateLimited => (StatusCode::TOO_MANY_REQUESTS, true),
                DoorCode::RequestTimeout => (StatusCode::GATEWAY_TIMEOUT, true),
                DoorCode::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, true),
                DoorCode::BadRequest => (StatusCode::BAD_REQUEST, false),
            },
        }
    }
}

const fn engine(code: ErrorCode) -> (StatusCode, bool) {
    use ErrorCode as E;
    match code {
        E::InvalidToken
        | E::TokenExpired
        | E::SessionRevoked
        | E::InvalidMasterPassword
        | E::InvalidSignature
        | E::InvalidNonce => (StatusCode::UNAUTHORIZED, false),
        E::MasterPasswordLocked | E::RotationTooRecent => (StatusCode::TOO_MANY_REQUESTS, false),
        E::SystemLocked | E::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, false),
        E::AdapterNotAvailable | E::StorageFull | E::StorageUnavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, true)
        }
        E::AmbiguousCredentials
        | E::SessionRequiresWallet
        | E::WalletIdRequired
        | E::InvalidPrivateKey
        | E::ActionValidationFailed
        | E::InvalidAddress
        | E::InvalidAmount
        | E::TokenMismatch
        | E::InsufficientBalance
        | E::InsufficientTokenBalance
        | E::InsufficientForFee
        | E::InvalidTransaction
        | E::UnsupportedTxType
        | E::ChainIdMismatch
        | E::UnsupportedNftStandard
        | E::AbiEncodingFailed
        | E::BatchNotSupported
        | E::NetworkRequired
        | E::EnvironmentNetworkMismatch
        | E::NetworkNotFound
        | E::PolicyTypeUnknown
        | E::PolicyRulesInvalid
        | E::OwnerNotSet => (StatusCode::BAD_REQUEST, false),
        E::SessionLimitExceeded
        | E::RenewalLimitReached
        | E::SessionAbsoluteLifetimeExceeded
        | E::SessionRenewalMismatch
        | E::WalletAccessDenied
        | E::OwnerAddressMismatch => (StatusCode::FORBIDDEN, false),
        E::RenewalTooEarly => (StatusCode::FORBIDDEN, true),
        E::SessionNotFound
        | E::WalletNotFound
        | E::TxNotFound
        | E::TokenNotFound
        | E::PolicyNotFound
        | E::ChangeNotFound
        | E::ApprovalNotFound => (StatusCode::NOT_FOUND, false),
        E::WalletAlreadyLinked
        | E::WalletNameTaken
        | E::WalletAlreadyExists
        | E::WalletSuspended
        | E::TxAlreadyProcessed
        | E::IdempotencyConflict
        | E::PolicyAlreadyExists
        | E::OwnerAlreadyConnected
        | E::KillSwitchAlreadyActive
        | E::KillSwitchNotActive
        | E::ChangeAlreadyDecided
        | E::ChangeSuperseded
        | E::ChangeLimitExceeded
        | E::InvalidStateTransition => (StatusCode::CONFLICT, false),
        E::WalletTerminated | E::ApprovalTimeout => (StatusCode::GONE, false),
        E::SimulationFailed => (StatusCode::UNPROCESSABLE_ENTITY, false),
        E::FeeAboveCap | E::GasConditionTimeout => (StatusCode::UNPROCESSABLE_ENTITY, true),
        E::ChainError => (StatusCode::BAD_GATEWAY, true),
        E::PolicyRulesCorrupt | E::InternalError => (StatusCode::INTERNAL_SERVER_ERROR, false),
        E::Denied(denial) => denied(denial),
    }
}

const fn denied(code: DenialCode) -> (StatusCode, bool) {
    match code {
        DenialCode::RateLimitExceeded | DenialCode::Erc8128RateLimited => {
            (StatusCode::TOO_MANY_REQUESTS, true)
        }
        DenialCode::PolicyDenied
        | DenialCode::WhitelistDenied
        | DenialCode::TokenNotAllowed
        | DenialCode::NetworkNotAllowed
        | DenialCode::TimeNotAllowed
        | DenialCode::SpendingLimitRequired
        | DenialCode::OwnerRequired
        | DenialCode::ContractNotWhitelisted
        | DenialCode::MethodNotWhitelisted
        | DenialCode::SpenderNotApproved
        | DenialCode::ApproveAmountExceeded
        | DenialCode::UnlimitedApproveBlocked
        | DenialCode::X402DomainNotAllowed
        | DenialCode::Erc8128DomainNotAllowed
        | DenialCode::VenueNotAllowed
        | DenialCode::LendingAssetNotAllowed
        | DenialCode::LtvLimitExceeded
        | DenialCode::MarketNotAllowed
        | DenialCode::LeverageLimitExceeded
        | DenialCode::PositionLimitExceeded
        | DenialCode::FactMissing
        | DenialCode::UnknownEffect
        | DenialCode::UnknownAsset
        | DenialCode::SimulationMismatch
        | DenialCode::SimulationUnavailable => (StatusCode::FORBIDDEN, false),
    }
}

/// An error on its way out. It travels in the response's extensions until [`render`] gives it a body.
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
            [only] if only.path.is_empty() => format!("The request is not valid: {}.", only.message),
            [only] => format!("The request is not valid: {}: {}.", only.path, only.message),
            _ => "The request is not valid; see details.issues.".to_owned(),
        };
        let mut failure = Self::new(ErrorCode::ActionValidationFailed, message);
        failure.0.details = Some(json!({ "issues": issues }));
        failure
    }

    /// A defect of ours. The cause goes to the log; what the request had done by then is not known
    /// here, so nothing is claimed about it.
    pub(crate) fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(ErrorCode::InternalError, "The daemon met an internal error.").hint(
            "Before repeating a send, look at the list of transactions, or use the same Idempotency-Key.",
        )
    }

    /// One thing is not valid.
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
        let Error { code, message, hint, mut details, retry_after } = error;
        if let ErrorCode::Denied(_) = code {
            name_the_policy(details.as_mut());
        }
        Self(Box::new(Parts { code: code.into(), message, hint, details, retry_after }))
    }
}

/// Repeats the type and id of the policy that decided beside the list of denials.
fn name_the_policy(details: Option<&mut Value>) {
    let Some(Value::Object(details)) = details else { return };
    let first = details.get("denials").and_then(|denials| denials.get(0)).cloned();
    for field in ["policyType", "policyId"] {
        let value = first.as_ref().and_then(|denial| denial.get(field)).cloned().unwrap_or(Value::Null);
        details.entry(field).or_insert(value);
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(issues) => Self::invalid(&issues),
            Refusal::UnsupportedType => Self::new(
                ErrorCode::UnsupportedTxType,
                "This daemon does not carry out this transaction type.",
            )
            .hint(format!("Use one of {}.", TransactionRequest::types().collect::<Vec<_>>().join(", "))),
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

/// Gives an error its body. An error answer that no part of this crate made gets one by its status,
/// so that nothing else ever leaves.
pub(crate) fn render(mut response: Response, request_id: &str) -> Response {
    let made_here = response.extensions_mut().remove::<Arc<Failure>>();
    let status = response.status();
    let failure = match made_here {
        Some(failure) => Arc::unwrap_or_clone(failure),
        None if status.is_client_error() || status.is_server_error() => by_status(status),
        None => return response,
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

fn by_status(status: StatusCode) -> Failure {
    match status {
        StatusCode::NOT_FOUND => Failure::new(DoorCode::RouteNotFound, "There is nothing at this path."),
        StatusCode::METHOD_NOT_ALLOWED => {
            Failure::new(DoorCode::MethodNotAllowed, "This path does not know this method.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Failure::new(DoorCode::PayloadTooLarge, "The body is too large."),
        other if other.is_client_error() => Failure::new(DoorCode::BadRequest, "The request cannot be read."),
        _ => Failure::internal("an error answer without a cause"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_people_key_off_keep_their_status() {
        let status = |code: ErrorCode| (code.as_str(), Code::from(code).http().0.as_u16());
        for (code, expected) in [
            (ErrorCode::InvalidToken, ("INVALID_TOKEN", 401)),
            (ErrorCode::InvalidMasterPassword, ("INVALID_MASTER_PASSWORD", 401)),
            (ErrorCode::MasterPasswordLocked, ("MASTER_PASSWORD_LOCKED", 429)),
            (ErrorCode::SystemLocked, ("SYSTEM_LOCKED", 503)),
            (ErrorCode::WalletTerminated, ("WALLET_TERMINATED", 410)),
            (ErrorCode::TxAlreadyProcessed, ("TX_ALREADY_PROCESSED", 409)),
            (ErrorCode::IdempotencyConflict, ("IDEMPOTENCY_CONFLICT", 409)),
            (ErrorCode::ChainError, ("CHAIN_ERROR", 502)),
            (ErrorCode::Denied(DenialCode::PolicyDenied), ("POLICY_DENIED", 403)),
            (ErrorCode::Denied(DenialCode::RateLimitExceeded), ("RATE_LIMIT_EXCEEDED", 429)),
        ] {
            assert_eq!(status(code), expected);
        }
    }

    #[test]
    fn every_code_is_an_error_and_only_waiting_is_retryable() {
        let denials = DenialCode::ALL.iter().map(|code| ErrorCode::Denied(*code));
        for code in ErrorCode::PLAIN.iter().copied().chain(denials) {
            let (status, retryable) = Code::from(code).http();
            assert!(status.is_client_error() || status.is_server_error(), "{code}");
            assert!(!(retryable && status == StatusCode::UNAUTHORIZED), "{code}");
        }
    }

    #[test]
    fn a_denial_names_the_policy_that_decided() {
        let denial = json!({"code": "WHITELIST_DENIED", "policyType": "WHITELIST", "policyId": "p-1"});
        let error = Error::new(ErrorCode::Denied(DenialCode::WhitelistDenied), "No.")
            .details(json!({"transactionId": "t-1", "denials": [denial]}));
        let failure = Failure::from(error);
        let details = failure.details().expect("details");
        assert_eq!((&details["policyType"], &details["policyId"]), (&json!("WHITELIST"), &json!("p-1")));
        assert_eq!(details["transactionId"], "t-1");
    }

    #[test]
    fn an_answer_of_the_framework_gets_the_envelope() {
        let mut response = Response::new(Body::from("length limit exceeded"));
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        let rendered = render(response, "r-1");
        assert_eq!(rendered.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(rendered.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
