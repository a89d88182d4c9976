//! Up to which block height a blockhash may be used. Past it, bytes that are not on chain count as dead.
//!
//! A node's own `lastValidBlockHeight` is not asked for: one that names it too low would have live bytes
//! given up. An endpoint that takes a blockhash has its block, so by the protocol nobody takes it any more
//! 150 blocks after that endpoint's newest one. Too high a bound holds bytes for longer than need be and
//! too low a one gives them up, so of endpoints that bear each other out the higher counts, and a height
//! that no second endpoint is near counts for nothing.

use futures_util::future::join_all;
use solana_hash::Hash;

use super::external;
use super::node::Node;
use crate::ChainError;

/// Blocks for which a blockhash may be used.
pub(super) const BLOCKHASH_LIFE: u64 = 150;

/// Blocks that the newest ones of two endpoints may lie apart: about a minute.
const MOST_APART: u64 = 150;

/// A blockhash and the height of the last block that may take it.
pub(super) struct Lifetime {
    pub(super) hash: Hash,
    pub(super) last_valid: u64,
}

/// What the endpoints say of a blockhash.
#[derive(Default)]
struct Heard {
    /// The newest heights of those that take it.
    heights: Vec<u64>,
    /// Those that do not: it is too old, or they have not seen it yet.
    refusing: usize,
    failure: Option<ChainError>,
}

/// A blockhash of one endpoint that a second one takes as well, where several are configured.
pub(super) async fn recent(node: &Node) -> Result<Lifetime, ChainError> {
    let mut failure = None;
    for single in node.awake(1) {
        let hash = match single.recent_blockhash().await {
            Ok(hash) => hash,
            Err(error) => {
                failure = Some(error);
                continue;
            }
        };
        let heard = hear(node, &hash, single.position()).await;
        if let Some(last_valid) = last_valid(heard.heights, node.singles().len()) {
            return Ok(Lifetime { hash, last_valid });
        }
        failure = heard.failure.or(failure);
    }
    Err(unproved(node, failure))
}

/// The height of the last block that may take a blockhash that somebody else chose.
pub(super) async fn of(node: &Node, hash: &Hash) -> Result<u64, ChainError> {
    let heard = hear(node, hash, None).await;
    if heard.heights.is_empty() && heard.refusing > 0 {
        return Err(external::stale());
    }
    let last_valid = last_valid(heard.heights, node.singles().len());
    last_valid.ok_or_else(|| unproved(node, heard.failure))
}

/// An endpoint's newest height is asked after it was seen to take the blockhash: not below its block. The one
/// at position `giver` has named it.
async fn hear(node: &Node, hash: &Hash, giver: Option<usize>) -> Heard {
    let asked = node.awake(1);
    let answers = asked.iter().map(|single| async move {
        let given = giver.is_some() && single.position() == giver;
        let takes = given || single.blockhash_is_valid(hash).await?;
        Ok::<_, ChainError>(if takes { Some(single.newest_height().await?) } else { None })
    });
    let mut heard = Heard::default();
    for answer in join_all(answers).await {
        match answer {
            Ok(Some(height)) => heard.heights.push(height),
            Ok(None) => heard.refusing = heard.refusing.saturating_add(1),
            Err(error) => heard.failure = Some(error),
        }
    }
    heard
}

/// By the newest heights of the endpoints that take the blockhash, of so many configured.
fn last_valid(mut heights: Vec<u64>, configured: usize) -> Option<u64> {
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
    newest?.checked_add(BLOCKHASH_LIFE).filter(|last| i64::try_from(*last).is_ok())
}

fn unproved(node: &Node, failure: Option<ChainError>) -> ChainError {
    if node.singles().len() < 2
        && let Some(failure) = failure
    {
        return failure;
    }
    let what = "how long the transaction could land, for which two of them have to take its blockhash and \
                be at about the same height";
    node.unproved(what)
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
                prop_assert!(last >= lowest + BLOCKHASH_LIFE);
                prop_assert!(last <= highest + MOST_APART + BLOCKHASH_LIFE);
            }
        }
    }
}
