//! Dry runs.

use std::time::Duration;

use waiaas_api::dry_run::{
    BalanceChange, CumulativeWarning, DenialView, DryRunResult, Fee, GasConditionState, Meta, PolicyResult,
    SimulationResult, TierReasonView, Warning,
};
use waiaas_core::U256;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::money::Usd;
use waiaas_core::policy::{Denial, Grant, Tier, Verdict};
use waiaas_engine as engine;

use crate::problem::Failure;

pub(crate) fn dry_run(run: engine::DryRun, took: Duration) -> Result<DryRunResult, Failure> {
    let (policy, amount_usd) = match run.verdict {
        Verdict::Granted(grant) => granted(grant),
        Verdict::Denied(denials) => (denied(denials), None),
    };
    let rent = rent(&run.effects);
    Ok(DryRunResult {
        success: policy.allowed,
        policy,
        fee: run.fee.map(|fee| Fee {
            estimated_fee: fee.amount.to_string(),
            fee_symbol: fee.symbol,
            fee_decimals: fee.decimals,
            fee_usd: run.fee_usd,
            needs_ata_creation: rent.is_some(),
            ata_rent_cost: rent.map(|rent| rent.to_string()),
        }),
        balance_changes: run.balance_changes.into_iter().map(change).collect(),
        warnings: run.warnings.into_iter().map(warning).collect(),
        simulation: SimulationResult {
            success: run.simulation.success,
            logs: run.simulation.logs,
            units_consumed: run.simulation.units_consumed.map(|units| units.to_string()),
            error: run.simulation.error,
        },
        effects: serde_json::to_value(&run.effects).map_err(Failure::internal)?,
        gas_condition: run.gas.map(gas),
        meta: Meta {
            chain: run.network.chain,
            network: run.network.id.to_string(),
            chain_id: run.network.caip2.to_string(),
            transaction_type: run.kind.as_str().to_owned(),
            amount: run.money.amount.to_string(),
            amount_formatted: run.money.formatted(),
            amount_usd,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        },
    })
}

pub(super) fn granted(grant: Grant) -> (PolicyResult, Option<Usd>) {
    let asks_owner = |tier: Tier| grant.tier == Tier::Approval && tier == Tier::Approval;
    let approval_reason = grant.reasons.iter().find(|r| asks_owner(r.tier)).map(|r| r.message.clone());
    let cumulative_warning = grant.warning.map(|warning| CumulativeWarning {
        window: warning.window.as_str().to_owned(),
        ratio: CumulativeWarning::ratio_of(warning.spent, warning.limit),
        spent: warning.spent,
        limit: warning.limit,
    });
    let reasons = grant.reasons.into_iter().map(|reason| TierReasonView {
        tier: reason.tier,
        policy_type: reason.policy_type,
        policy_id: reason.policy_id,
        message: reason.message,
    });
    let result = PolicyResult {
        tier: Some(grant.tier),
        allowed: true,
        code: None,
        reason: None,
        delay_seconds: grant.delay_seconds,
        approval_reason,
        approval_timeout: grant.approval_timeout,
        cumulative_warning,
        denials: Vec::new(),
        reasons: reasons.collect(),
    };
    (result, grant.usd)
}

pub(super) fn denied(denials: Vec<Denial>) -> PolicyResult {
    let first = denials.first();
    PolicyResult {
        tier: None,
        allowed: false,
        code: first.map(|denial| denial.code),
        reason: first.map(|denial| denial.message.clone()),
        delay_seconds: None,
        approval_reason: None,
        approval_timeout: None,
        cumulative_warning: None,
        reasons: Vec::new(),
        denials: denials
            .into_iter()
            .map(|denial| DenialView {
                code: denial.code,
                policy_type: denial.policy_type,
                policy_id: denial.policy_id,
                message: denial.message,
                hint: denial.hint,
            })
            .collect(),
    }
}

/// Native coin locked to open accounts, if any.
fn rent(effects: &Effects) -> Option<U256> {
    let rents = effects.all().filter_map(|effect| match effect {
        Effect::AccountRent { amount, .. } => Some(*amount),
        Effect::NativeOut { .. }
        | Effect::TokenOut { .. }
        | Effect::NftOut { .. }
        | Effect::Allowance { .. }
        | Effect::NftAllowance { .. }
        | Effect::OperatorApproval { .. }
        | Effect::ContractCall { .. }
        | Effect::Swap(_)
        | Effect::Deployment { .. }
        | Effect::AuthorityChange { .. }
        | Effect::Message { .. }
        | Effect::TypedData { .. }
        | Effect::NetworkFee { .. }
        | Effect::Unknown { .. } => None,
    });
    rents.reduce(U256::saturating_add)
}

fn gas(state: engine::GasState) -> GasConditionState {
    GasConditionState {
        met: state.met,
        current_gas_price: state.price.to_string(),
        current_priority_fee: state.priority.to_string(),
        max_gas_price: state.target.max_gas_price.map(|price| price.to_string()),
        max_priority_fee: state.target.max_priority_fee.map(|price| price.to_string()),
    }
}

fn change(change: engine::BalanceChange) -> BalanceChange {
    let (current, out) = (change.current.amount, change.out);
    let (below, after) = match current.checked_sub(out) {
        Some(left) => ("", left),
        None => ("-", out.saturating_sub(current)),
    };
    let leaves = if out.is_zero() { "" } else { "-" };
    let human = |amount| engine::Money { amount, ..change.current.clone() }.formatted();
    BalanceChange {
        current_formatted: human(current),
        change_formatted: format!("{leaves}{}", human(out)),
        after_formatted: format!("{below}{}", human(after)),
        asset: change.current.asset.to_string(),
        symbol: change.current.symbol,
        decimals: change.current.decimals,
        current_balance: current.to_string(),
        change_amount: format!("{leaves}{out}"),
        after_balance: format!("{below}{after}"),
    }
}

pub(super) fn warning(warning: engine::Warning) -> Warning {
    Warning { code: warning.code.to_owned(), message: warning.message, severity: warning.severity.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use waiaas_core::network::Networks;
    use waiaas_engine::Money;

    #[test]
    fn a_balance_that_does_not_suffice_goes_below_zero() {
        let networks = Networks::builtin();
        let sol = networks.find("solana-localnet").expect("network").native();
        let after = |current: u64, out: u64| {
            let current =
                Money { asset: sol.clone(), amount: U256::from(current), decimals: 9, symbol: "SOL".into() };
            let change = change(engine::BalanceChange { current, out: U256::from(out) });
            let human = (change.change_formatted, change.after_formatted);
            (change.change_amount, change.after_balance, human)
        };
        let expected = |change: &str, after: &str, human: (&str, &str)| {
            (change.to_owned(), after.to_owned(), (human.0.to_owned(), human.1.to_owned()))
        };
        assert_eq!(after(10, 3), expected("-3", "7", ("-0.000000003 SOL", "0.000000007 SOL")));
        assert_eq!(after(3, 10), expected("-10", "-7", ("-0.00000001 SOL", "-0.000000007 SOL")));
        assert_eq!(after(3, 0), expected("0", "3", ("0 SOL", "0.000000003 SOL")));
    }
}
