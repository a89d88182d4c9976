//! Tests of each family, of refused calls, and of properties of all input.

mod families;
mod invariants;
mod malformed;
mod nesting;
mod properties;
mod shown;
mod swaps;
mod universal;
mod vectors;

use alloy_primitives::{Address as EvmAddress, U256};
use alloy_sol_types::{SolCall, SolInterface};
use waiaas_core::address::Address;
use waiaas_core::effect::Effect;
use waiaas_core::network::{Network, NetworkId, Networks};
use waiaas_core::nft::NftStandard;
use waiaas_core::selector::Selector;

use super::*;

const WALLET: EvmAddress = EvmAddress::repeat_byte(0xaa);
const TOKEN: EvmAddress = EvmAddress::repeat_byte(0x11);
const SPENDER: EvmAddress = EvmAddress::repeat_byte(0x22);
const RECIPIENT: EvmAddress = EvmAddress::repeat_byte(0x33);

fn mainnet() -> Network {
    Networks::builtin().get(&NetworkId::new("ethereum-mainnet")).expect("built in").clone()
}

fn reads(to: EvmAddress, value: u64, input: &[u8]) -> Vec<Effect> {
    let called = Called { to: Some(to), value: U256::from(value), input, standard: None };
    call_effects(&mainnet(), WALLET, &called).items
}

fn reads_as(standard: NftStandard, input: &[u8]) -> Vec<Effect> {
    let called = Called { to: Some(TOKEN), value: U256::ZERO, input, standard: Some(standard) };
    call_effects(&mainnet(), WALLET, &called).items
}

fn hex(text: &str) -> Vec<u8> {
    alloy_primitives::hex::decode(text).expect("hex")
}

fn token_out(to: EvmAddress, amount: u64) -> Effect {
    Effect::TokenOut { asset: asset(&mainnet(), TOKEN), to: account(to), amount: U256::from(amount) }
}

fn allowance(token: EvmAddress, spender: EvmAddress, amount: u64) -> Effect {
    let asset = asset(&mainnet(), token);
    Effect::Allowance { asset, spender: account(spender), amount: U256::from(amount), through: None }
}

/// Returns the effect of an allowance through Permit2.
fn through_permit2(token: EvmAddress, spender: EvmAddress, amount: u64) -> Effect {
    let (asset, through) = (asset(&mainnet(), token), Some(account(PERMIT2)));
    Effect::Allowance { asset, spender: account(spender), amount: U256::from(amount), through }
}

fn native_out(to: EvmAddress, amount: u64) -> Effect {
    Effect::NativeOut { to: account(to), amount: U256::from(amount) }
}

fn called(target: EvmAddress, input: &[u8], decoded: bool) -> Effect {
    let selector = input.first_chunk::<4>().map(|selector| Selector::evm(*selector));
    Effect::ContractCall { target: account(target), selector, decoded }
}

fn is_unknown(effect: &Effect) -> bool {
    matches!(effect, Effect::Unknown { .. })
}

/// Parses an address.
fn at(text: &str) -> EvmAddress {
    match text.parse().expect("an address") {
        Address::Evm(bytes) => bytes.into(),
        Address::Solana(_) => panic!("an EVM address"),
    }
}
