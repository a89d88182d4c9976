//! OpenAPI schemas of the domain's enums, generated from the enums so that they cannot differ.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use waiaas_core::action::ActionCategory;
use waiaas_core::audit::{AuditEventKind, Severity};
use waiaas_core::change::{ChangeKind, ChangeStatus};
use waiaas_core::chat::ChatRole;
use waiaas_core::intent::IntentKind;
use waiaas_core::network::{Chain, Environment};
use waiaas_core::policy::exposure::{Horizon, Source};
use waiaas_core::policy::{DenialCode, PolicyType, Tier};
use waiaas_core::transaction::{Replacement, TxStatus};
use waiaas_core::wallet::{KillSwitch, OwnerState, WalletStatus};
use waiaas_core::webhook::DeliveryStatus;

fn words(values: impl Iterator<Item = &'static str>, about: &str) -> RefOr<Schema> {
    let object =
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values)).description(Some(about));
    RefOr::T(Schema::Object(object.build()))
}

macro_rules! schema {
    ($(#[$doc:meta])* $marker:ident, $name:literal, $about:literal, $values:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $marker {}

        impl PartialSchema for $marker {
            fn schema() -> RefOr<Schema> {
                words($values, $about)
            }
        }

        impl ToSchema for $marker {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
        }
    };
}

schema!(
    /// Schema of [`ActionCategory`].
    ActionCategoryName, "ActionCategory", "The category of an action of the daemon.",
    ActionCategory::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`Chain`].
    ChainName, "Chain", "A family of blockchains; `ethereum` is every EVM network.",
    [Chain::Solana, Chain::Ethereum].into_iter().map(Chain::as_str)
);
schema!(
    /// Schema of [`Environment`].
    EnvironmentName, "Environment", "The kind of money in a wallet.",
    [Environment::Mainnet, Environment::Testnet, Environment::Local].into_iter().map(Environment::as_str)
);
schema!(
    /// Schema of [`ChangeKind`].
    ChangeKindName, "ChangeKind", "The kind of change.",
    ChangeKind::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`ChangeStatus`].
    ChangeStatusName, "ChangeStatus", "State of a change.",
    ChangeStatus::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`DeliveryStatus`].
    DeliveryStatusName, "DeliveryStatus", "State of a delivery to a webhook.",
    DeliveryStatus::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`ChatRole`].
    ChatRoleName, "ChatRole", "What a Telegram chat may do.",
    ChatRole::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`Horizon`].
    HorizonName, "Horizon", "How far ahead the worst case looks: 3600 seconds, 24 hours, 30 days.",
    Horizon::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`Source`].
    BoundSourceName, "BoundSource", "The source of a bound, or the reason why there is none.",
    Source::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`WalletStatus`].
    WalletStatusName, "WalletStatus", "Whether a wallet may sign.",
    WalletStatus::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`OwnerState`].
    OwnerStateName, "OwnerState", "How far a wallet's owner is established.",
    OwnerState::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`KillSwitch`].
    KillSwitchName, "KillSwitchState", "The installation's kill switch.",
    KillSwitch::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`TxStatus`].
    TxStatusName, "TransactionStatus", "State of a transaction.",
    TxStatus::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`Replacement`].
    ReplacementName, "Replacement", "The kind of transaction that replaces a signed one that does not confirm.",
    Replacement::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`Tier`].
    TierName, "Tier", "What must happen before a granted transaction is signed.",
    Tier::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`PolicyType`].
    PolicyTypeName, "PolicyType", "The types of policy.",
    PolicyType::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`DenialCode`].
    DenialCodeName, "DenialCode", "Stable code for the reason of a denial.",
    DenialCode::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`AuditEventKind`].
    AuditEventName, "AuditEvent", "The kind of event.",
    AuditEventKind::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`Severity`].
    SeverityName, "Severity", "How urgent an event is for a person.",
    Severity::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// Schema of [`IntentKind`].
    IntentKindName, "TransactionType", "The type of a request. `SIGN` is a signature over bytes that the caller provided.",
    IntentKind::ALL.iter().map(|v| v.as_str())
);
schema!(
    /// When a send answers.
    WaitName, "Wait", "When a send answers.",
    ["broadcast", "confirmed"].into_iter()
);
schema!(
    /// What a signature covers.
    SignTypeName, "SignType", "What a signature covers.",
    ["transaction", "personal", "typedData"].into_iter()
);
schema!(
    /// What a message signature covers.
    MessageSignTypeName, "MessageSignType", "`personal`: a text (EIP-191 on EVM; Ed25519 over its bytes on Solana). `typedData`: EIP-712.",
    ["personal", "typedData"].into_iter()
);
schema!(
    /// Whether a session can be used.
    SessionStatusName, "SessionStatus", "Whether a session can be used.",
    ["ACTIVE", "EXPIRED", "REVOKED"].into_iter()
);
schema!(
    /// How important a warning is.
    WarningSeverityName, "WarningSeverity", "How important a warning is.",
    ["info", "warning", "error"].into_iter()
);
schema!(
    /// The window of a sum.
    WindowName, "SpendingWindow", "A rolling sum over 24 hours or 30 days.",
    ["daily", "monthly"].into_iter()
);
schema!(
    /// A part that was too long to be stored.
    NotKeptName, "NotKeptPart", "The part of a request that was too long to be stored.",
    ["intent", "draft", "effects", "facts", "parts", "denials", "reasons", "presentation"].into_iter()
);
