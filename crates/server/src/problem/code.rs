//! The HTTP status and `retryable` of every code. There is no default.

use axum::http::StatusCode;
use waiaas_core::policy::DenialCode;
use waiaas_engine::ErrorCode;

/// Codes of errors of HTTP itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HttpCode {
    /// The `Host` header names another host (DNS rebinding).
    HostNotAllowed,
    /// The body is larger than the configured limit.
    PayloadTooLarge,
    /// The body is not `application/json`.
    UnsupportedMediaType,
    /// The path does not exist.
    RouteNotFound,
    /// The path has no such method.
    MethodNotAllowed,
    /// Too many requests.
    RateLimited,
    /// The request took too long.
    RequestTimeout,
    /// The request comes from a page of another origin.
    OriginNotAllowed,
    /// HTTP that cannot be parsed.
    BadRequest,
}

impl HttpCode {
    /// All codes.
    pub(crate) const ALL: [Self; 9] = [
        Self::HostNotAllowed,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::RouteNotFound,
        Self::MethodNotAllowed,
        Self::RateLimited,
        Self::RequestTimeout,
        Self::OriginNotAllowed,
        Self::BadRequest,
    ];
}

/// Every error code of the daemon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    /// From a use case.
    Engine(ErrorCode),
    /// From HTTP itself.
    Route(HttpCode),
}

impl From<ErrorCode> for Code {
    fn from(code: ErrorCode) -> Self {
        Self::Engine(code)
    }
}

impl From<HttpCode> for Code {
    fn from(code: HttpCode) -> Self {
        Self::Route(code)
    }
}

impl Code {
    /// The wire code.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Engine(code) => code.as_str(),
            Self::Route(code) => match code {
                HttpCode::HostNotAllowed => "HOST_NOT_ALLOWED",
                HttpCode::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
                HttpCode::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
                HttpCode::RouteNotFound => "NOT_FOUND",
                HttpCode::MethodNotAllowed => "METHOD_NOT_ALLOWED",
                HttpCode::RateLimited => "RATE_LIMITED",
                HttpCode::RequestTimeout => "REQUEST_TIMEOUT",
                HttpCode::OriginNotAllowed => "ORIGIN_NOT_ALLOWED",
                HttpCode::BadRequest => "BAD_REQUEST",
            },
        }
    }

    /// HTTP status, and whether the unchanged request may succeed later.
    pub(crate) const fn http(self) -> (StatusCode, bool) {
        match self {
            Self::Engine(code) => engine(code),
            Self::Route(code) => match code {
                HttpCode::HostNotAllowed => (StatusCode::MISDIRECTED_REQUEST, false),
                HttpCode::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, false),
                HttpCode::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, false),
                HttpCode::RouteNotFound => (StatusCode::NOT_FOUND, false),
                HttpCode::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, false),
                HttpCode::RateLimited => (StatusCode::TOO_MANY_REQUESTS, true),
                HttpCode::RequestTimeout => (StatusCode::GATEWAY_TIMEOUT, true),
                HttpCode::OriginNotAllowed => (StatusCode::FORBIDDEN, false),
                HttpCode::BadRequest => (StatusCode::BAD_REQUEST, false),
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
        E::TooMuchWaiting => (StatusCode::TOO_MANY_REQUESTS, true),
        E::SystemLocked | E::ShuttingDown | E::WcNotConfigured => (StatusCode::SERVICE_UNAVAILABLE, false),
        E::AdapterNotAvailable
        | E::ChannelUnavailable
        | E::Overloaded
        | E::StorageFull
        | E::StorageUnavailable => (StatusCode::SERVICE_UNAVAILABLE, true),
        E::AmbiguousCredentials
        | E::SessionRequiresWallet
        | E::WalletIdRequired
        | E::InvalidPrivateKey
        | E::ActionValidationFailed
        | E::InvalidAddress
        | E::RecipientOffCurve
        | E::InvalidAmount
        | E::TokenMismatch
        | E::InsufficientBalance
        | E::InsufficientTokenBalance
        | E::InsufficientForFee
        | E::InvalidTransaction
        | E::NonceTooFarAhead
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
        | E::ApprovalTooLong
        | E::OwnerUnfit
        | E::OwnerNotSet => (StatusCode::BAD_REQUEST, false),
        E::SessionLimitExceeded
        | E::RenewalLimitReached
        | E::SessionAbsoluteLifetimeExceeded
        | E::SessionRenewalMismatch
        | E::WalletAccessDenied
        | E::SocketOnly
        | E::OwnerAddressMismatch => (StatusCode::FORBIDDEN, false),
        E::DeliveryPending => (StatusCode::CONFLICT, true),
        E::RenewalTooEarly => (StatusCode::FORBIDDEN, true),
        E::SessionNotFound
        | E::WalletNotFound
        | E::TxNotFound
        | E::TokenNotFound
        | E::PolicyNotFound
        | E::ChangeNotFound
        | E::WebhookNotFound
        | E::ChatNotFound
        | E::WcSessionNotFound
        | E::DeliveryNotFound
        | E::ApprovalNotFound => (StatusCode::NOT_FOUND, false),
        E::WalletAlreadyLinked
        | E::WalletNameTaken
        | E::WalletAlreadyExists
        | E::WalletSuspended
        | E::TxAlreadyProcessed
        | E::IdempotencyConflict
        | E::PolicyAlreadyExists
        | E::OwnerAlreadyConnected
        | E::WcSessionExists
        | E::AutoStopTriggered
        | E::KillSwitchAlreadyActive
        | E::KillSwitchNotActive
        | E::ChangeAlreadyDecided
        | E::ChangeSuperseded
        | E::ChangeLimitExceeded
        | E::WebhookLimitExceeded
        | E::InvalidStateTransition => (StatusCode::CONFLICT, false),
        E::WalletTerminated | E::ApprovalTimeout => (StatusCode::GONE, false),
        E::SimulationFailed => (StatusCode::UNPROCESSABLE_ENTITY, false),
        E::FeeAboveCap | E::GasConditionTimeout => (StatusCode::UNPROCESSABLE_ENTITY, true),
        E::ChainError | E::NodeUnproved | E::NodesContradict => (StatusCode::BAD_GATEWAY, true),
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
        | DenialCode::TransactionExpires
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_an_error_and_only_waiting_is_retryable() {
        let denials = DenialCode::ALL.iter().map(|code| ErrorCode::Denied(*code));
        for code in ErrorCode::PLAIN.iter().copied().chain(denials) {
            let (status, retryable) = Code::from(code).http();
            assert!(status.is_client_error() || status.is_server_error(), "{code}");
            assert!(!(retryable && status == StatusCode::UNAUTHORIZED), "{code}");
        }
    }
}
