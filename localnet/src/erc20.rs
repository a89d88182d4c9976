//! The ERC-20s on the EVM chain: OpenZeppelin's `ERC20PresetFixedSupply`, and a coin with transfers by
//! signature. The faucet owns the whole supply of both.
//!
//! Belongs here: the deployments. Transfers are plain calls that tests make themselves (see README.md).

use anyhow::{Result, ensure};
use serde_json::json;

use crate::contracts::{Contracts, address_word, short_strings, word};

/// OpenZeppelin's default.
pub const DECIMALS: u8 = 18;

const ARTIFACT: &str = "@openzeppelin/contracts/build/contracts/ERC20PresetFixedSupply.json";

/// A billion tokens.
const SUPPLY: u128 = 1_000_000_000 * 10_u128.pow(DECIMALS as u32);

/// Deploys the token and gives the faucet the whole supply. Returns its address.
pub async fn deploy(contracts: &Contracts<'_>) -> Result<String> {
    let owner = contracts.from;
    let arguments = short_strings(&["Localnet Token", "LOCAL"], &[word(SUPPLY), address_word(owner)]);
    let address = contracts.deploy(ARTIFACT, &arguments).await?;
    let question = format!("0x70a08231{}", address_word(owner));
    let balance =
        contracts.rpc.call("eth_call", json!([{"to": address, "data": question}, "latest"])).await?;
    ensure!(balance == format!("0x{SUPPLY:064x}"), "the faucet's balance is {balance}");
    Ok(address)
}

/// The decimals of common stablecoins.
pub const COIN_DECIMALS: u8 = 6;

/// A billion coins.
const COIN_SUPPLY: u128 = 1_000_000_000 * 10_u128.pow(COIN_DECIMALS as u32);

/// Deploys the coin and gives the faucet the whole supply. Returns its address.
pub async fn deploy_coin(contracts: &Contracts<'_>) -> Result<String> {
    contracts.deploy("localnet-contracts/Coin.json", &word(COIN_SUPPLY)).await
}
