//! The testimony of one node about signed bytes: by receipt, by the account's count and by hash.
//!
//! The requests, their order and the reading of the answers belong here. `outcome` rules on the testimonies of all
//! nodes.

use alloy_primitives::B256;
use waiaas_core::network::Finality;

use super::EvmChain;
use super::rival::UsedBy;
use super::rpc::Node;
use crate::evm::codec::answer::Receipt;
use crate::evm::codec::envelope::Sent;
use crate::evm::codec::receipt;
use crate::outcome::{Depth, Landed, Proof, Testimony};
use crate::rpc::RpcFailure;
use crate::{ChainError, Known};

/// A question about signed bytes, with the other transactions of the same nonce, of which only one lands.
pub(super) struct Question<'a> {
    pub(super) chain: &'a EvmChain,
    pub(super) sent: &'a Sent,
    /// Hashes of the account's other signed transactions for the nonce.
    pub(super) rivals: Vec<B256>,
    /// Hash and block of a transaction that landed before this one could.
    earlier: Option<(B256, u64)>,
}

/// The block of a transaction, by a receipt whose block is on the node's chain.
pub(super) struct Included {
    pub(super) block: u64,
    /// Number of the node's newest block.
    pub(super) height: u64,
}

impl<'a> Question<'a> {
    pub(super) fn new(chain: &'a EvmChain, sent: &'a Sent, known: Known<'_>) -> Self {
        let rivals = known.rivals.iter().filter_map(|hash| hash.parse().ok());
        let rivals = rivals.filter(|rival| *rival != sent.hash).collect();
        let earlier = known.earlier.and_then(|(hash, block)| Some((hash.parse().ok()?, block)));
        Self { chain, sent, rivals, earlier }
    }

    /// Asks one node. Its height is read first: a transaction that it then does not have is in no block up to that
    /// height.
    pub(super) async fn ask(&self, node: &Node, how_far: bool) -> Result<Testimony, ChainError> {
        self.testify(node, how_far).await.map_err(|failure| node.fail(failure))
    }

    async fn testify(&self, node: &Node, how_far: bool) -> Result<Testimony, RpcFailure> {
        let seen_up_to = if how_far { Some(node.height().await?) } else { None };
        let open = Testimony::Open { seen_up_to };
        if let Some(receipt) = node.receipt(self.sent.hash).await? {
            return Ok(self.landed(node, &receipt).await?.map_or(open, Testimony::Landed));
        }
        let nonce = self.sent.tx.nonce();
        if node.transaction_count(self.sent.from, "latest").await? <= nonce {
            return Ok(open);
        }
        if node.knows(self.sent.hash).await? {
            return Ok(open);
        }
        Ok(match self.used_by(node).await? {
            UsedBy::Another => Testimony::Gone(Proof::Signed),
            // The node shows that it landed but has no receipt, so the transaction stays open.
            UsedBy::Itself => Testimony::Open { seen_up_to: None },
            UsedBy::NotShown => Testimony::Gone(if self.has_everything_since(node).await? {
                Proof::Complete
            } else {
                Proof::Claimed
            }),
        })
    }

    /// Returns whether a node still has a transaction that landed before this one could, and reports the nonce as
    /// used in a final block.
    async fn has_everything_since(&self, node: &Node) -> Result<bool, RpcFailure> {
        let Some((hash, block)) = self.earlier else { return Ok(false) };
        let Some(receipt) = node.receipt(hash).await? else { return Ok(false) };
        let Some(found) = included(node, &receipt).await? else { return Ok(false) };
        let Some(last) = self.final_height(node, found.height).await? else { return Ok(false) };
        let used = self.used_at(node, last).await?;
        Ok(found.block == block && used == Some(true))
    }

    /// Reads a receipt; returns `None` while its block is not on the node's chain.
    async fn landed(&self, node: &Node, receipt: &Receipt) -> Result<Option<Landed>, RpcFailure> {
        let bad = |why: &str| RpcFailure::BadAnswer(why.to_owned());
        let has_data_fee = self.chain.codec.network.has_data_fee;
        let (succeeded, fee) = receipt::read(self.sent, receipt, has_data_fee).map_err(bad)?;
        let Some(Included { block, height }) = included(node, receipt).await? else { return Ok(None) };
        let confirmations = height.checked_sub(block).map_or(0, |above| above.saturating_add(1));
        let depth = if confirmations < self.chain.options.confirmations.max(1) {
            Depth::Shallow
        } else if self.final_height(node, height).await?.is_some_and(|last| block <= last) {
            Depth::Final
        } else {
            Depth::Confirmed
        };
        Ok(Some(Landed { succeeded, fee, block, depth }))
    }

    /// Returns a node's newest final block, where `height` is its newest block.
    pub(super) async fn final_height(&self, node: &Node, height: u64) -> Result<Option<u64>, RpcFailure> {
        let buried = |blocks: u64| height.checked_sub(blocks.max(1).saturating_sub(1));
        let options = &self.chain.options;
        let by_rule = match options.finality {
            Finality::Blocks(blocks) => buried(blocks),
            Finality::Finalized { else_blocks } => match node.number_of("finalized").await {
                Ok(Some(number)) => Some(number),
                Ok(None) | Err(RpcFailure::Node { .. }) => buried(else_blocks),
                Err(failure) => return Err(failure),
            },
        };
        Ok(by_rule.zip(buried(options.least_finality_depth)).map(|(rule, least)| rule.min(least)))
    }
}

/// Returns the block of a receipt, if it is on the node's chain.
pub(super) async fn included(node: &Node, receipt: &Receipt) -> Result<Option<Included>, RpcFailure> {
    let (Some(hash), Some(number)) = (receipt.block_hash, receipt.block_number) else { return Ok(None) };
    let out_of_range = |_| RpcFailure::BadAnswer("the block number is out of range".to_owned());
    let block = u64::try_from(number.0).map_err(out_of_range)?;
    if node.head(&format!("0x{block:x}")).await?.is_none_or(|head| head.hash != hash) {
        return Ok(None);
    }
    Ok(Some(Included { block, height: node.height().await? }))
}
