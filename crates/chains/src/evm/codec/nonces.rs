//! Which nonce of an account is the next one, by its endpoints together and by what was signed here. Pure.
//!
//! No endpoint's word moves it far: a nonce that is signed too high never has its turn, and one that is too
//! low never lands. Neither can pay twice, for of all that is signed for one nonce at most one lands.

use crate::{Lane, Refusal};

/// How many nonces may lie unused below one that is signed as it is: a signature for one that is far ahead is
/// good for as long as the wallet does not get there. As far may one endpoint's count lie beyond what was
/// signed here, and what landed beyond all counts.
const MOST_AHEAD: u64 = 8;

/// The highest nonce that is signed: what the store holds.
const LAST_NONCE: u64 = i64::MAX as u64;

/// How many transactions of an account are on chain, as the endpoints count them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Counts {
    pub(in crate::evm) lowest: u64,
    pub(in crate::evm) highest: u64,
    pub(in crate::evm) answering: usize,
    pub(in crate::evm) configured: usize,
}

/// What follows from the counts and the lane; the error says what is not proved.
pub(in crate::evm) fn next(counts: Counts, lane: &Lane) -> Result<u64, String> {
    let Counts { lowest, highest, answering, configured } = counts;
    let signed = lane.nonces_signed.max(lane.nonce_floor);
    if answering < 2 && lowest > signed.saturating_add(MOST_AHEAD) {
        return Err(format!(
            "that {lowest} transactions of the wallet are on chain: only one node says so, and {signed} were \
             signed here; a second endpoint would prove it"
        ));
    }
    let all_lower = answering == configured && highest < lane.nonce_floor_once;
    let floor = if all_lower { lane.nonce_floor } else { lane.nonce_floor.max(lane.nonce_floor_once) };
    if floor > highest.saturating_add(MOST_AHEAD) {
        return Err(format!(
            "that {floor} transactions of the wallet have landed, as was shown before: now no more than \
             {highest} are counted"
        ));
    }
    Ok(lowest.max(floor))
}

/// The lowest nonce that neither the chain nor a transaction in flight uses. The node's own `pending`
/// count is not asked: it forgets, and it may or may not count ours.
pub(in crate::evm) fn free(count: u64, in_flight: &[u64]) -> Option<u64> {
    (count..u64::MAX).find(|nonce| !in_flight.contains(nonce))
}

/// Refuses the nonce of a transaction built elsewhere unless it can soon be its turn, and no other
/// transaction known here has it. `count` is the lowest that is not used on chain.
pub(in crate::evm) fn check(nonce: u64, count: u64, lane: &Lane) -> Result<(), Refusal> {
    if count > nonce {
        let why = format!("the transaction's nonce {nonce} is used up: the account's next is {count}");
        return Err(Refusal::Unsupported(why));
    }
    if lane.nonces_in_flight.contains(&nonce) {
        let why = format!("the nonce {nonce} belongs to another transaction that may still land");
        return Err(Refusal::Unsupported(why));
    }
    let in_flight = u64::try_from(lane.nonces_in_flight.len()).unwrap_or(u64::MAX);
    let most = count.saturating_add(in_flight).saturating_add(MOST_AHEAD).min(LAST_NONCE);
    if nonce > most { Err(Refusal::NonceTooFarAhead { nonce, most }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(all: &[u64], configured: usize) -> Counts {
        let (lowest, highest) = (*all.iter().min().expect("one"), *all.iter().max().expect("one"));
        Counts { lowest, highest, answering: all.len(), configured }
    }

    fn lane(floor: u64, once: u64, signed: u64) -> Lane {
        Lane { nonce_floor: floor, nonce_floor_once: once, nonces_signed: signed, ..Lane::default() }
    }

    #[test]
    fn a_count_is_believed_within_bounds() {
        for (what, all, configured, lane, expected) in [
            ("the only one", vec![5], 1, lane(5, 5, 5), Some(5)),
            ("others of the wallet's landed", vec![13], 1, lane(5, 5, 5), Some(13)),
            ("more than can have landed", vec![14], 1, lane(5, 5, 5), None),
            ("a fresh wallet", vec![1_000_000], 1, lane(0, 0, 0), None),
            ("one of two, the other is silent", vec![1_000_000], 2, lane(0, 0, 0), None),
            ("two that agree, of a restored wallet", vec![90, 91], 2, lane(5, 5, 5), Some(90)),
            ("one of two lies", vec![5, 1_000_000], 2, lane(5, 5, 5), Some(5)),
            ("one of two is behind", vec![0, 100], 2, lane(0, 100, 100), Some(100)),
            ("the only one is behind by little", vec![0], 1, lane(3, 3, 3), Some(3)),
            ("the only one is behind by much", vec![0], 1, lane(9, 9, 9), None),
            ("what landed was made up lately", vec![2], 1, lane(1_000_001, 1_000_001, 1_000_001), None),
            ("what landed was made up long ago", vec![2], 1, lane(0, 1_000_001, 1_000_001), Some(2)),
            ("and something landed since", vec![2], 1, lane(3, 1_000_001, 1_000_001), Some(3)),
            ("made up, and one of two is silent", vec![2], 2, lane(0, 1_000_001, 1_000_001), None),
        ] {
            assert_eq!(next(counts(&all, configured), &lane).ok(), expected, "{what}");
        }
    }

    #[test]
    fn nonces_skip_what_is_in_flight_and_fill_gaps() {
        assert_eq!(free(5, &[]), Some(5));
        assert_eq!(free(5, &[5, 6]), Some(7));
        assert_eq!(free(5, &[7, 5]), Some(6));
        assert_eq!(free(5, &[3, 4]), Some(5), "those are mined");
        assert_eq!(free(u64::MAX, &[]), None, "EIP-2681");
    }

    #[test]
    fn a_nonce_built_elsewhere_is_free_and_soon_has_its_turn() {
        let lane = Lane { nonces_in_flight: vec![5, 6], ..Lane::default() };
        for (nonce, fits) in [(4, false), (5, false), (6, false), (7, true), (15, true), (16, false)] {
            assert_eq!(check(nonce, 5, &lane).is_ok(), fits, "{nonce}");
        }
        let ahead = Refusal::NonceTooFarAhead { nonce: 16, most: 15 };
        assert_eq!(check(16, 5, &lane), Err(ahead));
        assert!(check(u64::MAX, u64::MAX, &Lane::default()).is_err(), "more than the store holds");
    }

    proptest! {
        /// Nothing that landed lately is used again, and one endpoint alone leads no further than the gap.
        #[test]
        fn no_word_moves_it_far(
            all in proptest::collection::vec(any::<u64>(), 1..4), silent in 0usize..2,
            floor in 0u64..100, once in 0u64..100, more in 0u64..20,
        ) {
            let lane = lane(floor, once.max(floor), once.max(floor) + more);
            let counts = counts(&all, all.len() + silent);
            if let Ok(nonce) = next(counts, &lane) {
                prop_assert!(nonce >= lane.nonce_floor);
                prop_assert!(nonce <= counts.lowest.max(counts.highest.saturating_add(MOST_AHEAD)));
                if all.len() == 1 {
                    prop_assert!(nonce <= lane.nonces_signed + MOST_AHEAD);
                }
            }
        }
    }
}
