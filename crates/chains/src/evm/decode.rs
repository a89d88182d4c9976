//! What an EVM draft does, read from its body. Pure and total.

use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;
use waiaas_core::network::Network;

use super::body::Body;
use super::erc20::Transfer;

/// The effects of `body`, in order; the network fee last.
pub(super) fn effects(network: &Network, body: &Body) -> Vec<Effect> {
    let to = Address::Evm(body.to.into_array());
    let native_out = || Effect::NativeOut { to, amount: body.value };
    let mut items = Vec::new();
    match Transfer::decode(&body.input) {
        Some(transfer) if body.value.is_zero() => items.push(Effect::TokenOut {
            asset: AssetId::token(&network.caip2, to),
            to: Address::Evm(transfer.to.into_array()),
            amount: transfer.amount,
        }),
        _ if body.input.is_empty() && !body.value.is_zero() => items.push(native_out()),
        _ => {
            if !body.value.is_zero() {
                items.push(native_out());
            }
            items.push(Effect::Unknown { target: Some(to), what: describe(&body.input) });
        }
    }
    items.push(Effect::NetworkFee { max: body.fee_budget });
    items
}

fn describe(input: &[u8]) -> String {
    match input.first_chunk::<4>() {
        Some(selector) => format!("call of function 0x{} with {} bytes", hex::encode(selector), input.len()),
        None if input.is_empty() => "call without data or value".to_owned(),
        None => format!("call with {} bytes", input.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address as EvmAddress, Bytes, U256};
    use waiaas_core::network::{NetworkId, Networks};

    fn items(value: u64, input: Bytes) -> Vec<Effect> {
        let networks = Networks::builtin();
        let network = networks.get(&NetworkId::new("base-mainnet")).expect("network");
        let to = EvmAddress::repeat_byte(1);
        let (value, fee_budget) = (U256::from(value), U256::from(5u8));
        effects(network, &Body { chain_id: 8453, to, value, input, gas_limit: 1, fee_budget })
    }

    #[test]
    fn only_plain_transfers_are_understood() {
        let to = Address::Evm([1; 20]);
        let fee = Effect::NetworkFee { max: U256::from(5u8) };
        let native = Effect::NativeOut { to, amount: U256::from(9u8) };
        let unknown = |what: &str| Effect::Unknown { target: Some(to), what: what.to_owned() };
        assert_eq!(items(9, Bytes::new()), [native.clone(), fee.clone()]);
        assert_eq!(items(0, Bytes::new()), [unknown("call without data or value"), fee.clone()]);

        let transfer = Transfer { to: EvmAddress::repeat_byte(2), amount: U256::from(3u8) }.encode();
        let asset = "eip155:8453/erc20:0x0101010101010101010101010101010101010101".parse().expect("asset");
        let token = Effect::TokenOut { asset, to: Address::Evm([2; 20]), amount: U256::from(3u8) };
        assert_eq!(items(0, transfer.clone()), [token, fee.clone()]);

        let call = unknown("call of function 0xa9059cbb with 68 bytes");
        assert_eq!(items(9, transfer), [native, call, fee.clone()], "value with a token transfer");
        assert_eq!(items(0, vec![1, 2].into()), [unknown("call with 2 bytes"), fee]);
    }
}
