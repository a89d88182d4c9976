//! The fee of a transaction. Pure arithmetic; the inputs come from nodes elsewhere.

use solana_compute_budget_interface as compute_budget;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;

use super::cursor::Cursor;
use crate::solana::SolanaOptions;

/// Lamports for each signature.
pub(in crate::solana) const PER_SIGNATURE: u64 = 5_000;

/// The most compute units that one transaction may request.
pub(in crate::solana) const MAX_UNITS: u32 = 1_400_000;

/// The lowest unit limit requested: a transfer alone takes 150 and each compute budget instruction as much.
const MIN_UNITS: u32 = 1_000;

const MICRO: u128 = 1_000_000;

/// Tags of the compute budget program's instructions.
const REQUEST_HEAP: u8 = 1;
pub(in crate::solana) const SET_UNIT_LIMIT: u8 = 2;
pub(in crate::solana) const SET_UNIT_PRICE: u8 = 3;
const SET_DATA_SIZE: u8 = 4;

/// Programs that verify signatures; the network charges for each of those too. The first byte of the data is
/// their number.
const VERIFIERS: [Pubkey; 3] = [
    Pubkey::from_str_const("Ed25519SigVerify111111111111111111111111111"),
    Pubkey::from_str_const("KeccakSecp256k11111111111111111111111111111"),
    Pubkey::from_str_const("Secp256r1SigVerify1111111111111111111111111"),
];

/// The fee terms that a message offers the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::solana) struct Terms {
    /// Signatures charged for.
    pub(in crate::solana) signatures: u64,
    /// Requested compute units.
    pub(in crate::solana) unit_limit: u32,
    /// Micro-lamports per unit.
    pub(in crate::solana) unit_price: u64,
}

/// The values of the compute budget instructions.
struct Given {
    signatures: u64,
    limit: Option<u32>,
    price: u64,
}

impl Given {
    /// Returns the terms, if they are known. Without a limit the runtime grants each program a share of its
    /// own choice, the compute budget program included; at a price of zero, that does not matter.
    fn known(&self) -> Option<Terms> {
        let limit = match self.limit {
            Some(limit) => limit,
            None if self.price == 0 => MAX_UNITS,
            None => return None,
        };
        Some(Terms { signatures: self.signatures, unit_limit: limit.min(MAX_UNITS), unit_price: self.price })
    }
}

impl Terms {
    /// Reads the compute budget instructions at any position. The error names their fault: a transaction with
    /// one that is malformed, given twice or beyond the network's limits never lands, and with a unit price
    /// without a unit limit the fee depends on the number of units that the runtime grants.
    pub(in crate::solana) fn read(message: &VersionedMessage) -> Result<Self, &'static str> {
        let terms = Self::given(message).ok_or("a compute budget instruction is malformed or given twice")?;
        terms.known().ok_or(
            "the transaction sets a compute unit price without a compute unit limit, so that the runtime \
             determines its fee",
        )
    }

    fn given(message: &VersionedMessage) -> Option<Given> {
        let keys = message.static_account_keys();
        let mut set: [Option<u64>; 5] = [None; 5];
        let mut signatures = u64::from(message.header().num_required_signatures);
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
            if VERIFIERS.contains(program) {
                let verified = instruction.data.first().copied().unwrap_or_default();
                signatures = signatures.saturating_add(u64::from(verified));
            }
        }
        let [_, _, limit, price, _] = set;
        let limit = limit.map(u32::try_from).transpose().ok()?;
        Some(Given { signatures, limit, price: price.unwrap_or_default() })
    }

    /// Returns the fee in lamports: signatures, and limit × price rounded up. `None` if it does not fit.
    pub(in crate::solana) fn fee(&self) -> Option<u64> {
        fee(self.signatures, self.unit_limit, self.unit_price)
    }
}

/// Returns tag and value of a compute budget instruction, if the network accepts it.
pub(in crate::solana) fn budget_instruction(data: &[u8]) -> Option<(u8, u64)> {
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

/// Returns the compute units to request if the simulation used `used`.
pub(in crate::solana) fn unit_limit(used: u64, margin_percent: u32) -> u32 {
    let wanted = u128::from(used).saturating_mul(u128::from(margin_percent.max(100))).div_ceil(100);
    u32::try_from(wanted).unwrap_or(MAX_UNITS).clamp(MIN_UNITS, MAX_UNITS)
}

/// Returns the most that a transaction with this number of signatures may pay: priority at its cap.
pub(in crate::solana) fn budget(signatures: u64, unit_limit: u32, options: &SolanaOptions) -> u64 {
    fee(signatures, unit_limit, options.priority_fee_cap).unwrap_or(u64::MAX)
}

/// The limits of a unit price.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::solana) struct Bounds {
    /// The operator's cap, in micro-lamports per unit.
    pub(in crate::solana) cap: u64,
    /// Requested compute units.
    pub(in crate::solana) unit_limit: u32,
    /// The most lamports for priority.
    pub(in crate::solana) for_priority: u64,
}

impl Bounds {
    /// Returns the limits of the unit price of a transaction with a budget in lamports.
    pub(in crate::solana) const fn of(terms: &Terms, budget: u64, cap: u64) -> Self {
        let for_signatures = PER_SIGNATURE.saturating_mul(terms.signatures);
        Self { cap, unit_limit: terms.unit_limit, for_priority: budget.saturating_sub(for_signatures) }
    }

    fn clamp(self, price: u64) -> u64 {
        let affordable =
            u128::from(self.for_priority).saturating_mul(MICRO).checked_div(u128::from(self.unit_limit));
        price.min(self.cap).min(u64::try_from(affordable.unwrap_or(0)).unwrap_or(u64::MAX))
    }
}

/// Returns the highest fee that the network requires now: twice the recent fees for the same accounts.
pub(in crate::solana) fn asked(terms: &Terms, recent: Vec<u64>, cap: u64) -> u64 {
    let bounds = Bounds { cap, unit_limit: terms.unit_limit, for_priority: u64::MAX };
    let price = unit_price(recent, bounds).saturating_mul(2);
    fee(terms.signatures, terms.unit_limit, price).unwrap_or(u64::MAX)
}

/// Returns the unit price to offer: the 75th percentile of recent prices for the same accounts, within the
/// bounds.
pub(in crate::solana) fn unit_price(mut recent: Vec<u64>, bounds: Bounds) -> u64 {
    recent.sort_unstable();
    let rank = recent.len().saturating_mul(3).div_ceil(4).saturating_sub(1);
    bounds.clamp(recent.get(rank).copied().unwrap_or(0))
}

/// Returns another price within the same bounds, `steps` steps away from `price`: up if that is affordable,
/// otherwise down. A step is worth less than a lamport.
pub(in crate::solana) fn varied(price: u64, steps: u64, bounds: Bounds) -> u64 {
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
    fn the_budget_is_the_priority_fee_at_its_cap() {
        let options = |priority_fee_cap| SolanaOptions { priority_fee_cap, ..Default::default() };
        assert_eq!(budget(1, 100_000, &options(1_000_000)), 105_000);
        assert_eq!(budget(2, 100_000, &options(0)), 10_000);
        assert_eq!(budget(1, u32::MAX, &options(u64::MAX)), u64::MAX);
    }

    #[test]
    fn twice_the_recent_fee_is_required() {
        let terms = Terms { signatures: 1, unit_limit: 1_000_000, unit_price: 7 };
        assert_eq!(asked(&terms, vec![], 100), 5_000);
        assert_eq!(asked(&terms, vec![4, 1, 3, 2], 100), 5_006);
        assert_eq!(asked(&terms, vec![u64::MAX; 9], 100), 5_200, "a false answer of a node");
    }

    #[test]
    fn a_price_without_a_limit_has_no_terms() {
        use crate::solana::codec::body::tests::{WALLET, transfer};
        use solana_compute_budget_interface::ComputeBudgetInstruction as Set;
        use solana_message::Message;
        let dear = || Set::set_compute_unit_price(1_000_000_000_000);
        let read = |instructions: &[_]| {
            Terms::read(&VersionedMessage::Legacy(Message::new(instructions, Some(&WALLET))))
        };
        for instructions in [vec![dear()], vec![transfer(5), dear()], vec![Set::set_compute_unit_price(1)]] {
            assert!(read(&instructions).is_err_and(|why| why.contains("without a compute unit limit")));
        }
        let fee = |instructions: &[_]| read(instructions).expect("terms").fee();
        assert_eq!(fee(&[dear(), Set::set_compute_unit_limit(3_000)]), Some(3_000_005_000));
        assert_eq!(fee(&[transfer(5), Set::set_compute_unit_price(0)]), Some(5_000));
        assert_eq!(fee(&[transfer(5)]), Some(5_000));
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
