//! Rules about HTTP payments and messages, and about the daemon's own actions.

use serde::Serialize;
use utoipa::ToSchema;

use crate::vocabulary::{ActionCategoryName, TierName};

/// The hosts that may be paid for an HTTP resource (x402).
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "domains": ["api.example.com", "*.example.org"] }))]
pub struct X402AllowedDomainsRules {
    /// `example.com`, or `*.example.com` for its sub-domains only.
    #[schema(min_items = 1)]
    pub domains: Vec<String>,
}

/// The hosts for which HTTP messages may be signed (ERC-8128).
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "domains": ["api.example.com"], "rate_limit_rpm": 30 }))]
pub struct Erc8128AllowedDomainsRules {
    /// `example.com`, or `*.example.com` for its sub-domains only.
    #[schema(min_items = 1)]
    pub domains: Vec<String>,
    /// Maximum messages per minute and host.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(default = 60, minimum = 1)]
    pub rate_limit_rpm: Option<u32>,
}

/// The largest ratio of debt to collateral, between 0 and 1.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(example = json!({ "maxLtv": 0.75, "warningLtv": 0.5 }))]
pub struct LendingLtvLimitRules {
    /// Above it: denied.
    #[schema(minimum = 0, maximum = 1)]
    pub max_ltv: f64,
    /// Above it: DELAY.
    #[schema(minimum = 0, maximum = 1)]
    pub warning_ltv: f64,
}

/// The assets that an action may supply, borrow, repay or withdraw. A policy that lists an EVM token names
/// its network.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "assets": [{
    "address": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "symbol": "USDC",
}] }))]
pub struct LendingAssetWhitelistRules {
    /// The assets.
    #[schema(min_items = 1)]
    pub assets: Vec<LendingAssetRules>,
}

/// One asset.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LendingAssetRules {
    /// Token contract or mint. The native coin is lent as its wrapped token.
    pub address: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
}

/// The highest leverage of a position.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(example = json!({ "maxLeverage": 5, "warningLeverage": 2 }))]
pub struct PerpMaxLeverageRules {
    /// Above it: denied.
    #[schema(exclusive_minimum = 0, maximum = 1000)]
    pub max_leverage: f64,
    /// Above it: DELAY.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning_leverage: Option<f64>,
}

/// The largest size of a position.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(example = json!({ "maxPositionUsd": 10000, "warningPositionUsd": 1000 }))]
pub struct PerpMaxPositionUsdRules {
    /// Dollars above which it is denied.
    #[schema(exclusive_minimum = 0)]
    pub max_position_usd: f64,
    /// Dollars above which the tier is DELAY.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning_position_usd: Option<f64>,
}

/// The markets on which an action may open, change or close a position.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "markets": [{ "market": "SOL-PERP", "name": "Solana" }] }))]
pub struct PerpAllowedMarketsRules {
    /// The markets.
    #[schema(min_items = 1)]
    pub markets: Vec<PerpMarketRules>,
}

/// One market.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PerpMarketRules {
    /// The venue's name for it; ASCII case does not matter.
    #[schema(min_length = 1, max_length = 100)]
    pub market: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The venues that an action may use.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "venues": [{ "id": "hyperliquid", "name": "Hyperliquid" }] }))]
pub struct VenueWhitelistRules {
    /// The venues.
    #[schema(min_items = 1)]
    pub venues: Vec<VenueRules>,
}

/// One venue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VenueRules {
    /// Its id; ASCII case does not matter.
    #[schema(min_length = 1, max_length = 100)]
    pub id: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The most that actions of one category may move, in dollars. At least one limit is required.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "category": "swap", "per_action_limit_usd": 100, "daily_limit_usd": 500, "monthly_limit_usd": 2000,
    "tier_on_exceed": "APPROVAL",
}))]
pub struct ActionCategoryLimitRules {
    /// The category. There is one policy per category.
    #[schema(value_type = ActionCategoryName)]
    pub category: String,
    /// Maximum of one action.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0)]
    pub per_action_limit_usd: Option<f64>,
    /// Maximum in 24 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0)]
    pub daily_limit_usd: Option<f64>,
    /// Maximum in 30 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0)]
    pub monthly_limit_usd: Option<f64>,
    /// Tier of an action that exceeds a limit; DELAY by default.
    #[serde(default)]
    #[schema(value_type = TierName, default = "DELAY")]
    pub tier_on_exceed: String,
}
