//! Broadcasts transactions and determines their outcome. An outcome that the nodes do not prove is pending.

use alloy_primitives::U256;
use futures_util::future::join_all;
use waiaas_core::address::Address;

use super::EvmChain;
use super::rpc::Node;
use super::testimony::Question;
use crate::evm::codec::calls::Call;
use crate::evm::codec::envelope::Sent;
use crate::evm::codec::{evm_address, revert};
use crate::outcome::{Testimony, rule};
use crate::rpc::RpcFailure;
use crate::{ChainError, Expiry, Known, Outcome, SignedTx, Submission};

impl EvmChain {
    /// Sends the bytes to every endpoint, because a single endpoint could hold them back and publish them later.
    pub(super) async fn broadcast(&self, signed: &SignedTx) -> Result<Submission, ChainError> {
        let (sent, asked) = (Sent::recorded(signed)?, self.node.awake(1));
        let answers = asked.iter().map(|node| submit(node, &signed.bytes, &sent));
        Submission::of_all(join_all(answers).await)
    }

    pub(super) async fn outcome_of(
        &self,
        from: Address,
        signed: &SignedTx,
        known: Known<'_>,
    ) -> Result<Outcome, ChainError> {
        if matches!(signed.expiry, Expiry::Time(_) | Expiry::Never) {
            // A message is on no chain, and the use of its signature cannot be determined.
            return Ok(Outcome::Pending);
        }
        let sent = Sent::recorded(signed)?;
        if evm_address(from) != Some(sent.from) {
            return Err(ChainError::Corrupt("the signed transaction is another wallet's".to_owned()));
        }
        let question = Question::new(self, &sent, known);
        let testimonies = self.testimonies(&question, known.block).await?;
        match rule(&testimonies, known.block) {
            Outcome::Reverted { fee, block, .. } => {
                let reason = self.revert_reason(&sent, block).await;
                Ok(Outcome::Reverted { fee, block, reason })
            }
            outcome => Ok(outcome),
        }
    }

    /// Returns the testimony of every endpoint, in their order. An endpoint that rests after failures counts as
    /// silent, unless all rest. Fails only if no endpoint gives a usable answer.
    async fn testimonies(
        &self,
        question: &Question<'_>,
        before: Option<u64>,
    ) -> Result<Vec<Testimony>, ChainError> {
        let (configured, asked) = (self.node.singles().len(), self.node.awake(1));
        let silent = configured.saturating_sub(asked.len());
        let mut failure = None;
        let mut all = Vec::with_capacity(configured);
        // A node's height matters only if a node has the transaction in a block, or had it before.
        for answer in join_all(asked.iter().map(|node| question.ask(node, before.is_some()))).await {
            match answer {
                Ok(testimony) => all.push(testimony),
                Err(error) => {
                    tracing::debug!(network = %self.codec.network.id, %error, "a node gives no answer about a transaction");
                    failure = Some(error);
                    all.push(Testimony::Silent);
                }
            }
        }
        let is_open = |testimony: &Testimony| matches!(testimony, Testimony::Open { seen_up_to: None });
        if all.iter().any(|testimony| matches!(testimony, Testimony::Landed(_))) {
            for (node, testimony) in asked.iter().zip(&mut all) {
                if is_open(testimony) {
                    *testimony = question.ask(node, true).await.unwrap_or(Testimony::Silent);
                }
            }
        }
        if let Some(failure) = failure.filter(|_| all.iter().all(|t| matches!(t, Testimony::Silent))) {
            return Err(failure);
        }
        all.extend(std::iter::repeat_n(Testimony::Silent, silent));
        Ok(all)
    }

    /// Runs the failed call again for its reason. Best effort: it runs on the state after the block.
    async fn revert_reason(&self, sent: &Sent, block: u64) -> String {
        let unknown = || "execution reverted".to_owned();
        let Ok(body) = sent.tx.body(U256::ZERO) else { return unknown() };
        let call = Call { from: sent.from, to: body.to, value: body.value, input: body.input };
        match self.node.run(&call, &format!("0x{block:x}")).await {
            Err(RpcFailure::Node { message, data, .. }) => revert::reason(&message, data.as_ref()),
            Ok(_) | Err(_) => unknown(),
        }
    }
}

/// Sends the bytes of `sent` to one node.
async fn submit(node: &Node, bytes: &[u8], sent: &Sent) -> Result<Submission, ChainError> {
    let rejected = match node.send(bytes).await {
        Ok(hash) if hash == sent.hash => return Ok(Submission::Accepted),
        Ok(_) => return Err(node.bad("the node answered with the hash of another transaction")),
        Err(RpcFailure::Node { message, data, .. }) => revert::reason(&message, data.as_ref()),
        Err(failure) => return Err(node.fail(failure)),
    };
    if means_known(&rejected) {
        return Ok(Submission::Accepted);
    }
    // All nodes use these words for a used nonce; this transaction itself may have used it.
    let used = rejected.to_ascii_lowercase().contains("nonce too low");
    if used && node.knows(sent.hash).await.map_err(|f| node.fail(f))? {
        return Ok(Submission::Accepted);
    }
    Ok(Submission::Rejected(rejected))
}

/// Returns whether a refusal means that the node already has these bytes. There is no error code for it; the
/// words are those of geth, reth, Nethermind, Besu, Erigon and old geth.
fn means_known(refusal: &str) -> bool {
    let words = refusal.to_ascii_lowercase();
    let anywhere = ["already known", "alreadyknown", "already imported", "already in mempool"];
    anywhere.iter().any(|known| words.contains(known)) || words.starts_with("known transaction")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_known_transactions_are_recognised() {
        for known in
            ["already known", "ALREADY_KNOWN: already known", "AlreadyKnown", "known transaction: 0x12"]
        {
            assert!(means_known(known), "{known}");
        }
        for other in ["unknown transaction type", "nonce too low", "replacement transaction underpriced", ""]
        {
            assert!(!means_known(other), "{other}");
        }
    }
}
