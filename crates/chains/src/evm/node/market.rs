//! Reads the network's current fee prices from its nodes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use alloy_primitives::U256;
use tokio::time::Instant;

use super::EvmChain;
use super::rpc::Node;
use crate::ChainError;
use crate::evm::codec::fees::Market;
use crate::evm::codec::op_stack;
use crate::rpc::RpcFailure;

/// One gwei, for nodes that suggest no priority fee.
const DEFAULT_PRIORITY_FEE: u128 = 1_000_000_000;

/// Time for which the steps of one request reuse the prices read before.
const FRESH: Duration = Duration::from_secs(1);

/// The prices that were read last.
#[derive(Debug, Default)]
pub(super) struct Lately(Mutex<Option<(Instant, Market)>>);

impl Lately {
    fn get(&self) -> Option<Market> {
        let lately = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lately.filter(|(at, _)| at.elapsed() < FRESH).map(|(_, market)| market)
    }

    fn set(&self, market: Market) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), market));
    }
}

impl EvmChain {
    /// Returns the current fee prices, with the priority fee capped by the options.
    pub(super) async fn market(&self) -> Result<Market, ChainError> {
        let market = self.market_of(&self.node).await.map_err(|f| self.node.fail(f))?;
        self.lately.set(market);
        Ok(market)
    }

    /// Returns the fee prices of the last second, or else reads the current ones.
    pub(super) async fn market_lately(&self) -> Result<Market, ChainError> {
        match self.lately.get() {
            Some(market) => Ok(market),
            None => self.market().await,
        }
    }

    /// Returns the fee prices of the last second, or else those of `node`.
    pub(super) async fn market_lately_of(&self, node: &Node) -> Result<Market, RpcFailure> {
        match self.lately.get() {
            Some(market) => Ok(market),
            None => self.market_of(node).await,
        }
    }

    /// Reads the current fee prices from one node.
    pub(super) async fn market_of(&self, node: &Node) -> Result<Market, RpcFailure> {
        let bad = |what: &str| RpcFailure::BadAnswer(what.to_owned());
        let head = node.head("latest").await?.ok_or_else(|| bad("there is no latest block"))?;
        let Some(base) = head.base_fee_per_gas else {
            return Ok(Market::Legacy { price: node.gas_price().await? });
        };
        let base = u128::try_from(base.0).map_err(|_| bad("the base fee is out of range"))?;
        let cap = self.options.max_priority_fee_per_gas;
        let priority = match node.priority_fee().await {
            Ok(priority) => priority.min(cap),
            // The method is not part of the execution API, so some nodes lack it.
            Err(RpcFailure::Node { .. }) => DEFAULT_PRIORITY_FEE.min(cap),
            Err(failure) => return Err(failure),
        };
        Ok(Market::Dynamic { base, priority })
    }

    /// Returns the data fee of an OP-stack chain for a transaction with `input_length` bytes of call data, plus a
    /// quarter; zero on all other chains. No field of a transaction limits this fee.
    pub(super) async fn data_fee(&self, input_length: usize) -> Result<U256, ChainError> {
        if !self.codec.network.has_data_fee {
            return Ok(U256::ZERO);
        }
        let question = op_stack::question(input_length);
        let answer = self.node.read(op_stack::ORACLE, question).await.map_err(|f| self.node.fail(f))?;
        op_stack::fee(&answer).ok_or_else(|| self.node.bad("the gas oracle's answer is not a number"))
    }
}
