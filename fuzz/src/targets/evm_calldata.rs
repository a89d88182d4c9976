//! Call data on EVM networks: read in one form or not at all, with exact amounts and without omissions. Bytes
//! behind a call do not hide its effects.

use alloy_primitives::{Address as EvmAddress, U256, address};
use waiaas_chains::Chain as _;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;

use crate::evm_body::{self, Body};
use crate::input::Input;
use crate::world::{self, EVM, WALLET, is_unknown};

/// Contracts with their own decoders, and some without.
const CONTRACTS: [EvmAddress; 12] = [
    address!("1111111111111111111111111111111111111111"),
    address!("000000000022D473030F116dDEE9F6B43aC78BA3"),
    address!("cA11bde05977b3631167028862bE2a173976CA11"),
    address!("38869bf66a61cF6bDB996A6aE40D5853Fd43B526"),
    address!("9641d764fc13c8B624c04430C7356C1C7C8102e2"),
    address!("C02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"),
    address!("4200000000000000000000000000000000000006"),
    address!("7a250d5630B4cF539739dF2C5dAcb4c659F2488D"),
    address!("E592427A0AEce92De3Edee1F18E0157C05861564"),
    address!("68b3465833fb72A70ecDF485E0e4C7bD8665Fc45"),
    address!("2626664c2603336E57B271c5C0b26F421741e481"),
    EvmAddress::ZERO,
];

/// Uniswap's Universal Router on Ethereum.
const UNIVERSAL: EvmAddress = address!("66a9893cC07D91D95644AEDD05D03f95e1dBA8Af");

/// The most effects that are read of one transaction, and the fee.
const MOST_EFFECTS: usize = 258;

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let chain = &EVM[usize::from(input.u8()) % EVM.len()];
    let place = usize::from(input.u8());
    let to = match CONTRACTS.get(place % 15) {
        Some(contract) => Some(*contract),
        None if place % 15 == 12 => Some(*WALLET),
        None if place % 15 == 14 => Some(UNIVERSAL),
        None => None,
    };
    let flags = input.u8();
    let value = if flags & 4 == 0 { U256::ZERO } else { U256::from(u64::from(input.u32())) };
    let call = input.rest();
    let body = Body { chain_id: chain_id(chain), to, value, input: call, standard: flags & 3 };
    let Some(items) = items(chain, &body) else {
        assert_eq!(flags & 3, 3, "a well-formed draft is read");
        return false;
    };

    let idle = call.is_empty() && value.is_zero() && to == Some(*WALLET);
    let nothing = Effect::NativeOut { to: any(*WALLET), amount: U256::ZERO };
    assert_eq!(items == [nothing], idle, "a call without an effect");
    if let (Some(to), false) = (to, value.is_zero()) {
        let sent = Effect::NativeOut { to: any(to), amount: value };
        assert_eq!(items.first(), Some(&sent), "the value of the call");
    }
    if let Some(to) = to {
        plain_transfer(chain, to, call, &items);
        one_form(chain, &body, &items);
    }
    true
}

/// The effects without the fee.
fn items(chain: &waiaas_chains::evm::EvmChain, body: &Body<'_>) -> Option<Vec<Effect>> {
    let mut items = world::effects(chain, &world::draft(chain, body.encode()))?.items;
    assert!(items.len() <= MOST_EFFECTS, "{} effects", items.len());
    assert_eq!(items.pop(), Some(Effect::NetworkFee { max: evm_body::FEE }));
    assert!(!items.iter().any(|effect| matches!(effect, Effect::NetworkFee { .. })));
    Some(items)
}

fn chain_id(chain: &waiaas_chains::evm::EvmChain) -> u64 {
    chain.codec().network().evm_chain_id.unwrap_or_default()
}

const fn any(address: EvmAddress) -> Address {
    Address::Evm(address.into_array())
}

/// `transfer(address,uint256)` of 68 bytes is an outflow of exactly that amount, with any bytes behind it; with
/// fewer bytes, or with a non-zero padding, it is an unknown effect.
fn plain_transfer(chain: &waiaas_chains::evm::EvmChain, to: EvmAddress, call: &[u8], items: &[Effect]) {
    let Some(arguments) = call.strip_prefix(&[0xa9, 0x05, 0x9c, 0xbb]) else { return };
    let moved = items.iter().find(|effect| matches!(effect, Effect::TokenOut { .. }));
    match arguments.as_chunks::<32>() {
        ([recipient, amount, ..], _) if recipient[..12] == [0; 12] => {
            let expected = Effect::TokenOut {
                asset: AssetId::token(&chain.codec().network().caip2, any(to)),
                to: any(EvmAddress::from_slice(&recipient[12..])),
                amount: U256::from_be_bytes(*amount),
            };
            // Permit2 and the wrapped coin may not know the selector, but must not read a lower amount.
            assert_eq!(moved, Some(&expected));
        }
        _ => assert!(moved.is_none() && items.iter().any(is_unknown), "{items:?}"),
    }
}

/// Asserts that a byte behind a decoded call hides none of its effects; without its last byte it is another
/// call, or the same with fewer bytes behind it.
fn one_form(chain: &waiaas_chains::evm::EvmChain, body: &Body<'_>, items: &[Effect]) {
    let is_decoded = |effect: &Effect| match effect {
        Effect::ContractCall { decoded, .. } => *decoded,
        Effect::NativeOut { .. } | Effect::Unknown { .. } => false,
        _ => true,
    };
    if body.input.len() < 4 || items.iter().any(is_unknown) || !items.iter().any(is_decoded) {
        return;
    }
    let read = |input: &[u8]| self::items(chain, &Body { input, ..*body }).unwrap_or_default();
    let longer = read(&[body.input, &[0]].concat());
    assert!(items.iter().all(|effect| longer.contains(effect)), "{longer:?} has less than {items:?}");
    let shorter = read(&body.input[..body.input.len() - 1]);
    let less_behind = shorter.iter().all(|effect| items.contains(effect));
    assert!(shorter.iter().any(is_unknown) || less_behind, "read in two forms: {items:?} and {shorter:?}");
}
