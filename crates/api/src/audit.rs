//! The audit log as it is read.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use waiaas_core::audit::{AuditEventKind, Severity};
use waiaas_core::ids::{TxId, WalletId};

use crate::vocabulary::{AuditEventName, SeverityName};

/// Which entries. Filters combine.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Concerning this wallet.
    #[serde(default, alias = "wallet_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// Of this kind.
    #[serde(default, alias = "event_type", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<AuditEventName>)]
    pub event_type: Option<AuditEventKind>,
    /// Of this severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<SeverityName>)]
    pub severity: Option<Severity>,
    /// At or after this second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// At or before this second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// Concerning this transaction.
    #[serde(default, alias = "tx_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub tx_id: Option<TxId>,
    /// `nextCursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries per page, 1 to 200; 50 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// Whether to count all entries.
    #[serde(default, alias = "include_total")]
    #[param(required = false)]
    pub include_total: bool,
}

/// One entry.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Place in the chain, from 1, without gaps.
    pub id: i64,
    /// When.
    pub timestamp: i64,
    /// What happened.
    #[schema(value_type = AuditEventName)]
    pub event_type: String,
    /// Who did it: `master`, `session:…`, `owner:…`, `system` or `anonymous`.
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
    /// What else is known.
    #[schema(value_type = Object)]
    pub details: Value,
    /// How much a person should care.
    #[schema(value_type = SeverityName)]
    pub severity: String,
    /// The caller's address, where there was one.
    pub ip_address: Option<String>,
    /// Hash of this entry, which covers the one before.
    pub hash: String,
}

/// The result of checking the whole chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditReport {
    /// Whether every entry follows from the one before.
    pub intact: bool,
    /// Entries from the first on that form an intact chain.
    pub entries: i64,
    /// Hash of the last of them; keep it elsewhere to detect a truncated log.
    pub head: String,
    /// The first entry that is missing, altered or out of order.
    pub broken_at: Option<i64>,
}
