//! The result of a dry run: the verdict of the live request, and the node's simulation.

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
    /// Whether the policies grant it. A failing simulation does not change this.
    pub success: bool,
    /// The verdict.
    pub policy: PolicyResult,
    /// The maximum network fee; `null` for an early denial, for which no node was asked.
    pub fee: Option<Fee>,
    /// The changes of the wallet's balances.
    pub balance_changes: Vec<BalanceChange>,
    /// Warnings for the caller.
    pub warnings: Vec<Warning>,
    /// The node's simulation.
    pub simulation: SimulationResult,
    /// Everything that it does: `items` are decoded from the bytes that would be signed; `seen` are the
    /// effects of undecoded calls in a simulation.
    #[schema(value_type = effects::Effects)]
    pub effects: Value,
    /// The requested gas condition and whether it is met; `null` if none was requested.
    pub gas_condition: Option<GasConditionState>,
    /// The chain, the amount and the duration of the dry run.
    pub meta: Meta,
}

/// The verdict.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyResult {
    /// The tier; `null` when denied.
    #[schema(value_type = Option<TierName>)]
    pub tier: Option<Tier>,
    /// Whether the policies grant it.
    pub allowed: bool,
    /// Code of the first denial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DenialCodeName>)]
    pub code: Option<DenialCode>,
    /// Reason of the denial, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Length of the delay in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<u32>,
    /// Why the owner's approval is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_reason: Option<String>,
    /// Approval window in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_timeout: Option<u32>,
    /// A spending window that this request fills to four fifths or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cumulative_warning: Option<CumulativeWarning>,
    /// All denials.
    #[serde(default)]
    pub denials: Vec<DenialView>,
    /// The reasons for the tier, strictest first.
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
    /// Type of the policy that decided, or that would be needed.
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

/// A gas condition and the current network prices.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GasConditionState {
    /// Whether the transaction would be signed now.
    pub met: bool,
    /// The current price, priority fee included: wei per gas, or micro-lamports per compute unit.
    pub current_gas_price: String,
    /// The current priority fee.
    pub current_priority_fee: String,
    /// The requested maximum.
    pub max_gas_price: Option<String>,
    /// The requested maximum of the priority fee.
    pub max_priority_fee: Option<String>,
}

/// Why a policy asks for a tier.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TierReasonView {
    /// The tier asked for.
    #[schema(value_type = TierName)]
    pub tier: Tier,
    /// Type of the policy; `null` for a default rule.
    #[schema(value_type = Option<PolicyTypeName>)]
    pub policy_type: Option<PolicyType>,
    /// The policy; `null` for a default rule.
    #[schema(value_type = Option<Uuid>)]
    pub policy_id: Option<PolicyId>,
    /// One sentence.
    pub message: String,
}

/// A spending window that is nearly full.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CumulativeWarning {
    /// `daily` or `monthly`.
    #[serde(rename = "type")]
    #[schema(value_type = WindowName)]
    pub window: String,
    /// `spent` divided by `limit`, four digits after the point.
    #[schema(value_type = f64)]
    pub ratio: Number,
    /// Dollars counted, this request included.
    #[schema(value_type = f64)]
    pub spent: Usd,
    /// The limit.
    #[schema(value_type = f64)]
    pub limit: Usd,
}

/// The maximum network fee.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fee {
    /// Base units of the native coin.
    pub estimated_fee: String,
    /// Symbol of the native coin.
    pub fee_symbol: String,
    /// Its decimals.
    pub fee_decimals: u8,
    /// Value in dollars, if there is a price.
    #[schema(value_type = Option<f64>)]
    pub fee_usd: Option<Usd>,
    /// Whether a token account must be opened for the recipient (Solana).
    pub needs_ata_creation: bool,
    /// Base units of the native coin locked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ata_rent_cost: Option<String>,
}

/// The change of one balance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BalanceChange {
    /// CAIP-19 id.
    pub asset: String,
    /// Symbol.
    pub symbol: String,
    /// Decimals.
    pub decimals: u8,
    /// Base units before.
    pub current_balance: String,
    /// Signed base units; negative if they leave.
    pub change_amount: String,
    /// Base units afterwards; negative if the balance is too low.
    pub after_balance: String,
    /// The balance before in human units, with the symbol.
    #[schema(example = "12.5 USDC")]
    pub current_formatted: String,
    /// The change in human units, with the symbol; negative if it leaves.
    #[schema(example = "-5 USDC")]
    pub change_formatted: String,
    /// The balance afterwards in human units, with the symbol.
    #[schema(example = "7.5 USDC")]
    pub after_formatted: String,
}

/// A warning.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// Stable code.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// How important the warning is.
    #[schema(value_type = WarningSeverityName)]
    pub severity: String,
}

/// The node's simulation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SimulationResult {
    /// Whether it would succeed.
    pub success: bool,
    /// Logs of programs or of the revert.
    pub logs: Vec<String>,
    /// Gas or compute units.
    pub units_consumed: Option<String>,
    /// Why it would fail.
    pub error: Option<String>,
}

/// The chain, the amount and the duration of a dry run.
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
    /// The requested type.
    #[schema(value_type = IntentKindName)]
    pub transaction_type: String,
    /// Base units.
    pub amount: String,
    /// In human units, with the symbol.
    pub amount_formatted: String,
    /// Value in dollars, if there is a price.
    #[schema(value_type = Option<f64>)]
    pub amount_usd: Option<Usd>,
    /// Duration of the dry run in milliseconds.
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
