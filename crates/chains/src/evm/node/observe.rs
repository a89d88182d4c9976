//! Simulates a draft on nodes, independently of the decoder: by `eth_simulateV1`, or by the tracer of nodes that
//! have only that.
//!
//! A contract can behave differently if it detects a simulation. So the call runs as the later transaction: with
//! its gas limit, its access list, and the fees that are signed. Nodes add the account's next nonce.

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
use crate::evm::codec::events::{self, Event, Sums};
use crate::evm::codec::fees::{Market, Price};
use crate::evm::codec::observed::named;
use crate::evm::codec::{EvmCodec, erc20, revert};
use crate::observation::{RUN, join};
use crate::rpc::RpcFailure;
use crate::{ChainError, MostPrices, Observation, Refusal};

/// A completed run: its events, or the reason of its failure.
type Run = Result<Vec<Event>, String>;

/// A call to simulate, and its terms.
struct Trial {
    call: Call,
    as_is: AsIs,
}

/// The terms of a simulation.
enum AsIs {
    /// The terms of a completed transaction.
    Signed(Box<Unsigned>),
    /// The terms that completing a draft would set now.
    Likely(Body),
}

impl EvmChain {
    /// Simulates a draft on the first node that can. If the draft has undecoded calls, the effects are known only
    /// from simulation, so every node simulates it and the results are joined.
    pub(super) async fn seen(
        &self,
        draft: &Draft,
        completed: Option<&Completed>,
    ) -> Result<Observation, ChainError> {
        let Some(trial) = self.trial(draft, completed)? else { return Ok(Observation::NotApplicable) };
        if self.codec.effects(draft)?.undecoded().next().is_some() {
            let nodes = self.node.awake(2);
            // Each node runs it at the fee prices that it reports.
            let answers = join_all(nodes.iter().map(async |node| {
                let market = self.market_of(node).await.map_err(|failure| node.fail(failure))?;
                self.seen_by(node, &trial, market).await
            }));
            let answers = answers.await;
            return join(self.node.asked(RUN), answers);
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
                let sums = events::sum_up(&events, trial.call.from);
                Ok(self.observed(node, &trial.call, sums).await)
            }
            Ok(Err(reason)) => Err(ChainError::Refused(Refusal::SimulationFailed(reason))),
            Err(failure) => Err(node.fail(failure)),
        }
    }

    /// Returns the call and terms of a draft, or of its completed bytes; `None` for messages and typed data, which no
    /// chain runs.
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
        // A method may be unknown to the node, forbidden or out of service.
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

    /// Returns the price that completing a draft would offer now.
    async fn likely_price(&self, market: Market, body: &Body) -> Price {
        // The budget lowers the price only if it is too low.
        let data_fee = self.data_fee(body.input.len()).await.unwrap_or_default();
        let for_gas = body.fee_budget.saturating_sub(data_fee);
        let price = market.price_within(body.gas_limit, for_gas, MostPrices::default());
        price.unwrap_or_else(|_| market.comfortable_price())
    }

    /// Returns the outflows of a run, and its allowances less the existing ones.
    async fn observed(&self, node: &Node, call: &Call, mut sums: Sums) -> Observed {
        for ((token, spender), amount) in &mut sums.allowances {
            *amount = amount.saturating_sub(allowed(node, *token, call.from, *spender).await);
        }
        for ((token, spender), (amount, end)) in &mut sums.by_permit2 {
            let before = permitted(node, *token, call.from, *spender).await;
            // An existing allowance that ends sooner is not deducted.
            let before = before.filter(|(_, until)| *until >= *end).map_or(U256::ZERO, |(amount, _)| amount);
            *amount = amount.saturating_sub(before);
        }
        named(&self.codec.network, sums)
    }
}

/// Reads an existing allowance; zero if the token does not answer. Some older tokens emit the remaining allowance
/// with every use, so it must be deducted.
async fn allowed(node: &Node, token: EvmAddress, owner: EvmAddress, spender: EvmAddress) -> U256 {
    match node.read(token, erc20::allowance(owner, spender)).await {
        Ok(answer) => erc20::word(&answer).unwrap_or_default(),
        Err(_) => U256::ZERO,
    }
}

/// Reads an existing allowance at Permit2 and its end; `None` if Permit2 does not answer.
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
    // A trace of another call is refused.
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
