//! The NFT calls used here (EIP-721, EIP-1155, ERC-165), and what their contracts say of themselves.

use alloy_primitives::{Address as EvmAddress, Bytes, FixedBytes, U256};
use alloy_sol_types::{SolCall, sol};
use futures_util::future::join_all;
use waiaas_core::address::Address;
use waiaas_core::nft::{NftId, NftKind, NftStandard};

use super::node::Node;
use super::{EvmChain, decode, erc20, evm_address};
use crate::{ChainError, Refusal};

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

/// ERC-165 ids: none, which no contract may claim, and those of the two standards.
const INVALID: [u8; 4] = [0xff; 4];
const ERC_721: [u8; 4] = [0x80, 0xac, 0x58, 0xcd];
const ERC_1155: [u8; 4] = [0xd9, 0xb6, 0x7a, 0x26];

pub(super) fn transfer_721(from: EvmAddress, to: EvmAddress, token_id: U256) -> Bytes {
    Nft::safeTransferFromCall { from, to, tokenId: token_id }.abi_encode().into()
}

pub(super) fn transfer_1155(from: EvmAddress, to: EvmAddress, id: U256, quantity: U256) -> Bytes {
    Multi::safeTransferFromCall { from, to, id, quantity, data: Bytes::new() }.abi_encode().into()
}

pub(super) fn approve_all(operator: EvmAddress) -> Bytes {
    Nft::setApprovalForAllCall { operator, approved: true }.abi_encode().into()
}

impl EvmChain {
    /// What a called contract has to be asked so that the call can be read: its standard, if the call
    /// means one thing to a token and another to an NFT. Some are both (ERC-404) and say neither: they
    /// take a number for an id where the wallet has the NFT with that id.
    pub(super) async fn standard_for(
        &self,
        wallet: EvmAddress,
        to: Option<EvmAddress>,
        input: &[u8],
    ) -> Result<Option<NftStandard>, ChainError> {
        let (Some(contract), Some(number)) = (to, decode::ambiguous_number(input)) else { return Ok(None) };
        if let Some(standard) = self.nft_standard(contract).await? {
            return Ok(Some(standard));
        }
        let nodes = self.node.awake(2);
        let question = Bytes::from(Nft::ownerOfCall { tokenId: number }.abi_encode());
        let told = join_all(nodes.iter().map(async |node| {
            let owner = self.ask(node, contract, question.clone()).await?;
            let owner = owner.and_then(|answer| erc20::word(&answer));
            Ok(owner == Some(U256::from_be_slice(wallet.as_slice())))
        }));
        let is_id = self.node.asked("whose NFT has an id").agreed(told.await)?;
        Ok(is_id.then_some(NftStandard::Erc721))
    }

    /// Which kind of NFT a contract says it has (ERC-165), by the agreement of the endpoints: it decides what
    /// a call means.
    async fn nft_standard(&self, contract: EvmAddress) -> Result<Option<NftStandard>, ChainError> {
        let nodes = self.node.awake(2);
        let told = join_all(nodes.iter().map(|node| self.standard_by(node, contract))).await;
        self.node.asked("which kind of token a contract is").agreed(told)
    }

    /// The same by the word of one node.
    async fn standard_by(
        &self,
        node: &Node,
        contract: EvmAddress,
    ) -> Result<Option<NftStandard>, ChainError> {
        // What says yes to everything says nothing.
        if self.supports(node, contract, INVALID).await? != Some(false) {
            return Ok(None);
        }
        for (interface, standard) in [(ERC_721, NftStandard::Erc721), (ERC_1155, NftStandard::Erc1155)] {
            if self.supports(node, contract, interface).await? == Some(true) {
                return Ok(Some(standard));
            }
        }
        Ok(None)
    }

    async fn supports(
        &self,
        node: &Node,
        contract: EvmAddress,
        interface: [u8; 4],
    ) -> Result<Option<bool>, ChainError> {
        let question = Nft::supportsInterfaceCall { interfaceId: FixedBytes(interface) }.abi_encode();
        let answer = self.ask(node, contract, question.into()).await?;
        Ok(match answer.and_then(|answer| erc20::word(&answer)) {
            Some(U256::ZERO) => Some(false),
            Some(U256::ONE) => Some(true),
            Some(_) | None => None,
        })
    }

    /// A contract's answer; none if it does not know the question.
    async fn ask(
        &self,
        node: &Node,
        contract: EvmAddress,
        question: Bytes,
    ) -> Result<Option<Bytes>, ChainError> {
        match node.read(contract, question).await {
            Ok(answer) => Ok(Some(answer)),
            Err(failure) => match self.would_fail(failure) {
                ChainError::Refused(_) => Ok(None),
                other => Err(other),
            },
        }
    }

    /// Whether a contract is a collection of the kind that was named.
    pub(super) async fn check_collection(
        &self,
        collection: Address,
        standard: NftStandard,
    ) -> Result<(), ChainError> {
        let contract = evm_address(collection).ok_or(Refusal::NotAToken(collection));
        let found = self.nft_standard(contract.map_err(ChainError::Refused)?).await?;
        if found == Some(standard) {
            return Ok(());
        }
        let why = format!("{collection} is not an {} collection on this network", standard.as_str());
        Err(ChainError::Refused(Refusal::Unsupported(why)))
    }

    /// Whether `owner` has so many of an NFT.
    pub(super) async fn check_nft(
        &self,
        nft: &NftId,
        owner: EvmAddress,
        need: U256,
    ) -> Result<(), ChainError> {
        if nft.caip2 != self.network.caip2 {
            let why = format!("{nft} is not on {}", self.network.id);
            return Err(ChainError::Refused(Refusal::Unsupported(why)));
        }
        self.check_collection(nft.collection(), nft.standard()).await?;
        let have = match nft.kind {
            NftKind::Erc721 { collection, token_id } => {
                let question = Nft::ownerOfCall { tokenId: token_id }.abi_encode();
                let found = self.read_word(collection, question.into()).await?;
                U256::from(found == Some(U256::from_be_slice(owner.as_slice())))
            }
            NftKind::Erc1155 { collection, token_id } => {
                let question = Multi::balanceOfCall { account: owner, id: token_id }.abi_encode();
                self.read_word(collection, question.into()).await?.unwrap_or_default()
            }
            NftKind::Metaplex { .. } => U256::ZERO,
        };
        if have < need {
            let nft = nft.to_string();
            return Err(ChainError::Refused(Refusal::InsufficientNft { nft, have, need }));
        }
        Ok(())
    }

    async fn read_word(&self, contract: Address, question: Bytes) -> Result<Option<U256>, ChainError> {
        let contract = evm_address(contract).ok_or(ChainError::Refused(Refusal::NotAToken(contract)))?;
        Ok(self.ask(&self.node, contract, question).await?.and_then(|answer| erc20::word(&answer)))
    }
}
