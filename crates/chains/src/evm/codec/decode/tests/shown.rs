//! Tests of the presentation of calls.

use alloy_primitives::Bytes;
use proptest::prelude::*;
use waiaas_core::presentation::{Argument, Content, Value};

use super::properties::{calls, targets};
use super::*;
use crate::evm::codec::decode::erc20::Token;
use crate::evm::codec::decode::multicall::Multicall3;
use crate::evm::codec::decode::permit2::Permit2;
use crate::evm::codec::decode::reader::{DEEPEST, FAMILIES};
use crate::evm::codec::decode::shown::BEHIND;

fn shows(to: EvmAddress, value: u64, input: &[u8]) -> Vec<Content> {
    content(&mainnet(), WALLET, &Called { to: Some(to), value: U256::from(value), input, standard: None })
}

fn number(name: &str, kind: &str, of: u64) -> Argument {
    Argument::new(name, kind, Value::Number(of.to_string()))
}

fn address_of(name: &str, of: EvmAddress) -> Argument {
    Argument::new(name, "address", Value::Address(account(of)))
}

#[test]
fn a_call_is_shown_with_its_arguments_by_name() {
    let input = Token::transferCall { to: RECIPIENT, amount: U256::from(7) }.abi_encode();
    let expected = Content::Call {
        depth: 0,
        target: account(TOKEN),
        value: U256::ZERO,
        selector: Some(Selector::evm([0xa9, 0x05, 0x9c, 0xbb])),
        method: Some("transfer".into()),
        arguments: vec![address_of("to", RECIPIENT), number("amount", "uint256", 7)],
        data: Bytes::new(),
    };
    assert_eq!(shows(TOKEN, 0, &input), [expected]);
}

#[test]
fn structs_keep_their_fields_by_name() {
    let details = Permit2::PermitDetails {
        token: TOKEN,
        amount: alloy_primitives::aliases::U160::from(5),
        expiration: alloy_primitives::aliases::U48::from(6),
        nonce: alloy_primitives::aliases::U48::from(1),
    };
    let single = Permit2::PermitSingle { details, spender: SPENDER, sigDeadline: U256::from(9) };
    let call = Permit2::permit_0Call { owner: WALLET, single, signature: vec![1, 2].into() };
    let shown = shows(PERMIT2, 0, &call.abi_encode());
    let [Content::Call { method, arguments, .. }] = shown.as_slice() else { panic!("{shown:?}") };
    assert_eq!(method.as_deref(), Some("permit"));
    let details = Value::Fields(vec![
        address_of("token", TOKEN),
        number("amount", "uint160", 5),
        number("expiration", "uint48", 6),
        number("nonce", "uint48", 1),
    ]);
    let single = Value::Fields(vec![
        Argument::new("details", "tuple", details),
        address_of("spender", SPENDER),
        number("sigDeadline", "uint256", 9),
    ]);
    let expected = [
        address_of("owner", WALLET),
        Argument::new("single", "tuple", single),
        Argument::new("signature", "bytes", Value::Bytes(Bytes::from_static(&[1, 2]))),
    ];
    assert_eq!(arguments, &expected);
}

#[test]
fn unread_data_is_shown_in_full() {
    let unknown = hex("deadbeef00112233");
    let transfer = Token::transferCall { to: RECIPIENT, amount: U256::from(7) }.abi_encode();
    let cut = transfer[..transfer.len() - 1].to_vec();
    for input in [unknown, cut] {
        let shown = shows(TOKEN, 3, &input);
        let [Content::Call { method: None, arguments, data, value, .. }] = shown.as_slice() else {
            panic!("{shown:?}")
        };
        assert!(arguments.is_empty() && *value == U256::from(3));
        assert_eq!(data.as_ref(), input);
    }
    let shown = shows(TOKEN, 0, &[transfer.as_slice(), b"memo"].concat());
    let [Content::Call { method: Some(_), arguments, .. }] = shown.as_slice() else { panic!("{shown:?}") };
    let behind = Argument::new(BEHIND, "bytes", Value::Bytes(Bytes::from_static(b"memo")));
    assert_eq!(arguments.last(), Some(&behind));
    assert_eq!(shows(RECIPIENT, 3, &[]), [], "its effect shows it completely");
    let code = [Content::Code { length: 3, keccak256: keccak256([1, 2, 3]) }];
    let called = Called { to: None, value: U256::ZERO, input: &[1, 2, 3], standard: None };
    assert_eq!(content(&mainnet(), WALLET, &called), code);
}

#[test]
fn inner_calls_are_shown_after_the_outer_call() {
    let paid = Token::transferCall { to: RECIPIENT, amount: U256::from(7) }.abi_encode();
    let inner =
        |data: Vec<u8>| Multicall3::Inner3 { target: TOKEN, allowFailure: false, callData: data.into() };
    let calls = vec![inner(paid), inner(hex("deadbeef"))];
    let shown = shows(pinned::MULTICALL3, 0, &Multicall3::aggregate3Call { calls }.abi_encode());
    let named: Vec<_> = shown
        .iter()
        .map(|call| match call {
            Content::Call { depth, method, .. } => (*depth, method.as_deref()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(named, [(0, Some("aggregate3")), (1, Some("transfer")), (1, None)]);
}

#[test]
fn every_argument_of_a_known_method_has_a_name() {
    for (_, methods) in FAMILIES {
        let known = methods();
        assert!(!known.is_empty());
        for function in known.into_iter().flat_map(std::collections::BTreeMap::into_values).flatten() {
            let parameters = function.inputs.iter().all(|input| !input.name.is_empty());
            assert!(parameters, "{}", function.signature());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// The presentation of a call is complete: another target, value or byte of its data changes it.
    #[test]
    fn different_calls_have_different_presentations(
        to in targets(), value in 0u64..3, input in calls(), place in any::<prop::sample::Index>(), flip in 1u8..,
    ) {
        prop_assume!(!input.is_empty());
        let shown = shows(to, value, &input);
        let mut altered = input.clone();
        let at = place.index(altered.len());
        altered[at] ^= flip;
        prop_assert_ne!(&shows(to, value, &altered), &shown);
        prop_assert_ne!(&shows(to, value + 1, &input), &shown);
        prop_assert_ne!(&shows(to.create(1), value, &input), &shown);
        let deep = |call: &Content| matches!(call, Content::Call { depth, .. } if *depth <= DEEPEST);
        prop_assert!(shown.iter().all(deep));
    }
}
