//! The error type of every use case.
//!
//! The code is stable; the message is one sentence for a person; the hint names the remedy. None of them carries a
//! secret, a URL or a stored row. The server chooses the HTTP status.

mod chain;
mod channel;
mod details;
mod remedy;
mod start;
mod vocabulary;

pub use details::{Details, FieldIssue, OpenChallenge};
pub use remedy::Remedy;
pub use start::StartError;

use std::fmt;

use waiaas_core::policy::DenialCode;
use waiaas_core::stopped;
use waiaas_keys::{KeyError, SignError};
use waiaas_store::StoreError;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// Stable error codes, as on the wire.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum ErrorCode {
            $($(#[$doc])* $name),+,
            /// A policy denied the request.
            Denied(DenialCode),
        }

        impl ErrorCode {
            /// Every code that is not a denial.
            pub const PLAIN: &'static [Self] = &[$(Self::$name),+];

            /// The wire code.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+,
                    Self::Denied(code) => code.as_str(),
                }
            }
        }
    };
}

codes! {
    /// No token, or not a token of this daemon.
    InvalidToken = "INVALID_TOKEN",
    /// The token has expired.
    TokenExpired = "TOKEN_EXPIRED",
    /// The session was revoked.
    SessionRevoked = "SESSION_REVOKED",
    /// Wrong or missing master password.
    InvalidMasterPassword = "INVALID_MASTER_PASSWORD",
    /// Too many wrong passwords.
    MasterPasswordLocked = "MASTER_PASSWORD_LOCKED",
    /// Only for callers on the daemon's own machine.
    SocketOnly = "SOCKET_ONLY",
    /// The owner's signature does not verify.
    InvalidSignature = "INVALID_SIGNATURE",
    /// The owner's message is no open challenge.
    InvalidNonce = "INVALID_NONCE",
    /// Two credentials where one is accepted.
    AmbiguousCredentials = "AMBIGUOUS_CREDENTIALS",
    /// The kill switch is activated.
    SystemLocked = "SYSTEM_LOCKED",
    /// The daemon is stopping.
    ShuttingDown = "SHUTTING_DOWN",
    /// The concurrency limit is reached.
    Overloaded = "OVERLOADED",

    /// No such session.
    SessionNotFound = "SESSION_NOT_FOUND",
    /// A wallet has as many sessions as allowed.
    SessionLimitExceeded = "SESSION_LIMIT_EXCEEDED",
    /// The session may not be renewed again.
    RenewalLimitReached = "RENEWAL_LIMIT_REACHED",
    /// Less than half of the token's life is over.
    RenewalTooEarly = "RENEWAL_TOO_EARLY",
    /// The session's absolute lifetime is over.
    SessionAbsoluteLifetimeExceeded = "SESSION_ABSOLUTE_LIFETIME_EXCEEDED",
    /// Not this session's token, or no longer its current one.
    SessionRenewalMismatch = "SESSION_RENEWAL_MISMATCH",
    /// A session needs at least one wallet.
    SessionRequiresWallet = "SESSION_REQUIRES_WALLET",
    /// The session key was rotated moments ago.
    RotationTooRecent = "ROTATION_TOO_RECENT",
    /// The wallet is linked already.
    WalletAlreadyLinked = "WALLET_ALREADY_LINKED",
    /// The session has several wallets and none was named.
    WalletIdRequired = "WALLET_ID_REQUIRED",
    /// The session is not linked to that wallet.
    WalletAccessDenied = "WALLET_ACCESS_DENIED",

    /// No such wallet.
    WalletNotFound = "WALLET_NOT_FOUND",
    /// Another wallet has the name.
    WalletNameTaken = "WALLET_NAME_TAKEN",
    /// The key is already in this vault.
    WalletAlreadyExists = "WALLET_ALREADY_EXISTS",
    /// The wallet is suspended.
    WalletSuspended = "WALLET_SUSPENDED",
    /// The wallet is terminated.
    WalletTerminated = "WALLET_TERMINATED",
    /// The private key cannot be read.
    InvalidPrivateKey = "INVALID_PRIVATE_KEY",

    /// No such transaction.
    TxNotFound = "TX_NOT_FOUND",
    /// The transaction has passed the required status.
    TxAlreadyProcessed = "TX_ALREADY_PROCESSED",
    /// A value in the request is not valid.
    ActionValidationFailed = "ACTION_VALIDATION_FAILED",
    /// The address cannot be read or is of the other chain.
    InvalidAddress = "INVALID_ADDRESS",
    /// No key is known to belong to this Solana address.
    RecipientOffCurve = "RECIPIENT_OFF_CURVE",
    /// The amount cannot be read or is not exact in the asset's decimals.
    InvalidAmount = "INVALID_AMOUNT",
    /// Decimals or symbol given do not agree with the chain.
    TokenMismatch = "TOKEN_MISMATCH",
    /// Not a token on this network.
    TokenNotFound = "TOKEN_NOT_FOUND",
    /// Not enough native coin.
    InsufficientBalance = "INSUFFICIENT_BALANCE",
    /// Not enough of the token.
    InsufficientTokenBalance = "INSUFFICIENT_TOKEN_BALANCE",
    /// Not enough native coin for the network fee.
    InsufficientForFee = "INSUFFICIENT_FOR_FEE",
    /// The network fee is above the configured cap.
    FeeAboveCap = "FEE_ABOVE_CAP",
    /// The request cannot be carried out on this chain.
    InvalidTransaction = "INVALID_TRANSACTION",
    /// The transaction type is not supported.
    UnsupportedTxType = "UNSUPPORTED_TX_TYPE",
    /// The NFT's standard is not one of this network.
    UnsupportedNftStandard = "UNSUPPORTED_NFT_STANDARD",
    /// The nonce may never become due.
    NonceTooFarAhead = "NONCE_TOO_FAR_AHEAD",
    /// A gas condition was not met in time.
    GasConditionTimeout = "GAS_CONDITION_TIMEOUT",
    /// The session has reached its limit of waiting transactions.
    TooMuchWaiting = "TOO_MUCH_WAITING",
    /// The content to sign names another chain id than the network's.
    ChainIdMismatch = "CHAIN_ID_MISMATCH",
    /// The arguments do not fit the function.
    AbiEncodingFailed = "ABI_ENCODING_FAILED",
    /// The chain has no batches.
    BatchNotSupported = "BATCH_NOT_SUPPORTED",
    /// No network named and none implied.
    NetworkRequired = "NETWORK_REQUIRED",
    /// The network is not the wallet's.
    EnvironmentNetworkMismatch = "ENVIRONMENT_NETWORK_MISMATCH",
    /// No such network.
    NetworkNotFound = "NETWORK_NOT_FOUND",
    /// No endpoint is configured for the network.
    AdapterNotAvailable = "ADAPTER_NOT_AVAILABLE",
    /// The simulation failed.
    SimulationFailed = "SIMULATION_FAILED",
    /// No node gave a usable answer.
    ChainError = "CHAIN_ERROR",
    /// Fewer endpoints than the quorum confirm a policy fact, or a value that a signature depends on.
    NodeUnproved = "NODE_UNPROVED",
    /// Endpoints contradict each other about a policy fact.
    NodesContradict = "NODES_CONTRADICT",
    /// The same key with another body.
    IdempotencyConflict = "IDEMPOTENCY_CONFLICT",

    /// No such policy.
    PolicyNotFound = "POLICY_NOT_FOUND",
    /// A row of this type and scope exists.
    PolicyAlreadyExists = "POLICY_ALREADY_EXISTS",
    /// Not one of the 21 types.
    PolicyTypeUnknown = "POLICY_TYPE_UNKNOWN",
    /// The rules are not valid.
    PolicyRulesInvalid = "POLICY_RULES_INVALID",
    /// A stored rule cannot be read.
    PolicyRulesCorrupt = "POLICY_RULES_CORRUPT",

    /// The wallet has no owner.
    OwnerNotSet = "OWNER_NOT_SET",
    /// The owner is LOCKED; only that owner's signature changes it.
    OwnerAlreadyConnected = "OWNER_ALREADY_CONNECTED",
    /// The address cannot or must not be an owner.
    OwnerUnfit = "OWNER_UNFIT",
    /// The address is not the owner's.
    OwnerAddressMismatch = "OWNER_ADDRESS_MISMATCH",
    /// No answer is expected.
    ApprovalNotFound = "APPROVAL_NOT_FOUND",
    /// The approval window expired.
    ApprovalTimeout = "APPROVAL_TIMEOUT",
    /// The presentation is too long for a message.
    ApprovalTooLong = "APPROVAL_TOO_LONG",

    /// No such change.
    ChangeNotFound = "CHANGE_NOT_FOUND",
    /// The change has passed the required status.
    ChangeAlreadyDecided = "CHANGE_ALREADY_DECIDED",
    /// The object of the change has changed meanwhile.
    ChangeSuperseded = "CHANGE_SUPERSEDED",
    /// The limit of pending changes is reached.
    ChangeLimitExceeded = "CHANGE_LIMIT_EXCEEDED",

    /// No such webhook.
    WebhookNotFound = "WEBHOOK_NOT_FOUND",
    /// The limit of webhooks is reached.
    WebhookLimitExceeded = "WEBHOOK_LIMIT_EXCEEDED",
    /// The webhook's log has no such delivery.
    DeliveryNotFound = "DELIVERY_NOT_FOUND",
    /// The delivery's next attempt is planned.
    DeliveryPending = "DELIVERY_PENDING",

    /// AutoStop suspended the wallet, or would.
    AutoStopTriggered = "AUTO_STOP_TRIGGERED",

    /// No such chat.
    ChatNotFound = "CHAT_NOT_FOUND",

    /// No WalletConnect relay is configured.
    WcNotConfigured = "WC_NOT_CONFIGURED",
    /// The wallet has a session with a wallet app.
    WcSessionExists = "WC_SESSION_EXISTS",
    /// The wallet has no session with a wallet app.
    WcSessionNotFound = "WC_SESSION_NOT_FOUND",
    /// A channel to people, such as Telegram or a WalletConnect relay, cannot be used now.
    ChannelUnavailable = "CHANNEL_UNAVAILABLE",

    /// The kill switch is activated already. No longer sent: activating it again answers with its state.
    KillSwitchAlreadyActive = "KILL_SWITCH_ALREADY_ACTIVE",
    /// The kill switch is not activated.
    KillSwitchNotActive = "KILL_SWITCH_NOT_ACTIVE",
    /// Another request changed it first.
    InvalidStateTransition = "INVALID_STATE_TRANSITION",
    /// The disk is full.
    StorageFull = "STORAGE_FULL",
    /// The database does not answer.
    StorageUnavailable = "STORAGE_UNAVAILABLE",
    /// A defect or a damaged record.
    InternalError = "INTERNAL_ERROR",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error with its remedy.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Error {
    /// Stable code.
    pub code: ErrorCode,
    /// One sentence.
    pub message: String,
    /// The remedy.
    pub hint: Option<Remedy>,
    /// Structured extras, such as the denials of a policy.
    pub details: Option<Box<Details>>,
    /// Seconds to wait before a retry.
    pub retry_after: Option<u64>,
}

impl Error {
    /// An error without extras.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, details: None, retry_after: None }
    }

    /// Adds the remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Remedy>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds structured extras.
    #[must_use]
    pub fn details(mut self, details: Details) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    /// Adds a waiting time in seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A request field that is not valid, in the shape of all validation errors.
    pub fn invalid(path: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ActionValidationFailed, message).at(path)
    }

    /// Names the field of the request.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        let details = Details::invalid(path, &self.message);
        self.message = format!("{path}: {}", self.message);
        self.details(details)
    }

    /// Adds `path` before the fields that the error of a part of a request names.
    #[must_use]
    pub(crate) fn inside(mut self, path: &str) -> Self {
        let Some(Details::Invalid { issues }) = self.details.as_deref_mut() else { return self };
        for issue in issues {
            let whole = format!("{path}{}", issue.path);
            if let Some(rest) = self.message.strip_prefix(&format!("{}: ", issue.path)) {
                self.message = format!("{whole}: {rest}");
            }
            issue.path = whole;
        }
        self
    }

    /// A defect or a damaged record. The cause goes to the log, never to the caller.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(ErrorCode::InternalError, "The daemon had an internal error.")
            .hint(Remedy::ReadLogAndRepeatWithOwnKey)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full { .. } => {
                Self::new(ErrorCode::StorageFull, "The disk is full; nothing was changed.")
                    .hint("Free space on the data directory's disk, then ask again.")
            }
            StoreError::Busy { .. } | StoreError::Unavailable { .. } => {
                Self::new(ErrorCode::StorageUnavailable, "The database does not answer; nothing was changed.")
                    .hint("Ask again in a moment.")
                    .retry_after(1)
            }
            StoreError::CommitUnknown { .. } => Self::new(
                ErrorCode::StorageUnavailable,
                "The database broke off while committing; whether the change was kept is not known.",
            )
            .hint(Remedy::LookAndRepeatWithOwnKey)
            .retry_after(1),
            other => Self::internal(other),
        }
    }
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        Self::internal(error)
    }
}

impl From<SignError> for Error {
    fn from(error: SignError) -> Self {
        Self::internal(error)
    }
}

/// Turns a library's lower-case message into a sentence.
pub(crate) fn sentence(error: &dyn fmt::Display) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let mut out: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    out.push_str(chars.as_str());
    stopped(out)
}
