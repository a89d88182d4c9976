//! The outflows and allowances of a run, by asset ids and addresses of any chain. Pure.

use alloy_primitives::Address as EvmAddress;
use waiaas_core::address::Address;
use waiaas_core::network::Network;
use waiaas_core::simulation::Observed;

use super::events::{self, Sums};
use super::evm_address;

/// Converts the sums of a run to asset ids and addresses of any chain.
pub(in crate::evm) fn named(network: &Network, sums: Sums) -> Observed {
    let caip2 = &network.caip2;
    let any = |address: EvmAddress| Address::Evm(address.into_array());
    let native = sums.native.into_iter().map(|(to, amount)| (Some(any(to)), amount)).collect();
    let mut observed = Observed { native, ..Observed::default() };
    for ((token, to), amount) in sums.tokens {
        observed.tokens.entry(events::asset(caip2, token)).or_default().insert(to.map(any), amount);
    }
    for (((collection, id, of_1155), to), quantity) in sums.nfts {
        let nft = events::nft(caip2, collection, id, of_1155);
        observed.nfts.entry(nft).or_default().insert(Some(any(to)), quantity);
    }
    // A token's own allowance and Permit2's add up, because the spender may use both.
    let by_permit2 = sums.by_permit2.into_iter().map(|(key, (amount, _))| (key, amount));
    for ((token, spender), amount) in sums.allowances.into_iter().chain(by_permit2) {
        if !amount.is_zero() {
            let sum = observed.allowances.entry((events::asset(caip2, token), any(spender))).or_default();
            *sum = sum.saturating_add(amount);
        }
    }
    for (collection, id, spender) in sums.nft_allowances {
        observed.nft_allowances.insert((events::nft(caip2, collection, id, false), any(spender)));
    }
    observed.operators = sums.operators.into_iter().map(|(at, by)| (any(at), any(by))).collect();
    observed
}

/// Reads the JSON answer to `debug_traceCall` (`callTracer`, with logs) and returns the outflows of `wallet` and
/// the allowances that it gives. Allowances are those that the tokens' events announce, regardless of earlier
/// ones. Returns `None` if the text is no such answer. Makes no request.
pub fn read_trace(network: &Network, wallet: Address, answer: &str) -> Option<Observed> {
    let frame = serde_json::from_str(answer).ok()?;
    Some(named(network, events::sum_up(&events::of_frame(frame), evm_address(wallet)?)))
}

/// Does the same for the JSON logs of one call in an answer to `eth_simulateV1`.
pub fn read_logs(network: &Network, wallet: Address, answer: &str) -> Option<Observed> {
    let logs = serde_json::from_str(answer).ok()?;
    Some(named(network, events::sum_up(&events::of_logs(logs), evm_address(wallet)?)))
}
