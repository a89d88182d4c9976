//! Reading the audit log.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use waiaas_core::audit::{AuditEventKind, Severity};
use waiaas_core::ids::{TxId, WalletId};

use crate::vocabulary::{AuditEventName, SeverityName};

/// Selects audit entries. Filters combine.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Entries about this wallet, or about a session that has or had it.
    #[serde(default, alias = "wallet_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// Entries of this event.
    #[serde(default, alias = "event_type", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<AuditEventName>)]
    pub event_type: Option<AuditEventKind>,
    /// Entries of this severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<SeverityName>)]
    pub severity: Option<Severity>,
    /// Entries at or after this time, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Entries at or before this time, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// Entries about this transaction.
    #[serde(default, alias = "tx_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub tx_id: Option<TxId>,
    /// `nextCursor` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries per page, 1 to 200; 50 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// Whether to count all entries.
    #[serde(default, alias = "include_total")]
    #[param(required = false)]
    pub include_total: bool,
}

/// One audit entry.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Position in the chain, from 1, without gaps.
    pub id: i64,
    /// Time of the event.
    pub timestamp: i64,
    /// The event.
    #[schema(value_type = AuditEventName)]
    pub event_type: String,
    /// Who caused it: `master`, `session:…`, `owner:…`, `system` or `anonymous`.
    pub actor: String,
    /// The wallet concerned.
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<String>,
    /// The session concerned.
    #[schema(value_type = Option<Uuid>)]
    pub session_id: Option<String>,
    /// The transaction concerned.
    #[schema(value_type = Option<Uuid>)]
    pub tx_id: Option<String>,
    /// Further details of the event.
    #[schema(value_type = Object)]
    pub details: Value,
    /// How urgent the event is for a person.
    #[schema(value_type = SeverityName)]
    pub severity: String,
    /// The caller's IP address, if there was a caller.
    pub ip_address: Option<String>,
    /// Hash over this entry and the hash of the previous one.
    pub hash: String,
}

/// The result of checking the whole chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditReport {
    /// Whether every entry's hash follows from the previous entry.
    pub intact: bool,
    /// Number of entries from the first on that form an intact chain.
    pub entries: i64,
    /// Hash of the last of them. Keep it elsewhere to detect a truncated log.
    pub head: String,
    /// The first entry that is missing, altered or out of order.
    pub broken_at: Option<i64>,
}
