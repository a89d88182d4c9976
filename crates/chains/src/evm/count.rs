//! Which nonce of an account is the next one, by its endpoints together and by what was signed here.
//!
//! No endpoint's word moves it far: a nonce that is signed too high never has its turn, and one that is too
//! low never lands. Neither can pay twice, for of all that is signed for one nonce at most one lands.

use alloy_primitives::Address;
use futures_util::future::join_all;

use super::EvmChain;
use crate::{ChainError, Lane};

/// How many nonces may lie unused below one that is signed as it is: a signature for one that is far ahead is
/// good for as long as the wallet does not get there. As far may one endpoint's count lie beyond what was
/// signed here, and what landed beyond all counts.
pub(super) const MOST_AHEAD: u64 = 8;

/// How many transactions of an account are on chain, as the endpoints count them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Counts {
    lowest: u64,
    highest: u64,
    answering: usize,
    configured: usize,
}

impl EvmChain {
    /// The lowest nonce that is not used on chain.
    pub(super) async fn next_nonce(&self, from: Address, lane: &Lane) -> Result<u64, ChainError> {
        next(self.counts(from).await?, lane).map_err(|what| self.node.unproved(what))
    }

    /// The lowest count of all endpoints that answer: one that claims more would have a nonce signed that
    /// never has its turn, or call a transaction landed that is still on its way.
    pub(super) async fn lowest_count(&self, from: Address) -> Result<u64, ChainError> {
        self.counts(from).await.map(|counts| counts.lowest)
    }

    async fn counts(&self, from: Address) -> Result<Counts, ChainError> {
        let (configured, asked) = (self.node.singles().len(), self.node.awake(1));
        let answers = join_all(asked.iter().map(|node| node.transaction_count(from, "latest"))).await;
        let (mut counted, mut failure) = (Vec::with_capacity(configured), None);
        for answer in answers {
            match answer {
                Ok(count) => counted.push(count),
                Err(error) => failure = Some(error),
            }
        }
        match (counted.iter().min(), counted.iter().max(), failure) {
            (Some(lowest), Some(highest), _) => {
                Ok(Counts { lowest: *lowest, highest: *highest, answering: counted.len(), configured })
            }
            (_, _, Some(failure)) => Err(self.node.fail(failure)),
            (_, _, None) => Err(self.node.bad("no node is configured")),
        }
    }
}

/// What follows from the counts and the lane; the error says what is not proved.
fn next(counts: Counts, lane: &Lane) -> Result<u64, String> {
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
