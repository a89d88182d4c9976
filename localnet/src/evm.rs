//! The EVM chain: anvil, its funded dev account, and the contracts on it.
//!
//! Belongs here: the initial content of the chain. The process belongs to `anvil`, each contract to the file
//! of its kind.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::announcement::{EvmAnnouncement, EvmFaucet};
use crate::anvil::Anvil;
use crate::contracts::Contracts;
use crate::defi::{self, Defi};
use crate::erc20;
use crate::json_rpc::JsonRpc;
use crate::nft::{self, Nfts};
use crate::permit2;
use crate::reputation::{self, Registries};
use crate::swap::{self, Exchange};

/// The chain id of every dev node, by which wallets recognise a test chain.
const CHAIN_ID: u64 = 31_337;

/// The first account of the public test mnemonic. Worthless on any other chain.
const FAUCET_ADDRESS: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const FAUCET_PRIVATE_KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// More than any test run needs; the 10,000 ETH of a dev account suffice for one run.
const FAUCET_WEI: u128 = 1_000_000_000 * 10_u128.pow(18);

/// A running EVM chain.
pub struct Evm {
    anvil: Anvil,
    erc20: String,
    nfts: Nfts,
    exchange: Exchange,
    registries: Registries,
    coin: String,
    defi: Defi,
}

impl Evm {
    /// Starts anvil, funds the faucet and deploys the contracts.
    pub async fn start(binary: PathBuf, modules: PathBuf) -> Result<Self> {
        let anvil = Anvil::start(&binary, CHAIN_ID).await?;
        let rpc = JsonRpc::new(anvil.url())?;

        let accounts = rpc.call("eth_accounts", json!([])).await?;
        let first =
            accounts.get(0).and_then(|account| account.as_str()).context("anvil has no dev account")?;
        ensure!(first.eq_ignore_ascii_case(FAUCET_ADDRESS), "anvil's first account is {first}");

        rpc.call("anvil_setBalance", json!([FAUCET_ADDRESS, format!("{FAUCET_WEI:#x}")])).await?;
        let contracts = Contracts { rpc: &rpc, modules, from: FAUCET_ADDRESS };
        let erc20 = erc20::deploy(&contracts).await?;
        let nfts = nft::deploy(&contracts).await?;
        let exchange = swap::deploy(&contracts, &erc20).await?;
        let registries = reputation::deploy(&contracts).await?;
        let coin = erc20::deploy_coin(&contracts).await?;
        let defi = defi::deploy(&contracts, &erc20, &coin).await?;
        permit2::plant(&rpc, &contracts.modules, CHAIN_ID).await?;
        Ok(Self { anvil, erc20, nfts, exchange, registries, coin, defi })
    }

    /// Returns the announcement for callers.
    pub fn announcement(&self) -> EvmAnnouncement {
        EvmAnnouncement {
            rpc: self.anvil.url(),
            chain_id: CHAIN_ID,
            faucet: EvmFaucet { address: FAUCET_ADDRESS.into(), private_key: FAUCET_PRIVATE_KEY.into() },
            erc20: self.erc20.clone(),
            erc20_decimals: erc20::DECIMALS,
            erc721: self.nfts.erc721.clone(),
            erc1155: self.nfts.erc1155.clone(),
            weth: self.exchange.weth.clone(),
            uniswap_v2_router: self.exchange.router.clone(),
            identity_registry: self.registries.identity.clone(),
            reputation_registry: self.registries.reputation.clone(),
            coin: self.coin.clone(),
            coin_decimals: erc20::COIN_DECIMALS,
            permit2: permit2::ADDRESS.into(),
            vault: self.defi.vault.clone(),
            aggregator: self.defi.aggregator.clone(),
        }
    }

    /// Waits until the node ends by itself, which is a failure.
    pub async fn died(&mut self) {
        self.anvil.died().await;
    }

    /// Stops the node and waits until it has ended.
    pub async fn stop(self) -> Result<()> {
        self.anvil.stop().await
    }
}
