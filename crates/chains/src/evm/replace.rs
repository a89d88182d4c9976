//! A second transaction for the nonce of one that does not land: at a higher fee, or empty. A nonce is
//! used once, so at most one of the two lands.

use alloy_primitives::{Address as EvmAddress, Bytes, U256};
use waiaas_core::draft::Draft;
use waiaas_core::transaction::Replacement;

use super::EvmChain;
use super::body::Body;
use super::envelope::Sent;
use super::fees::{self, Price};
use super::node::Call;
use crate::{ChainError, Refusal};

/// A signed transaction whose place is to be taken.
pub(super) struct Replaced(Sent);

impl Replaced {
    /// Its nonce, if the `used` transactions of the account on chain leave it open.
    pub(super) fn open_nonce(&self, used: u64) -> Result<u64, ChainError> {
        let nonce = self.0.tx.nonce();
        if used > nonce { Err(ChainError::Refused(Refusal::NothingToReplace)) } else { Ok(nonce) }
    }

    /// What it offers.
    pub(super) fn price(&self) -> Price {
        self.0.tx.price()
    }
}

impl EvmChain {
    /// Reads signed bytes of `from`.
    pub(super) fn replaced(&self, from: EvmAddress, signed: &[u8]) -> Result<Replaced, ChainError> {
        let corrupt = |what: &str| ChainError::Corrupt(what.to_owned());
        let sent = Sent::decode(signed)?;
        if sent.from != from {
            return Err(corrupt("the transaction to be replaced is another wallet's"));
        }
        if sent.tx.body(U256::ZERO)?.chain_id != self.chain_id {
            return Err(corrupt("the transaction to be replaced is for another chain"));
        }
        Ok(Replaced(sent))
    }

    pub(super) async fn replacement_draft(
        &self,
        old: &Draft,
        signed: &[u8],
        with: Replacement,
    ) -> Result<Draft, ChainError> {
        let (from, old_body) = self.read_draft(old)?;
        let replaced = self.replaced(from, signed)?;
        // What is done again is what was judged, and what was signed.
        let signed_body = replaced.0.tx.body(old_body.fee_budget)?;
        if (Body { standard: old_body.standard, ..signed_body }) != old_body {
            return Err(ChainError::Corrupt("the signed bytes are not the draft's".to_owned()));
        }
        replaced.open_nonce(self.lowest_count(from).await?)?;
        let body = match with {
            Replacement::HigherFee => {
                self.check_still_works(from, &old_body).await?;
                old_body
            }
            Replacement::Cancellation => self.nothing(from).await?,
        };
        let price = self.market().await?.comfortable_over(replaced.price());
        let data_fee = self.data_fee(body.input.len()).await?;
        let need_now = fees::cost(body.gas_limit, price).saturating_add(data_fee);
        let fee_budget = fees::budget(need_now);
        self.check_funds(from, body.value, need_now).await?;
        let body = Body { fee_budget, ..body };
        Ok(Draft { network: self.network.id.clone(), from: old.from, body: body.encode() })
    }

    /// A call that would fail now would land only to burn its fee.
    async fn check_still_works(&self, from: EvmAddress, body: &Body) -> Result<(), ChainError> {
        if body.input.is_empty() {
            return Ok(());
        }
        let call = Call { from, to: body.to, value: body.value, input: body.input.clone() };
        self.check_answer(&call).await
    }

    /// An empty transfer of an account to itself. The estimate is asked for, for some networks count
    /// more than 21000 gas for it.
    async fn nothing(&self, from: EvmAddress) -> Result<Body, ChainError> {
        let call = Call { from, to: Some(from), value: U256::ZERO, input: Bytes::new() };
        let gas_limit = self.gas_limit(&call).await?;
        let Call { to, value, input, .. } = call;
        let fee_budget = U256::ZERO;
        Ok(Body { chain_id: self.chain_id, to, value, input, standard: None, gas_limit, fee_budget })
    }
}
