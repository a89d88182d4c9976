//! From an intent to a draft: what is called, whether it can work, how much gas and fee it may use.

use alloy_primitives::{Address as EvmAddress, Bytes, U256};
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::draft::Draft;
use waiaas_core::intent::Intent;

use super::body::Body;
use super::erc20::{self, Transfer};
use super::fees;
use super::node::Call;
use super::{EvmChain, evm_address, revert};
use crate::rpc::RpcFailure;
use crate::{ChainError, Refusal};

impl EvmChain {
    pub(super) async fn build_draft(&self, from: Address, intent: &Intent) -> Result<Draft, ChainError> {
        let sender =
            evm_address(from).ok_or_else(|| unsupported("the wallet's address is not an EVM address"))?;
        let call = self.call_of(sender, intent)?;
        if let Intent::TokenTransfer { token, amount, .. } = intent {
            self.check_token_balance(*token, call.to, sender, *amount).await?;
        }
        let have = self.node.balance(sender).await.map_err(|f| self.node.fail(f))?;
        let after_value = have.checked_sub(call.value).ok_or_else(|| {
            let asset = self.network.native().to_string();
            ChainError::Refused(Refusal::InsufficientBalance { asset, have, need: call.value })
        })?;
        self.check_outcome(&call, intent).await?;
        let gas_limit = self.gas_limit(&call).await?;
        let fee_budget = self.fee_budget(&call, gas_limit, after_value).await?;
        let Call { to, value, input, .. } = call;
        let body = Body { chain_id: self.chain_id, to, value, input, gas_limit, fee_budget };
        Ok(Draft { network: self.network.id.clone(), from, body: body.encode() })
    }

    /// What the intent calls. Pure; refuses what is never meant.
    fn call_of(&self, from: EvmAddress, intent: &Intent) -> Result<Call, ChainError> {
        let (Intent::Transfer { memo, .. } | Intent::TokenTransfer { memo, .. }) = intent;
        if memo.is_some() {
            return Err(unsupported("EVM networks have no place for a memo"));
        }
        if intent.amount().is_zero() {
            return Err(unsupported("the amount must be more than zero"));
        }
        let bad_recipient = |why: &str| ChainError::Refused(Refusal::BadRecipient(why.to_owned()));
        let recipient =
            evm_address(intent.to()).ok_or_else(|| bad_recipient("the recipient is not an EVM address"))?;
        if recipient.is_zero() {
            return Err(bad_recipient("the zero address is not a recipient"));
        }
        match intent {
            Intent::Transfer { amount, .. } => {
                Ok(Call { from, to: recipient, value: *amount, input: Bytes::new() })
            }
            Intent::TokenTransfer { token, amount, .. } => {
                let to = evm_address(*token).ok_or(ChainError::Refused(Refusal::NotAToken(*token)))?;
                if to == recipient {
                    return Err(bad_recipient("the recipient is the token contract itself"));
                }
                let input = Transfer { to: recipient, amount: *amount }.encode();
                Ok(Call { from, to, value: U256::ZERO, input })
            }
        }
    }

    async fn check_token_balance(
        &self,
        token: Address,
        contract: EvmAddress,
        owner: EvmAddress,
        need: U256,
    ) -> Result<(), ChainError> {
        self.token_decimals(token, contract).await?;
        let have = self.token_balance(token, contract, owner).await?;
        if have >= need {
            return Ok(());
        }
        let asset = AssetId::token(&self.network.caip2, token).to_string();
        Err(ChainError::Refused(Refusal::InsufficientBalance { asset, have, need }))
    }

    /// Some tokens say no by answering `false` instead of reverting, which a gas estimate misses.
    async fn check_outcome(&self, call: &Call, intent: &Intent) -> Result<(), ChainError> {
        if intent.token().is_none() {
            return Ok(());
        }
        let answer = self.node.run(call, "latest").await.map_err(|failure| self.would_fail(failure))?;
        if erc20::transfer_refused(&answer) {
            return Err(ChainError::Refused(Refusal::SimulationFailed(
                "the token refuses the transfer".to_owned(),
            )));
        }
        Ok(())
    }

    async fn gas_limit(&self, call: &Call) -> Result<u64, ChainError> {
        let estimate = self.node.estimate_gas(call).await.map_err(|failure| self.would_fail(failure))?;
        if estimate < 21_000 {
            return Err(self.node.bad("the gas estimate is below the cost of any transaction"));
        }
        fees::with_margin(estimate, self.options.gas_margin_percent)
            .ok_or_else(|| self.node.bad("the gas estimate is out of range"))
    }

    async fn fee_budget(&self, call: &Call, gas_limit: u64, available: U256) -> Result<U256, ChainError> {
        let execution = fees::cost(gas_limit, self.market().await?.comfortable());
        let data = self.data_fee(call.input.len()).await?;
        let need_now = execution.saturating_add(data);
        let budget = fees::budget(need_now, self.options.max_fee).map_err(ChainError::Refused)?;
        if available < need_now {
            return Err(ChainError::Refused(Refusal::InsufficientForFee { have: available, need: need_now }));
        }
        Ok(budget)
    }

    /// Tells "this call fails" from "this node fails". Codes: 3 is a revert; -32000, -32003 (EIP-1474) and
    /// -32015 (OpenEthereum and its heirs) are a transaction the node would not run.
    pub(super) fn would_fail(&self, failure: RpcFailure) -> ChainError {
        match failure {
            RpcFailure::Node { code: 3 | -32000 | -32003 | -32015, message, data } => {
                ChainError::Refused(Refusal::SimulationFailed(revert::reason(&message, data.as_ref())))
            }
            other => self.node.fail(other),
        }
    }
}

fn unsupported(why: &str) -> ChainError {
    ChainError::Refused(Refusal::Unsupported(why.to_owned()))
}
