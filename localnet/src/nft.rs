//! The NFT collections on the EVM chain: OpenZeppelin's presets, which the faucet may mint.
//!
//! Belongs here: the deployments. Minting is a plain call that tests make themselves (see README.md).

use anyhow::Result;

use crate::contracts::{Contracts, short_strings};

/// Both collections, empty.
pub struct Nfts {
    /// `ERC721PresetMinterPauserAutoId`: ids count up from 0.
    pub erc721: String,
    /// `ERC1155PresetMinterPauser`.
    pub erc1155: String,
}

/// Deploys both.
pub async fn deploy(contracts: &Contracts<'_>) -> Result<Nfts> {
    let preset = |name: &str| format!("@openzeppelin/contracts/build/contracts/{name}.json");
    let arguments = short_strings(&["Localnet Art", "ART", "ipfs://"], &[]);
    let erc721 = contracts.deploy(&preset("ERC721PresetMinterPauserAutoId"), &arguments).await?;
    let arguments = short_strings(&["ipfs://"], &[]);
    let erc1155 = contracts.deploy(&preset("ERC1155PresetMinterPauser"), &arguments).await?;
    Ok(Nfts { erc721, erc1155 })
}
