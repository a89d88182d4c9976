//! The exchange on the EVM chain: WETH and Uniswap v2, with one pool of the ERC-20 and ETH.
//!
//! Belongs here: the deployments and the pool's first liquidity, from the faucet.

use anyhow::Result;

use crate::contracts::{Contracts, address_word, word};

/// Liquidity of each side of the pool: a thousand coins, a thousand tokens.
const LIQUIDITY: u128 = 1_000 * 10_u128.pow(18);

/// A working exchange.
pub struct Exchange {
    /// `WETH9`.
    pub weth: String,
    /// `UniswapV2Router02`.
    pub router: String,
}

/// Deploys WETH, factory and router, and fills the pool.
pub async fn deploy(contracts: &Contracts<'_>, erc20: &str) -> Result<Exchange> {
    let faucet = contracts.from;
    let weth = contracts.deploy("canonical-weth/build/contracts/WETH9.json", "").await?;
    let factory =
        contracts.deploy("@uniswap/v2-core/build/UniswapV2Factory.json", &address_word(faucet)).await?;
    let arguments = address_word(&factory) + &address_word(&weth);
    let router = contracts.deploy("@uniswap/v2-periphery/build/UniswapV2Router02.json", &arguments).await?;

    // approve(address,uint256)
    let approve = format!("095ea7b3{}{}", address_word(&router), word(LIQUIDITY));
    contracts.transact(erc20, &approve, 0).await?;
    // addLiquidityETH(address,uint256,uint256,uint256,address,uint256)
    let words = [
        address_word(erc20),
        word(LIQUIDITY),
        word(LIQUIDITY),
        word(LIQUIDITY),
        address_word(faucet),
        word(u128::from(u64::MAX)),
    ];
    contracts.transact(&router, &format!("f305d719{}", words.concat()), LIQUIDITY).await?;
    Ok(Exchange { weth, router })
}
