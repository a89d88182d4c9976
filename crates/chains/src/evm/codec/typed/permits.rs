//! Signatures that move tokens or give allowances: EIP-2612, DAI, EIP-3009, Permit2.

use alloy_primitives::{Address, U256, keccak256};
use waiaas_core::effect::Effect;
use waiaas_core::network::Network;
use waiaas_core::selector::Selector;

use super::TypedData;
use super::classify::{Reading, unknown, until};
use super::value::Struct;
use crate::evm::codec::decode;

pub(super) const PERMIT: &str =
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";
pub(super) const DAI_PERMIT: &str =
    "Permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed)";
pub(super) const TRANSFER: &str = "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,\
    uint256 validBefore,bytes32 nonce)";
pub(super) const RECEIVE: &str = "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,\
    uint256 validBefore,bytes32 nonce)";
const CANCEL: &str = "CancelAuthorization(address authorizer,bytes32 nonce)";
pub(super) const PERMIT_SINGLE: &str = "PermitSingle(PermitDetails details,address spender,uint256 sigDeadline)\
    PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)";
pub(super) const PERMIT_BATCH: &str = "PermitBatch(PermitDetails[] details,address spender,uint256 sigDeadline)\
    PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)";
pub(super) const PERMIT_TRANSFER: &str = "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,\
    uint256 deadline)TokenPermissions(address token,uint256 amount)";
pub(super) const PERMIT_BATCH_TRANSFER: &str = "PermitBatchTransferFrom(TokenPermissions[] permitted,address spender,\
    uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)";

pub(super) fn read(network: &Network, wallet: Address, data: &TypedData) -> Option<Reading> {
    let contract = data.contract()?;
    match data.type_text.as_str() {
        PERMIT | DAI_PERMIT => token_permit(network, wallet, contract, &data.message),
        TRANSFER | RECEIVE => authorization(network, wallet, contract, &data.message),
        CANCEL => cancellation(wallet, contract, &data.message),
        _ => permit2(network, contract, data),
    }
}

/// Reads a permit of EIP-2612, or of DAI, which allows the whole balance or nothing. The verifier is the token.
fn token_permit(network: &Network, wallet: Address, token: Address, message: &Struct) -> Option<Reading> {
    let dai = message.address("holder").is_some();
    let owner = message.address(if dai { "holder" } else { "owner" })?;
    let amount = match message.uint("value") {
        Some(value) => value,
        None if message.uint("allowed")?.is_zero() => U256::ZERO,
        None => U256::MAX,
    };
    let ends = message.uint(if dai { "expiry" } else { "deadline" })?;
    // For DAI, an expiry of zero means no expiry.
    let ends = if dai && ends.is_zero() { U256::MAX } else { ends };
    let effect = allowance(network, token, message.address("spender")?, amount, None);
    (owner == wallet).then(|| Reading::new(vec![effect], until(ends)))
}

/// Reads a transfer authorisation of EIP-3009.
fn authorization(network: &Network, wallet: Address, token: Address, message: &Struct) -> Option<Reading> {
    let effect = Effect::TokenOut {
        asset: decode::asset(network, token),
        to: decode::account(message.address("to")?),
        amount: message.uint("value")?,
    };
    let expiry = until(message.uint("validBefore")?);
    (message.address("from")? == wallet).then(|| Reading::new(vec![effect], expiry))
}

/// Reads a cancellation of EIP-3009, which revokes an unused authorisation. Any account may submit it at any time.
fn cancellation(wallet: Address, token: Address, message: &Struct) -> Option<Reading> {
    let method = keccak256("cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)");
    let selector = method.first_chunk::<4>().map(|method| Selector::evm(*method));
    let effect = Effect::ContractCall { target: decode::account(token), selector, decoded: true };
    (message.address("authorizer")? == wallet).then(|| Reading::new(vec![effect], crate::Expiry::Never))
}

/// Reads a permit of Permit2, whose owner is the signer.
fn permit2(network: &Network, contract: Address, data: &TypedData) -> Option<Reading> {
    let ours = contract == decode::PERMIT2
        && data.domain_is(&["name", "chainId", "verifyingContract"])
        && data.domain.text("name") == Some("Permit2");
    if !ours {
        return None;
    }
    let message = &data.message;
    let (permitted, ends, witness) = match data.type_text.as_str() {
        PERMIT_SINGLE | PERMIT_BATCH => ("details", "sigDeadline", false),
        PERMIT_TRANSFER | PERMIT_BATCH_TRANSFER => ("permitted", "deadline", false),
        _ if has_witness(data) => ("permitted", "deadline", true),
        _ => return None,
    };
    let (spender, mut ends) = (message.address("spender")?, message.uint(ends)?);
    let mut items = Vec::new();
    for each in message.structs(permitted)? {
        let mut amount = each.uint("amount")?;
        if let Some(expiration) = each.uint("expiration") {
            // A recorded allowance lasts until its expiration.
            ends = ends.max(expiration);
            amount = decode::allowed(amount);
        }
        items.push(allowance(network, each.address("token")?, spender, amount, Some(contract)));
    }
    // The spender's contract defines the meaning of a witness, so the data is of an unknown kind.
    if witness || items.is_empty() {
        items.push(unknown(data));
    }
    Some(Reading::new(items, until(ends)))
}

/// Returns whether it is a `PermitWitnessTransferFrom` or `PermitBatchWitnessTransferFrom`: the fields of the
/// plain kind, then one struct that the spender defines.
fn has_witness(data: &TypedData) -> bool {
    let permitted = match data.message.name.as_str() {
        "PermitWitnessTransferFrom" => "TokenPermissions",
        "PermitBatchWitnessTransferFrom" => "TokenPermissions[]",
        _ => return false,
    };
    let [a, b, c, d, witness] = data.types.fields(&data.message.name) else { return false };
    let [token, amount] = data.types.fields("TokenPermissions") else { return false };
    a.is(permitted, "permitted")
        && b.is("address", "spender")
        && c.is("uint256", "nonce")
        && d.is("uint256", "deadline")
        && matches!(witness.kind, super::types::Kind::Struct(_))
        && token.is("address", "token")
        && amount.is("uint256", "amount")
}

fn allowance(
    network: &Network,
    token: Address,
    spender: Address,
    amount: U256,
    through: Option<Address>,
) -> Effect {
    let (asset, through) = (decode::asset(network, token), through.map(decode::account));
    Effect::Allowance { asset, spender: decode::account(spender), amount, through }
}
