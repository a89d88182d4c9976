//! The result of the evaluation.

use serde::{Deserialize, Serialize};

use crate::ids::PolicyId;
use crate::money::{Usd, exact, exact_if_any};
use crate::policy::{PolicyType, Tier};

/// Denied with reasons, or granted with a tier and reasons. A dry run shows the same value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Denied; never empty.
    Denied(Vec<Denial>),
    /// Granted; signed after the tier's waiting.
    Granted(Grant),
}

crate::wallet::wire_enum!(
    /// Stable code for the reason of a denial.
    DenialCode {
        /// No policy allows it (the default).
        PolicyDenied = "POLICY_DENIED",
        /// The destination is not on a whitelist in force.
        WhitelistDenied = "WHITELIST_DENIED",
        /// The token is not on an allow-list in force, or there is none.
        TokenNotAllowed = "TOKEN_NOT_ALLOWED",
        /// The network is not on a list in force.
        NetworkNotAllowed = "NETWORK_NOT_ALLOWED",
        /// Outside the permitted hours or days.
        TimeNotAllowed = "TIME_NOT_ALLOWED",
        /// Too many requests in a window.
        RateLimitExceeded = "RATE_LIMIT_EXCEEDED",
        /// No spending limit covers the asset.
        SpendingLimitRequired = "SPENDING_LIMIT_REQUIRED",
        /// Needs the owner's approval, and the wallet's owner is not proved.
        OwnerRequired = "OWNER_REQUIRED",
        /// The contract is not on a list in force, or there is none.
        ContractNotWhitelisted = "CONTRACT_NOT_WHITELISTED",
        /// The method is not on a list in force.
        MethodNotWhitelisted = "METHOD_NOT_WHITELISTED",
        /// The spender is not on a list in force, or there is none.
        SpenderNotApproved = "SPENDER_NOT_APPROVED",
        /// The allowance is larger than a limit in force.
        ApproveAmountExceeded = "APPROVE_AMOUNT_EXCEEDED",
        /// The allowance counts as unlimited.
        UnlimitedApproveBlocked = "UNLIMITED_APPROVE_BLOCKED",
        /// The payee's domain is not on a list in force, or there is none.
        X402DomainNotAllowed = "X402_DOMAIN_NOT_ALLOWED",
        /// The domain of an HTTP message is not on a list in force, or there is none.
        Erc8128DomainNotAllowed = "ERC8128_DOMAIN_NOT_ALLOWED",
        /// Too many HTTP messages for a domain in a minute.
        Erc8128RateLimited = "ERC8128_RATE_LIMITED",
        /// The venue is not on a list in force.
        VenueNotAllowed = "VENUE_NOT_ALLOWED",
        /// The asset may not be lent or borrowed.
        LendingAssetNotAllowed = "LENDING_ASSET_NOT_ALLOWED",
        /// The loan would be too large for its collateral.
        LtvLimitExceeded = "LTV_LIMIT_EXCEEDED",
        /// The market is not on a list in force, or there is none.
        MarketNotAllowed = "MARKET_NOT_ALLOWED",
        /// The leverage is too high.
        LeverageLimitExceeded = "LEVERAGE_LIMIT_EXCEEDED",
        /// The position is too large.
        PositionLimitExceeded = "POSITION_LIMIT_EXCEEDED",
        /// A fact that a rule needs is not known.
        FactMissing = "POLICY_FACT_MISSING",
        /// The transaction contains an unknown effect.
        UnknownEffect = "UNKNOWN_EFFECT",
        /// The decimals of an asset are not known or not supported.
        UnknownAsset = "UNKNOWN_ASSET",
        /// A simulation shows more than was decoded.
        SimulationMismatch = "SIMULATION_MISMATCH",
        /// The delay is longer than the bytes can still be included.
        TransactionExpires = "TRANSACTION_EXPIRES",
        /// No node could simulate the request, and the operator denies such requests.
        SimulationUnavailable = "SIMULATION_UNAVAILABLE",
    }
);

/// One reason for a denial.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Denial {
    /// Stable code.
    pub code: DenialCode,
    /// The type of policy that decided (for a missing policy: the type that would allow it).
    pub policy_type: Option<PolicyType>,
    /// The row that decided; none when a policy is missing.
    pub policy_id: Option<PolicyId>,
    /// One sentence.
    pub message: String,
    /// The remedy, or the nearest request that would be allowed.
    pub hint: Option<String>,
}

/// A grant, with the waiting that it requires.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The strictest tier any policy asks for.
    pub tier: Tier,
    /// The reasons for the tier, strictest first.
    pub reasons: Vec<TierReason>,
    /// Seconds to wait; present exactly when the tier is [`Tier::Delay`].
    pub delay_seconds: Option<u32>,
    /// Seconds the owner has; present exactly when the tier is [`Tier::Approval`].
    pub approval_timeout: Option<u32>,
    /// Value of the amounts spent, without fees; none when a price is missing.
    #[serde(serialize_with = "exact_if_any")]
    pub usd: Option<Usd>,
    /// A window that is at least four fifths full with this request.
    pub warning: Option<WindowWarning>,
}

/// Why a policy asks for a tier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TierReason {
    /// The tier asked for.
    pub tier: Tier,
    /// Type of the policy; none for a default.
    pub policy_type: Option<PolicyType>,
    /// The row; none for a default.
    pub policy_id: Option<PolicyId>,
    /// One sentence.
    pub message: String,
}

/// A cumulative limit that is nearly used up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WindowWarning {
    /// `daily` or `monthly`.
    #[serde(rename = "type")]
    pub window: Window,
    /// Dollars counted in the window, this request included.
    #[serde(serialize_with = "exact")]
    pub spent: Usd,
    /// The limit.
    #[serde(serialize_with = "exact")]
    pub limit: Usd,
}

crate::wallet::wire_enum!(
    /// A rolling window.
    Window {
        /// 24 hours.
        Daily = "daily",
        /// 30 days.
        Monthly = "monthly",
    }
);
