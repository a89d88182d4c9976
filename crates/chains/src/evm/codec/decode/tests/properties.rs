//! Properties of all input.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::vectors::*;
use super::*;
use crate::evm::codec::decode::account4337::SmartAccount::{self, SmartAccountCalls};
use crate::evm::codec::decode::authority::Authority::AuthorityCalls;
use crate::evm::codec::decode::erc20::Token::TokenCalls;
use crate::evm::codec::decode::multicall::Multicall::{self, MulticallCalls};
use crate::evm::codec::decode::multicall::Multicall3::{self, Multicall3Calls};
use crate::evm::codec::decode::nft::Collection::CollectionCalls;
use crate::evm::codec::decode::permit::Permitting::PermittingCalls;
use crate::evm::codec::decode::permit2::Permit2::Permit2Calls;
use crate::evm::codec::decode::router_v2::RouterV2::RouterV2Calls;
use crate::evm::codec::decode::router_v3::Router02::Router02Calls;
use crate::evm::codec::decode::router_v3::RouterV3::RouterV3Calls;
use crate::evm::codec::decode::safe::Safe::{self, SafeCalls};
use crate::evm::codec::decode::universal::Universal::UniversalCalls;

/// Returns the selectors of all methods that are read.
fn selectors() -> Vec<[u8; 4]> {
    fn of<T: SolInterface>() -> impl Iterator<Item = [u8; 4]> {
        (0..T::COUNT).map_while(T::selector_at)
    }
    of::<TokenCalls>()
        .chain(of::<CollectionCalls>())
        .chain(of::<PermittingCalls>())
        .chain(of::<AuthorityCalls>())
        .chain(of::<MulticallCalls>())
        .chain(of::<Multicall3Calls>())
        .chain(of::<SafeCalls>())
        .chain(of::<SmartAccountCalls>())
        .chain(of::<Permit2Calls>())
        .chain(of::<RouterV2Calls>())
        .chain(of::<RouterV3Calls>())
        .chain(of::<Router02Calls>())
        .chain(of::<UniversalCalls>())
        .collect()
}

#[test]
fn no_method_is_in_two_families() {
    let all = selectors();
    assert!(all.len() > 90, "{}", all.len());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}

/// Words as in usual arguments: small numbers, addresses, and arbitrary ones.
fn words() -> impl Strategy<Value = Vec<u8>> {
    let small = (0u8..=10).prop_map(|number| {
        let mut word = [0u8; 32];
        word[31] = number.wrapping_mul(32);
        word
    });
    let word = prop_oneof![
        small,
        Just(WALLET.into_word().0),
        Just(RECIPIENT.into_word().0),
        Just([0u8; 32]),
        any::<[u8; 32]>(),
    ];
    proptest::collection::vec(word, 0..14).prop_map(|words| words.concat())
}

pub(super) fn calls() -> impl Strategy<Value = Vec<u8>> {
    let all = selectors();
    let known = (prop::sample::select(all), words())
        .prop_map(|(selector, arguments)| [&selector[..], &arguments].concat());
    let real = prop::sample::select(vec![
        SAFE_MULTISEND_MULTICALL_APPROVE,
        PERMIT,
        PERMIT2_BATCH,
        AGGREGATE3,
        BATCH_1155,
        SWAP_V2,
        EXACT_INPUT,
        EXACT_OUTPUT_02,
        HANDLE_OPS,
    ]);
    let mutated = (real, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(vector, at, byte)| {
        let mut input = hex(vector);
        let at = at.index(input.len());
        input[at] = byte;
        input
    });
    prop_oneof![known, mutated, proptest::collection::vec(any::<u8>(), 0..200)]
}

pub(super) fn targets() -> impl Strategy<Value = EvmAddress> {
    prop::sample::select(vec![
        TOKEN,
        WALLET,
        PERMIT2,
        pinned::MULTICALL3,
        at("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"),
        at("0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45"),
        at("0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D"),
        at("0x66a9893cC07D91D95644AEDD05D03f95e1dBA8Af"),
    ])
}

/// Returns the call inside calls of other contracts.
fn wrapped(to: EvmAddress, value: U256, input: &[u8]) -> Vec<(EvmAddress, Vec<u8>)> {
    let data = || input.to_vec().into();
    let call = Multicall3::Inner3Value { target: to, allowFailure: true, value, callData: data() };
    let length = U256::from(input.len()).to_be_bytes::<32>();
    let packed = [&[0][..], to.as_slice(), &value.to_be_bytes::<32>(), &length, input].concat();
    vec![
        (pinned::MULTICALL3, Multicall3::aggregate3ValueCall { calls: vec![call] }.abi_encode()),
        (SPENDER, SmartAccount::executeCall { dest: to, value, func: data() }.abi_encode()),
        (SPENDER, Safe::multiSendCall { transactions: packed.into() }.abi_encode()),
    ]
}

/// Returns whether a wrapped call still has an effect, or a stricter one. Inside another call, tokens of other
/// accounts count as the wallet's, so an undecoded call may become an outflow.
fn still_shows(found: &[Effect], effect: &Effect) -> bool {
    match effect {
        // Only for the outermost call is the caller known.
        Effect::ContractCall { target, decoded, .. } => found.iter().any(|other| match other {
            // A router's terms are trusted only in the outermost call.
            Effect::ContractCall { target: t, decoded: d, .. } => t == target && (*decoded || !d),
            Effect::TokenOut { asset, .. } | Effect::Allowance { asset, .. } => {
                asset.token_address() == Some(*target)
            }
            Effect::NftOut { nft, .. } => nft.collection() == *target,
            Effect::Unknown { .. } => true,
            _ => false,
        }),
        // The beneficiary of another contract's swap is unknown: its call is not decoded, or its terms differ.
        Effect::Swap(swap) => found.iter().any(|other| match other {
            Effect::Swap(other) => other.router == swap.router && other.sold == swap.sold,
            Effect::ContractCall { target, decoded, .. } => *target == swap.router && !decoded,
            Effect::Unknown { .. } => true,
            _ => false,
        }),
        other => found.contains(other) || (is_unknown(other) && found.iter().any(is_unknown)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn every_call_has_an_effect(to in targets(), value in 0u64..3, input in calls(), nft: bool) {
        let standard = nft.then_some(NftStandard::Erc721);
        let call = Called { to: Some(to), value: U256::from(value), input: &input, standard };
        let found = call_effects(&mainnet(), WALLET, &call).items;
        let cancellation = to == WALLET && value == 0 && input.is_empty();
        prop_assert!(!found.is_empty());
        prop_assert_eq!(found == [native_out(WALLET, 0)], cancellation);
        prop_assert_eq!(value > 0 || cancellation, found.first() == Some(&native_out(to, value)));
        prop_assert!(found.len() <= 400);
    }

    #[test]
    fn wrapping_never_hides_an_effect(to in targets(), value in 0u64..3, input in calls()) {
        // An empty call is a zero transfer to the wallet itself only if the wallet makes it.
        let mut plain = reads(to, value, &input);
        plain.retain(|effect| *effect != native_out(WALLET, 0));
        for (outer, wrapper) in wrapped(to, U256::from(value), &input) {
            let found = reads(outer, 0, &wrapper);
            for effect in &plain {
                prop_assert!(still_shows(&found, effect), "{:?} is not in {:?}", effect, found);
            }
        }
        if value == 0 {
            let wrapper = Multicall::multicall_0Call { data: vec![input.into()] }.abi_encode();
            let found = reads(to, 0, &wrapper);
            for effect in &plain {
                prop_assert!(still_shows(&found, effect), "{:?} is not in {:?}", effect, found);
            }
        }
    }

    #[test]
    fn an_altered_call_is_not_read_as_the_original(at: prop::sample::Index, flip in 1u8..) {
        // Every byte of these calls is significant.
        let transfer = erc20::Token::transferCall { to: RECIPIENT, amount: U256::from(5) };
        for input in [transfer.abi_encode(), hex(BATCH_1155)] {
            let mut altered = input.clone();
            let at = at.index(altered.len());
            altered[at] ^= flip;
            prop_assert_ne!(reads(TOKEN, 0, &altered), reads(TOKEN, 0, &input));
        }
    }
}
