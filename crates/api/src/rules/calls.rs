//! Rules about calls, allowances and counterparties.

use serde::Serialize;
use utoipa::ToSchema;

use crate::vocabulary::{ChainName, TierName};

/// The contracts and programs that may be called. Collections of NFTs and verifiers of typed data are
/// contracts too. A policy that lists an EVM contract names its network.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "contracts": [{
    "address": "0x4752ba5DBc23f44D87826276BF6Fd6b1C372aD24", "name": "router", "chain": "ethereum",
}] }))]
pub struct ContractWhitelistRules {
    /// The contracts.
    #[schema(min_items = 1)]
    pub contracts: Vec<WhitelistedContractRules>,
}

/// One contract or program.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhitelistedContractRules {
    /// Contract or program.
    pub address: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Chain of the address; must agree with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ChainName>)]
    pub chain: Option<String>,
}

/// The methods of a contract that may be called. A contract with an entry may be called with no other method.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "methods": [{
    "contractAddress": "0x4752ba5DBc23f44D87826276BF6Fd6b1C372aD24", "selectors": ["0xa9059cbb"],
}] }))]
pub struct MethodWhitelistRules {
    /// The methods, by contract.
    #[schema(min_items = 1)]
    pub methods: Vec<ContractMethodsRules>,
}

/// The methods of one contract.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ContractMethodsRules {
    /// The contract or program.
    pub contract_address: String,
    /// First bytes of the call data, in hex with 0x; four on EVM.
    #[schema(min_items = 1)]
    pub selectors: Vec<String>,
}

/// The spenders that may get an allowance, and its maximum.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "spenders": [{
    "address": "0x4752ba5DBc23f44D87826276BF6Fd6b1C372aD24", "name": "router", "maxAmount": "1000000",
}] }))]
pub struct ApprovedSpendersRules {
    /// The spenders.
    #[schema(min_items = 1)]
    pub spenders: Vec<ApprovedSpenderRules>,
}

/// One spender.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApprovedSpenderRules {
    /// Contract or account.
    pub address: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Largest allowance, in base units of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]+$")]
    pub max_amount: Option<String>,
}

/// The largest allowance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(example = json!({ "maxAmount": "1000000", "blockUnlimited": true }))]
pub struct ApproveAmountLimitRules {
    /// Largest allowance, in base units of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]+$")]
    pub max_amount: Option<String>,
    /// Whether to deny allowances that count as unlimited: more than the wallet holds, half the number range
    /// or more, or a whole collection.
    #[serde(default)]
    #[schema(default = true)]
    pub block_unlimited: bool,
}

/// The minimum tier of every allowance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "tier": "APPROVAL" }))]
pub struct ApproveTierOverrideRules {
    /// The tier.
    #[schema(value_type = TierName)]
    pub tier: String,
}

/// The minimum reputation in the ERC-8004 registries of the accounts that gain by a request. Raises the tier,
/// never denies.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "min_score": 50, "below_threshold_tier": "APPROVAL", "unrated_tier": "DELAY", "tag1": "payments",
    "tag2": "escrow", "check_counterparty": true,
}))]
pub struct ReputationThresholdRules {
    /// The lowest score that raises no tier.
    #[schema(minimum = 0, maximum = 100)]
    pub min_score: u8,
    /// Tier for a lower score; APPROVAL by default.
    #[serde(default)]
    #[schema(value_type = TierName, default = "APPROVAL")]
    pub below_threshold_tier: String,
    /// Tier without a score; APPROVAL by default.
    #[serde(default)]
    #[schema(value_type = TierName, default = "APPROVAL")]
    pub unrated_tier: String,
    /// First tag of the feedback that counts; any tag if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 32)]
    pub tag1: Option<String>,
    /// Second tag, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 32)]
    pub tag2: Option<String>,
    /// Whether counterparties are looked up. If not, the policy has no effect.
    #[serde(default)]
    #[schema(default = false)]
    pub check_counterparty: bool,
}
