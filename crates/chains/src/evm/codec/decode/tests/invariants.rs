//! Tests that more call data never lowers the tier.

use proptest::prelude::*;

use super::properties::{calls, targets};
use super::*;
use crate::evm::codec::decode::account4337::SmartAccount;
use crate::evm::codec::decode::erc20::Token;
use crate::evm::codec::decode::multicall::Multicall3;
use crate::evm::codec::decode::safe::Safe;
use crate::judged::{Judge, judges};

/// A call inside another.
type Inner = (EvmAddress, u64, Vec<u8>);

fn inner() -> impl Strategy<Value = Inner> {
    let units = || (0u64..2_000).prop_map(U256::from);
    let paid = |amount| Token::transferCall { to: RECIPIENT, amount }.abi_encode();
    let allowed = |amount| Token::approveCall { spender: SPENDER, amount }.abi_encode();
    prop_oneof![
        2 => (targets(), 0u64..3, calls()),
        3 => units().prop_map(move |amount| (TOKEN, 0, paid(amount))),
        2 => units().prop_map(move |amount| (TOKEN, 0, allowed(amount))),
        2 => (0u64..2_000).prop_map(|value| (RECIPIENT, value, Vec::new())),
    ]
}

/// Returns the calls in the three usual wrappings.
fn wrapped(calls: &[Inner]) -> Vec<(EvmAddress, Vec<u8>)> {
    let inner = calls.iter().map(|(target, value, input)| Multicall3::Inner3Value {
        target: *target,
        allowFailure: false,
        value: U256::from(*value),
        callData: input.clone().into(),
    });
    let multicall = Multicall3::aggregate3ValueCall { calls: inner.collect() };
    let packed: Vec<Vec<u8>> = calls
        .iter()
        .map(|(to, value, input)| {
            let word = |number: U256| number.to_be_bytes::<32>();
            let length = word(U256::from(input.len()));
            [&[0][..], to.as_slice(), &word(U256::from(*value)), &length, input].concat()
        })
        .collect();
    let batch = SmartAccount::executeBatch_1Call {
        dest: calls.iter().map(|call| call.0).collect(),
        value: calls.iter().map(|call| U256::from(call.1)).collect(),
        func: calls.iter().map(|call| call.2.clone().into()).collect(),
    };
    vec![
        (pinned::MULTICALL3, multicall.abi_encode()),
        (SPENDER, batch.abi_encode()),
        (SPENDER, Safe::multiSendCall { transactions: packed.concat().into() }.abi_encode()),
    ]
}

fn judge() -> impl Strategy<Value = Judge> {
    let known = [TOKEN, SPENDER, RECIPIENT, pinned::MULTICALL3, PERMIT2].map(account);
    judges(mainnet(), known.to_vec())
}

/// Encodes one of the methods that have an amount.
fn with_amount(which: u8, amount: U256) -> Vec<u8> {
    match which % 5 {
        0 => Token::transferCall { to: RECIPIENT, amount }.abi_encode(),
        1 => Token::approveCall { spender: SPENDER, amount }.abi_encode(),
        2 => Token::transferFromCall { from: WALLET, to: RECIPIENT, amount }.abi_encode(),
        3 => Token::increaseAllowanceCall { spender: SPENDER, added: amount }.abi_encode(),
        _ => Token::burnCall { amount }.abi_encode(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariant 4: a further call in a multicall, batch or multisend never lowers the tier.
    #[test]
    fn a_further_call_never_lowers_the_tier(
        judge in judge(), first in proptest::collection::vec(inner(), 1..4), more in inner(), place: usize,
    ) {
        let mut longer = first.clone();
        longer.insert(place % (longer.len() + 1), more);
        for ((to, before), (_, after)) in wrapped(&first).into_iter().zip(wrapped(&longer)) {
            let (before, after) = (reads(to, 0, &before), reads(to, 0, &after));
            let from = account(WALLET);
            prop_assert!(
                judge.strictness(from, &after) >= judge.strictness(from, &before), "{before:?}\n{after:?}"
            );
        }
    }

    /// Invariant 4: a larger amount in call data, or more coin sent with it, never lowers the tier.
    #[test]
    fn a_larger_amount_in_call_data_never_lowers_the_tier(
        judge in judge(), which: u8, amount in 0u64..4_000, more in prop_oneof![0u64..4_000, any::<u64>()], value in 0u64..3,
    ) {
        let less = reads(TOKEN, value, &with_amount(which, U256::from(amount)));
        let from = account(WALLET);
        for (value, amount) in [(value, U256::from(amount) + U256::from(more)), (value + more.min(9_000), U256::from(amount))] {
            let raised = reads(TOKEN, value, &with_amount(which, amount));
            prop_assert!(
                judge.strictness(from, &raised) >= judge.strictness(from, &less), "{less:?}\n{raised:?}"
            );
        }
    }
}
