//! Reads the standards and owners of NFTs from their contracts.

use alloy_primitives::{Address as EvmAddress, Bytes, U256};
use futures_util::future::join_all;
use waiaas_core::address::Address;
use waiaas_core::nft::{NftId, NftKind, NftStandard};

use super::EvmChain;
use super::rpc::Node;
use crate::evm::codec::{decode, erc20, evm_address, nft};
use crate::{ChainError, Refusal};

impl EvmChain {
    /// Returns the NFT standard of a called contract, if tokens and NFT contracts interpret the call differently.
    /// Some contracts are both (ERC-404) and report neither: they read a number as an id if the wallet has the NFT
    /// with that id.
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
        let question = nft::owner_of(number);
        let answers = join_all(nodes.iter().map(async |node| {
            let owner = self.ask(node, contract, question.clone()).await?;
            Ok(owner.is_some_and(|answer| nft::is_owner(&answer, wallet)))
        }));
        let is_id = self.node.asked("the owner of an NFT").agreed(answers.await)?;
        Ok(is_id.then_some(NftStandard::Erc721))
    }

    /// Returns the NFT standard that a contract reports (ERC-165). The endpoints must agree, because it determines
    /// the effects of a call.
    async fn nft_standard(&self, contract: EvmAddress) -> Result<Option<NftStandard>, ChainError> {
        let nodes = self.node.awake(2);
        let answers = join_all(nodes.iter().map(|node| self.standard_by(node, contract))).await;
        self.node.asked("the standard of a contract").agreed(answers)
    }

    /// Returns the NFT standard by the answers of one node.
    async fn standard_by(
        &self,
        node: &Node,
        contract: EvmAddress,
    ) -> Result<Option<NftStandard>, ChainError> {
        // A contract that reports every interface proves none.
        if self.supports(node, contract, nft::INVALID).await? != Some(false) {
            return Ok(None);
        }
        for (interface, standard) in
            [(nft::ERC_721, NftStandard::Erc721), (nft::ERC_1155, NftStandard::Erc1155)]
        {
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
        let answer = self.ask(node, contract, nft::supports(interface)).await?;
        Ok(answer.and_then(|answer| nft::read_supports(&answer)))
    }

    /// Returns a contract's answer; `None` if the call fails.
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

    /// Checks that a contract is a collection of the given standard.
    pub(super) async fn check_collection(
        &self,
        collection: Address,
        standard: NftStandard,
    ) -> Result<(), ChainError> {
        let contract = evm_address(collection).ok_or(Refusal::NotAToken(collection));
        let found = self.nft_standard(contract?).await?;
        if found == Some(standard) {
            return Ok(());
        }
        let why = format!("{collection} is not an {} collection on this network", standard.as_str());
        Err(ChainError::Refused(Refusal::Unsupported(why)))
    }

    /// Checks that `owner` has at least `need` of an NFT.
    pub(super) async fn check_nft(
        &self,
        wanted: &NftId,
        owner: EvmAddress,
        need: U256,
    ) -> Result<(), ChainError> {
        if wanted.caip2 != self.codec.network.caip2 {
            let why = format!("{wanted} is not on {}", self.codec.network.id);
            return Err(ChainError::Refused(Refusal::Unsupported(why)));
        }
        self.check_collection(wanted.collection(), wanted.standard()).await?;
        let have = match wanted.kind {
            NftKind::Erc721 { collection, token_id } => {
                let answer = self.read_answer(collection, nft::owner_of(token_id)).await?;
                U256::from(answer.is_some_and(|answer| nft::is_owner(&answer, owner)))
            }
            NftKind::Erc1155 { collection, token_id } => {
                let answer = self.read_answer(collection, nft::balance_of(owner, token_id)).await?;
                answer.and_then(|answer| erc20::word(&answer)).unwrap_or_default()
            }
            NftKind::Metaplex { .. } => U256::ZERO,
        };
        if have < need {
            let nft = wanted.to_string();
            return Err(ChainError::Refused(Refusal::InsufficientNft { nft, have, need }));
        }
        Ok(())
    }

    async fn read_answer(&self, contract: Address, question: Bytes) -> Result<Option<Bytes>, ChainError> {
        let contract = evm_address(contract).ok_or(ChainError::Refused(Refusal::NotAToken(contract)))?;
        self.ask(&self.node, contract, question).await
    }
}
