//! NFTs: EIP-721 and EIP-1155.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolInterface, sol};
use waiaas_core::effect::Effect;
use waiaas_core::nft::{NftId, NftStandard};

use self::Collection::CollectionCalls;
use self::Erc721::Erc721Calls;
use super::account;
use super::reader::{Call, Reader, Recognised};
use super::strict::{Malformed, method};

sol! {
    /// Methods that tokens do not have.
    #[sol(abi)]
    interface Collection {
        function safeTransferFrom(address from, address to, uint256 tokenId) external;
        function safeTransferFrom(address from, address to, uint256 tokenId, bytes data) external;
        function safeTransferFrom(address from, address to, uint256 id, uint256 quantity, bytes data) external;
        function safeBatchTransferFrom(
            address from, address to, uint256[] ids, uint256[] quantities, bytes data
        ) external;
        function setApprovalForAll(address operator, bool approved) external;
        function permit(address spender, uint256 tokenId, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
    }

    /// Methods whose selectors EIP-721 shares with tokens.
    #[sol(abi)]
    interface Erc721 {
        function transferFrom(address from, address to, uint256 tokenId) external;
        function approve(address spender, uint256 tokenId) external;
        function burn(uint256 tokenId) external;
    }
}

/// Returns whether tokens and EIP-721 contracts interpret a call differently.
pub(in crate::evm) fn is_ambiguous(input: &[u8]) -> bool {
    input.first_chunk::<4>().is_some_and(|selector| Erc721Calls::valid_selector(*selector))
}

/// Returns the number in such a call: an amount for a token, an id for an EIP-721 contract.
pub(in crate::evm) fn ambiguous_number(input: &[u8]) -> Option<U256> {
    Some(match method::<Erc721Calls>(input)?.ok()? {
        Erc721Calls::transferFrom(c) => c.tokenId,
        Erc721Calls::approve(c) => c.tokenId,
        Erc721Calls::burn(c) => c.tokenId,
    })
}

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Recognised {
    if reader.standard(call.to) == Some(NftStandard::Erc721)
        && let Some(known) = method::<Erc721Calls>(call.input)
    {
        return Some(known.map(|known| erc721(reader, call, known)));
    }
    let known = match method::<CollectionCalls>(call.input)? {
        Ok(known) => known,
        Err(malformed) => return Some(Err(malformed)),
    };
    match known {
        CollectionCalls::safeTransferFrom_0(c) => {
            let nft = reader.erc721(call.to, c.tokenId);
            out(reader, call, c.from, c.to, [(nft, U256::ONE)]);
        }
        CollectionCalls::safeTransferFrom_1(c) => {
            let nft = reader.erc721(call.to, c.tokenId);
            out(reader, call, c.from, c.to, [(nft, U256::ONE)]);
        }
        CollectionCalls::safeTransferFrom_2(c) => {
            let nft = reader.erc1155(call.to, c.id);
            out(reader, call, c.from, c.to, [(nft, c.quantity)]);
        }
        CollectionCalls::safeBatchTransferFrom(c) => {
            if c.ids.len() != c.quantities.len() {
                return Some(Err(Malformed("its lists are of different lengths")));
            }
            let nfts = c.ids.iter().map(|id| reader.erc1155(call.to, *id)).zip(c.quantities);
            let nfts: Vec<_> = nfts.collect();
            out(reader, call, c.from, c.to, nfts);
        }
        CollectionCalls::setApprovalForAll(c) => reader.push(Effect::OperatorApproval {
            collection: account(call.to),
            operator: account(c.operator),
            granted: c.approved,
        }),
        CollectionCalls::permit(c) => allow(reader, call, c.spender, c.tokenId),
    }
    Some(Ok(()))
}

fn erc721(reader: &mut Reader<'_>, call: &Call<'_>, known: Erc721Calls) {
    match known {
        Erc721Calls::transferFrom(c) => {
            let nft = reader.erc721(call.to, c.tokenId);
            out(reader, call, c.from, c.to, [(nft, U256::ONE)]);
        }
        Erc721Calls::approve(c) => allow(reader, call, c.spender, c.tokenId),
        Erc721Calls::burn(c) => {
            let (nft, wallet) = (reader.erc721(call.to, c.tokenId), reader.wallet());
            out(reader, call, wallet, Address::ZERO, [(nft, U256::ONE)]);
        }
    }
}

fn allow(reader: &mut Reader<'_>, call: &Call<'_>, spender: Address, token_id: U256) {
    let spender = (!spender.is_zero()).then(|| account(spender));
    let nft = reader.erc721(call.to, token_id);
    reader.push(Effect::NftAllowance { nft, spender });
}

/// Adds an outflow of NFTs. NFTs of another owner, and an empty list, are an undecoded call.
fn out(
    reader: &mut Reader<'_>,
    call: &Call<'_>,
    from: Address,
    to: Address,
    nfts: impl IntoIterator<Item = (NftId, U256)>,
) {
    let mut nfts = nfts.into_iter().peekable();
    if !reader.ours(from) || nfts.peek().is_none() {
        reader.called(call, false);
        return;
    }
    for (nft, quantity) in nfts {
        reader.push(Effect::NftOut { nft, to: account(to), quantity });
    }
}
