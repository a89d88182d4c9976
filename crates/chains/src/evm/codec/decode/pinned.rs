//! Addresses of contracts with well-known code.
//!
//! An address belongs here only if its code is verified, cannot be upgraded by a party that could profit
//! from it, and is the same on every network that it is listed for. They were compared with the lists that
//! the authors publish: `@safe-global/safe-deployments`, `@uniswap/sdk-core` (which has all but `SwapRouter`),
//! `@uniswap/universal-router-sdk`, and viem for the contracts on every network.

use alloy_primitives::{Address, address};

/// Permit2, at the same address on every network.
pub(in crate::evm) const PERMIT2: Address = address!("000000000022D473030F116dDEE9F6B43aC78BA3");

/// Multicall3, at the same address on every network.
pub(super) const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");

/// Safe's `MultiSend` of versions 1.1.1, 1.3.0 (two ways of deployment) and 1.4.1.
const MULTI_SEND: [Address; 4] = [
    address!("8D29bE29923b68abfDD21e541b9374737B49cdAD"),
    address!("A238CBeb142c10Ef7Ad8442C6D1f9E89e07e7761"),
    address!("998739BFdAAdde7C933B942a68053933098f9EDa"),
    address!("38869bf66a61cF6bDB996A6aE40D5853Fd43B526"),
];

/// Safe's `MultiSendCallOnly` of versions 1.3.0 (two ways of deployment) and 1.4.1.
const MULTI_SEND_CALL_ONLY: [Address; 3] = [
    address!("40A2aCCbd92BCA938b02010E17A5b8929b49130D"),
    address!("A1dabEF33b3B82c7814B6D82A79e50F4AC44102B"),
    address!("9641d764fc13c8B624c04430C7356C1C7C8102e2"),
];

/// WETH of the OP stack.
const OP_WETH: Address = address!("4200000000000000000000000000000000000006");

/// Returns whether the contract makes exactly the calls that are packed into `multiSend`.
pub(super) fn is_multi_send(contract: Address) -> bool {
    MULTI_SEND.contains(&contract) || MULTI_SEND_CALL_ONLY.contains(&contract)
}

/// Returns the contract that wraps the native coin of a chain.
pub(super) const fn weth(chain_id: u64) -> Option<Address> {
    match chain_id {
        1 => Some(address!("C02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2")),
        10 | 8453 | 84_532 | 11_155_420 => Some(OP_WETH),
        137 => Some(address!("0d500B1d8E8eF31E21C99d1Db9A6444d3ADf1270")),
        42_161 => Some(address!("82aF49447D8a07e3bd95BD0d56f35241523fBab1")),
        11_155_111 => Some(address!("fFf9976782d46CC05630D1f6eBAb18b2324d6B14")),
        _ => None,
    }
}

/// Returns Uniswap's `UniswapV2Router02` of a chain.
pub(super) const fn router_v2(chain_id: u64) -> Option<Address> {
    match chain_id {
        1 => Some(address!("7a250d5630B4cF539739dF2C5dAcb4c659F2488D")),
        10 => Some(address!("4A7b5Da61326A6379179b40d00F57E5bbDC962c2")),
        137 => Some(address!("edf6066a2b290C185783862C7F4776A2C8077AD1")),
        8453 | 42_161 => Some(address!("4752ba5dbc23f44d87826276bf6fd6b1c372ad24")),
        _ => None,
    }
}

/// Returns Uniswap's `SwapRouter` (v3) of a chain.
pub(super) const fn router_v3(chain_id: u64) -> Option<Address> {
    match chain_id {
        1 | 10 | 137 | 42_161 => Some(address!("E592427A0AEce92De3Edee1F18E0157C05861564")),
        _ => None,
    }
}

/// Returns Uniswap's `SwapRouter02` of a chain.
pub(super) const fn router_02(chain_id: u64) -> Option<Address> {
    match chain_id {
        1 | 10 | 137 | 42_161 => Some(address!("68b3465833fb72A70ecDF485E0e4C7bD8665Fc45")),
        8453 => Some(address!("2626664c2603336E57B271c5C0b26F421741e481")),
        _ => None,
    }
}

/// Versions of Uniswap's Universal Router, which encode the actions of v4 differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RouterVersion {
    /// 2.0.
    Two,
    /// 2.1.1, whose actions carry a least price per hop.
    TwoOne,
}

/// Returns the version of Uniswap's Universal Router at `contract`, if it is one.
pub(super) fn universal_router(chain_id: u64, contract: Address) -> Option<RouterVersion> {
    const SHARED: Address = address!("8B844f885672f333Bc0042cB669255f93a4C1E6b");
    let (two, two_one) = match chain_id {
        1 => (
            address!("66a9893cC07D91D95644AEDD05D03f95e1dBA8Af"),
            address!("4C82D1fBFe28C977cBB58D8C7FF8FCF9F70a2cCA"),
        ),
        10 => (address!("851116D9223fabED8E56C0E6b8Ad0c31d98B3507"), SHARED),
        137 => (address!("1095692A6237d83C6a72F3F5eFEdb9A670C49223"), SHARED),
        8453 => (
            address!("6fF5693b99212Da76ad316178A184AB56D299b43"),
            address!("fdf682F51fE81Aa4898f0Ae2163D8A55C127FBc7"),
        ),
        42_161 => (address!("A51afAFe0263b40EdaEf0Df8781eA9aa03E381a3"), SHARED),
        _ => return None,
    };
    let versions = [(two, RouterVersion::Two), (two_one, RouterVersion::TwoOne)];
    versions.into_iter().find(|(router, _)| *router == contract).map(|(_, version)| version)
}
