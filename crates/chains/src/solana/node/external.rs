//! The draft of a transaction built elsewhere, once a node accepts its blockhash and returns its accounts.

use solana_pubkey::Pubkey;
use waiaas_core::draft::Draft;

use super::SolanaChain;
use crate::solana::codec::body::{Body, Builder};
use crate::solana::codec::decode::advances_nonce;
use crate::solana::codec::external::{read, stale};
use crate::solana::codec::fees::Terms;
use crate::solana::codec::{message, unsupported};
use crate::{ChainError, Refusal};

impl SolanaChain {
    /// Returns the draft of a transaction as its builder serialised it, with or without signatures.
    pub(super) async fn build_external(&self, from: &Pubkey, wire: &[u8]) -> Result<Draft, ChainError> {
        let message = read(from, wire)?;
        let terms = Terms::read(&message).map_err(unsupported)?;
        let (price, cap) = (terms.unit_price.into(), self.options.priority_fee_cap.into());
        if price > cap {
            return Err(ChainError::Refused(Refusal::PriorityAboveCap { price, cap }));
        }
        let fee = terms.fee().ok_or_else(|| unsupported("the fee is out of range"))?;
        let node = self.node().await?;
        if !node.blockhash_is_valid(message.recent_blockhash()).await? {
            return Err(stale().into());
        }
        let facts = self.gather(node, &message).await?;
        let first = message::calls(&message, &facts.loaded).next().flatten();
        if first.is_some_and(|call| advances_nonce(&call)) {
            let why = "a transaction with a durable nonce never expires, so it is not signed";
            return Err(unsupported(why).into());
        }
        let body = Body::new(Builder::Elsewhere, fee, facts, message)?.draft()?;
        Ok(self.codec.draft(from, body))
    }
}
