//! Bytes behind a call: memos, and attribution suffixes (ERC-8021).
//!
//! Solidity and Vyper read arguments by their offsets and ignore bytes behind them, unless a contract reads them
//! explicitly (ERC-2771 does, for its forwarder). So the call is read without them, and counts as decoded only if
//! the contract is known, or the call is `transfer` or `approve` of a token, which policies have to list.

use alloy_sol_types::SolCall;

use super::account4337::SmartAccount::SmartAccountCalls;
use super::authority::Authority::AuthorityCalls;
use super::erc20::Token::{self, TokenCalls};
use super::multicall::Multicall::MulticallCalls;
use super::multicall::Multicall3::Multicall3Calls;
use super::nft::Collection::CollectionCalls;
use super::permit::Permitting::PermittingCalls;
use super::permit2::Permit2::Permit2Calls;
use super::reader::{Call, Reader};
use super::router_v2::RouterV2::RouterV2Calls;
use super::router_v3::Router02::Router02Calls;
use super::router_v3::RouterV3::RouterV3Calls;
use super::safe::Safe::SafeCalls;
use super::strict::length;
use super::universal::Universal::UniversalCalls;
use super::weth::Weth::WethCalls;
use super::{pinned, router_v3};

/// Returns the length of the call of a family at the beginning of the bytes.
type Length = fn(&[u8]) -> Option<usize>;

const LENGTHS: [Length; 14] = [
    length::<Permit2Calls>,
    length::<WethCalls>,
    length::<CollectionCalls>,
    length::<TokenCalls>,
    length::<PermittingCalls>,
    length::<AuthorityCalls>,
    length::<MulticallCalls>,
    length::<Multicall3Calls>,
    length::<SafeCalls>,
    length::<SmartAccountCalls>,
    length::<RouterV2Calls>,
    length::<RouterV3Calls>,
    length::<Router02Calls>,
    length::<UniversalCalls>,
];

/// Returns the call without the bytes behind it; `None` if there are none.
pub(super) fn cut<'a>(call: &Call<'a>) -> Option<Call<'a>> {
    let length = LENGTHS.iter().find_map(|length| length(call.input))?;
    let input = call.input.get(..length).filter(|input| input.len() < call.input.len())?;
    Some(Call { input, ..*call })
}

/// Returns whether bytes behind the call cannot change its effects.
pub(super) fn is_ignored(reader: &Reader<'_>, call: &Call<'_>) -> bool {
    let is = |contract: fn(u64) -> Option<alloy_primitives::Address>| {
        reader.chain_id().and_then(contract) == Some(call.to)
    };
    let universal = reader.chain_id().and_then(|chain_id| pinned::universal_router(chain_id, call.to));
    let plain = [Token::transferCall::SELECTOR, Token::approveCall::SELECTOR];
    let of_a_token = call.input.first_chunk::<4>().is_some_and(|selector| plain.contains(selector))
        && reader.standard(call.to).is_none();
    of_a_token
        || call.to == pinned::PERMIT2
        || call.to == pinned::MULTICALL3
        || pinned::is_multi_send(call.to)
        || router_v3::is_recorded(reader, call.to)
        || is(pinned::weth)
        || is(pinned::router_v2)
        || universal.is_some()
}
