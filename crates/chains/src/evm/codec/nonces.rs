//! Determines the next nonce of an account from the endpoints' counts and the daemon's own transactions. Pure.
//!
//! A single endpoint can move it only within bounds: a transaction with too high a nonce stays pending, and one
//! with too low a nonce never lands. Neither can pay twice, because at most one transaction per nonce lands.

use crate::{Lane, Refusal};

/// Most unused nonces below one that is signed as it is: a signature for a nonce far ahead remains valid until
/// the wallet reaches it. It is also the most by which a single endpoint's count may exceed the nonces signed
/// here, and by which the nonces known to have landed may exceed all counts.
const MOST_AHEAD: u64 = 8;

/// The highest nonce that is signed, because the store holds no higher one.
const LAST_NONCE: u64 = i64::MAX as u64;

/// The endpoints' counts of an account's transactions on chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Counts {
    pub(in crate::evm) lowest: u64,
    pub(in crate::evm) highest: u64,
    pub(in crate::evm) answering: usize,
    pub(in crate::evm) configured: usize,
}

/// Returns the lowest nonce that is not used on chain. The error names the claim that is not proved.
pub(in crate::evm) fn next(counts: Counts, lane: &Lane) -> Result<u64, String> {
    let Counts { lowest, highest, answering, configured } = counts;
    let signed = lane.nonces_signed.max(lane.nonce_floor);
    if answering < 2 && lowest > signed.saturating_add(MOST_AHEAD) {
        return Err(format!(
            "that {lowest} transactions of the wallet are on chain: only one node reports it, and {signed} were \
             signed here; a second endpoint would prove it"
        ));
    }
    let all_lower = answering == configured && highest < lane.nonce_floor_once;
    let floor = if all_lower { lane.nonce_floor } else { lane.nonce_floor.max(lane.nonce_floor_once) };
    if floor > highest.saturating_add(MOST_AHEAD) {
        return Err(format!(
            "that {floor} transactions of the wallet have landed, which earlier answers showed: now the \
             nodes count at most {highest}"
        ));
    }
    Ok(lowest.max(floor))
}

/// Returns the lowest nonce that neither the chain nor a transaction in flight uses. The node's `pending` count
/// is not used: nodes drop pending transactions, and it may or may not include the daemon's own.
pub(in crate::evm) fn free(count: u64, in_flight: &[u64]) -> Option<u64> {
    (count..u64::MAX).find(|nonce| !in_flight.contains(nonce))
}

/// Checks the nonce of a transaction built elsewhere: it must be unused, not that of a transaction in flight, and
/// leave at most [`MOST_AHEAD`] unused nonces below it. `count` is the lowest nonce that is not used on chain.
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
    fn counts_are_accepted_within_bounds() {
        for (what, all, configured, lane, expected) in [
            ("the only node", vec![5], 1, lane(5, 5, 5), Some(5)),
            ("other transactions of the wallet landed", vec![13], 1, lane(5, 5, 5), Some(13)),
            ("a count beyond the bound", vec![14], 1, lane(5, 5, 5), None),
            ("a high count for a fresh wallet", vec![1_000_000], 1, lane(0, 0, 0), None),
            ("one of two, the other does not answer", vec![1_000_000], 2, lane(0, 0, 0), None),
            ("two that agree, for a restored wallet", vec![90, 91], 2, lane(5, 5, 5), Some(90)),
            ("one of two reports a false count", vec![5, 1_000_000], 2, lane(5, 5, 5), Some(5)),
            ("one of two is behind", vec![0, 100], 2, lane(0, 100, 100), Some(100)),
            ("the only node is behind within the bound", vec![0], 1, lane(3, 3, 3), Some(3)),
            ("the only node is behind beyond the bound", vec![0], 1, lane(9, 9, 9), None),
            (
                "a recent landing that the node does not count",
                vec![2],
                1,
                lane(1_000_001, 1_000_001, 1_000_001),
                None,
            ),
            ("an old landing that no node counts", vec![2], 1, lane(0, 1_000_001, 1_000_001), Some(2)),
            (
                "an old landing that no node counts, and a later one",
                vec![2],
                1,
                lane(3, 1_000_001, 1_000_001),
                Some(3),
            ),
            (
                "an old landing that is not counted, and one of two does not answer",
                vec![2],
                2,
                lane(0, 1_000_001, 1_000_001),
                None,
            ),
        ] {
            assert_eq!(next(counts(&all, configured), &lane).ok(), expected, "{what}");
        }
    }

    #[test]
    fn nonces_skip_transactions_in_flight_and_fill_gaps() {
        assert_eq!(free(5, &[]), Some(5));
        assert_eq!(free(5, &[5, 6]), Some(7));
        assert_eq!(free(5, &[7, 5]), Some(6));
        assert_eq!(free(5, &[3, 4]), Some(5), "nonces below the count are mined");
        assert_eq!(free(u64::MAX, &[]), None, "EIP-2681");
    }

    #[test]
    fn a_nonce_built_elsewhere_must_be_free_and_not_far_ahead() {
        let lane = Lane { nonces_in_flight: vec![5, 6], ..Lane::default() };
        for (nonce, fits) in [(4, false), (5, false), (6, false), (7, true), (15, true), (16, false)] {
            assert_eq!(check(nonce, 5, &lane).is_ok(), fits, "{nonce}");
        }
        let ahead = Refusal::NonceTooFarAhead { nonce: 16, most: 15 };
        assert_eq!(check(16, 5, &lane), Err(ahead));
        assert!(check(u64::MAX, u64::MAX, &Lane::default()).is_err(), "higher than the store holds");
    }

    proptest! {
        /// A nonce that landed recently is not used again, and a single endpoint moves the nonce by at most the
        /// bound.
        #[test]
        fn no_answer_moves_the_nonce_beyond_the_bounds(
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
