//! From a draft to bytes: blockhash and prices, from the nodes' answers.

use solana_hash::Hash;
use waiaas_core::draft::{Completed, Draft};

use super::rpc::Node;
use super::{SolanaChain, expiry};
use crate::codec::{Codec as _, Volatile};
use crate::solana::codec::body::{Body, Builder};
use crate::solana::codec::{Content, not_replaced, offer};
use crate::{ChainError, Lane, Refusal};

impl SolanaChain {
    /// Sets the volatile fields, after a check that the facts of the draft still hold.
    pub(super) async fn complete_draft(&self, draft: &Draft, lane: &Lane) -> Result<Completed, ChainError> {
        if lane.replaces.is_some() {
            return Err(ChainError::Refused(not_replaced()));
        }
        let volatile = match self.codec.read_any(draft)? {
            (_, Content::Text(_)) => Volatile::AsItIs,
            (_, Content::Transaction(body)) => {
                let node = self.node().await?;
                self.confirm_facts(node, &body).await?;
                match body.origin() {
                    Builder::Here => self.fill_in(node, &body, lane).await?,
                    Builder::Elsewhere => as_it_is(node, &body, lane).await?,
                }
            }
        };
        Ok(self.codec.complete(draft, volatile)?)
    }

    /// Refuses a draft if the facts that its meaning depends on have changed.
    async fn confirm_facts(&self, node: &Node, body: &Body) -> Result<(), ChainError> {
        if self.gather(node, body.message()).await?.confirm(body.facts()) {
            return Ok(());
        }
        let text =
            "an account of the transaction has changed since it was judged; request the transaction again";
        Err(ChainError::Refused(Refusal::Unsupported(text.to_owned())))
    }

    /// Returns the draft with the unit price that its completion would set now.
    pub(super) async fn priced(&self, node: &Node, body: Body) -> Result<Body, ChainError> {
        match body.origin() {
            Builder::Elsewhere => Ok(body),
            Builder::Here => {
                let price = self.unit_price(node, &body, &Lane::default()).await?;
                Ok(body.with_volatile(Hash::default(), price)?)
            }
        }
    }

    async fn unit_price(&self, node: &Node, body: &Body, lane: &Lane) -> Result<u64, ChainError> {
        let recent = node.recent_prices(&offer::writable(body.message())).await?;
        Ok(offer::unit_price(body, recent, lane, self.options.priority_fee_cap)?)
    }

    /// Returns blockhash and unit price.
    async fn fill_in(&self, node: &Node, body: &Body, lane: &Lane) -> Result<Volatile, ChainError> {
        let unit_price = self.unit_price(node, body, lane).await?;
        // Requested last, so that other requests use none of its lifetime.
        let blockhash = expiry::recent(node).await?;
        let (blockhash, last_valid) = (blockhash.hash.to_bytes(), blockhash.last_valid);
        Ok(Volatile::Solana { blockhash, unit_price, last_valid })
    }
}

/// Leaves a transaction built elsewhere as it came, if its blockhash is still accepted. The end of its
/// acceptance is not known, but no current blockhash is accepted longer than the newest possible one.
async fn as_it_is(node: &Node, body: &Body, lane: &Lane) -> Result<Volatile, ChainError> {
    if lane.variation > 0 {
        let text = "exactly this transaction has been signed already";
        return Err(ChainError::Refused(Refusal::Unsupported(text.to_owned())));
    }
    offer::within(body, lane)?;
    let last_valid = expiry::of(node, body.message().recent_blockhash()).await?;
    Ok(Volatile::SolanaElsewhere { last_valid })
}
