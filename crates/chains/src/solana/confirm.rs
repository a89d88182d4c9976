//! Broadcasting, and what became of it. Absence of data is never failure.

use solana_hash::Hash;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;
use waiaas_core::U256;

use super::complete::read_signed;
use super::fees::Terms;
use super::node::{Node, Status};
use super::{Commitment, SolanaChain, fees, reason};
use crate::rpc::RpcFailure;
use crate::{ChainError, Expiry, Fate, SignedTx, Submission};

/// Blocks for which a blockhash may be used.
const BLOCKHASH_LIFE: u64 = 150;

impl SolanaChain {
    /// Broadcasts once. The node does not repeat it; the caller sends the same bytes again.
    ///
    /// Preflight is on, because its answer is a reason people can read; a refusal is still no proof
    /// that the bytes are dead.
    pub(super) async fn submit_bytes(&self, signed: &SignedTx) -> Result<Submission, ChainError> {
        match self.node().await?.send(&signed.bytes).await? {
            Ok(signature) if signature == signed.hash => Ok(Submission::Accepted),
            Ok(_) => Err(self.bad_answer("the node returned the id of another transaction")),
            Err(refusal) => Ok(refused(&refusal, &signed.bytes)),
        }
    }

    /// What became of `signed`.
    pub(super) async fn fate_of(&self, from: &Pubkey, signed: &SignedTx) -> Result<Fate, ChainError> {
        let message = read_signed(from, signed)?;
        let Expiry::BlockHeight(last_valid) = signed.expiry else {
            return Err(ChainError::Corrupt("a Solana transaction expires by block height".to_owned()));
        };
        let node = self.node().await?;
        match node.status(&signed.hash).await? {
            (Some(status), _) => self.landed(node, &signed.hash, &message, &status).await,
            (None, _) if node.finalized_height().await? <= last_valid => Ok(Fate::Pending),
            (None, _) => self.absent(node, &signed.hash, &message, last_valid).await,
        }
    }

    /// The fate of a transaction that is past its last block and was not found: asks each endpoint by
    /// itself. One that has it settles the matter, one that cannot tell keeps it open.
    async fn absent(
        &self,
        node: &Node,
        signature: &str,
        message: &VersionedMessage,
        last_valid: u64,
    ) -> Result<Fate, ChainError> {
        let mut proved = false;
        let mut open = false;
        let mut failure = None;
        for single in node.singles() {
            match look(&single, signature, message.recent_blockhash(), last_valid).await {
                Ok(Look::Found(status)) => return self.landed(&single, signature, message, &status).await,
                Ok(Look::Absent) => proved = true,
                Ok(Look::CannotTell) => open = true,
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            _ if open => Ok(Fate::Pending),
            _ if proved => Ok(Fate::Dead),
            Some(error) => Err(error),
            None => Ok(Fate::Pending),
        }
    }

    async fn landed(
        &self,
        node: &Node,
        signature: &str,
        message: &VersionedMessage,
        status: &Status,
    ) -> Result<Fate, ChainError> {
        if !reached(status, self.options.commitment) {
            return Ok(Fate::Pending);
        }
        // The outcome is settled, so a fee that cannot be read is replaced by what the bytes offer.
        let paid = node.fee_paid(signature, self.options.commitment.as_str()).await.ok().flatten();
        let fee =
            U256::from(paid.or_else(|| Terms::read(message).ok()?.fee()).unwrap_or(fees::PER_SIGNATURE));
        if status.err.is_null() {
            Ok(Fate::Confirmed { fee, block: status.slot })
        } else {
            let reason = reason::explain(&status.err, message);
            Ok(Fate::Reverted { fee, block: status.slot, reason })
        }
    }
}

/// What one node knows of a transaction past its last valid block height.
enum Look {
    Found(Status),
    /// Not on chain, and can no longer get there.
    Absent,
    /// The node is behind, or its history does not reach back far enough.
    CannotTell,
}

/// Asks one node. The order matters: what is not there after the last block that could hold it was
/// final, is nowhere; and the node must have looked at least that far.
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

/// Whether the node still has every block that could hold a transaction valid up to `last_valid`. A node
/// that has thrown old blocks away says "not found" of what landed in them.
async fn remembers(node: &Node, last_valid: u64) -> Result<bool, ChainError> {
    let first_block = last_valid.saturating_sub(BLOCKHASH_LIFE);
    let first_slot = node.first_available_slot().await?;
    // A block's height is never above its slot, so this alone is proof, and saves a question.
    if first_slot <= first_block {
        return Ok(true);
    }
    Ok(node.block_height_at(first_slot).await?.is_some_and(|height| height <= first_block))
}

fn reached(status: &Status, wanted: Commitment) -> bool {
    let finalized = match status.confirmation_status.as_deref() {
        Some(level) => level == Commitment::Finalized.as_str(),
        // Nodes that do not name the level still say null once the block is rooted.
        None => status.confirmations.is_none(),
    };
    match wanted {
        Commitment::Finalized => finalized,
        Commitment::Confirmed => {
            finalized || status.confirmation_status.as_deref() == Some(Commitment::Confirmed.as_str())
        }
    }
}

/// A node's refusal. One that says the bytes are on chain already is an acceptance.
fn refused(refusal: &RpcFailure, wire: &[u8]) -> Submission {
    let RpcFailure::Node { message: text, data, .. } = refusal else {
        return Submission::Rejected(refusal.to_string());
    };
    let err = data.as_ref().and_then(|data| data.get("err")).filter(|err| !err.is_null());
    if err.is_some_and(reason::already_processed) || text.contains("already been processed") {
        return Submission::Accepted;
    }
    let message = wire.get(65..).and_then(super::message::read);
    match (err, message) {
        (Some(err), Some(message)) => Submission::Rejected(reason::explain(err, &message)),
        _ => Submission::Rejected(text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn status(value: Value) -> Status {
        serde_json::from_value(value).expect("a status")
    }

    #[test]
    fn a_level_counts_only_when_reached() {
        for (value, confirmed, finalized) in [
            (
                json!({"slot": 1, "confirmations": 0, "err": null, "confirmationStatus": "processed"}),
                false,
                false,
            ),
            (
                json!({"slot": 1, "confirmations": 1, "err": null, "confirmationStatus": "confirmed"}),
                true,
                false,
            ),
            (
                json!({"slot": 1, "confirmations": null, "err": null, "confirmationStatus": "finalized"}),
                true,
                true,
            ),
            (json!({"slot": 1, "confirmations": null, "err": null, "confirmationStatus": null}), true, true),
            (json!({"slot": 1, "confirmations": 9, "err": null}), false, false),
            (
                json!({"slot": 1, "confirmations": null, "err": null, "confirmationStatus": "novel"}),
                false,
                false,
            ),
        ] {
            let status = status(value);
            assert_eq!(reached(&status, Commitment::Confirmed), confirmed, "{status:?}");
            assert_eq!(reached(&status, Commitment::Finalized), finalized, "{status:?}");
        }
    }

    #[test]
    fn only_what_is_on_chain_already_turns_a_refusal_into_an_acceptance() {
        let refusal =
            |message: &str, data| RpcFailure::Node { code: -32002, message: message.to_owned(), data };
        let on_chain = json!({"err": "AlreadyProcessed", "logs": []});
        assert_eq!(refused(&refusal("failed", Some(on_chain)), &[]), Submission::Accepted);
        let said = "Transaction simulation failed: This transaction has already been processed";
        assert_eq!(refused(&refusal(said, None), &[]), Submission::Accepted);
        let stale = refused(&refusal("Blockhash not found", Some(json!({"err": "BlockhashNotFound"}))), &[]);
        assert!(matches!(stale, Submission::Rejected(_)), "{stale:?}");
    }
}
