//! What nodes see a draft do, asked without the decoder: `eth_simulateV1`, or the tracer of nodes that
//! have only that.
//!
//! A contract can behave otherwise where it notices that it is only being tried out. So the call is run
//! as the transaction that it will be: with its gas limit, its access list, and the very fees that are
//! signed. Nodes add the account's next nonce by themselves.

use alloy_primitives::Address as EvmAddress;
use futures_util::future::join_all;
use serde_json::json;
use waiaas_core::U256;
use waiaas_core::draft::{Completed, Draft};
use waiaas_core::simulation::Observed;

use super::EvmChain;
use super::methods::{Learned, Method, is_missing};
use super::rpc::{Node, Terms};
use crate::codec::Codec as _;
use crate::evm::codec::body::Body;
use crate::evm::codec::calls::Call;
use crate::evm::codec::decode::{PERMIT2, permit2_allowance};
use crate::evm::codec::drafted::{Drafted, Fixed};
use crate::evm::codec::envelope::Unsigned;
use crate::evm::codec::events::{self, Event, Told};
use crate::evm::codec::fees::{Market, Price};
use crate::evm::codec::observed::named;
use crate::evm::codec::{EvmCodec, erc20, revert};
use crate::observation::{RUN, join};
use crate::rpc::RpcFailure;
use crate::{ChainError, MostPrices, Observation, Refusal};

/// A run that ended: what happened, or why it failed.
type Run = Result<Vec<Event>, String>;

/// What is to be run.
struct Trial {
    call: Call,
    as_is: AsIs,
}

/// On which terms.
enum AsIs {
    /// Those of a transaction that has them.
    Signed(Box<Unsigned>),
    /// Those that a draft would get now.
    Likely(Body),
}

impl EvmChain {
    /// The first node that can say, says. Where nothing but what is seen tells what the draft does, every node
    /// is asked: what any of them sees counts.
    pub(super) async fn seen(
        &self,
        draft: &Draft,
        completed: Option<&Completed>,
    ) -> Result<Observation, ChainError> {
        let Some(trial) = self.trial(draft, completed)? else { return Ok(Observation::NotApplicable) };
        if self.codec.effects(draft)?.undecoded().next().is_some() {
            let nodes = self.node.awake(2);
            // Each by its own word of what the network charges.
            let told = join_all(nodes.iter().map(async |node| {
                let market = self.market_of(node).await.map_err(|failure| node.fail(failure))?;
                self.seen_by(node, &trial, market).await
            }));
            let told = told.await;
            return join(self.node.asked(RUN), told);
        }
        let mut why = "no node is configured".to_owned();
        for node in self.node.singles() {
            let seen = match self.market_lately_of(&node).await {
                Ok(market) => self.seen_by(&node, &trial, market).await,
                Err(failure) => Err(node.fail(failure)),
            };
            match seen {
                Ok(observed) => return Ok(Observation::Seen(Box::new(observed))),
                Err(ChainError::BadAnswer { reason, .. } | ChainError::Unreachable { reason, .. }) => {
                    why = reason
                }
                Err(ChainError::WrongChain { found, .. }) => {
                    why = format!("the node serves another chain ({found})");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Observation::Unavailable(why))
    }

    async fn seen_by(&self, node: &Node, trial: &Trial, market: Market) -> Result<Observed, ChainError> {
        match self.run(node.0.position().unwrap_or_default(), node, trial, market).await {
            Ok(Ok(events)) => {
                let told = events::told(&events, trial.call.from);
                Ok(self.observed(node, &trial.call, told).await)
            }
            Ok(Err(reason)) => Err(ChainError::Refused(Refusal::SimulationFailed(reason))),
            Err(failure) => Err(node.fail(failure)),
        }
    }

    /// What a draft, or its completed bytes, would run; none for what no chain runs.
    fn trial(&self, draft: &Draft, completed: Option<&Completed>) -> Result<Option<Trial>, ChainError> {
        let (from, drafted) = self.codec.read_any(draft)?;
        let Some(call) = drafted.call(from) else { return Ok(None) };
        let as_is = match (drafted, completed) {
            (Drafted::Built(_), Some(completed)) => AsIs::Signed(Box::new(EvmCodec::unsigned(completed)?)),
            (Drafted::Built(body), None) => AsIs::Likely(body),
            (Drafted::Fixed(Fixed::External(external)), _) => AsIs::Signed(Box::new(external.tx)),
            (Drafted::Fixed(Fixed::Personal(_) | Fixed::Typed(_)), _) => return Ok(None),
        };
        Ok(Some(Trial { call, as_is }))
    }

    async fn run(
        &self,
        position: usize,
        node: &Node,
        trial: &Trial,
        market: Market,
    ) -> Result<Run, RpcFailure> {
        let terms = match &trial.as_is {
            AsIs::Signed(tx) => Terms {
                gas: tx.fields().gas_limit(),
                price: tx.price(),
                access_list: tx.accessed(),
                base_fee: market.base_fee(),
            },
            AsIs::Likely(body) => Terms {
                gas: body.gas_limit,
                price: self.likely_price(market, body).await,
                access_list: Vec::new(),
                base_fee: market.base_fee(),
            },
        };
        let mut failures = Vec::new();
        // Each is not known there, not allowed there, or out of order there.
        for method in self.methods.order(position) {
            let run = match method {
                Method::Simulate => simulated(node, &trial.call, &terms).await,
                Method::Trace => traced(node, &trial.call, &terms).await,
            };
            match run {
                Ok(run) => {
                    self.methods.learn(position, Learned::Has(method));
                    return Ok(run);
                }
                Err(failure) => failures.push(failure),
            }
        }
        if failures.iter().all(is_missing) {
            self.methods.learn(position, Learned::HasNone);
        }
        let nothing = || RpcFailure::BadAnswer("the node was not asked".to_owned());
        Err(failures.into_iter().next().unwrap_or_else(nothing))
    }

    /// What completing a draft would offer now.
    async fn likely_price(&self, market: Market, body: &Body) -> Price {
        // Only where it is short does the budget lower the price.
        let data_fee = self.data_fee(body.input.len()).await.unwrap_or_default();
        let for_gas = body.fee_budget.saturating_sub(data_fee);
        let price = market.price_within(body.gas_limit, for_gas, MostPrices::default());
        price.unwrap_or_else(|_| market.comfortable_price())
    }

    /// What was told, allowances less what spenders may take already.
    async fn observed(&self, node: &Node, call: &Call, mut told: Told) -> Observed {
        for ((token, spender), amount) in &mut told.allowances {
            *amount = amount.saturating_sub(allowed(node, *token, call.from, *spender).await);
        }
        for ((token, spender), (amount, end)) in &mut told.by_permit2 {
            let before = permitted(node, *token, call.from, *spender).await;
            // One that would have ended sooner is no part of the new one.
            let before = before.filter(|(_, until)| *until >= *end).map_or(U256::ZERO, |(amount, _)| amount);
            *amount = amount.saturating_sub(before);
        }
        named(&self.codec.network, told)
    }
}

/// What a spender may take already. Tokens of an older making announce what is left of an allowance
/// whenever some of it is used. Nothing, where the token does not say.
async fn allowed(node: &Node, token: EvmAddress, owner: EvmAddress, spender: EvmAddress) -> U256 {
    match node.read(token, erc20::allowance(owner, spender)).await {
        Ok(answer) => erc20::word(&answer).unwrap_or_default(),
        Err(_) => U256::ZERO,
    }
}

/// What Permit2 lets a spender take already, and until when. None where it does not say.
async fn permitted(
    node: &Node,
    token: EvmAddress,
    owner: EvmAddress,
    spender: EvmAddress,
) -> Option<(U256, U256)> {
    let answer = node.read(PERMIT2, permit2_allowance(owner, token, spender)).await.ok()?;
    match answer.as_chunks::<32>() {
        ([amount, end, _nonce], []) => Some((U256::from_be_bytes(*amount), U256::from_be_bytes(*end))),
        _ => None,
    }
}

async fn simulated(node: &Node, call: &Call, terms: &Terms) -> Result<Run, RpcFailure> {
    let simulated = node.simulate(call, terms).await?;
    if simulated.status.0 == U256::ONE {
        return Ok(Ok(events::of_logs(simulated.logs)));
    }
    let returned = (!simulated.return_data.is_empty()).then(|| json!(simulated.return_data));
    let (message, data) = match simulated.error {
        Some(error) => (error.message, error.data.map(|data| data.0).or(returned)),
        None => ("execution reverted".to_owned(), returned),
    };
    Ok(Err(revert::reason(&message, data.as_ref())))
}

async fn traced(node: &Node, call: &Call, terms: &Terms) -> Result<Run, RpcFailure> {
    let frame = node.trace(call, terms).await?;
    // A trace of something else is none of this.
    if frame.from != call.from || (call.to.is_some() && frame.to != call.to) {
        return Err(RpcFailure::BadAnswer("the trace is of another call".to_owned()));
    }
    match &frame.error {
        Some(error) => {
            let output = frame.output.as_ref().map(|output| json!(output));
            Ok(Err(revert::reason(error, output.as_ref())))
        }
        None => Ok(Ok(events::of_frame(frame))),
    }
}
