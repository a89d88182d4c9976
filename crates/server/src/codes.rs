//! The error codes with which each operation can answer.
//!
//! The OpenAPI document lists them by status. [`crate::layers::request_id`] compares every error answer with
//! this list; in a debug build, which the tests run, an unlisted code becomes an internal error.

use std::collections::BTreeMap;

use waiaas_core::policy::DenialCode;
use waiaas_engine::ErrorCode as E;

use crate::problem::{Code, HttpCode};
use crate::register::AuthClass;

/// Errors with which every operation can answer.
const EVERYWHERE: &[E] = &[
    E::ActionValidationFailed,
    E::Overloaded,
    E::ShuttingDown,
    E::StorageFull,
    E::StorageUnavailable,
    E::InternalError,
];

const HTTP: &[HttpCode] = &[
    HttpCode::HostNotAllowed,
    HttpCode::OriginNotAllowed,
    HttpCode::PayloadTooLarge,
    HttpCode::RateLimited,
    HttpCode::RequestTimeout,
    HttpCode::BadRequest,
];

const SESSION: &[E] = &[
    E::InvalidToken,
    E::TokenExpired,
    E::SessionRevoked,
    E::SessionAbsoluteLifetimeExceeded,
    E::SessionNotFound,
    E::SystemLocked,
];

const MASTER: &[E] = &[E::InvalidMasterPassword, E::MasterPasswordLocked];

const OWNER: &[E] = &[
    E::InvalidSignature,
    E::InvalidNonce,
    E::OwnerAddressMismatch,
    E::OwnerNotSet,
    E::ApprovalTimeout,
    E::ApprovalNotFound,
];

/// Errors of resolving the wallet and the network of a request.
const PLACE: &[E] = &[
    E::WalletNotFound,
    E::WalletAccessDenied,
    E::WalletIdRequired,
    E::NetworkRequired,
    E::NetworkNotFound,
    E::EnvironmentNetworkMismatch,
    E::AdapterNotAvailable,
    E::InvalidAddress,
];

/// Errors of asking nodes.
const NODES: &[E] = &[E::ChainError, E::NodeUnproved, E::NodesContradict, E::AdapterNotAvailable];

/// Errors of building a transaction.
const BUILD: &[E] = &[
    E::InvalidAmount,
    E::RecipientOffCurve,
    E::TokenMismatch,
    E::TokenNotFound,
    E::InsufficientBalance,
    E::InsufficientTokenBalance,
    E::InsufficientForFee,
    E::FeeAboveCap,
    E::GasConditionTimeout,
    E::InvalidTransaction,
    E::UnsupportedTxType,
    E::UnsupportedNftStandard,
    E::NonceTooFarAhead,
    E::ChainIdMismatch,
    E::BatchNotSupported,
    E::SimulationFailed,
    E::TxAlreadyProcessed,
];

/// Errors of admitting a transaction, without denials.
const ADMIT: &[E] = &[
    E::IdempotencyConflict,
    E::TooMuchWaiting,
    E::ApprovalTooLong,
    E::AutoStopTriggered,
    E::WalletSuspended,
    E::WalletTerminated,
    E::SystemLocked,
    E::TxNotFound,
    E::PolicyRulesCorrupt,
];

const POLICY_WRITE: &[E] = &[
    E::PolicyTypeUnknown,
    E::PolicyRulesInvalid,
    E::PolicyRulesCorrupt,
    E::PolicyAlreadyExists,
    E::PolicyNotFound,
    E::WalletNotFound,
    E::NetworkNotFound,
    E::EnvironmentNetworkMismatch,
    E::ChangeLimitExceeded,
    E::ChangeSuperseded,
    E::InvalidStateTransition,
    E::OwnerUnfit,
    E::OwnerNotSet,
];

const OWNER_SETTING: &[E] = &[
    E::WalletNotFound,
    E::WalletTerminated,
    E::InvalidAddress,
    E::OwnerNotSet,
    E::OwnerUnfit,
    E::OwnerAlreadyConnected,
    E::OwnerAddressMismatch,
    E::InvalidNonce,
    E::InvalidSignature,
    E::InvalidStateTransition,
    E::ApprovalTimeout,
    E::ApprovalNotFound,
    E::ChangeSuperseded,
];

const CHANGE_ANSWER: &[E] = &[
    E::ChangeNotFound,
    E::ChangeAlreadyDecided,
    E::ChangeSuperseded,
    E::InvalidStateTransition,
    E::KillSwitchNotActive,
    E::PolicyNotFound,
    E::PolicyAlreadyExists,
    E::PolicyRulesCorrupt,
    E::WalletNotFound,
    E::WalletTerminated,
];

/// The error codes of one operation, without those of its credential.
struct Codes {
    own: &'static [&'static [E]],
    /// Whether policies judge it, so that a denial is an error.
    judged: bool,
}

const fn plain(own: &'static [&'static [E]]) -> Codes {
    Codes { own, judged: false }
}

const fn judged(own: &'static [&'static [E]]) -> Codes {
    Codes { own, judged: true }
}

/// The codes of an operation by its id, which is the name of its handler.
fn own(operation: &str) -> Option<Codes> {
    Some(match operation {
        "openapi_document"
        | "health"
        | "get_kill_switch"
        | "activate_kill_switch"
        | "admin_status"
        | "list_sessions"
        | "list_wallets"
        | "shutdown"
        | "list_changes"
        | "list_webhooks"
        | "list_chats"
        | "proof_parameters" => plain(&[]),
        "list_tokens" => plain(&[&[E::NetworkNotFound]]),
        "prove" => plain(&[&[E::MasterPasswordLocked]]),
        "verify_audit_chain" | "list_audit_logs" | "create_backup" | "download_backup" => plain(&[]),
        "exposure" => plain(&[PLACE, NODES, &[E::SessionNotFound, E::PolicyRulesCorrupt]]),
        "set_master_password" => plain(&[&[E::InvalidStateTransition]]),
        "replay_policies" => plain(&[POLICY_WRITE]),
        "recover" => plain(&[
            &[E::KillSwitchNotActive, E::InvalidStateTransition, E::OwnerUnfit],
            &[E::ChangeLimitExceeded, E::ChangeSuperseded],
        ]),
        "rotate_session_secret" => plain(&[&[E::RotationTooRecent]]),
        "admin_list_transactions" => plain(&[&[E::WalletNotFound]]),
        "admin_get_transaction" | "get_transaction" | "get_approval" => {
            plain(&[&[E::TxNotFound, E::ApprovalNotFound, E::ApprovalTimeout, E::WalletAccessDenied]])
        }
        "admin_cancel_transaction" | "admin_reject_transaction" | "cancel_transaction" => {
            plain(&[&[E::TxNotFound, E::TxAlreadyProcessed, E::WalletAccessDenied]])
        }
        "admin_close_transaction" => plain(&[&[E::TxNotFound, E::TxAlreadyProcessed], NODES]),
        "admin_explain_transaction" | "explain_transaction" => {
            plain(&[&[E::TxNotFound, E::WalletAccessDenied, E::PolicyRulesCorrupt]])
        }
        "wallet_balance" => plain(&[PLACE, NODES]),
        "get_change" | "get_change_approval" => {
            plain(&[&[E::ChangeNotFound, E::ApprovalNotFound, E::ApprovalTimeout, E::ChangeAlreadyDecided]])
        }
        "withdraw_change" => plain(&[&[E::ChangeNotFound, E::ChangeAlreadyDecided, E::ChangeSuperseded]]),
        "approve_change" | "reject_change" => plain(&[CHANGE_ANSWER]),
        "create_webhook" => plain(&[&[E::WebhookLimitExceeded]]),
        "get_webhook" | "update_webhook" | "delete_webhook" | "webhook_logs" | "test_webhook" => {
            plain(&[&[E::WebhookNotFound]])
        }
        "pair_wallet_app" => plain(&[&[
            E::WalletNotFound,
            E::WalletTerminated,
            E::WalletSuspended,
            E::OwnerNotSet,
            E::WcNotConfigured,
            E::WcSessionExists,
            E::ChannelUnavailable,
        ]]),
        "wallet_app_pairing" => plain(&[&[E::WalletNotFound, E::WcNotConfigured]]),
        "wallet_app" | "end_wallet_app" => plain(&[&[E::WalletNotFound, E::WcSessionNotFound]]),
        "set_chat_role" | "remove_chat" => plain(&[&[E::ChatNotFound]]),
        "redeliver" => plain(&[&[E::WebhookNotFound, E::DeliveryNotFound, E::DeliveryPending]]),
        "list_policies" => plain(&[&[E::WalletNotFound, E::WalletAccessDenied, E::NetworkNotFound]]),
        "get_policy" => plain(&[&[E::PolicyNotFound]]),
        "create_policy" | "update_policy" | "delete_policy" => plain(&[POLICY_WRITE]),
        "create_session" => plain(&[&[
            E::SessionRequiresWallet,
            E::SessionLimitExceeded,
            E::WalletNotFound,
            E::WalletTerminated,
            E::WalletSuspended,
            E::SystemLocked,
        ]]),
        "revoke_session" | "list_session_wallets" => plain(&[&[E::SessionNotFound]]),
        "set_default_wallet" => plain(&[&[E::SessionNotFound, E::SessionRevoked, E::WalletNotFound]]),
        "renew_session" => plain(&[&[
            E::RenewalLimitReached,
            E::RenewalTooEarly,
            E::SessionRenewalMismatch,
            E::SessionAbsoluteLifetimeExceeded,
        ]]),
        "rotate_session" => plain(&[&[
            E::SessionNotFound,
            E::SessionRevoked,
            E::SessionAbsoluteLifetimeExceeded,
            E::TokenExpired,
        ]]),
        "add_session_wallet" => plain(&[&[
            E::SessionNotFound,
            E::SessionRevoked,
            E::SessionAbsoluteLifetimeExceeded,
            E::SessionLimitExceeded,
            E::WalletAlreadyLinked,
            E::WalletNotFound,
            E::WalletTerminated,
            E::WalletSuspended,
            E::TokenExpired,
        ]]),
        "remove_session_wallet" => {
            plain(&[&[E::SessionNotFound, E::SessionRevoked, E::SessionRequiresWallet, E::WalletNotFound]])
        }
        "forget_token" => plain(&[&[E::TokenNotFound, E::NetworkNotFound, E::InvalidAddress]]),
        "list_transactions" | "pending_transactions" => plain(&[&[E::WalletNotFound, E::WalletAccessDenied]]),
        "send_transaction" | "sign_transaction" | "sign_message" => judged(&[PLACE, NODES, BUILD, ADMIT]),
        "replace_transaction" => judged(&[PLACE, NODES, BUILD, ADMIT]),
        "simulate_transaction" => plain(&[PLACE, NODES, BUILD, ADMIT]),
        "approve_transaction" | "reject_transaction" => plain(&[&[
            E::TxNotFound,
            E::TxAlreadyProcessed,
            E::WalletNotFound,
            E::WalletSuspended,
            E::WalletTerminated,
            E::SystemLocked,
        ]]),
        "encode_calldata" => plain(&[&[E::AbiEncodingFailed]]),
        "get_address" => plain(&[PLACE]),
        "get_assets" | "get_balance" => plain(&[PLACE, NODES]),
        "create_wallet" | "import_wallet" => plain(&[&[
            E::WalletNameTaken,
            E::WalletAlreadyExists,
            E::InvalidPrivateKey,
            E::InvalidAddress,
            E::OwnerUnfit,
        ]]),
        "get_wallet" | "wallet_networks" => plain(&[&[E::WalletNotFound, E::WalletAccessDenied]]),
        "rename_wallet" => plain(&[&[E::WalletNotFound, E::WalletNameTaken, E::WalletTerminated]]),
        "terminate_wallet" => plain(&[&[E::WalletNotFound, E::WalletTerminated, E::SocketOnly]]),
        "set_default_network" => {
            plain(&[&[E::WalletNotFound, E::WalletTerminated, E::NetworkRequired], PLACE])
        }
        "set_owner" | "remove_owner" | "owner_challenge" | "verify_owner" => plain(&[OWNER_SETTING]),
        "resume_wallet" | "suspend_wallet" => plain(&[&[
            E::WalletNotFound,
            E::WalletTerminated,
            E::WalletSuspended,
            E::InvalidStateTransition,
            E::ChangeLimitExceeded,
            E::ChangeSuperseded,
            E::OwnerUnfit,
        ]]),
        _ => return None,
    })
}

/// The codes of an operation's credential.
const fn credential(auth: AuthClass) -> &'static [&'static [E]] {
    match auth {
        AuthClass::Public => &[],
        AuthClass::Session => &[SESSION],
        AuthClass::Master => &[MASTER],
        AuthClass::LocalMaster => &[MASTER, &[E::SocketOnly]],
        AuthClass::Owner => &[OWNER],
        AuthClass::SessionOrMaster => &[SESSION, MASTER, &[E::AmbiguousCredentials]],
    }
}

/// Every code with which an operation can answer; none for an unknown operation.
pub(crate) fn of(operation: &str, auth: AuthClass, has_body: bool) -> Option<Vec<Code>> {
    let Codes { own, judged } = own(operation)?;
    let mut codes: Vec<Code> = HTTP.iter().copied().map(Code::from).collect();
    let engine = own.iter().chain(credential(auth)).copied().flatten().chain(EVERYWHERE);
    codes.extend(engine.copied().map(Code::from));
    if has_body {
        codes.push(HttpCode::UnsupportedMediaType.into());
    }
    if judged {
        codes.extend(DenialCode::ALL.iter().map(|code| Code::from(E::Denied(*code))));
    }
    codes.sort_unstable_by_key(|code| code.as_str());
    codes.dedup();
    Some(codes)
}

/// Groups codes by HTTP status.
pub(crate) fn by_status(codes: &[Code]) -> BTreeMap<u16, Vec<&'static str>> {
    let mut statuses: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
    for code in codes {
        statuses.entry(code.http().0.as_u16()).or_default().push(code.as_str());
    }
    statuses
}

/// Every code, in alphabetical order.
pub(crate) fn all() -> Vec<&'static str> {
    let denials = DenialCode::ALL.iter().map(|code| Code::from(E::Denied(*code)));
    let plain = E::PLAIN.iter().copied().map(Code::from);
    let mut all: Vec<_> = plain.chain(denials).chain(HttpCode::ALL.iter().copied().map(Code::from)).collect();
    all.sort_unstable_by_key(|code| code.as_str());
    all.dedup();
    all.into_iter().map(Code::as_str).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_operation_has_its_codes() {
        for route in crate::inventory() {
            assert!(!route.codes.is_empty(), "{} {} has no list of codes", route.method, route.path);
        }
    }

    #[test]
    fn only_what_is_judged_is_denied() {
        let listed = |path: &str| {
            let routes = crate::inventory();
            let route = routes.iter().find(|route| route.path == path).expect("an operation");
            route.codes.contains(&"POLICY_DENIED")
        };
        assert!(listed("/v1/transactions/send") && listed("/v1/transactions/{id}/replace"));
        assert!(!listed("/v1/transactions/simulate") && !listed("/v1/policies"));
    }
}
