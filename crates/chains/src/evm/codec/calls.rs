//! Translates intents into calls on an EVM network and refuses intents that are certainly mistakes. Pure.

use alloy_primitives::{Address as EvmAddress, Bytes, U256};
use waiaas_core::address::Address;
use waiaas_core::intent::Intent;
use waiaas_core::nft::{NftId, NftKind, NftStandard};

use super::body::LONGEST_INPUT;
use super::{erc20, evm_address, nft, unsupported};
use crate::{CodecError, Refusal};

/// A call: sender, target, value and data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Call {
    pub(in crate::evm) from: EvmAddress,
    /// `None` creates a contract.
    pub(in crate::evm) to: Option<EvmAddress>,
    pub(in crate::evm) value: U256,
    pub(in crate::evm) input: Bytes,
}

/// Returns the call that carries out `intent` for `from`.
pub(in crate::evm) fn call_of(from: EvmAddress, intent: &Intent) -> Result<Call, CodecError> {
    let call = |to, value, input| Ok(Call { from, to: Some(to), value, input });
    match intent {
        Intent::Transfer { to, amount, memo } => {
            check_amount(*amount, memo.as_deref())?;
            call(recipient(*to)?, *amount, Bytes::new())
        }
        Intent::TokenTransfer { to, token, amount, memo, allow_off_curve: _ } => {
            check_amount(*amount, memo.as_deref())?;
            let (to, token) = (recipient(*to)?, token_of(*token)?);
            if to == token {
                return Err(bad_recipient("the recipient is the token contract itself"));
            }
            call(token, U256::ZERO, erc20::Transfer { to, amount: *amount }.encode())
        }
        Intent::Approve { spender, token, amount } => {
            call(token_of(*token)?, U256::ZERO, erc20::approve(recipient(*spender)?, *amount))
        }
        Intent::ApproveNft { spender, nft } => match nft.kind {
            NftKind::Erc721 { collection, token_id } => {
                call(contract(collection)?, U256::ZERO, erc20::approve(recipient(*spender)?, token_id))
            }
            NftKind::Erc1155 { .. } => Err(unsupported("ERC-1155 has no approval of a single token id")),
            NftKind::Metaplex { .. } => Err(foreign_nft(nft)),
        },
        Intent::ApproveCollection { spender, collection, standard } => match standard {
            NftStandard::Erc721 | NftStandard::Erc1155 => {
                call(contract(*collection)?, U256::ZERO, nft::approve_all(recipient(*spender)?))
            }
            NftStandard::Metaplex => Err(unsupported("EVM networks have no Metaplex collections")),
        },
        Intent::NftTransfer { to, nft, quantity, allow_off_curve: _ } => {
            nft_transfer(from, recipient(*to)?, nft, *quantity)
        }
        Intent::ContractCall { to, data, value } => {
            let input = sized(data)?;
            if input.is_empty() && value.is_zero() {
                return Err(unsupported("a call without data or value does nothing"));
            }
            call(recipient(*to)?, *value, input)
        }
        Intent::Deploy { code, value } => {
            if code.is_empty() {
                return Err(unsupported("there is no code to deploy"));
            }
            Ok(Call { from, to: None, value: *value, input: sized(code)? })
        }
        Intent::Batch { .. } => Err(CodecError::Refused(Refusal::BatchUnsupported)),
        Intent::ProgramCall { .. }
        | Intent::SignTransaction { .. }
        | Intent::SignMessage { .. }
        | Intent::SignTypedData { .. }
        | Intent::Cancellation { .. } => Err(unsupported("not supported on EVM networks")),
    }
}

fn nft_transfer(from: EvmAddress, to: EvmAddress, nft: &NftId, quantity: U256) -> Result<Call, CodecError> {
    if quantity.is_zero() {
        return Err(unsupported("the quantity must be more than zero"));
    }
    let (collection, input) = match nft.kind {
        NftKind::Erc721 { collection, token_id } => {
            if quantity != U256::ONE {
                return Err(unsupported("there is only one of each ERC-721 token"));
            }
            (contract(collection)?, nft::transfer_721(from, to, token_id))
        }
        NftKind::Erc1155 { collection, token_id } => {
            (contract(collection)?, nft::transfer_1155(from, to, token_id, quantity))
        }
        NftKind::Metaplex { .. } => return Err(foreign_nft(nft)),
    };
    if to == collection {
        return Err(bad_recipient("the recipient is the contract of the collection itself"));
    }
    Ok(Call { from, to: Some(collection), value: U256::ZERO, input })
}

fn check_amount(amount: U256, memo: Option<&str>) -> Result<(), CodecError> {
    if memo.is_some() {
        return Err(unsupported("EVM networks have no place for a memo"));
    }
    if amount.is_zero() {
        return Err(unsupported("the amount must be more than zero"));
    }
    Ok(())
}

fn recipient(to: Address) -> Result<EvmAddress, CodecError> {
    let to = evm_address(to).ok_or_else(|| bad_recipient("the recipient is not an EVM address"))?;
    if to.is_zero() { Err(bad_recipient("the zero address is not a recipient")) } else { Ok(to) }
}

fn token_of(token: Address) -> Result<EvmAddress, CodecError> {
    evm_address(token).ok_or(CodecError::Refused(Refusal::NotAToken(token)))
}

fn contract(address: Address) -> Result<EvmAddress, CodecError> {
    evm_address(address).ok_or_else(|| unsupported("the contract's address is not an EVM address"))
}

fn sized(bytes: &[u8]) -> Result<Bytes, CodecError> {
    if bytes.len() > LONGEST_INPUT {
        return Err(unsupported("the data is longer than a transaction may carry"));
    }
    Ok(Bytes::copy_from_slice(bytes))
}

fn foreign_nft(nft: &NftId) -> CodecError {
    CodecError::Refused(Refusal::Unsupported(format!("{nft} is not on an EVM network")))
}

fn bad_recipient(why: &str) -> CodecError {
    CodecError::Refused(Refusal::BadRecipient(why.to_owned()))
}
