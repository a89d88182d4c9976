//! Encodes the NFT calls that are used here (EIP-721, EIP-1155, ERC-165). Pure.

use alloy_primitives::{Address, Bytes, FixedBytes, U256};
use alloy_sol_types::{SolCall as _, sol};

use super::erc20;

sol! {
    interface Nft {
        function safeTransferFrom(address from, address to, uint256 tokenId) external;
        function setApprovalForAll(address operator, bool approved) external;
        function ownerOf(uint256 tokenId) external view returns (address);
        function supportsInterface(bytes4 interfaceId) external view returns (bool);
    }

    interface Multi {
        function safeTransferFrom(address from, address to, uint256 id, uint256 quantity, bytes data) external;
        function balanceOf(address account, uint256 id) external view returns (uint256);
    }
}

/// ERC-165 interface ids: the invalid id, which no contract may claim, and those of the two standards.
pub(in crate::evm) const INVALID: [u8; 4] = [0xff; 4];
pub(in crate::evm) const ERC_721: [u8; 4] = [0x80, 0xac, 0x58, 0xcd];
pub(in crate::evm) const ERC_1155: [u8; 4] = [0xd9, 0xb6, 0x7a, 0x26];

pub(in crate::evm) fn transfer_721(from: Address, to: Address, token_id: U256) -> Bytes {
    Nft::safeTransferFromCall { from, to, tokenId: token_id }.abi_encode().into()
}

pub(in crate::evm) fn transfer_1155(from: Address, to: Address, id: U256, quantity: U256) -> Bytes {
    Multi::safeTransferFromCall { from, to, id, quantity, data: Bytes::new() }.abi_encode().into()
}

pub(in crate::evm) fn approve_all(operator: Address) -> Bytes {
    Nft::setApprovalForAllCall { operator, approved: true }.abi_encode().into()
}

pub(in crate::evm) fn owner_of(token_id: U256) -> Bytes {
    Nft::ownerOfCall { tokenId: token_id }.abi_encode().into()
}

pub(in crate::evm) fn balance_of(account: Address, id: U256) -> Bytes {
    Multi::balanceOfCall { account, id }.abi_encode().into()
}

pub(in crate::evm) fn supports(interface: [u8; 4]) -> Bytes {
    Nft::supportsInterfaceCall { interfaceId: FixedBytes(interface) }.abi_encode().into()
}

/// Reads the answer to `supportsInterface`; `None` if it is not a boolean.
pub(in crate::evm) fn read_supports(answer: &[u8]) -> Option<bool> {
    match erc20::word(answer)? {
        U256::ZERO => Some(false),
        U256::ONE => Some(true),
        _ => None,
    }
}

/// Returns whether the answer to `ownerOf` is `account`.
pub(in crate::evm) fn is_owner(answer: &[u8], account: Address) -> bool {
    erc20::word(answer) == Some(U256::from_be_slice(account.as_slice()))
}
