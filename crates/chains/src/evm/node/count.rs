//! Reads an account's number of transactions on chain from every endpoint. `nonces` evaluates the counts.

use alloy_primitives::Address;
use futures_util::future::join_all;

use super::EvmChain;
use crate::evm::codec::nonces::{Counts, next};
use crate::{ChainError, Lane};

impl EvmChain {
    /// Returns the lowest nonce that is not used on chain.
    pub(super) async fn next_nonce(&self, from: Address, lane: &Lane) -> Result<u64, ChainError> {
        next(self.counts(from).await?, lane).map_err(|what| self.node.unproved(what))
    }

    /// Returns the lowest count of all endpoints that answer. With a count that is too high, a nonce that never
    /// becomes the next one would be signed, or a pending transaction would count as landed.
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
