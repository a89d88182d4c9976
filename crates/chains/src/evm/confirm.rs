//! Broadcast, and what became of it. Only proof counts: whatever the nodes do not show is pending.

use alloy_primitives::{Address as EvmAddress, U256};
use waiaas_core::address::Address;

use super::EvmChain;
use super::envelope::Sent;
use super::node::{Call, Node, Receipt};
use super::{evm_address, revert};
use crate::rpc::RpcFailure;
use crate::{ChainError, Expiry, Fate, SignedTx, Submission};

/// What one node shows about a transaction whose nonce is used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Evidence {
    /// Its nonce is used up in a final block, and the node has never seen it.
    Dead,
    /// The node has it after all.
    Known,
    /// The node's final blocks do not reach that far.
    Open,
}

impl EvmChain {
    pub(super) async fn broadcast(&self, signed: &SignedTx) -> Result<Submission, ChainError> {
        let sent = read(signed)?;
        let rejected = match self.node.send(&signed.bytes).await {
            Ok(hash) if hash == sent.hash => return Ok(Submission::Accepted),
            Ok(_) => return Err(self.node.bad("the node took the transaction for another one")),
            Err(RpcFailure::Node { message, data, .. }) => revert::reason(&message, data.as_ref()),
            Err(failure) => return Err(self.node.fail(failure)),
        };
        if says_known(&rejected) {
            return Ok(Submission::Accepted);
        }
        // Every node's words for a used nonce; it may be ours that used it.
        if rejected.to_ascii_lowercase().contains("nonce too low") && self.is_known(&sent).await? {
            return Ok(Submission::Accepted);
        }
        Ok(Submission::Rejected(rejected))
    }

    async fn is_known(&self, sent: &Sent) -> Result<bool, ChainError> {
        self.node.knows(sent.hash).await.map_err(|f| self.node.fail(f))
    }

    pub(super) async fn fate_of(&self, from: Address, signed: &SignedTx) -> Result<Fate, ChainError> {
        if matches!(signed.expiry, Expiry::Time(_) | Expiry::Never) {
            // A message is on no chain, and whether somebody used the signature cannot be told.
            return Ok(Fate::Pending);
        }
        let sent = read(signed)?;
        if evm_address(from) != Some(sent.from) {
            return Err(ChainError::Corrupt("the signed transaction is another wallet's".to_owned()));
        }
        match self.node.receipt(sent.hash).await.map_err(|f| self.node.fail(f))? {
            Some(receipt) => self.fate_on_chain(&sent, &receipt).await,
            None => self.fate_off_chain(&sent).await,
        }
    }

    async fn fate_on_chain(&self, sent: &Sent, receipt: &Receipt) -> Result<Fate, ChainError> {
        let (Some(block_hash), Some(block)) = (receipt.block_hash, receipt.block_number) else {
            return Ok(Fate::Pending);
        };
        if receipt.from != sent.from {
            return Err(self.node.bad("the receipt names another sender"));
        }
        let block = u64::try_from(block.0).map_err(|_| self.node.bad("the block number is out of range"))?;
        let tag = format!("0x{block:x}");
        let canonical = self.node.head(&tag).await.map_err(|f| self.node.fail(f))?;
        if canonical.is_none_or(|head| head.hash != block_hash) {
            return Ok(Fate::Pending);
        }
        let height = self.node.height().await.map_err(|f| self.node.fail(f))?;
        let confirmations = height.checked_sub(block).map_or(0, |above| above.saturating_add(1));
        if confirmations < self.options.confirmations.max(1) {
            return Ok(Fate::Pending);
        }
        let gas_fee = receipt.gas_used.0.checked_mul(receipt.effective_gas_price.0);
        let fee = gas_fee.and_then(|fee| fee.checked_add(receipt.l1_fee.map_or(U256::ZERO, |l1| l1.0)));
        let fee = fee.ok_or_else(|| self.node.bad("the fee is out of range"))?;
        match u8::try_from(receipt.status.0) {
            Ok(1) => Ok(Fate::Confirmed { fee, block }),
            Ok(0) => Ok(Fate::Reverted { fee, block, reason: self.revert_reason(sent, &tag).await }),
            _ => Err(self.node.bad("the receipt's status is neither success nor failure")),
        }
    }

    /// Runs the failed call again to hear why. Best effort: the state has moved on.
    async fn revert_reason(&self, sent: &Sent, block: &str) -> String {
        let unknown = || "execution reverted".to_owned();
        let Ok(body) = sent.tx.body(U256::ZERO) else { return unknown() };
        let call = Call { from: sent.from, to: body.to, value: body.value, input: body.input };
        match self.node.run(&call, block).await {
            Err(RpcFailure::Node { message, data, .. }) => revert::reason(&message, data.as_ref()),
            Ok(_) | Err(_) => unknown(),
        }
    }

    /// No receipt: dead only if every node that answers agrees that a final block has used the nonce
    /// up and that it never saw these bytes, and at least one shows the first.
    async fn fate_off_chain(&self, sent: &Sent) -> Result<Fate, ChainError> {
        let nonce = sent.tx.nonce();
        let used = self.node.transaction_count(sent.from, "latest").await.map_err(|f| self.node.fail(f))?;
        if used <= nonce {
            return Ok(Fate::Pending);
        }
        let mut dead = false;
        for node in self.node.singles() {
            match self.evidence(&node, sent, nonce).await {
                Ok(Evidence::Dead) => dead = true,
                Ok(Evidence::Known) => return Ok(Fate::Pending),
                Ok(Evidence::Open) => {}
                Err(failure) => {
                    tracing::debug!(network = %self.network.id, %failure, "no evidence from a node")
                }
            }
        }
        Ok(if dead { Fate::Dead } else { Fate::Pending })
    }

    /// Asks one node, the final nonce first: a node that shows it used up has our receipt by then, if
    /// there is one. Asked the other way round, the block with our transaction could come in between.
    async fn evidence(&self, node: &Node, sent: &Sent, nonce: u64) -> Result<Evidence, RpcFailure> {
        match self.final_count(node, sent.from).await? {
            Some(used) if used > nonce => {}
            Some(_) | None => return Ok(Evidence::Open),
        }
        if node.receipt(sent.hash).await?.is_some() || node.knows(sent.hash).await? {
            return Ok(Evidence::Known);
        }
        Ok(Evidence::Dead)
    }

    /// Transactions of `account` in final blocks: those the node calls finalized, or those buried
    /// `finality_depth` deep where the node does not know the word.
    async fn final_count(&self, node: &Node, account: EvmAddress) -> Result<Option<u64>, RpcFailure> {
        match node.transaction_count(account, "finalized").await {
            Ok(count) => return Ok(Some(count)),
            Err(RpcFailure::Node { .. }) => {}
            Err(failure) => return Err(failure),
        }
        let Some(block) = node.height().await?.checked_sub(self.options.finality_depth) else {
            return Ok(None);
        };
        node.transaction_count(account, &format!("0x{block:x}")).await.map(Some)
    }
}

/// Whether a refusal means that the node has these very bytes. There is no error code for it; the words
/// are those of geth, reth, Nethermind, Besu, Erigon and old geth.
fn says_known(refusal: &str) -> bool {
    let words = refusal.to_ascii_lowercase();
    let anywhere = ["already known", "alreadyknown", "already imported", "already in mempool"];
    anywhere.iter().any(|known| words.contains(known)) || words.starts_with("known transaction")
}

/// Reads stored bytes and checks that the rest of the record is theirs.
fn read(signed: &SignedTx) -> Result<Sent, ChainError> {
    let sent = Sent::decode(&signed.bytes)?;
    if signed.hash != sent.hash.to_string() || signed.expiry != Expiry::Nonce(sent.tx.nonce()) {
        return Err(ChainError::Corrupt("the transaction's record does not match its bytes".to_owned()));
    }
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_words_for_known() {
        for known in
            ["already known", "ALREADY_KNOWN: already known", "AlreadyKnown", "known transaction: 0x12"]
        {
            assert!(says_known(known), "{known}");
        }
        for other in ["unknown transaction type", "nonce too low", "replacement transaction underpriced", ""]
        {
            assert!(!says_known(other), "{other}");
        }
    }
}
