//! What a dry run shows: the same judgement as the live request, and what the node says.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use utoipa::ToSchema;
use waiaas_core::ids::PolicyId;
use waiaas_core::money::Usd;
use waiaas_core::network::Chain;
use waiaas_core::policy::{DenialCode, PolicyType, Tier};

use crate::effects;
use crate::vocabulary::{
    ChainName, DenialCodeName, IntentKindName, PolicyTypeName, TierName, WarningSeverityName, WindowName,
};

/// The result of a dry run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DryRunResult {
    /// Whether the policies allow it. A failing simulation does not change this.
    pub success: bool,
    /// The judgement.
    pub policy: PolicyResult,
    /// The most the network may cost; `null` when policy denies it whatever the nodes say, so that none
    /// was asked.
    pub fee: Option<Fee>,
    /// What would leave the wallet.
    pub balance_changes: Vec<BalanceChange>,
    /// What a person should know before sending.
    pub warnings: Vec<Warning>,
    /// What the node says.
    pub simulation: SimulationResult,
    /// Everything it does: `items` as decoded from the bytes that would be signed, and `seen`, where a call
    /// cannot be decoded, as a node saw it in a simulation.
    #[schema(value_type = effects::Effects)]
    pub effects: Value,
    /// The gas condition asked for, and whether it is met; `null` when none was.
    pub gas_condition: Option<GasConditionState>,
    /// Where and how long.
    pub meta: Meta,
}

/// The judgement.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyResult {
    /// The tier; `null` when denied.
    #[schema(value_type = Option<TierName>)]
    pub tier: Option<Tier>,
    /// Whether it is allowed.
    pub allowed: bool,
    /// Code of the first denial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DenialCodeName>)]
    pub code: Option<DenialCode>,
    /// Why it is denied, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Seconds it would wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<u32>,
    /// Why the owner would be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_reason: Option<String>,
    /// Seconds the owner would have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_timeout: Option<u32>,
    /// A cumulative limit this request nearly fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cumulative_warning: Option<CumulativeWarning>,
    /// All denials.
    #[serde(default)]
    pub denials: Vec<DenialView>,
    /// Why this tier, strictest first.
    #[serde(default)]
    pub reasons: Vec<TierReasonView>,
}

/// One denial.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DenialView {
    /// Stable code.
    #[schema(value_type = DenialCodeName)]
    pub code: DenialCode,
    /// Type of the policy that decided, or would be needed.
    #[schema(value_type = Option<PolicyTypeName>)]
    pub policy_type: Option<PolicyType>,
    /// The policy that decided.
    #[schema(value_type = Option<Uuid>)]
    pub policy_id: Option<PolicyId>,
    /// One sentence.
    pub message: String,
    /// The remedy.
    pub hint: Option<String>,
}

/// A gas condition and what the network charges now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GasConditionState {
    /// Whether it would be signed now.
    pub met: bool,
    /// What is paid now, priority fee included: wei per gas, or micro-lamports per compute unit.
    pub current_gas_price: String,
    /// The priority fee paid now.
    pub current_priority_fee: String,
    /// The most that was asked for.
    pub max_gas_price: Option<String>,
    /// The most priority fee that was asked for.
    pub max_priority_fee: Option<String>,
}

/// Why a policy asks for a tier.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TierReasonView {
    /// The tier asked for.
    #[schema(value_type = TierName)]
    pub tier: Tier,
    /// Type of the policy; `null` for what holds without any.
    #[schema(value_type = Option<PolicyTypeName>)]
    pub policy_type: Option<PolicyType>,
    /// The policy; `null` for what holds without any.
    #[schema(value_type = Option<Uuid>)]
    pub policy_id: Option<PolicyId>,
    /// One sentence.
    pub message: String,
}

/// A cumulative limit that is nearly used up.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CumulativeWarning {
    /// Which window.
    #[serde(rename = "type")]
    #[schema(value_type = WindowName)]
    pub window: String,
    /// `spent` over `limit`, four digits after the point.
    #[schema(value_type = f64)]
    pub ratio: Number,
    /// Counted, this request included.
    #[schema(value_type = f64)]
    pub spent: Usd,
    /// The limit.
    #[schema(value_type = f64)]
    pub limit: Usd,
}

/// The most the network may cost.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fee {
    /// Native base units.
    pub estimated_fee: String,
    /// Symbol of the native coin.
    pub fee_symbol: String,
    /// Its decimals.
    pub fee_decimals: u8,
    /// Value, where there is a price.
    #[schema(value_type = Option<f64>)]
    pub fee_usd: Option<Usd>,
    /// Whether a token account has to be opened for the recipient (Solana).
    pub needs_ata_creation: bool,
    /// Native base units locked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ata_rent_cost: Option<String>,
}

/// What would happen to one balance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BalanceChange {
    /// CAIP-19 id.
    pub asset: String,
    /// Symbol.
    pub symbol: String,
    /// Decimals.
    pub decimals: u8,
    /// Base units now.
    pub current_balance: String,
    /// Signed base units; what leaves is negative.
    pub change_amount: String,
    /// Base units afterwards; negative when there is not enough.
    pub after_balance: String,
    /// What there is now in human units, with the symbol.
    #[schema(example = "12.5 USDC")]
    pub current_formatted: String,
    /// The change in human units, with the symbol; what leaves is negative.
    #[schema(example = "-5 USDC")]
    pub change_formatted: String,
    /// What there is afterwards in human units, with the symbol.
    #[schema(example = "7.5 USDC")]
    pub after_formatted: String,
}

/// Something a person should know.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// Stable code.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// How much it matters.
    #[schema(value_type = WarningSeverityName)]
    pub severity: String,
}

/// What the node says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SimulationResult {
    /// Whether it would succeed.
    pub success: bool,
    /// Program or revert logs.
    pub logs: Vec<String>,
    /// Gas or compute units.
    pub units_consumed: Option<String>,
    /// Why it would not succeed.
    pub error: Option<String>,
}

/// Where and how long.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// Its network.
    pub network: String,
    /// CAIP-2 id of the network.
    pub chain_id: String,
    /// The type asked for.
    #[schema(value_type = IntentKindName)]
    pub transaction_type: String,
    /// Base units.
    pub amount: String,
    /// In human units, with the symbol.
    pub amount_formatted: String,
    /// Value, where there is a price.
    #[schema(value_type = Option<f64>)]
    pub amount_usd: Option<Usd>,
    /// How long the dry run took.
    pub duration_ms: u64,
}

impl CumulativeWarning {
    /// `spent` over `limit` in ten-thousandths, as a JSON number.
    pub fn ratio_of(spent: Usd, limit: Usd) -> Number {
        let scaled = u128::from(spent.micros()).saturating_mul(10_000);
        let ratio = scaled.checked_div(u128::from(limit.micros())).unwrap_or(10_000);
        let text = format!("{}.{:04}", ratio / 10_000, ratio % 10_000);
        text.parse().unwrap_or_else(|_| Number::from(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_exact_to_four_digits() {
        let ratio = |spent, limit| {
            CumulativeWarning::ratio_of(Usd::from_dollars(spent), Usd::from_dollars(limit)).to_string()
        };
        assert_eq!(ratio(85, 100), "0.85");
        assert_eq!(ratio(2, 3), "0.6666");
        assert_eq!(ratio(150, 100), "1.5");
        assert_eq!(ratio(1, 0), "1.0");
    }
}
