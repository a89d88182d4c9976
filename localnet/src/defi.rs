//! Contracts on the EVM chain that take tokens and whose calls are not decoded.
//!
//! Belongs here: the deployments, and the faucet's payment of the exchange's stock.

use anyhow::Result;

use crate::contracts::{Contracts, address_word, word};

/// Base units of the coin that the exchange can pay out.
const STOCK: u128 = 1_000_000 * 10_u128.pow(6);

/// The deployed contracts.
pub struct Defi {
    /// An ERC-4626 vault of the ERC-20.
    pub vault: String,
    /// Pulls a token and pays another.
    pub aggregator: String,
}

/// Deploys both.
pub async fn deploy(contracts: &Contracts<'_>, erc20: &str, coin: &str) -> Result<Defi> {
    let vault = contracts.deploy("localnet-contracts/Vault.json", &address_word(erc20)).await?;
    let aggregator = contracts.deploy("localnet-contracts/Aggregator.json", "").await?;
    // transfer(address,uint256)
    let transfer = format!("a9059cbb{}{}", address_word(&aggregator), word(STOCK));
    contracts.transact(coin, &transfer, 0).await?;
    Ok(Defi { vault, aggregator })
}
