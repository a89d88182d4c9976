//! What a run took from a wallet or lets others take, by the names that everybody uses. Pure.

use alloy_primitives::Address as EvmAddress;
use waiaas_core::address::Address;
use waiaas_core::network::Network;
use waiaas_core::simulation::Observed;

use super::events::{self, Told};
use super::evm_address;

/// What was told, by the names that everybody uses.
pub(in crate::evm) fn named(network: &Network, told: Told) -> Observed {
    let caip2 = &network.caip2;
    let any = |address: EvmAddress| Address::Evm(address.into_array());
    let native = told.native.into_iter().map(|(to, amount)| (Some(any(to)), amount)).collect();
    let mut observed = Observed { native, ..Observed::default() };
    for ((token, to), amount) in told.tokens {
        observed.tokens.entry(events::asset(caip2, token)).or_default().insert(to.map(any), amount);
    }
    for (((collection, id, of_1155), to), quantity) in told.nfts {
        let nft = events::nft(caip2, collection, id, of_1155);
        observed.nfts.entry(nft).or_default().insert(Some(any(to)), quantity);
    }
    // A token's own allowance and Permit2's stand beside each other: the spender may use both.
    let by_permit2 = told.by_permit2.into_iter().map(|(key, (amount, _))| (key, amount));
    for ((token, spender), amount) in told.allowances.into_iter().chain(by_permit2) {
        if !amount.is_zero() {
            let sum = observed.allowances.entry((events::asset(caip2, token), any(spender))).or_default();
            *sum = sum.saturating_add(amount);
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
