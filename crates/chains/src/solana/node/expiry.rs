//! The blockhash that a second endpoint accepts too, and its last block height, from all endpoints.

use futures_util::future::join_all;
use solana_hash::Hash;

use super::rpc::Node;
use crate::ChainError;
use crate::solana::codec::blockhash::last_valid;
use crate::solana::codec::external;

/// A blockhash and the height of the last block that may accept it.
pub(super) struct Lifetime {
    pub(super) hash: Hash,
    pub(super) last_valid: u64,
}

/// The endpoints' answers about a blockhash.
#[derive(Default)]
struct Heard {
    /// The newest heights of the endpoints that accept it.
    heights: Vec<u64>,
    /// The number of endpoints that do not: it is too old, or not yet known to them.
    refusing: usize,
    failure: Option<ChainError>,
}

/// Returns a blockhash of one endpoint that a second one accepts too, if several are configured.
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

/// Returns the height of the last block that may accept a blockhash chosen elsewhere.
pub(super) async fn of(node: &Node, hash: &Hash) -> Result<u64, ChainError> {
    let heard = hear(node, hash, None).await;
    if heard.heights.is_empty() && heard.refusing > 0 {
        return Err(external::stale().into());
    }
    let last_valid = last_valid(heard.heights, node.singles().len());
    last_valid.ok_or_else(|| unproved(node, heard.failure))
}

/// Asks an endpoint for its newest height after it accepted the blockhash, so the height is not below that of
/// its block. The endpoint at position `giver` returned the blockhash and is not asked about it.
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

fn unproved(node: &Node, failure: Option<ChainError>) -> ChainError {
    if node.singles().len() < 2
        && let Some(failure) = failure
    {
        return failure;
    }
    let what = "how long the transaction could land: two of them must accept its blockhash and be at about \
                    the same height";
    node.unproved(what)
}
