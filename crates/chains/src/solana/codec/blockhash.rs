//! Up to which block height a blockhash may be used. Past it, bytes that are not on chain count as dead. Pure.
//!
//! A node's own `lastValidBlockHeight` is not asked for: one that names it too low would have live bytes
//! given up. An endpoint that takes a blockhash has its block, so by the protocol nobody takes it any more
//! 150 blocks after that endpoint's newest one. Too high a bound holds bytes for longer than need be and
//! too low a one gives them up, so of endpoints that bear each other out the higher counts, and a height
//! that no second endpoint is near counts for nothing.

/// Blocks for which a blockhash may be used.
pub(in crate::solana) const LIFE: u64 = 150;

/// Blocks that the newest ones of two endpoints may lie apart: about a minute.
const MOST_APART: u64 = 150;

/// By the newest heights of the endpoints that take the blockhash, of so many configured.
pub(in crate::solana) fn last_valid(mut heights: Vec<u64>, configured: usize) -> Option<u64> {
    heights.sort_unstable();
    let newest = if configured < 2 {
        heights.last().copied()
    } else {
        let near = |pair: &[u64]| match pair {
            [lower, higher] if higher.abs_diff(*lower) <= MOST_APART => Some(*higher),
            _ => None,
        };
        heights.windows(2).rev().find_map(near)
    };
    // What is beyond every chain's height cannot be kept either.
    newest?.checked_add(LIFE).filter(|last| i64::try_from(*last).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_higher_of_two_that_bear_each_other_out_counts() {
        for (heights, configured, expected) in [
            (vec![1_000], 1, Some(1_150)),
            (vec![], 1, None),
            (vec![u64::MAX], 1, None),
            (vec![1_000], 2, None),
            (vec![1_000, 1_000], 2, Some(1_150)),
            (vec![1_000, 1_150], 2, Some(1_300)),
            (vec![1_000, 1_151], 2, None),
            (vec![1_000, 1], 2, None),
            (vec![1_000, u64::MAX], 2, None),
            (vec![1_000, 1_002, u64::MAX], 3, Some(1_152)),
            (vec![1_000, 1_002, 1], 3, Some(1_152)),
            (vec![1_000, 1_002], 3, Some(1_152)),
            (vec![1_000], 3, None),
        ] {
            let mut turned = heights.clone();
            turned.reverse();
            assert_eq!(last_valid(turned, configured), expected, "{heights:?}, turned");
            assert_eq!(last_valid(heights.clone(), configured), expected, "{heights:?}");
        }
    }

    proptest! {
        /// Whatever one endpoint of several says, no height below the life of the blockhash by an honest one
        /// comes out, and none much above it where the honest ones are together.
        #[test]
        fn one_that_lies_moves_it_by_little_and_never_below(
            honest in proptest::collection::vec(10_000u64..10_100, 1..4), lie: u64, near in 9_800u64..10_400,
            is_near: bool,
        ) {
            let mut heights = honest.clone();
            heights.push(if is_near { near } else { lie });
            if let Some(last) = last_valid(heights, honest.len() + 1) {
                let (lowest, highest) = (honest.iter().min().expect("one"), honest.iter().max().expect("one"));
                prop_assert!(last >= lowest + LIFE);
                prop_assert!(last <= highest + MOST_APART + LIFE);
            }
        }
    }
}
