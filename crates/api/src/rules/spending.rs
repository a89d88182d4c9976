//! Rules about spending, recipients, times and rates.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use crate::vocabulary::ChainName;

/// The most that may be spent, and at which tier. At least one threshold or token limit is required.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "instant_max_usd": 10, "notify_max_usd": 100, "delay_max_usd": 1000, "delay_seconds": 900,
    "daily_limit_usd": 5000, "monthly_limit_usd": 20000, "approval_timeout": 3600, "max_slippage_percent": 1.5,
    "instant_max": "100000000", "notify_max": "1000000000", "delay_max": "10000000000",
    "token_limits": { "native:solana": {
        "instant_max": "0.5", "notify_max": "1", "delay_max": "10", "daily_max": "20", "monthly_max": "100",
    } },
}))]
pub struct SpendingLimitRules {
    /// Dollars up to which one request is INSTANT. Thresholds must not descend; an absent one is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instant_max_usd: Option<f64>,
    /// Dollars up to which it is NOTIFY.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_max_usd: Option<f64>,
    /// Dollars up to which it is DELAY. Above all thresholds it is APPROVAL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_max_usd: Option<f64>,
    /// Base units of the native coin up to which it is INSTANT. If one of these three is given, the absent
    /// ones count as zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]+$")]
    pub instant_max: Option<String>,
    /// Base units of the native coin up to which it is NOTIFY.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]+$")]
    pub notify_max: Option<String>,
    /// Base units of the native coin up to which it is DELAY.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]+$")]
    pub delay_max: Option<String>,
    /// Limits by asset: a CAIP-19 id, `native:solana` or `native:ethereum` for the coin of every network of a chain,
    /// or `native` where the policy names a network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_limits: Option<BTreeMap<String, TokenLimitRules>>,
    /// Length of a DELAY in seconds.
    #[schema(default = 900, minimum = 60)]
    #[serde(default)]
    pub delay_seconds: u32,
    /// Dollars in 24 hours, reserved and settled; more is APPROVAL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0)]
    pub daily_limit_usd: Option<f64>,
    /// Dollars in 30 days; more is APPROVAL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0)]
    pub monthly_limit_usd: Option<f64>,
    /// Approval window in seconds; by default the setting security.approval_timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 300, maximum = 86400)]
    pub approval_timeout: Option<u32>,
    /// Maximum loss of a swap by value, in percent; more is APPROVAL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(default = 3, minimum = 0, maximum = 100)]
    pub max_slippage_percent: Option<f64>,
}

/// Limits of one asset, in human units.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenLimitRules {
    /// Up to this: INSTANT.
    pub instant_max: String,
    /// Up to this: NOTIFY.
    pub notify_max: String,
    /// Up to this: DELAY. Above: APPROVAL.
    pub delay_max: String,
    /// More than this in 24 hours: APPROVAL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_max: Option<String>,
    /// More than this in 30 days: APPROVAL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_max: Option<String>,
}

/// The accounts that may gain by a request, and the contracts that may be called.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "allowed_addresses": ["0x4752ba5DBc23f44D87826276BF6Fd6b1C372aD24"] }))]
pub struct WhitelistRules {
    /// Accounts and contracts. On Solana, owners of token accounts, not the token accounts themselves.
    #[schema(min_items = 1)]
    pub allowed_addresses: BTreeSet<String>,
}

/// The times at which requests are allowed. At least one of hours and days; if both are given, both must
/// hold.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "allowed_hours": { "start": 9, "end": 17 }, "allowed_days": [1, 2, 3, 4, 5], "timezone": "+01:00",
}))]
pub struct TimeRestrictionRules {
    /// Hours of the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_hours: Option<AllowedHoursRules>,
    /// Days of the week, 0 = Sunday to 6 = Saturday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_days: Option<BTreeSet<u8>>,
    /// Time zone of hours and days: `UTC`, or an offset such as `+01:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(default = "UTC")]
    pub timezone: Option<String>,
}

/// From `start` (inclusive) to `end` (exclusive); wraps past midnight if `start` is later.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowedHoursRules {
    /// The first hour.
    #[schema(minimum = 0, maximum = 23)]
    pub start: u8,
    /// The hour before which it ends.
    #[schema(minimum = 1, maximum = 24)]
    pub end: u8,
}

/// The maximum number of requests admitted in a sliding window.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "max_requests": 60, "window_seconds": 3600 }))]
pub struct RateLimitRules {
    /// Maximum number of a wallet's requests in the window.
    #[schema(minimum = 1)]
    pub max_requests: u32,
    /// Length of the window in seconds.
    #[schema(minimum = 1)]
    pub window_seconds: u32,
}

/// The tokens that may leave.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "tokens": [{
    "address": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "symbol": "USDC", "chain": "solana",
}] }))]
pub struct AllowedTokensRules {
    /// The tokens.
    #[schema(min_items = 1)]
    pub tokens: Vec<AllowedTokenRules>,
}

/// One token.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AllowedTokenRules {
    /// ERC-20 contract or SPL mint.
    pub address: String,
    /// For people; never compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 10)]
    pub symbol: Option<String>,
    /// Chain of the address; must agree with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ChainName>)]
    pub chain: Option<String>,
    /// CAIP-19 id, which names the token on one network only. In a policy with a network it is filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<String>,
}

/// The networks that may be used.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "networks": [{ "network": "base-mainnet", "name": "Base" }] }))]
pub struct AllowedNetworksRules {
    /// The networks.
    #[schema(min_items = 1)]
    pub networks: Vec<AllowedNetworkRules>,
}

/// One network.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowedNetworkRules {
    /// Its name or CAIP-2 id.
    pub network: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
