//! What nodes see a draft do, asked without the decoder: `eth_simulateV1`, or the tracer of nodes that
//! have only that.
//!
//! A contract can behave otherwise where it notices that it is only being tried out. So the call is run
//! as the transaction that it will be: with its gas limit, and with fees that the block would take. Nodes
//! add the account's next nonce by themselves.

use alloy_primitives::{Address as EvmAddress, Bytes};
use serde_json::json;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::draft::Draft;
use waiaas_core::network::Network;
use waiaas_core::witness::Observed;

use super::drafted::{Drafted, Fixed};
use super::events::{self, Event, Told};
use super::node::{Call, Node, Terms};
use super::{EvmChain, erc20, evm_address, revert};
use crate::rpc::RpcFailure;
use crate::{ChainError, Refusal, Witness};

/// A run that ended: what happened, or why it failed.
type Run = Result<Vec<Event>, String>;

impl EvmChain {
    /// The first node that can say, says.
    pub(super) async fn seen(&self, draft: &Draft) -> Result<Witness, ChainError> {
        let (call, gas) = match self.read_any(draft)? {
            (from, Drafted::Built(body)) => {
                (Call { from, to: body.to, value: body.value, input: body.input }, body.gas_limit)
            }
            (from, Drafted::Fixed(Fixed::External(external))) => {
                let called = external.called();
                let input = Bytes::copy_from_slice(called.input);
                (Call { from, to: called.to, value: called.value, input }, external.gas_limit())
            }
            (_, Drafted::Fixed(Fixed::Personal(_) | Fixed::Typed(_))) => return Ok(Witness::NotApplicable),
        };
        let mut why = "no node is configured".to_owned();
        for node in self.node.singles() {
            match run(&node, &call, gas).await {
                Ok(Ok(events)) => {
                    let told = events::told(&events, call.from);
                    return Ok(Witness::Seen(Box::new(self.observed(&node, &call, told).await)));
                }
                Ok(Err(reason)) => return Err(ChainError::Refused(Refusal::SimulationFailed(reason))),
                Err(failure) => why = failure.to_string(),
            }
        }
        Ok(Witness::Unavailable(why))
    }

    /// What was told, allowances less what spenders may take already.
    async fn observed(&self, node: &Node, call: &Call, mut told: Told) -> Observed {
        for ((token, spender), amount) in &mut told.allowances {
            *amount = amount.saturating_sub(allowed(node, *token, call.from, *spender).await);
        }
        named(&self.network, told)
    }
}

/// What was told, by the names that everybody uses.
fn named(network: &Network, told: Told) -> Observed {
    let caip2 = &network.caip2;
    let any = |address: EvmAddress| Address::Evm(address.into_array());
    let mut observed = Observed { native: told.native, ..Observed::default() };
    for (token, amount) in told.tokens {
        observed.tokens.insert(events::asset(caip2, token), amount);
    }
    for ((collection, id, of_1155), quantity) in told.nfts {
        observed.nfts.insert(events::nft(caip2, collection, id, of_1155), quantity);
    }
    for ((token, spender), amount) in told.allowances {
        if !amount.is_zero() {
            observed.allowances.insert((events::asset(caip2, token), any(spender)), amount);
        }
    }
    for (collection, id, spender) in told.nft_allowances {
        observed.nft_allowances.insert((events::nft(caip2, collection, id, false), any(spender)));
    }
    observed.operators = told.operators.into_iter().map(|(at, by)| (any(at), any(by))).collect();
    observed
}

/// Reads the JSON of an answer to `debug_traceCall` (`callTracer`, with logs): what the run took from
/// `wallet`, or lets others take. Allowances are as the tokens announce them, whatever was allowed
/// before. None if the text is no such answer. Asks nobody.
pub fn read_trace(network: &Network, wallet: Address, answer: &str) -> Option<Observed> {
    let frame = serde_json::from_str(answer).ok()?;
    Some(named(network, events::told(&events::of_frame(frame), evm_address(wallet)?)))
}

/// The same for the logs of one call in an answer to `eth_simulateV1`.
pub fn read_logs(network: &Network, wallet: Address, answer: &str) -> Option<Observed> {
    let logs = serde_json::from_str(answer).ok()?;
    Some(named(network, events::told(&events::of_logs(logs), evm_address(wallet)?)))
}

/// What a spender may take already. Tokens of an older making announce what is left of an allowance
/// whenever some of it is used. Nothing, where the token does not say.
async fn allowed(node: &Node, token: EvmAddress, owner: EvmAddress, spender: EvmAddress) -> U256 {
    match node.read(token, erc20::allowance(owner, spender)).await {
        Ok(answer) => erc20::word(&answer).unwrap_or_default(),
        Err(_) => U256::ZERO,
    }
}

async fn run(node: &Node, call: &Call, gas: u64) -> Result<Run, RpcFailure> {
    let head = node.head("latest").await?;
    let head = head.ok_or_else(|| RpcFailure::BadAnswer("there is no latest block".to_owned()))?;
    let base: Option<u128> = match head.base_fee_per_gas {
        Some(base) => Some(
            base.0
                .try_into()
                .map_err(|_| RpcFailure::BadAnswer("the base fee is out of range".to_owned()))?,
        ),
        None => None,
    };
    // The base fee of the next block is at most an eighth higher (EIP-1559).
    let max_fee = base.map(|base| base.saturating_add(base.div_ceil(8)).saturating_add(1));
    let terms = Terms { gas, max_fee };
    match simulated(node, call, terms).await {
        Ok(run) => Ok(run),
        // Not known there, not allowed there, or out of order there.
        Err(first) => traced(node, call, terms).await.map_err(|_| first),
    }
}

async fn simulated(node: &Node, call: &Call, terms: Terms) -> Result<Run, RpcFailure> {
    let simulated = node.simulate(call, terms).await?;
    if simulated.status.0 == U256::ONE {
        return Ok(Ok(events::of_logs(simulated.logs)));
    }
    let returned = (!simulated.return_data.is_empty()).then(|| json!(simulated.return_data));
    let (message, data) = match simulated.error {
        Some(error) => (error.message, error.data.or(returned)),
        None => ("execution reverted".to_owned(), returned),
    };
    Ok(Err(revert::reason(&message, data.as_ref())))
}

async fn traced(node: &Node, call: &Call, terms: Terms) -> Result<Run, RpcFailure> {
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
