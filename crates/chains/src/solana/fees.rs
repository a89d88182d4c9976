//! What a transaction pays the network. Pure arithmetic; the numbers come from the node elsewhere.

use solana_message::v0;
use waiaas_core::U256;

use super::SolanaOptions;
use super::body::Body;
use crate::{ChainError, Refusal};

/// Lamports for each signature.
pub(super) const PER_SIGNATURE: u64 = 5_000;

/// The most compute units one transaction may ask for.
pub(super) const MAX_UNITS: u32 = 1_400_000;

/// Less is never asked for: a transfer alone takes 150 and each compute budget instruction as much.
const MIN_UNITS: u32 = 1_000;

const MICRO: u128 = 1_000_000;

/// The fee in lamports: signatures, and limit × price (micro-lamports per unit) rounded up. `None` when
/// it does not fit.
pub(super) fn fee(signatures: u8, unit_limit: u32, unit_price: u64) -> Option<u64> {
    let base = PER_SIGNATURE.checked_mul(u64::from(signatures))?;
    let priority = u128::from(unit_limit).checked_mul(u128::from(unit_price))?.div_ceil(MICRO);
    base.checked_add(u64::try_from(priority).ok()?)
}

/// The fee that `message` offers, if it names limit and price where drafts do.
pub(super) fn offered(message: &v0::Message) -> Option<u64> {
    Body::new(u64::MAX, 0, None, message.clone()).ok()?.fee()
}

/// The compute units to ask for when the simulation used `used`.
pub(super) fn unit_limit(used: u64, margin_percent: u32) -> u32 {
    let wanted = u128::from(used).saturating_mul(u128::from(margin_percent.max(100))).div_ceil(100);
    u32::try_from(wanted).unwrap_or(MAX_UNITS).clamp(MIN_UNITS, MAX_UNITS)
}

/// The most a transaction of one signature may pay: priority at its cap, all of it within the cap for
/// a whole transaction.
pub(super) fn budget(unit_limit: u32, options: &SolanaOptions) -> Result<u64, ChainError> {
    let wanted = fee(1, unit_limit, options.priority_fee_cap).unwrap_or(u64::MAX);
    if options.fee_cap < PER_SIGNATURE {
        let (fee, cap) = (U256::from(PER_SIGNATURE), U256::from(options.fee_cap));
        return Err(ChainError::Refused(Refusal::FeeAboveCap { fee, cap }));
    }
    Ok(wanted.min(options.fee_cap))
}

/// The unit price to offer: the 75th percentile of what was paid lately for the same accounts, no more
/// than the cap, and no more than `budget` lamports allow.
pub(super) fn unit_price(mut recent: Vec<u64>, cap: u64, unit_limit: u32, budget: u64) -> u64 {
    recent.sort_unstable();
    let rank = recent.len().saturating_mul(3).div_ceil(4).saturating_sub(1);
    let wanted = recent.get(rank).copied().unwrap_or(0);
    let for_priority = u128::from(budget.saturating_sub(PER_SIGNATURE));
    let affordable = for_priority.saturating_mul(MICRO).checked_div(u128::from(unit_limit)).unwrap_or(0);
    wanted.min(cap).min(u64::try_from(affordable).unwrap_or(u64::MAX))
}

/// Another price within the same bounds (cap, unit limit, budget), as many steps away from `price`: up
/// where that is affordable, else down. A step is worth less than a lamport.
pub(super) fn varied(price: u64, steps: u64, (cap, unit_limit, budget): (u64, u32, u64)) -> u64 {
    let up = price.saturating_add(steps);
    if unit_price(vec![up], cap, unit_limit, budget) == up { up } else { price.saturating_sub(steps) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn variations_differ_and_stay_within_bounds() {
        // 6 000 lamports pay for one signature and 1 000 lamports of priority over 1 000 units.
        let bounds = (1_000_000, 1_000, 6_000);
        let prices: std::collections::HashSet<_> =
            (0..64).map(|step| varied(999_990, step, bounds)).collect();
        assert_eq!(prices.len(), 64);
        assert!(prices.iter().all(|price| *price <= 1_000_000));
        assert_eq!(varied(0, 5, (0, 1_000, 6_000)), 0, "a cap of zero leaves no room");
    }

    #[test]
    fn fees_are_rounded_up() {
        assert_eq!(fee(1, 1_000, 0), Some(5_000));
        assert_eq!(fee(2, 1, 1), Some(10_001));
        assert_eq!(fee(1, 200_000, 1_000_000), Some(205_000));
        assert_eq!(fee(1, u32::MAX, u64::MAX), None);
    }

    #[test]
    fn limits_have_a_margin_a_floor_and_a_ceiling() {
        assert_eq!(unit_limit(10_001, 120), 12_002);
        assert_eq!(unit_limit(10_000, 50), 10_000);
        assert_eq!(unit_limit(0, 120), 1_000);
        assert_eq!(unit_limit(u64::MAX, u32::MAX), MAX_UNITS);
    }

    #[test]
    fn the_budget_respects_both_caps() {
        let options =
            |priority_fee_cap, fee_cap| SolanaOptions { priority_fee_cap, fee_cap, ..Default::default() };
        assert_eq!(budget(100_000, &options(1_000_000, 1_000_000)).expect("fits"), 105_000);
        assert_eq!(budget(100_000, &options(1_000_000, 50_000)).expect("fits"), 50_000);
        assert_eq!(budget(u32::MAX, &options(u64::MAX, 50_000)).expect("fits"), 50_000);
        let refused = budget(1_000, &options(0, 4_999));
        assert!(matches!(refused, Err(ChainError::Refused(Refusal::FeeAboveCap { .. }))), "{refused:?}");
    }

    #[test]
    fn the_price_follows_recent_fees() {
        assert_eq!(unit_price(vec![], 100, 1_000, 10_000), 0);
        assert_eq!(unit_price(vec![4, 1, 3, 2], 100, 1_000, 10_000), 3);
        assert_eq!(unit_price(vec![400; 9], 100, 1_000, 10_000), 100);
    }

    proptest! {
        #[test]
        fn a_price_never_breaks_the_budget(
            recent in proptest::collection::vec(any::<u64>(), 0..20),
            cap: u64, limit in 0..=MAX_UNITS, budget in PER_SIGNATURE..,
        ) {
            let price = unit_price(recent, cap, limit, budget);
            prop_assert!(price <= cap);
            prop_assert!(fee(1, limit, price).expect("fits") <= budget);
        }
    }
}
