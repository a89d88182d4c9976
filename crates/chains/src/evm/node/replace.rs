//! Builds a replacement: a transaction with the nonce of one that does not land, at a higher fee or empty. A nonce
//! is used once, so at most one of the two lands.

use alloy_primitives::{Address as EvmAddress, Bytes, U256};
use waiaas_core::draft::Draft;
use waiaas_core::transaction::Replacement;

use super::EvmChain;
use crate::ChainError;
use crate::evm::codec::body::Body;
use crate::evm::codec::calls::Call;
use crate::evm::codec::fees;

impl EvmChain {
    pub(super) async fn replacement_draft(
        &self,
        old: &Draft,
        signed: &[u8],
        with: Replacement,
    ) -> Result<Draft, ChainError> {
        let (from, old_body, replaced) = self.codec.read_replaced(old, signed)?;
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
        Ok(self.codec.draft(from, Body { fee_budget, ..body }.encode()))
    }

    /// Refuses to repeat a call that would fail now and only pay its fee.
    async fn check_still_works(&self, from: EvmAddress, body: &Body) -> Result<(), ChainError> {
        if body.input.is_empty() {
            return Ok(());
        }
        let call = Call { from, to: body.to, value: body.value, input: body.input.clone() };
        self.check_answer(&call).await
    }

    /// Returns an empty transfer of an account to itself. Its gas is estimated, because some networks charge more
    /// than 21000 gas for it.
    async fn nothing(&self, from: EvmAddress) -> Result<Body, ChainError> {
        let call = Call { from, to: Some(from), value: U256::ZERO, input: Bytes::new() };
        let gas_limit = self.gas_limit(&call).await?;
        let Call { to, value, input, .. } = call;
        let fee_budget = U256::ZERO;
        Ok(Body { chain_id: self.codec.chain_id, to, value, input, standard: None, gas_limit, fee_budget })
    }
}
