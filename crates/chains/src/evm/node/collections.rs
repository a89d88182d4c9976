//! What the contracts of NFTs say of themselves and of their owners, asked of the nodes.

use alloy_primitives::{Address as EvmAddress, Bytes, U256};
use futures_util::future::join_all;
use waiaas_core::address::Address;
use waiaas_core::nft::{NftId, NftKind, NftStandard};

use super::EvmChain;
use super::rpc::Node;
use crate::evm::codec::{decode, erc20, evm_address, nft};
use crate::{ChainError, Refusal};

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
        let question = nft::owner_of(number);
        let told = join_all(nodes.iter().map(async |node| {
            let owner = self.ask(node, contract, question.clone()).await?;
            Ok(owner.is_some_and(|answer| nft::is_owner(&answer, wallet)))
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
        let found = self.nft_standard(contract?).await?;
        if found == Some(standard) {
            return Ok(());
        }
        let why = format!("{collection} is not an {} collection on this network", standard.as_str());
        Err(ChainError::Refused(Refusal::Unsupported(why)))
    }

    /// Whether `owner` has so many of an NFT.
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
