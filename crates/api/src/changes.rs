//! Pending changes: changes that need owners' signatures before they are in force.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use waiaas_core::change::{ChangeKind, ChangeStatus};
use waiaas_core::ids::{ChangeId, WalletId};

use crate::owners::Challenge;
use crate::vocabulary::{ChangeKindName, ChangeStatusName};

/// A change that loosens protection. Every LOCKED owner concerned must sign it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: ChangeId,
    /// The kind of change.
    #[schema(value_type = ChangeKindName)]
    pub kind: ChangeKind,
    /// The change in one sentence; part of the text that owners sign.
    pub summary: String,
    /// State of the change. Only `APPLIED` is in force.
    #[schema(value_type = ChangeStatusName)]
    pub status: ChangeStatus,
    /// The exact change.
    #[schema(value_type = Object)]
    pub content: Value,
    /// SHA-256 of the content, which owners sign.
    pub digest: String,
    /// Time of the request.
    pub created_at: i64,
    /// From this second on it can no longer be approved.
    pub expires_at: i64,
    /// Time at which it was applied or ended.
    pub decided_at: Option<i64>,
    /// The owners who are asked; every one of them must approve.
    pub questions: Vec<ChangeQuestion>,
}

/// The question to one owner about a change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeQuestion {
    /// A wallet of this owner that the change concerns.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// Address of the owner who is asked.
    pub owner_address: String,
    /// Time of this owner's approval.
    pub approved_at: Option<i64>,
    /// The text to sign to approve; `null` if that is no longer possible.
    pub approve: Option<Challenge>,
    /// The text to sign to reject; `null` if that is no longer possible.
    pub reject: Option<Challenge>,
}

/// Selects changes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangeQuery {
    /// Only changes with this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<ChangeStatusName>)]
    pub status: Option<ChangeStatus>,
    /// `nextCursor` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries per page, 1 to 200; 50 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}
