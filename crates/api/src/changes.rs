//! Changes that wait for owners before they are in force.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use waiaas_core::change::{ChangeKind, ChangeStatus};
use waiaas_core::ids::{ChangeId, WalletId};

use crate::owners::Challenge;
use crate::vocabulary::{ChangeKindName, ChangeStatusName};

/// A change of what protects wallets. It loosens, so every LOCKED owner concerned has to sign.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: ChangeId,
    /// What kind it is.
    #[schema(value_type = ChangeKindName)]
    pub kind: ChangeKind,
    /// What it does, in a sentence; part of what owners sign.
    pub summary: String,
    /// Where it is. Only `APPLIED` is in force.
    #[schema(value_type = ChangeStatusName)]
    pub status: ChangeStatus,
    /// Exactly what it does.
    #[schema(value_type = Object)]
    pub content: Value,
    /// What owners sign of the content, SHA-256.
    pub digest: String,
    /// When it was asked for.
    pub created_at: i64,
    /// From this second on nobody can agree to it.
    pub expires_at: i64,
    /// When it came to its end.
    pub decided_at: Option<i64>,
    /// Who is asked; every one of them has to agree.
    pub questions: Vec<ChangeQuestion>,
}

/// What one owner is asked about a change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeQuestion {
    /// A wallet of this owner that the change concerns.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// Who is asked.
    pub owner_address: String,
    /// When this owner agreed.
    pub approved_at: Option<i64>,
    /// What to sign to agree; `null` when that is no longer possible.
    pub approve: Option<Challenge>,
    /// What to sign to refuse; `null` when that is no longer possible.
    pub reject: Option<Challenge>,
}

/// Which changes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangeQuery {
    /// Only those with this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<ChangeStatusName>)]
    pub status: Option<ChangeStatus>,
    /// `nextCursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries per page, 1 to 200; 50 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}
