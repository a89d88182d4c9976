//! EVM networks through their nodes: the requests, the choice of nodes, and the evaluation of their answers.
//!
//! All requests to nodes belong here; formats and arithmetic belong to `codec`.

mod build;
mod collections;
mod complete;
mod confirm;
mod count;
mod fixed;
mod holdings;
mod identity;
mod market;
mod methods;
mod observe;
mod replace;
mod reputation;
mod rival;
mod rpc;
mod testimony;

use alloy_primitives::{Address as EvmAddress, U256};
use async_trait::async_trait;
use futures_util::future::join_all;
use serde_json::json;
use waiaas_core::address::Address;
use waiaas_core::draft::{Completed, Draft};
use waiaas_core::intent::Intent;
use waiaas_core::network::Network;
use waiaas_core::transaction::Replacement;

use self::market::Lately;
use self::methods::Methods;
pub use self::reputation::Erc8004;
use self::rival::Searches;
use self::rpc::Node;
use super::EvmOptions;
use super::codec::drafted::{Drafted, Fixed};
use super::codec::{EvmCodec, erc20, evm_address};
use crate::rpc::{RpcFailure, RpcPool};
use crate::{
    Chain, ChainError, Codec, FeeQuote, GasPrices, Holdings, Identity, Known, Lane, Observation, Occupant,
    Outcome, Refusal, SignedTx, Simulation, Submission, TokenFacts, held,
};

/// First bytes of the code of an account that delegates to a contract's code (EIP-7702).
const DELEGATED: [u8; 3] = [0xef, 0x01, 0x00];

/// One EVM network.
#[derive(Debug)]
pub struct EvmChain {
    codec: EvmCodec,
    node: Node,
    options: EvmOptions,
    methods: Methods,
    searches: Searches,
    lately: Lately,
}

impl EvmChain {
    /// Returns the chain of an EVM network that `rpc` serves. Before the first request, each endpoint must return
    /// the network's chain id.
    ///
    /// # Errors
    ///
    /// [`ChainError::Refused`] if the network has no EIP-155 chain id.
    pub fn new(network: Network, rpc: RpcPool, options: EvmOptions) -> Result<Self, ChainError> {
        let codec = EvmCodec::new(network)?;
        let chain_id = codec.chain_id;
        let node = Node(rpc.expecting("eth_chainId", json!([]), json!(format!("0x{chain_id:x}"))));
        let (methods, searches) = (Methods::of(node.singles().len()), Searches::default());
        Ok(Self { codec, node, options, methods, searches, lately: Lately::default() })
    }

    /// Reads decimals and symbol of a token from one node.
    async fn token_by(&self, node: &Node, token: Address) -> Result<TokenFacts, ChainError> {
        let contract = evm_address(token).ok_or(ChainError::Refused(Refusal::NotAToken(token)))?;
        let decimals = self.token_decimals(node, token, contract).await?;
        // EIP-20 makes the symbol optional.
        let symbol = match node.read(contract, erc20::symbol()).await {
            Ok(answer) => erc20::read_symbol(&answer),
            Err(RpcFailure::Node { .. }) => String::new(),
            Err(failure) => return Err(node.fail(failure)),
        };
        Ok(TokenFacts { decimals, symbol })
    }

    /// Reads the decimals of the contract `token`. An address that does not answer is not a token.
    async fn token_decimals(
        &self,
        node: &Node,
        token: Address,
        contract: EvmAddress,
    ) -> Result<u8, ChainError> {
        let answer = self.token_answer(node, token, contract, erc20::decimals()).await?;
        erc20::read_decimals(&answer).ok_or(ChainError::Refused(Refusal::NotAToken(token)))
    }

    async fn token_balance(
        &self,
        node: &Node,
        token: Address,
        contract: EvmAddress,
        owner: EvmAddress,
    ) -> Result<U256, ChainError> {
        let answer = self.token_answer(node, token, contract, erc20::balance_of(owner)).await?;
        erc20::word(&answer).ok_or(ChainError::Refused(Refusal::NotAToken(token)))
    }

    async fn token_answer(
        &self,
        node: &Node,
        token: Address,
        contract: EvmAddress,
        question: alloy_primitives::Bytes,
    ) -> Result<alloy_primitives::Bytes, ChainError> {
        match node.read(contract, question).await {
            Ok(answer) => Ok(answer),
            Err(failure) => match self.would_fail(failure) {
                ChainError::Refused(_) => Err(ChainError::Refused(Refusal::NotAToken(token))),
                other => Err(other),
            },
        }
    }
}

/// Returns the EVM form of an address; refuses others.
fn account(address: Address) -> Result<EvmAddress, ChainError> {
    let why = || ChainError::Refused(Refusal::Unsupported(format!("{address} is not an EVM address")));
    evm_address(address).ok_or_else(why)
}

#[async_trait]
impl Chain for EvmChain {
    fn codec(&self) -> &dyn Codec {
        &self.codec
    }

    async fn identity(&self) -> Result<Identity, ChainError> {
        self.identified().await
    }

    async fn build(&self, from: Address, intent: &Intent) -> Result<Draft, ChainError> {
        match self.build_fixed(from, intent).await? {
            Some(draft) => Ok(draft),
            None => self.build_draft(from, intent).await,
        }
    }

    async fn replacement(&self, old: &Draft, signed: &[u8], with: Replacement) -> Result<Draft, ChainError> {
        self.replacement_draft(old, signed, with).await
    }

    async fn token(&self, token: Address) -> Result<TokenFacts, ChainError> {
        let nodes = self.node.awake(2);
        let answers = join_all(nodes.iter().map(|node| self.token_by(node, token))).await;
        self.node.asked(held::DECIMALS).agreed(answers)
    }

    async fn simulate(&self, draft: &Draft) -> Result<Simulation, ChainError> {
        let (from, drafted) = self.codec.read_any(draft)?;
        let Some(call) = drafted.call(from) else {
            // No node runs a text.
            return Ok(Simulation { success: true, logs: Vec::new(), units_consumed: None, error: None });
        };
        let answers = erc20::answers(&call.input);
        let failed = |error: String| {
            Ok(Simulation { success: false, logs: Vec::new(), units_consumed: None, error: Some(error) })
        };
        match self.node.run(&call, "pending").await {
            Ok(answer) if answers && erc20::refused(&answer) => failed(erc20::REFUSED.to_owned()),
            Ok(_) => {
                // The outcome is known; the gas used is optional.
                let units_consumed = self.node.estimate_gas(&call).await.ok();
                Ok(Simulation { success: true, logs: Vec::new(), units_consumed, error: None })
            }
            Err(failure) => match self.would_fail(failure) {
                ChainError::Refused(Refusal::SimulationFailed(reason)) => failed(reason),
                other => Err(other),
            },
        }
    }

    async fn observe(&self, draft: &Draft, completed: Option<&Completed>) -> Result<Observation, ChainError> {
        self.seen(draft, completed).await
    }

    fn simulation_methods(&self) -> Vec<Option<&'static str>> {
        self.methods.names()
    }

    async fn fee(&self, draft: &Draft) -> Result<Option<FeeQuote>, ChainError> {
        let (_, drafted) = self.codec.read_any(draft)?;
        self.fee_of(&drafted).await
    }

    async fn check_place(&self, draft: &Draft, lane: &Lane) -> Result<(), ChainError> {
        match self.codec.read_any(draft)? {
            (from, Drafted::Fixed(Fixed::External(external))) => {
                self.check_nonce(from, external.tx.nonce(), lane).await
            }
            (_, Drafted::Built(_) | Drafted::Fixed(Fixed::Personal(_) | Fixed::Typed(_))) => Ok(()),
        }
    }

    async fn gas_prices(&self) -> Result<GasPrices, ChainError> {
        Ok(self.market().await?.now())
    }

    async fn complete(&self, draft: &Draft, lane: &Lane) -> Result<Completed, ChainError> {
        match self.codec.read_any(draft)? {
            (_, Drafted::Built(_)) => self.complete_draft(draft, lane).await,
            (from, Drafted::Fixed(fixed)) => self.complete_fixed(from, &fixed, lane).await,
        }
    }

    async fn submit(&self, signed: &SignedTx) -> Result<Submission, ChainError> {
        self.broadcast(signed).await
    }

    async fn outcome(
        &self,
        from: Address,
        signed: &SignedTx,
        known: Known<'_>,
    ) -> Result<Outcome, ChainError> {
        self.outcome_of(from, signed, known).await
    }

    async fn occupant(&self, address: Address) -> Result<Occupant, ChainError> {
        let code = self.node.code(account(address)?).await.map_err(|f| self.node.fail(f))?;
        let delegated = code.starts_with(&DELEGATED);
        Ok(if code.is_empty() || delegated { Occupant::Account } else { Occupant::Contract })
    }

    async fn balance(&self, address: Address) -> Result<U256, ChainError> {
        self.node.balance(account(address)?).await.map_err(|f| self.node.fail(f))
    }

    async fn holdings(&self, address: Address, tokens: &[Address]) -> Result<Holdings, ChainError> {
        self.holdings_of(address, tokens).await
    }

    async fn least_held(&self, address: Address, tokens: &[Address]) -> Result<Vec<U256>, ChainError> {
        self.least_held_of(account(address)?, tokens).await
    }
}
