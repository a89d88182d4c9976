//! Broadcasts, and their outcome. Missing data is never a failure.

use futures_util::future::join_all;
use serde_json::Value;
use solana_hash::Hash;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;
use waiaas_core::U256;

use super::SolanaChain;
use super::rpc::Node;
use crate::outcome::{Proof, Testimony, rule};
use crate::rpc::RpcFailure;
use crate::solana::codec::blockhash::LIFE;
use crate::solana::codec::signed::read_signed;
use crate::solana::codec::status::Status;
use crate::solana::codec::{fees, message, reason};
use crate::{ChainError, Expiry, Known, Outcome, SignedTx, Submission};

impl SolanaChain {
    /// Broadcasts once, through every endpoint that does not rest. Nodes do not repeat it; the caller sends
    /// the same bytes again.
    ///
    /// Preflight is on, because its answer is a readable reason; a refusal is no proof that the bytes can no
    /// longer land.
    pub(super) async fn submit_bytes(&self, signed: &SignedTx) -> Result<Submission, ChainError> {
        let asked = self.node().await?.awake(1);
        Submission::of_all(join_all(asked.iter().map(|node| self.submit_to(node, signed))).await)
    }

    async fn submit_to(&self, node: &Node, signed: &SignedTx) -> Result<Submission, ChainError> {
        match node.send(&signed.bytes).await? {
            Ok(signature) if signature == signed.hash => Ok(Submission::Accepted),
            Ok(_) => Err(self.bad_answer("the node returned the id of another transaction")),
            Err(refusal) => Ok(refused(&refusal, &signed.bytes)),
        }
    }

    /// Returns the outcome of `signed`.
    pub(super) async fn outcome_of(
        &self,
        from: &Pubkey,
        signed: &SignedTx,
        known: Known<'_>,
    ) -> Result<Outcome, ChainError> {
        let message = read_signed(from, signed)?;
        let Expiry::BlockHeight(last_valid) = signed.expiry else {
            return Err(ChainError::Corrupt("a Solana transaction expires by block height".to_owned()));
        };
        let node = self.node().await?;
        let question = Question { chain: self, signature: &signed.hash, message: &message, last_valid };
        let (testimonies, failed) = question.ask_all(node).await?;
        Ok(match rule(&testimonies, known.block) {
            Outcome::Confirmed { fee, block, is_final } => {
                Outcome::Confirmed { fee: self.paid(node, &signed.hash, fee).await, block, is_final }
            }
            Outcome::Reverted { fee, block, .. } => {
                let fee = self.paid(node, &signed.hash, fee).await;
                let reason = failed.map_or_else(String::new, |err| reason::explain(&err, &message));
                Outcome::Reverted { fee, block, reason }
            }
            outcome @ (Outcome::Dropped | Outcome::Pending | Outcome::FellOut | Outcome::Undecided(_)) => {
                outcome
            }
        })
    }

    /// Returns the fee paid by landed bytes, which is at most their offer; the offer itself if no node
    /// reports a plausible fee.
    async fn paid(&self, node: &Node, signature: &str, offered: U256) -> U256 {
        let told = node.fee_paid(signature, self.options.commitment.as_str()).await.ok().flatten();
        let least = U256::from(fees::PER_SIGNATURE);
        told.map(U256::from).filter(|paid| (least..=offered).contains(paid)).unwrap_or(offered)
    }
}

/// A question about signed bytes.
struct Question<'a> {
    chain: &'a SolanaChain,
    signature: &'a str,
    message: &'a VersionedMessage,
    last_valid: u64,
}

impl Question<'_> {
    /// Returns the answers of all endpoints, in their order, and the error on chain if one reports it. An
    /// endpoint that rests after failures counts as silent, unless all rest. Fails only if no endpoint gives
    /// a usable answer.
    async fn ask_all(&self, node: &Node) -> Result<(Vec<Testimony>, Option<Value>), ChainError> {
        let (configured, asked) = (node.singles().len(), node.awake(1));
        let mut all = Vec::with_capacity(configured);
        let (mut failed, mut failure) = (None, None);
        for told in join_all(asked.iter().map(|node| self.ask(node))).await {
            match told {
                Ok((testimony, err)) => {
                    failed = failed.or(err);
                    all.push(testimony);
                }
                Err(error) => {
                    tracing::debug!(network = %self.chain.codec.network.id, %error, "no usable answer of a node");
                    failure = Some(error);
                    all.push(Testimony::Silent);
                }
            }
        }
        if let Some(failure) = failure.filter(|_| all.iter().all(|t| matches!(t, Testimony::Silent))) {
            return Err(failure);
        }
        all.extend(std::iter::repeat_n(Testimony::Silent, configured.saturating_sub(asked.len())));
        Ok((all, failed))
    }

    /// Asks one node; the second value is the error on chain.
    async fn ask(&self, node: &Node) -> Result<(Testimony, Option<Value>), ChainError> {
        let (status, looked_at) = node.status(self.signature).await?;
        let found = match status {
            Some(status) => Look::Found(status),
            None if node.finalized_height().await? <= self.last_valid => {
                return Ok((Testimony::Open { seen_up_to: Some(looked_at) }, None));
            }
            None => look(node, self.signature, self.message.recent_blockhash(), self.last_valid).await?,
        };
        let (wanted, finality) = (self.chain.options.commitment, self.chain.codec.network.finality);
        Ok(match found {
            Look::Found(status) => {
                (Testimony::Landed(status.landed(self.message, wanted, finality)), Some(status.err().clone()))
            }
            Look::Absent => (Testimony::Gone(Proof::Searched), None),
            Look::CannotTell => (Testimony::Open { seen_up_to: None }, None),
        })
    }
}

/// One node's answer about a transaction past its last valid block height.
enum Look {
    Found(Status),
    /// Not on chain, and can no longer land.
    Absent,
    /// The node is behind, or its history is too short.
    CannotTell,
}

/// Asks one node. The order matters: a transaction that is not found after the last block that could hold it
/// is final is not on chain; and the node must have searched at least that far.
async fn look(node: &Node, signature: &str, blockhash: &Hash, last_valid: u64) -> Result<Look, ChainError> {
    let height = node.finalized_height().await?;
    let finalized = node.finalized_epoch().await?;
    let behind = height <= last_valid || finalized.block_height <= last_valid;
    if behind || !remembers(node, last_valid).await? || node.blockhash_is_valid(blockhash).await? {
        return Ok(Look::CannotTell);
    }
    Ok(match node.status(signature).await? {
        (Some(status), _) => Look::Found(status),
        (None, looked_at) if looked_at >= finalized.absolute_slot => Look::Absent,
        (None, _) => Look::CannotTell,
    })
}

/// Whether the node still has every block that could hold a transaction valid up to `last_valid`. A node that
/// pruned old blocks returns "not found" for transactions in them.
async fn remembers(node: &Node, last_valid: u64) -> Result<bool, ChainError> {
    let first_block = last_valid.saturating_sub(LIFE);
    let first_slot = node.first_available_slot().await?;
    // A block's height is never above its slot, so this alone is proof, and saves a request.
    if first_slot <= first_block {
        return Ok(true);
    }
    Ok(node.block_height_at(first_slot).await?.is_some_and(|height| height <= first_block))
}

/// Reads a node's refusal. A refusal because the bytes are on chain already is an acceptance.
fn refused(refusal: &RpcFailure, wire: &[u8]) -> Submission {
    let RpcFailure::Node { message: text, data, .. } = refusal else {
        return Submission::Rejected(refusal.to_string());
    };
    let err = data.as_ref().and_then(|data| data.get("err")).filter(|err| !err.is_null());
    if err.is_some_and(reason::already_processed) || text.contains("already been processed") {
        return Submission::Accepted;
    }
    let message = wire.get(65..).and_then(message::read);
    match (err, message) {
        (Some(err), Some(message)) => Submission::Rejected(reason::explain(err, &message)),
        _ => Submission::Rejected(text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_of_bytes_that_are_on_chain_is_an_acceptance() {
        let refusal =
            |message: &str, data| RpcFailure::Node { code: -32002, message: message.to_owned(), data };
        let on_chain = json!({"err": "AlreadyProcessed", "logs": []});
        assert_eq!(refused(&refusal("failed", Some(on_chain)), &[]), Submission::Accepted);
        let text = "Transaction simulation failed: This transaction has already been processed";
        assert_eq!(refused(&refusal(text, None), &[]), Submission::Accepted);
        let stale = refused(&refusal("Blockhash not found", Some(json!({"err": "BlockhashNotFound"}))), &[]);
        assert!(matches!(stale, Submission::Rejected(_)), "{stale:?}");
    }
}
