//! The policy types: one file each, and the registry that lists them.
//!
//! A type is a struct of its rules with two functions: one checks the rules when they are read, the other
//! judges a request. Does not belong here: the order of evaluation and the combination of several rows (see
//! [`super::evaluate`]).

mod action_category_limit;
mod allowed_networks;
mod allowed_tokens;
mod approve_amount_limit;
mod approve_tier_override;
mod approved_spenders;
mod contract_whitelist;
mod domain;
mod erc8128_allowed_domains;
mod error;
mod figures;
mod lending_asset_whitelist;
mod lending_ltv_limit;
mod method_whitelist;
mod perp_allowed_markets;
mod perp_max_leverage;
mod perp_max_position_usd;
mod rate_limit;
mod reputation_threshold;
mod sentence;
mod spending_limit;
mod time_restriction;
mod timezone;
mod token_limits;
mod venue_whitelist;
mod whitelist;
mod x402_allowed_domains;

use std::cmp::Ordering;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;
use crate::network::{Chain, Network, NetworkId, Networks};
use crate::policy::Policy;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::strict;
use crate::wallet::wire_enum;

pub use action_category_limit::{ActionCategoryLimit, category};
pub use allowed_networks::{AllowedNetwork, AllowedNetworks};
pub use allowed_tokens::{AllowedToken, AllowedTokens};
pub use approve_amount_limit::ApproveAmountLimit;
pub use approve_tier_override::ApproveTierOverride;
pub use approved_spenders::{ApprovedSpender, ApprovedSpenders};
pub use contract_whitelist::{ContractWhitelist, WhitelistedContract};
pub use domain::DomainPattern;
pub use erc8128_allowed_domains::Erc8128AllowedDomains;
pub use error::RulesError;
pub use figures::{BaseUnits, Decimal, Millionths, Percent};
pub use lending_asset_whitelist::{LendingAsset, LendingAssetWhitelist};
pub use lending_ltv_limit::LendingLtvLimit;
pub use method_whitelist::{ContractMethods, MethodWhitelist};
pub use perp_allowed_markets::{PerpAllowedMarkets, PerpMarket};
pub use perp_max_leverage::PerpMaxLeverage;
pub use perp_max_position_usd::PerpMaxPositionUsd;
pub use rate_limit::RateLimit;
pub use reputation_threshold::ReputationThreshold;
pub use spending_limit::SpendingLimit;
pub use time_restriction::{AllowedHours, TimeRestriction};
pub use timezone::Timezone;
pub use token_limits::{TokenLimit, TokenLimits};
pub use venue_whitelist::{Venue, VenueWhitelist};
pub use whitelist::Whitelist;
pub use x402_allowed_domains::X402AllowedDomains;

/// Where a row applies, for checks that depend on it.
pub(crate) struct Placement<'a> {
    /// Every network of this daemon.
    pub(crate) networks: &'a Networks,
    /// The network of the row's scope, if it has one.
    pub(crate) network: Option<&'a Network>,
}

impl Placement<'_> {
    /// Refuses an entry that would mean another contract on another network, or none on the row's own. A
    /// Solana program has the same address on every cluster; an EVM contract does not.
    fn require_one_contract(&self, field: &str, address: Address) -> Result<(), RulesError> {
        match (self.network, address.chain()) {
            (Some(network), chain) if network.chain != chain => {
                Err(RulesError::WrongChain { field: field.to_owned(), expected: network.chain })
            }
            (None, Chain::Ethereum) => Err(RulesError::NetworkNeeded { field: field.to_owned() }),
            (Some(_), _) | (None, Chain::Solana) => Ok(()),
        }
    }
}

/// The functions of a policy type.
pub(crate) trait Rule: Serialize + DeserializeOwned {
    /// Checks what the types of the fields do not check, and brings the rules into canonical form.
    fn check(&mut self, placement: &Placement<'_>) -> Result<(), RulesError>;

    /// Whether a row of these rules certainly judges every request at least as strictly as a row of the `old`
    /// ones in its place. False if uncertain.
    fn at_least_as_strict(&self, old: &Self) -> bool;

    /// Adds this row's results for the request to the findings.
    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings);
}

macro_rules! registry {
    ($($(#[$doc:meta])* $variant:ident($rule:ty) = $name:literal),+ $(,)?) => {
        wire_enum!(
            /// The policy types, as named on the wire.
            PolicyType { $($(#[$doc])* $variant = $name),+ }
        );

        /// The rules of one policy row.
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[expect(clippy::large_enum_variant, reason = "rows are few, and shared behind an Arc")]
        pub enum Rules { $($(#[$doc])* $variant($rule)),+ }

        impl Rules {
            /// Parses the rules of a row whose scope names `network` (or none). Create, update and load all
            /// use this function, so stored rules are always checked.
            ///
            /// # Errors
            ///
            /// [`RulesError`] names the field that is not accepted and the reason.
            pub fn parse(
                policy_type: PolicyType,
                value: &Value,
                networks: &Networks,
                network: Option<&NetworkId>,
            ) -> Result<Self, RulesError> {
                let network = match network {
                    Some(id) => Some(networks.get(id).ok_or_else(|| RulesError::unknown_scope(id))?),
                    None => None,
                };
                let placement = Placement { networks, network };
                match policy_type {
                    $(PolicyType::$variant => read::<$rule>(value, &placement).map(Self::$variant)),+
                }
            }

            /// The type of these rules.
            pub const fn policy_type(&self) -> PolicyType {
                match self { $(Self::$variant(_) => PolicyType::$variant),+ }
            }

            /// The rules as JSON, in canonical form; [`Rules::parse`] reads them back.
            pub fn to_json(&self) -> Value {
                match self { $(Self::$variant(rule) => write(rule)),+ }
            }

            /// Whether these rules certainly judge at least as strictly as `old` ones in their place.
            pub(crate) fn at_least_as_strict(&self, old: &Self) -> bool {
                match self {
                    $(Self::$variant(new) => matches!(old, Self::$variant(old) if new.at_least_as_strict(old)),)+
                }
            }

            /// Adds the results of these rules for the request to the findings.
            pub(crate) fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
                match self { $(Self::$variant(rule) => rule.judge(row, case, findings)),+ }
            }
        }
    };
}

impl Rules {
    /// The addresses that the rules list.
    pub fn addresses(&self) -> Box<dyn Iterator<Item = Address> + '_> {
        match self {
            Self::Whitelist(rule) => Box::new(rule.allowed_addresses.iter().copied()),
            Self::ContractWhitelist(rule) => Box::new(rule.contracts.iter().map(|entry| entry.address)),
            Self::MethodWhitelist(rule) => Box::new(rule.methods.iter().map(|entry| entry.contract_address)),
            Self::ApprovedSpenders(rule) => Box::new(rule.spenders.iter().map(|entry| entry.address)),
            Self::AllowedTokens(rule) => Box::new(rule.tokens.iter().map(|entry| entry.address)),
            Self::LendingAssetWhitelist(rule) => Box::new(rule.assets.iter().map(|entry| entry.address)),
            Self::SpendingLimit(_)
            | Self::TimeRestriction(_)
            | Self::RateLimit(_)
            | Self::ApproveAmountLimit(_)
            | Self::ApproveTierOverride(_)
            | Self::AllowedNetworks(_)
            | Self::X402AllowedDomains(_)
            | Self::Erc8128AllowedDomains(_)
            | Self::LendingLtvLimit(_)
            | Self::PerpMaxLeverage(_)
            | Self::PerpMaxPositionUsd(_)
            | Self::PerpAllowedMarkets(_)
            | Self::ReputationThreshold(_)
            | Self::VenueWhitelist(_)
            | Self::ActionCategoryLimit(_) => Box::new(std::iter::empty()),
        }
    }
}

impl PolicyType {
    /// The name with its indefinite article: `a WHITELIST`, `an ALLOWED_TOKENS`.
    pub fn with_article(self) -> String {
        // ERC and X are pronounced as letters and begin with a vowel sound.
        let article = if self.as_str().starts_with(['A', 'E', 'X']) { "an" } else { "a" };
        format!("{article} {self}")
    }
}

registry! {
    /// How much may be spent, and at which tier.
    SpendingLimit(SpendingLimit) = "SPENDING_LIMIT",
    /// Who may receive.
    Whitelist(Whitelist) = "WHITELIST",
    /// When requests are allowed.
    TimeRestriction(TimeRestriction) = "TIME_RESTRICTION",
    /// How many requests are allowed.
    RateLimit(RateLimit) = "RATE_LIMIT",
    /// Which tokens may leave.
    AllowedTokens(AllowedTokens) = "ALLOWED_TOKENS",
    /// Which contracts may be called.
    ContractWhitelist(ContractWhitelist) = "CONTRACT_WHITELIST",
    /// Which methods of a contract may be called.
    MethodWhitelist(MethodWhitelist) = "METHOD_WHITELIST",
    /// Who may be given an allowance.
    ApprovedSpenders(ApprovedSpenders) = "APPROVED_SPENDERS",
    /// How large an allowance may be.
    ApproveAmountLimit(ApproveAmountLimit) = "APPROVE_AMOUNT_LIMIT",
    /// The minimum tier of an allowance.
    ApproveTierOverride(ApproveTierOverride) = "APPROVE_TIER_OVERRIDE",
    /// Which networks may be used.
    AllowedNetworks(AllowedNetworks) = "ALLOWED_NETWORKS",
    /// Hosts that HTTP payments may go to.
    X402AllowedDomains(X402AllowedDomains) = "X402_ALLOWED_DOMAINS",
    /// The largest ratio of debt to collateral.
    LendingLtvLimit(LendingLtvLimit) = "LENDING_LTV_LIMIT",
    /// Which assets may be lent and borrowed.
    LendingAssetWhitelist(LendingAssetWhitelist) = "LENDING_ASSET_WHITELIST",
    /// How much leverage a position may take.
    PerpMaxLeverage(PerpMaxLeverage) = "PERP_MAX_LEVERAGE",
    /// How large a position may be.
    PerpMaxPositionUsd(PerpMaxPositionUsd) = "PERP_MAX_POSITION_USD",
    /// Which markets may be traded.
    PerpAllowedMarkets(PerpAllowedMarkets) = "PERP_ALLOWED_MARKETS",
    /// The minimum reputation of a counterparty.
    ReputationThreshold(ReputationThreshold) = "REPUTATION_THRESHOLD",
    /// Hosts that HTTP messages may be signed for.
    Erc8128AllowedDomains(Erc8128AllowedDomains) = "ERC8128_ALLOWED_DOMAINS",
    /// Which venues may be used.
    VenueWhitelist(VenueWhitelist) = "VENUE_WHITELIST",
    /// How much one category of action may move.
    ActionCategoryLimit(ActionCategoryLimit) = "ACTION_CATEGORY_LIMIT",
}

/// Checks the form first, with the path of a fault; then the type's own checks.
fn read<R: Rule>(value: &Value, placement: &Placement<'_>) -> Result<R, RulesError> {
    if !value.is_object() {
        let problem = "must be an object".to_owned();
        return Err(RulesError::Malformed { field: "rules".to_owned(), problem });
    }
    let mut rule: R = strict::read(value).map_err(RulesError::shape)?;
    rule.check(placement)?;
    Ok(rule)
}

/// These types have string keys and finite numbers, so serialising them cannot fail. If it ever did, the
/// `null` written would be refused when read.
fn write(rule: &impl Rule) -> Value {
    serde_json::to_value(rule).unwrap_or(Value::Null)
}

/// Whether a limit is no higher than an `old` one; an absent limit is unlimited.
fn at_most<T: PartialOrd>(new: Option<T>, old: Option<T>) -> bool {
    match (new, old) {
        (_, None) => true,
        (Some(new), Some(old)) => new <= old,
        (None, Some(_)) => false,
    }
}

/// Orders names without regard to ASCII case.
fn caseless(a: &str, b: &str) -> Ordering {
    a.bytes().map(|b| b.to_ascii_lowercase()).cmp(b.bytes().map(|b| b.to_ascii_lowercase()))
}

/// Up to three of `items` for people, and the number of the others.
pub(crate) fn listed<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let mut items = items.into_iter();
    let shown: Vec<_> = items.by_ref().take(3).map(|item| item.to_string()).collect();
    let more = match items.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}
