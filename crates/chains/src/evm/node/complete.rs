//! Completes a draft with the nonce and prices that follow from the nodes' answers.

use alloy_primitives::{Address as EvmAddress, U256};
use waiaas_core::draft::{Completed, Draft};

use super::EvmChain;
use crate::codec::{Codec as _, Volatile};
use crate::evm::codec::signed::Replaced;
use crate::evm::codec::{fees, nonces};
use crate::{ChainError, Lane, Refusal};

impl EvmChain {
    pub(super) async fn complete_draft(&self, draft: &Draft, lane: &Lane) -> Result<Completed, ChainError> {
        let (from, body) = self.codec.read_built(draft)?;
        let count = self.next_nonce(from, lane).await?;
        let replaced = lane.replaces.as_deref().map(|signed| self.codec.placed(from, signed)).transpose()?;
        let nonce = match &replaced {
            Some(old) => old.open_nonce(count)?,
            None => nonces::free(count, &lane.nonces_in_flight)
                .ok_or_else(|| self.node.bad("the transaction count is out of range"))?,
        };
        // On OP-stack chains a part of the budget goes to the data fee, which no field limits.
        let data_fee = self.data_fee(body.input.len()).await?;
        let cap = lane.fee_cap.map_or(body.fee_budget, |cap| cap.min(body.fee_budget));
        let for_gas = cap.checked_sub(data_fee);
        let for_gas = for_gas.ok_or(Refusal::FeeAboveCap { fee: data_fee, cap });
        let for_gas = for_gas?;
        let (market, most_priority) = (self.market().await?, self.options.max_priority_fee_per_gas);
        let old = replaced.as_ref().map(Replaced::price);
        let price = market.price_to_sign(old, most_priority, body.gas_limit, for_gas, lane);
        let price = price?;
        let fee = fees::cost(body.gas_limit, price.max).saturating_add(data_fee);
        self.check_funds(from, body.value, fee).await?;
        let fees::Price { max: max_fee_per_gas, priority: max_priority_fee_per_gas } = price;
        let volatile = Volatile::Evm { nonce, max_fee_per_gas, max_priority_fee_per_gas };
        Ok(self.codec.complete(draft, volatile)?)
    }

    /// Checks that the account has `value` plus `fee`.
    pub(super) async fn check_funds(
        &self,
        from: EvmAddress,
        value: U256,
        fee: U256,
    ) -> Result<(), ChainError> {
        let have = self.node.balance(from).await.map_err(|f| self.node.fail(f))?;
        let left = have.checked_sub(value).ok_or_else(|| {
            let asset = self.codec.network.native().to_string();
            ChainError::Refused(Refusal::InsufficientBalance { asset, have, need: value })
        })?;
        if left < fee {
            return Err(ChainError::Refused(Refusal::InsufficientForFee { have: left, need: fee }));
        }
        Ok(())
    }
}
