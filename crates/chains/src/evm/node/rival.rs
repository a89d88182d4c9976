//! Finds the transaction that has used a nonce instead of another one, and proves it by its signature.
//!
//! A node's count does not show which transaction used a nonce, and a node without old blocks answers the same for
//! a transaction that landed. Only the other transaction itself, signed by the same account and in a final block,
//! proves that this one never lands.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use alloy_primitives::B256;
use tokio::time::Instant;

use super::rpc::Node;
use super::testimony::{Question, included};
use crate::evm::codec::mined::Mined;
use crate::rpc::RpcFailure;

/// Time after which a search that found nothing is repeated on the same node.
const PAUSE: Duration = Duration::from_secs(60);

/// Most searches remembered.
const MOST: usize = 4_096;

/// Searches that found nothing, by transaction and by the position of the endpoint.
#[derive(Debug, Default)]
pub(super) struct Searches(Mutex<HashMap<Search, Instant>>);

type Search = (B256, Option<usize>);

impl Searches {
    fn rests(&self, search: Search) -> bool {
        let searches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        searches.get(&search).is_some_and(|at| at.elapsed() < PAUSE)
    }

    fn found_nothing(&self, search: Search) {
        let mut searches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if searches.len() >= MOST {
            searches.retain(|_, at| at.elapsed() < PAUSE);
        }
        if searches.len() < MOST {
            searches.insert(search, Instant::now());
        }
    }
}

/// The transaction that used a nonce, as far as a node shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum UsedBy {
    /// A transaction that excludes the requested one, in a final block of the node's chain.
    Another,
    /// The requested transaction: it landed, although the node does not return it by its hash.
    Itself,
    /// The node does not show it.
    NotShown,
}

impl Question<'_> {
    /// Returns which transaction used the nonce, as the node shows it.
    pub(super) async fn used_by(&self, node: &Node) -> Result<UsedBy, RpcFailure> {
        let shown = |another: bool| if another { UsedBy::Another } else { UsedBy::NotShown };
        let height = node.height().await?;
        let Some(last) = self.final_height(node, height).await? else { return Ok(UsedBy::NotShown) };
        for rival in &self.rivals {
            let Some(receipt) = node.receipt(*rival).await? else { continue };
            if receipt.from != self.sent.from {
                return Err(RpcFailure::BadAnswer("the receipt names another sender".to_owned()));
            }
            if let Some(found) = included(node, &receipt).await? {
                return Ok(shown(found.block <= last));
            }
        }
        let (searched, search) = (&self.chain.searches, (self.sent.hash, node.0.position()));
        if searched.rests(search) {
            return Ok(UsedBy::NotShown);
        }
        let found = match self.by_nonce(node).await? {
            Some(mined) => Some(mined),
            // No search if the nonce is not used in a final block.
            None if self.used_at(node, last).await? != Some(true) => return Ok(UsedBy::NotShown),
            None => self.by_count(node, last).await?,
        };
        if found.as_ref().is_some_and(|mined| mined.sent.hash == self.sent.hash) {
            return Ok(UsedBy::Itself);
        }
        let Some(mined) = found.filter(|mined| self.sent.excludes(&mined.sent)) else {
            searched.found_nothing(search);
            return Ok(UsedBy::NotShown);
        };
        let head = node.head(&format!("0x{:x}", mined.block)).await?;
        Ok(shown(mined.block <= last && head.is_some_and(|head| head.hash == mined.block_hash)))
    }

    /// Finds the transaction by a method that only some nodes have.
    async fn by_nonce(&self, node: &Node) -> Result<Option<Mined>, RpcFailure> {
        match node.by_sender_and_nonce(self.sent.from, self.sent.tx.nonce()).await {
            Ok(found) => Ok(found.as_deref().and_then(Mined::read)),
            Err(RpcFailure::Node { .. } | RpcFailure::BadAnswer(_) | RpcFailure::TooLarge(_)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Finds the transaction by the block in which the account's count passed the nonce: from the newest final block
    /// back in doubling steps, then by bisection. Needs the state of old blocks, which not every node has.
    async fn by_count(&self, node: &Node, last: u64) -> Result<Option<Mined>, RpcFailure> {
        let (mut used, mut step) = (last, 1u64);
        let mut unused = loop {
            let Some(at) = used.checked_sub(step) else { break None };
            match self.used_at(node, at).await? {
                None => return Ok(None),
                Some(true) => (used, step) = (at, step.saturating_mul(2)),
                Some(false) => break Some(at),
            }
        };
        // No nonce is used before the first block.
        while used.saturating_sub(unused.unwrap_or(0)) > 1 {
            let at = used.midpoint(unused.unwrap_or(0));
            match self.used_at(node, at).await? {
                None => return Ok(None),
                Some(true) => used = at,
                Some(false) => unused = Some(at),
            }
        }
        let all = node.transactions_in(used).await?;
        let ours = |mined: &Mined| mined.sent.from == self.sent.from;
        let nonce = self.sent.tx.nonce();
        Ok(all
            .iter()
            .filter_map(|shown| Mined::read(shown))
            .filter(ours)
            .find(|mined| mined.sent.tx.nonce() == nonce))
    }

    /// Returns whether the nonce was used up to a block; `None` if the node no longer has that state.
    pub(super) async fn used_at(&self, node: &Node, block: u64) -> Result<Option<bool>, RpcFailure> {
        match node.transaction_count(self.sent.from, &format!("0x{block:x}")).await {
            Ok(count) => Ok(Some(count > self.sent.tx.nonce())),
            Err(RpcFailure::Node { .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}
