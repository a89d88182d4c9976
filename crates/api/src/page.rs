//! Lists: one cursor style for all of them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Most entries a page may have, and how many it has unless told.
pub const MAX_LIMIT: u32 = 200;
/// Entries of a page unless told otherwise.
pub const DEFAULT_LIMIT: u32 = 50;

/// A page of a list under `data`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listing<T> {
    /// The entries, newest first.
    pub data: Vec<T>,
    /// Pass as `cursor` for the next page; `null` on the last.
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
    /// Entries in all pages, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// A page of a list that older clients read under other names (transactions).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Items<T> {
    /// The entries, newest first.
    pub data: Vec<T>,
    /// The same as `data`, under the name older clients read.
    pub items: Vec<T>,
    /// The same as `nextCursor`, under the name older clients read.
    pub cursor: Option<String>,
    /// Pass as `cursor` for the next page; `null` on the last.
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
}

/// A short list that is always whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct All<T> {
    /// The entries.
    pub data: Vec<T>,
    /// The same as `data`, under the name older clients read.
    pub items: Vec<T>,
}

/// Which page of a list, and of which wallet.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Only what concerns this wallet.
    #[serde(default, alias = "wallet_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub wallet_id: Option<waiaas_core::ids::WalletId>,
    /// `nextCursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries per page, 1 to 200; 50 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// Which wallet, where a session may have several.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WalletQuery {
    /// The wallet; the session's default unless named.
    #[serde(default, alias = "wallet_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub wallet_id: Option<waiaas_core::ids::WalletId>,
}
