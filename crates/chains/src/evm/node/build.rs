//! Builds a draft from an intent: checks that it can succeed and sets its gas limit and fee budget. `calls`
//! determines the call.

use alloy_primitives::{Address as EvmAddress, U256};
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::draft::Draft;
use waiaas_core::intent::Intent;

use super::EvmChain;
use crate::evm::codec::body::Body;
use crate::evm::codec::calls::{Call, call_of};
use crate::evm::codec::{erc20, fees, revert, wallet_address};
use crate::rpc::RpcFailure;
use crate::{ChainError, Refusal};

impl EvmChain {
    pub(super) async fn build_draft(&self, from: Address, intent: &Intent) -> Result<Draft, ChainError> {
        let sender = wallet_address(from)?;
        let call = call_of(sender, intent)?;
        self.check_means(&call, intent).await?;
        let have = self.node.balance(sender).await.map_err(|f| self.node.fail(f))?;
        let after_value = have.checked_sub(call.value).ok_or_else(|| {
            let asset = self.codec.network.native().to_string();
            ChainError::Refused(Refusal::InsufficientBalance { asset, have, need: call.value })
        })?;
        if erc20::answers(&call.input) {
            match self.check_answer(&call).await {
                Err(refused @ ChainError::Refused(Refusal::SimulationFailed(_))) => {
                    return Err(self.old_allowance(&call).await.unwrap_or(refused));
                }
                other => other?,
            }
        }
        let standard = self.standard_for(sender, call.to, &call.input).await?;
        let gas_limit = self.gas_limit(&call).await?;
        let fee_budget = self.fee_budget(&call, gas_limit, after_value).await?;
        let Call { to, value, input, .. } = call;
        let chain_id = self.codec.chain_id;
        let body = Body { chain_id, to, value, input, standard, gas_limit, fee_budget };
        Ok(self.codec.draft(sender, body.encode()))
    }

    /// Checks that the called contract is of the kind that the intent names, and that the wallet has the asset.
    async fn check_means(&self, call: &Call, intent: &Intent) -> Result<(), ChainError> {
        match (intent, call.to) {
            (Intent::TokenTransfer { token, amount, .. }, Some(contract)) => {
                self.check_token_balance(*token, contract, call.from, *amount).await
            }
            (Intent::Approve { token, .. }, Some(contract)) => {
                self.token_decimals(&self.node, *token, contract).await.map(drop)
            }
            (Intent::NftTransfer { nft, quantity, .. }, _) => self.check_nft(nft, call.from, *quantity).await,
            (Intent::ApproveNft { nft, .. }, _) => self.check_nft(nft, call.from, U256::ONE).await,
            (Intent::ApproveCollection { collection, standard, .. }, _) => {
                self.check_collection(*collection, *standard).await
            }
            (Intent::ContractCall { .. }, Some(contract)) if !call.input.is_empty() => {
                self.check_code(contract).await
            }
            // No check is needed: the gas estimate of the call decides.
            _ => Ok(()),
        }
    }

    /// Refuses data for an address without code, where it has no effect.
    async fn check_code(&self, contract: EvmAddress) -> Result<(), ChainError> {
        let code = self.node.code(contract).await.map_err(|f| self.node.fail(f))?;
        if code.is_empty() {
            let why = format!("there is no contract at {contract} on this network");
            return Err(ChainError::Refused(Refusal::BadRecipient(why)));
        }
        Ok(())
    }

    async fn check_token_balance(
        &self,
        token: Address,
        contract: EvmAddress,
        owner: EvmAddress,
        need: U256,
    ) -> Result<(), ChainError> {
        self.token_decimals(&self.node, token, contract).await?;
        let have = self.token_balance(&self.node, token, contract, owner).await?;
        if have >= need {
            return Ok(());
        }
        let asset = AssetId::token(&self.codec.network.caip2, token).to_string();
        Err(ChainError::Refused(Refusal::InsufficientBalance { asset, have, need }))
    }

    /// Runs the call on the latest state. Some tokens return `false` instead of reverting, which a gas estimate does
    /// not detect.
    pub(super) async fn check_answer(&self, call: &Call) -> Result<(), ChainError> {
        let answer = self.node.run(call, "latest").await.map_err(|failure| self.would_fail(failure))?;
        if erc20::answers(&call.input) && erc20::refused(&answer) {
            return Err(ChainError::Refused(Refusal::SimulationFailed(erc20::REFUSED.to_owned())));
        }
        Ok(())
    }

    /// Returns the refusal for a token (USDT among them) that accepts a new allowance only after the old one is zero.
    /// Returns `None` if a call of `approve` failed for another reason, or the token does not answer.
    async fn old_allowance(&self, call: &Call) -> Option<ChainError> {
        let (token, (spender, amount)) = (call.to?, erc20::approved(&call.input)?);
        let answer = self.node.read(token, erc20::allowance(call.from, spender)).await.ok()?;
        let left = erc20::word(&answer).filter(|left| !left.is_zero() && !amount.is_zero())?;
        let spender = Address::Evm(spender.into_array());
        Some(ChainError::Refused(Refusal::AllowanceStands { spender, left }))
    }

    pub(super) async fn gas_limit(&self, call: &Call) -> Result<u64, ChainError> {
        let estimate = self.node.estimate_gas(call).await.map_err(|failure| self.would_fail(failure))?;
        if estimate < 21_000 {
            return Err(self.node.bad("the gas estimate is below the cost of any transaction"));
        }
        fees::with_margin(estimate, self.options.gas_margin_percent)
            .ok_or_else(|| self.node.bad("the gas estimate is out of range"))
    }

    async fn fee_budget(&self, call: &Call, gas_limit: u64, available: U256) -> Result<U256, ChainError> {
        let market = self.market().await?;
        let data = self.data_fee(call.input.len()).await?;
        let need_now = fees::cost(gas_limit, market.comfortable()).saturating_add(data);
        if available < need_now {
            return Err(ChainError::Refused(Refusal::InsufficientForFee { have: available, need: need_now }));
        }
        Ok(fees::budget(need_now))
    }

    /// Distinguishes a failing call from a failing node. Codes: 3 is a revert; -32000, -32003 (EIP-1474) and -32015
    /// (OpenEthereum and its successors) are a transaction that the node does not run. Anvil reports such a
    /// transaction as an internal error (-32603). An answer above the size limit is a failure of the call.
    pub(super) fn would_fail(&self, failure: RpcFailure) -> ChainError {
        match failure {
            RpcFailure::Node { code: 3 | -32000 | -32003 | -32015, message, data } => {
                ChainError::Refused(Refusal::SimulationFailed(revert::reason(&message, data.as_ref())))
            }
            RpcFailure::Node { code: -32603, message, data } if message.starts_with("EVM error") => {
                ChainError::Refused(Refusal::SimulationFailed(revert::reason(&message, data.as_ref())))
            }
            RpcFailure::TooLarge(most) => {
                let why = format!("its answer is larger than {most} bytes");
                ChainError::Refused(Refusal::SimulationFailed(why))
            }
            other => self.node.fail(other),
        }
    }
}
