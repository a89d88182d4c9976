//! The last block height at which a blockhash is accepted. Above it, bytes that are not on chain are dropped.
//! Pure.
//!
//! The node's own `lastValidBlockHeight` is not used: a node that reports it too low would cause a release of
//! bytes that may still land. An endpoint that accepts a blockhash has its block, so by the protocol the
//! blockhash expires at the latest 150 blocks after that endpoint's newest one. A bound that is too high
//! holds bytes longer than needed and one that is too low releases them. So the higher of two endpoints that
//! are close to each other is used, and a height without a second one close to it is ignored.

/// The number of blocks for which a blockhash is accepted.
pub(in crate::solana) const LIFE: u64 = 150;

/// The largest accepted distance between the newest blocks of two endpoints: about a minute.
const MOST_APART: u64 = 150;

/// Returns the bound from the newest heights of the endpoints that accept the blockhash, of `configured`
/// endpoints.
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
    // A height beyond `i64` cannot be stored, and no chain reaches it.
    newest?.checked_add(LIFE).filter(|last| i64::try_from(*last).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_higher_of_two_close_heights_counts() {
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
        /// Whatever height one of several endpoints reports, the bound is never below the one of an honest
        /// endpoint, and at most slightly above if the honest ones are close to each other.
        #[test]
        fn one_false_height_never_lowers_the_bound(
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
