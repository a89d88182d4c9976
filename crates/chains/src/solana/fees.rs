//! What a transaction pays the network. Pure arithmetic; the numbers come from the node elsewhere.

use solana_compute_budget_interface as compute_budget;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;
use waiaas_core::U256;

use super::SolanaOptions;
use super::cursor::Cursor;
use crate::{ChainError, Refusal};

/// Lamports for each signature.
pub(super) const PER_SIGNATURE: u64 = 5_000;

/// The most compute units one transaction may ask for.
pub(super) const MAX_UNITS: u32 = 1_400_000;

/// Less is never asked for: a transfer alone takes 150 and each compute budget instruction as much.
const MIN_UNITS: u32 = 1_000;

const MICRO: u128 = 1_000_000;

/// Tags of the compute budget program's instructions.
const REQUEST_HEAP: u8 = 1;
pub(super) const SET_UNIT_LIMIT: u8 = 2;
pub(super) const SET_UNIT_PRICE: u8 = 3;
const SET_DATA_SIZE: u8 = 4;

/// Units granted per instruction where no limit is set. The runtime grants builtin programs less.
const DEFAULT_UNITS: u32 = 200_000;

/// Programs that verify signatures; the network charges for each of those too. Their number is the first
/// byte of the data.
const VERIFIERS: [Pubkey; 3] = [
    Pubkey::from_str_const("Ed25519SigVerify111111111111111111111111111"),
    Pubkey::from_str_const("KeccakSecp256k11111111111111111111111111111"),
    Pubkey::from_str_const("Secp256r1SigVerify1111111111111111111111111"),
];

/// What a message offers the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Terms {
    /// Signatures charged for.
    pub(super) signatures: u64,
    /// Compute units asked for.
    pub(super) unit_limit: u32,
    /// Micro-lamports per unit.
    pub(super) unit_price: u64,
}

impl Terms {
    /// From the compute budget instructions, wherever they stand. `None` where one is malformed, given
    /// twice or beyond the network's limits: such a message never lands.
    pub(super) fn read(message: &VersionedMessage) -> Option<Self> {
        let keys = message.static_account_keys();
        let mut set: [Option<u64>; 5] = [None; 5];
        let mut signatures = u64::from(message.header().num_required_signatures);
        let mut others: u32 = 0;
        for instruction in message.instructions() {
            let program = keys.get(usize::from(instruction.program_id_index))?;
            if *program == compute_budget::ID {
                let (tag, value) = budget_instruction(&instruction.data)?;
                let slot = set.get_mut(usize::from(tag))?;
                if slot.replace(value).is_some() {
                    return None;
                }
                continue;
            }
            others = others.saturating_add(1);
            if VERIFIERS.contains(program) {
                let verified = instruction.data.first().copied().unwrap_or_default();
                signatures = signatures.saturating_add(u64::from(verified));
            }
        }
        let [_, _, limit, price, _] = set;
        let unit_limit = match limit {
            Some(limit) => u32::try_from(limit).ok()?,
            None => others.saturating_mul(DEFAULT_UNITS),
        };
        Some(Self {
            signatures,
            unit_limit: unit_limit.min(MAX_UNITS),
            unit_price: price.unwrap_or_default(),
        })
    }

    /// The fee in lamports: signatures, and limit × price rounded up. `None` when it does not fit.
    pub(super) fn fee(&self) -> Option<u64> {
        fee(self.signatures, self.unit_limit, self.unit_price)
    }
}

/// Tag and value of a compute budget instruction, if it is one the network takes.
pub(super) fn budget_instruction(data: &[u8]) -> Option<(u8, u64)> {
    let mut data = Cursor::new(data);
    let tag = data.u8()?;
    let value = match tag {
        REQUEST_HEAP | SET_UNIT_LIMIT | SET_DATA_SIZE => u64::from(data.u32()?),
        SET_UNIT_PRICE => data.u64()?,
        _ => return None,
    };
    data.end()?;
    Some((tag, value))
}

fn fee(signatures: u64, unit_limit: u32, unit_price: u64) -> Option<u64> {
    let base = PER_SIGNATURE.checked_mul(signatures)?;
    let priority = u128::from(unit_limit).checked_mul(u128::from(unit_price))?.div_ceil(MICRO);
    base.checked_add(u64::try_from(priority).ok()?)
}

/// The compute units to ask for when the simulation used `used`.
pub(super) fn unit_limit(used: u64, margin_percent: u32) -> u32 {
    let wanted = u128::from(used).saturating_mul(u128::from(margin_percent.max(100))).div_ceil(100);
    u32::try_from(wanted).unwrap_or(MAX_UNITS).clamp(MIN_UNITS, MAX_UNITS)
}

/// The most a transaction with so many signatures may pay: priority at its cap, all of it within the cap
/// for a whole transaction.
pub(super) fn budget(signatures: u64, unit_limit: u32, options: &SolanaOptions) -> Result<u64, ChainError> {
    let wanted = fee(signatures, unit_limit, options.priority_fee_cap).unwrap_or(u64::MAX);
    within_cap(PER_SIGNATURE.saturating_mul(signatures), options)?;
    Ok(wanted.min(options.fee_cap))
}

/// Refuses a fee above the cap for a whole transaction.
pub(super) fn within_cap(fee: u64, options: &SolanaOptions) -> Result<(), ChainError> {
    if fee > options.fee_cap {
        let (fee, cap) = (U256::from(fee), U256::from(options.fee_cap));
        return Err(ChainError::Refused(Refusal::FeeAboveCap { fee, cap }));
    }
    Ok(())
}

/// Between what a unit price has to stay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bounds {
    /// The operator's, in micro-lamports per unit.
    pub(super) cap: u64,
    /// Compute units asked for.
    pub(super) unit_limit: u32,
    /// Lamports that may be paid for priority.
    pub(super) for_priority: u64,
}

impl Bounds {
    /// What a transaction with a budget in lamports leaves for its unit price.
    pub(super) const fn of(terms: &Terms, budget: u64, cap: u64) -> Self {
        let for_signatures = PER_SIGNATURE.saturating_mul(terms.signatures);
        Self { cap, unit_limit: terms.unit_limit, for_priority: budget.saturating_sub(for_signatures) }
    }

    fn clamp(self, price: u64) -> u64 {
        let affordable =
            u128::from(self.for_priority).saturating_mul(MICRO).checked_div(u128::from(self.unit_limit));
        price.min(self.cap).min(u64::try_from(affordable.unwrap_or(0)).unwrap_or(u64::MAX))
    }
}

/// The unit price to offer: the 75th percentile of what was paid lately for the same accounts, within the
/// bounds.
pub(super) fn unit_price(mut recent: Vec<u64>, bounds: Bounds) -> u64 {
    recent.sort_unstable();
    let rank = recent.len().saturating_mul(3).div_ceil(4).saturating_sub(1);
    bounds.clamp(recent.get(rank).copied().unwrap_or(0))
}

/// Another price within the same bounds, as many steps away from `price`: up where that is affordable,
/// else down. A step is worth less than a lamport.
pub(super) fn varied(price: u64, steps: u64, bounds: Bounds) -> u64 {
    let up = price.saturating_add(steps);
    if bounds.clamp(up) == up { up } else { price.saturating_sub(steps) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn variations_differ_and_stay_within_bounds() {
        // 1 000 lamports of priority over 1 000 units.
        let bounds = Bounds { cap: 1_000_000, unit_limit: 1_000, for_priority: 1_000 };
        let prices: std::collections::HashSet<_> =
            (0..64).map(|step| varied(999_990, step, bounds)).collect();
        assert_eq!(prices.len(), 64);
        assert!(prices.iter().all(|price| *price <= 1_000_000));
        assert_eq!(varied(0, 5, Bounds { cap: 0, ..bounds }), 0, "a cap of zero leaves no room");
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
        assert_eq!(budget(1, 100_000, &options(1_000_000, 1_000_000)).expect("fits"), 105_000);
        assert_eq!(budget(1, 100_000, &options(1_000_000, 50_000)).expect("fits"), 50_000);
        assert_eq!(budget(1, u32::MAX, &options(u64::MAX, 50_000)).expect("fits"), 50_000);
        for (signatures, fee_cap) in [(1, 4_999), (2, 9_999)] {
            let refused = budget(signatures, 1_000, &options(0, fee_cap));
            assert!(matches!(refused, Err(ChainError::Refused(Refusal::FeeAboveCap { .. }))), "{refused:?}");
        }
    }

    #[test]
    fn the_price_follows_recent_fees() {
        let bounds = Bounds { cap: 100, unit_limit: 1_000, for_priority: 5_000 };
        assert_eq!(unit_price(vec![], bounds), 0);
        assert_eq!(unit_price(vec![4, 1, 3, 2], bounds), 3);
        assert_eq!(unit_price(vec![400; 9], bounds), 100);
    }

    proptest! {
        #[test]
        fn a_price_never_breaks_the_budget(
            recent in proptest::collection::vec(any::<u64>(), 0..20),
            cap: u64, unit_limit in 0..=MAX_UNITS, budget in PER_SIGNATURE..,
        ) {
            let terms = Terms { signatures: 1, unit_limit, unit_price: 0 };
            let price = unit_price(recent, Bounds::of(&terms, budget, cap));
            prop_assert!(price <= cap);
            prop_assert!(fee(1, unit_limit, price).expect("fits") <= budget);
        }
    }
}
