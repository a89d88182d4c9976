//! Which blockhash a second endpoint takes as well, and up to which height, asked of every endpoint.

use futures_util::future::join_all;
use solana_hash::Hash;

use super::rpc::Node;
use crate::ChainError;
use crate::solana::codec::blockhash::last_valid;
use crate::solana::codec::external;

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
        return Err(external::stale().into());
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
