//! The bounds that SPENDING_LIMIT rows set, per request and per window.

use alloy_primitives::U256;

use crate::asset::AssetId;
use crate::money::{MAX_DECIMALS, Price, Usd};
use crate::network::Chain;
use crate::policy::exposure::{Cap, Horizon, Reason};
use crate::policy::rules::SpendingLimit;
use crate::policy::{
    AssetFacts, DAY_SECONDS, Ledger, MONTH_SECONDS, Policy, PolicySet, PriceFact, Rules, Window,
};

/// Length of a window in seconds.
pub(super) const fn length(window: Window) -> u64 {
    match window {
        Window::Daily => DAY_SECONDS.unsigned_abs(),
        Window::Monthly => MONTH_SECONDS.unsigned_abs(),
    }
}

/// Every SPENDING_LIMIT in force.
pub(super) fn rows(policies: &PolicySet) -> impl Iterator<Item = (&Policy, &SpendingLimit)> + Clone {
    policies.iter().filter_map(|row| match &row.rules {
        Rules::SpendingLimit(limit) => Some((row, limit)),
        _ => None,
    })
}

/// A price other than zero.
pub(super) fn price(facts: &AssetFacts) -> Option<Price> {
    match facts.price {
        PriceFact::Known(price) if price.picos() > 0 && facts.decimals <= MAX_DECIMALS => Some(price),
        PriceFact::Known(_) | PriceFact::Unlisted | PriceFact::Unusable | PriceFact::NotAsked => None,
    }
}

/// Whether dollar rules need the owner for this asset permanently. A price that is only missing now may
/// return at any time.
pub(super) fn never_priced(facts: &AssetFacts) -> bool {
    match facts.price {
        PriceFact::Known(price) => price.picos() == 0,
        PriceFact::Unlisted => true,
        PriceFact::Unusable | PriceFact::NotAsked => false,
    }
}

/// The largest number of base units worth no more than `usd`.
pub(super) fn units_worth(usd: Usd, price: Price, decimals: u8) -> Option<U256> {
    let scale = U256::from(10u8).checked_pow(U256::from(decimals))?;
    let picos = U256::from(usd.micros()).checked_mul(U256::from(1_000_000u64))?.checked_mul(scale)?;
    picos.checked_div(U256::from(price.picos()))
}

/// The highest threshold that needs neither the owner nor, where DELAY outlasts the horizon, a delay. `steps`
/// are the thresholds that are set, by name, that of DELAY last.
fn highest<T: Ord + Copy + Default>(
    steps: [(&'static str, Option<T>); 3],
    outlasts: bool,
) -> (&'static str, T) {
    let counted = steps.into_iter().take(if outlasts { 2 } else { 3 });
    let given = counted.filter_map(|(name, threshold)| threshold.map(|threshold| (name, threshold)));
    given.max_by_key(|(_, threshold)| *threshold).unwrap_or(("delay_seconds", T::default()))
}

fn outlasts(limit: &SpendingLimit, horizon: Horizon) -> bool {
    i64::from(limit.delay_seconds) >= horizon.seconds()
}

/// The most that one request may spend in dollars, without fees, for each row that bounds it.
pub(super) fn usd_per_request(policies: &PolicySet, horizon: Horizon) -> Vec<Cap<Usd>> {
    rows(policies)
        .filter(|(_, limit)| has_usd(limit))
        .map(|(row, limit)| {
            let steps = [
                ("instant_max_usd", limit.instant_max_usd),
                ("notify_max_usd", limit.notify_max_usd),
                ("delay_max_usd", limit.delay_max_usd),
            ];
            let (field, most) = highest(steps, outlasts(limit, horizon));
            Cap::new(most, Reason::row(row, field, format!("at most {most} USD per request")))
        })
        .collect()
}

/// The most that one request may spend of an asset, without fees, for each row that bounds it. Without facts
/// only raw thresholds can be read.
pub(super) fn units_per_request(
    policies: &PolicySet,
    asset: &AssetId,
    chain: Chain,
    facts: Option<&AssetFacts>,
    horizon: Horizon,
) -> Vec<Cap<U256>> {
    let mut caps = Vec::new();
    for (row, limit) in rows(policies) {
        let outlasts = outlasts(limit, horizon);
        let mut cap = |field: &str, most: U256| {
            caps.push(Cap::new(
                most,
                Reason::row(row, field, format!("at most {most} base units per request")),
            ));
        };
        if asset.is_native() && has_raw(limit) {
            // A raw threshold that is missing while another is set counts as zero.
            let steps = [
                ("instant_max", limit.instant_max),
                ("notify_max", limit.notify_max),
                ("delay_max", limit.delay_max),
            ];
            let steps = steps.map(|(name, step)| (name, Some(step.map_or(U256::ZERO, |step| step.0))));
            let (field, most) = highest(steps, outlasts);
            cap(field, most);
        }
        if let (Some(limit), Some(facts)) = (limit.token_limits.of(asset, chain), facts) {
            let steps = [
                ("token_limits.instant_max", limit.instant_max),
                ("token_limits.notify_max", limit.notify_max),
                ("token_limits.delay_max", limit.delay_max),
            ];
            let steps = steps.map(|(name, step)| (name, Some(step.base_units(facts.decimals))));
            let (field, most) = highest(steps, outlasts);
            cap(field, most);
        }
    }
    let priced = facts.and_then(|facts| Some((price(facts)?, facts.decimals)));
    let usd = usd_per_request(policies, horizon).into_iter();
    caps.extend(usd.filter_map(|Cap { most, because }| {
        let (price, decimals) = priced?;
        Some(Cap::new(units_worth(most, price, decimals)?, because))
    }));
    caps
}

/// Dollar windows, less the spending that still counts at the end, for the number of windows in the time.
pub(super) fn usd_windows(
    policies: &PolicySet,
    window: Window,
    windows: u64,
    counted: &Ledger,
) -> Vec<Cap<Usd>> {
    let (field, spent) = match window {
        Window::Daily => ("daily_limit_usd", counted.usd_day),
        Window::Monthly => ("monthly_limit_usd", counted.usd_month),
    };
    rows(policies)
        .filter_map(|(row, limit)| Some((row, usd_limit(limit, window)?)))
        .map(|(row, limit)| {
            let all = u128::from(limit.micros()).saturating_mul(u128::from(windows));
            let most = Usd::from_micros(u64::try_from(all).unwrap_or(u64::MAX)).minus(spent);
            let message = format!("{windows} × {limit} USD, less {spent} USD that still count at its end");
            Cap::new(most, Reason::row(row, field, message))
        })
        .collect()
}

/// Windows of one asset in base units, less the spending that still counts at the end.
pub(super) fn unit_windows(
    policies: &PolicySet,
    (asset, chain, decimals): (&AssetId, Chain, u8),
    window: Window,
    windows: u64,
    counted: &Ledger,
) -> Vec<Cap<U256>> {
    let (field, spent) = match window {
        Window::Daily => ("token_limits.daily_max", &counted.asset_day),
        Window::Monthly => ("token_limits.monthly_max", &counted.asset_month),
    };
    let spent = spent.get(asset).copied().unwrap_or_default();
    rows(policies)
        .filter_map(|(row, limit)| {
            let limit = limit.token_limits.of(asset, chain)?;
            let limit = match window {
                Window::Daily => limit.daily_max,
                Window::Monthly => limit.monthly_max,
            };
            let limit = limit?.base_units(decimals);
            let most = limit.checked_mul(U256::from(windows))?.saturating_sub(spent);
            let message = format!("{windows} × {limit} base units, less {spent} that still count at its end");
            Some(Cap::new(most, Reason::row(row, field, message)))
        })
        .collect()
}

/// The row that needs the owner for anything without a price, if there is one.
pub(super) fn usd_rule(policies: &PolicySet) -> Option<Reason> {
    let mut rows = rows(policies).filter(|(_, limit)| has_usd(limit) || has_usd_window(limit));
    rows.next().map(|(row, _)| {
        Reason::row(row, "*_usd", "without a price, dollar limits need the owner's approval".to_owned())
    })
}

/// The same for a row with a dollar window, which also counts fees.
pub(super) fn usd_window_rule(policies: &PolicySet) -> Option<Reason> {
    let mut rows = rows(policies).filter(|(_, limit)| has_usd_window(limit));
    rows.next().map(|(row, _)| {
        Reason::row(row, "*_limit_usd", "without a price, dollar limits need the owner's approval".to_owned())
    })
}

const fn has_usd(limit: &SpendingLimit) -> bool {
    limit.instant_max_usd.is_some() || limit.notify_max_usd.is_some() || limit.delay_max_usd.is_some()
}

const fn has_raw(limit: &SpendingLimit) -> bool {
    limit.instant_max.is_some() || limit.notify_max.is_some() || limit.delay_max.is_some()
}

const fn usd_limit(limit: &SpendingLimit, window: Window) -> Option<Usd> {
    match window {
        Window::Daily => limit.daily_limit_usd,
        Window::Monthly => limit.monthly_limit_usd,
    }
}

const fn has_usd_window(limit: &SpendingLimit) -> bool {
    limit.daily_limit_usd.is_some() || limit.monthly_limit_usd.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_the_most_that_are_worth_no_more() {
        for (usd, picos, decimals) in [(1u64, 3u128, 0u8), (999, 7_000_000, 2), (10_000_000, 1, 9), (0, 5, 6)]
        {
            let (usd, price) = (Usd::from_micros(usd), Price::from_picos(picos));
            let units = units_worth(usd, price, decimals).expect("fits");
            assert!(price.value_of(units, decimals) <= usd);
            assert!(price.value_of(units + U256::from(1u8), decimals) > usd);
        }
        assert!(units_worth(Usd::MAX, Price::from_picos(1), 36).is_some());
        assert_eq!(units_worth(Usd::MAX, Price::from_picos(1), 77), None);
    }

    #[test]
    fn a_delay_that_outlasts_the_horizon_lets_nothing_through() {
        let steps = [("a", Some(1u8)), ("b", None), ("c", Some(9))];
        assert_eq!(highest(steps, false), ("c", 9));
        assert_eq!(highest(steps, true), ("a", 1));
        assert_eq!(highest([("a", None), ("b", None), ("c", Some(9u8))], true), ("delay_seconds", 0));
    }
}
