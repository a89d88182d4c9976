//! Base on a node here: Uniswap, Permit2 and Multicall3 as they are published, at the addresses that they have there.
//!
//! Belongs here: the chain, the daemon on it, and a victim who trusts all of that. The attacks belong to the
//! classes.

use std::sync::Arc;

use alloy_dyn_abi::DynSolValue as V;
use alloy_primitives::{B256, I256, U256};
use anyhow::{Context as _, Result};
use e2e::{Anvil, Daemon, PASSWORD, PERMIT2, Parts, deploy, faucet, plant, rpc, transact};
use serde_json::json;

use crate::kit::{Evm, EvmChain, Node, Nodes, On, Own, Target, Victim, account, calldata, number};

/// Says what OP-stack networks ask for data.
const GAS_ORACLE: &str = "0x420000000000000000000000000000000000000F";
pub(crate) const WETH: &str = "0x4200000000000000000000000000000000000006";
pub(crate) const V2_ROUTER: &str = "0x4752ba5dbc23f44d87826276bf6fd6b1c372ad24";
pub(crate) const ROUTER_02: &str = "0x2626664c2603336e57b271c5c0b26f421741e481";
/// Version 2.1 of the Universal Router.
pub(crate) const UNIVERSAL: &str = "0xfdf682f51fe81aa4898f0ae2163d8a55c127fbc7";
pub(crate) const MULTICALL3: &str = "0xca11bde05977b3631167028862be2a173976ca11";
const V2_FACTORY: &str = "0x8909dc15e40173ff4699343b6eb8132c65e18ec6";
const V3_FACTORY: &str = "0x33128a8fc17869897dce68ed026d694621f6fdfd";
const V3_POSITIONS: &str = "0x03a520b32c04bf3beef7beb72e919cf822ed34f1";
const V4_POOLS: &str = "0x498581ff718922c3f8e6a244956af099b2652b2b";
/// keccak256 of the creation code of the contracts that the factories make.
const PAIR_HASH: &str = "96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f";
const POOL_HASH: &str = "e34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54";

/// Enough of each side of a pool.
const MUCH: u128 = 1_000_000_000_000_000_000_000;
pub(crate) const NEVER: u128 = 99_999_999_999;
/// Ticks from one end to the other, for a pool whose fee is three thousandths.
const LAST_TICK: i64 = 887_220;

const BASE: EvmChain = EvmChain { id: 8453, network: "base-mainnet", environment: "mainnet" };

/// The chain and the daemon on it.
pub(crate) struct Base {
    pub(crate) target: Arc<Target>,
    /// Listed by the victim's operator, and worth as much as the coin.
    pub(crate) token: String,
    /// In no list.
    pub(crate) unlisted: String,
    // The daemon first, so that it ends before its node.
    _daemon: Daemon,
    _node: Anvil,
}

impl Base {
    pub(crate) async fn start(own: &Own, nodes: &Nodes) -> Result<Self> {
        let anvil = tokio::task::block_in_place(|| Anvil::start(&nodes.parts, BASE.id))?;
        let chain = Chain { url: anvil.url().to_owned(), faucet: faucet(anvil.url()).await? };
        chain.plant_all(&nodes.parts).await?;
        // The network has a data fee; the contract that says so answers nothing but zero here.
        rpc(anvil.url(), "anvil_setCode", json!([GAS_ORACLE, "0x600060005260206000f3"])).await?;
        let (token, unlisted) =
            (chain.token(&nodes.parts, "T").await?, chain.token(&nodes.parts, "E").await?);
        chain.fill_pools(&token, &unlisted).await?;
        chain.fill_v4(&nodes.parts, &token).await?;
        // Confirmation takes a second block.
        let node = Node::new(anvil.url());
        node.call("evm_setIntervalMining", json!([1])).await?;
        let evm = Evm::of(BASE, node, &token);
        let priced = [
            "eip155:8453/slip44:60".to_owned(),
            evm.asset_of(WETH),
            evm.asset_of(&token),
            evm.asset_of(&unlisted),
        ];
        let url = anvil.url().to_owned();
        let daemon = own.start(move |options| {
            options.prices.extend(priced.map(|asset| (asset, "3000".to_owned())));
            // Where nothing else is usable, no request has to name its network.
            let others = ["ETHEREUM", "POLYGON", "ARBITRUM", "OPTIMISM", "HYPEREVM"];
            options.through = others.map(|name| format!("WAIAAS_RPC_EVM_{name}_MAINNET=,")).into();
            options.through.insert(0, "env".to_owned());
            options.through.push(format!("WAIAAS_RPC_EVM_BASE_MAINNET={url}"));
        })?;
        let nodes = Nodes { evm, solana: nodes.solana.clone(), parts: nodes.parts.clone() };
        let target = Arc::new(Target::new(daemon.url(), PASSWORD, Some(nodes), None));
        Ok(Self { target, token, unlisted, _daemon: daemon, _node: anvil })
    }

    /// A victim whose wallet does nothing.
    pub(crate) async fn victim(&self) -> Result<Arc<Victim>> {
        let token = self.token.clone();
        self.target.shared("base victim", |target| async move { listing(&target, &token).await }).await
    }

    /// A fresh victim with the same policies.
    pub(crate) async fn newcomer(&self) -> Result<Victim> {
        listing(&self.target, &self.token).await
    }
}

/// A victim whose operator lists all of it, which may spend small change and ten tokens at a time, and has
/// allowed the routers all tokens. More takes an owner, and there is none.
async fn listing(target: &Target, token: &str) -> Result<Victim> {
    let mut victim = Victim::with_tokens(target, On::Evm).await?;
    let listed = [WETH, V2_ROUTER, ROUTER_02, UNIVERSAL, PERMIT2, MULTICALL3, token];
    let listed = listed.map(|contract| json!({ "address": contract }));
    victim.policy(target, "CONTRACT_WHITELIST", json!({ "contracts": listed })).await?;
    let evm = target.evm()?;
    for spender in [V2_ROUTER, ROUTER_02, PERMIT2, MULTICALL3] {
        let data = calldata("approve(address,uint256)", vec![account(spender), V::Uint(U256::MAX, 256)]);
        evm.impersonate(&victim.address, token, &data).await?;
    }
    let most = V::Uint(U256::MAX >> 96, 160);
    let permitted = vec![account(token), account(UNIVERSAL), most, V::Uint(U256::from(NEVER), 48)];
    let data = calldata("approve(address,address,uint160,uint48)", permitted);
    evm.impersonate(&victim.address, PERMIT2, &data).await?;
    victim.nonce = evm.nonce(&victim.address).await?;
    Ok(victim)
}

/// The bare node.
struct Chain {
    url: String,
    faucet: String,
}

fn artifact(parts: &Parts, package: &str, contract: &str) -> Result<String> {
    parts.code(&format!("@uniswap/{package}/artifacts/contracts/{contract}.sol/{contract}.json"))
}

fn hash(text: &str) -> Result<V> {
    Ok(V::FixedBytes(text.parse()?, 32))
}

impl Chain {
    async fn call(&self, to: &str, value: u128, signature: &str, arguments: Vec<V>) -> Result<()> {
        let data = format!("0x{}", hex::encode(calldata(signature, arguments)));
        let transaction = json!({ "to": to, "data": data, "value": format!("{value:#x}") });
        transact(&self.url, transaction, &self.faucet).await.map(drop)
    }

    async fn plant(&self, at: &str, code: &str, arguments: Vec<V>) -> Result<()> {
        plant(&self.url, at, code, &arguments).await.with_context(|| format!("planting {at}"))
    }

    async fn plant_all(&self, parts: &Parts) -> Result<()> {
        let zero_address = || account("0x");
        parts.plant_permit2(&self.url, BASE.id).await?;
        self.plant(MULTICALL3, &parts.multicall3()?, vec![]).await?;
        let weth = parts.code("canonical-weth/build/contracts/WETH9.json")?;
        self.plant(WETH, &weth, vec![]).await?;
        let factory = parts.code("@uniswap/v2-core/build/UniswapV2Factory.json")?;
        self.plant(V2_FACTORY, &factory, vec![account(&self.faucet)]).await?;
        let router = parts.code("@uniswap/v2-periphery/build/UniswapV2Router02.json")?;
        self.plant(V2_ROUTER, &router, vec![account(V2_FACTORY), account(WETH)]).await?;
        self.plant(V3_FACTORY, &artifact(parts, "v3-core", "UniswapV3Factory")?, vec![]).await?;
        let positions = artifact(parts, "v3-periphery", "NonfungiblePositionManager")?;
        self.plant(V3_POSITIONS, &positions, vec![account(V3_FACTORY), account(WETH), zero_address()])
            .await?;
        let router = artifact(parts, "swap-router-contracts", "SwapRouter02")?;
        let factories = vec![account(V2_FACTORY), account(V3_FACTORY), account(V3_POSITIONS), account(WETH)];
        self.plant(ROUTER_02, &router, factories).await?;
        let pools = parts.code("@uniswap/v4-core/out/PoolManager.sol/PoolManager.json")?;
        self.plant(V4_POOLS, &pools, vec![account(&self.faucet)]).await?;
        let universal = V::Tuple(vec![
            account(PERMIT2),
            account(WETH),
            account(V2_FACTORY),
            account(V3_FACTORY),
            hash(PAIR_HASH)?,
            hash(POOL_HASH)?,
            account(V4_POOLS),
            account(V3_POSITIONS),
            zero_address(),
            zero_address(),
        ]);
        self.plant(UNIVERSAL, &artifact(parts, "universal-router", "UniversalRouter")?, vec![universal]).await
    }

    /// A token whose whole supply is the faucet's.
    async fn token(&self, parts: &Parts, symbol: &str) -> Result<String> {
        let code = parts.code("@openzeppelin/contracts/build/contracts/ERC20PresetFixedSupply.json")?;
        let supply = number(MUCH * 100);
        let text = |text: &str| V::String(text.to_owned());
        let arguments = [text("Token"), text(symbol), supply, account(&self.faucet)];
        deploy(&self.url, &code, &arguments).await
    }

    /// One for one: coin, token and the unlisted token with each other, in pools of v2 and of v3.
    async fn fill_pools(&self, token: &str, unlisted: &str) -> Result<()> {
        self.call(WETH, MUCH * 4, "deposit()", vec![]).await?;
        for held in [token, unlisted, WETH] {
            for spender in [V2_ROUTER, V3_POSITIONS] {
                let arguments = vec![account(spender), V::Uint(U256::MAX, 256)];
                self.call(held, 0, "approve(address,uint256)", arguments).await?;
            }
        }
        for (a, b) in [(token, WETH), (unlisted, WETH), (token, unlisted)] {
            let amounts = || [MUCH, MUCH, MUCH, MUCH].map(number);
            let mut arguments = vec![account(a), account(b)];
            arguments.extend(amounts());
            arguments.extend([account(&self.faucet), number(NEVER)]);
            let add = "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)";
            self.call(V2_ROUTER, 0, add, arguments).await?;

            let (low, high) = if a.to_lowercase() < b.to_lowercase() { (a, b) } else { (b, a) };
            let price = V::Uint(U256::from(1u8) << 96, 160);
            let create = "createAndInitializePoolIfNecessary(address,address,uint24,uint160)";
            self.call(V3_POSITIONS, 0, create, vec![account(low), account(high), fee(), price]).await?;
            let mint = V::Tuple(vec![
                account(low),
                account(high),
                fee(),
                tick(-LAST_TICK),
                tick(LAST_TICK),
                number(MUCH),
                number(MUCH),
                number(0),
                number(0),
                account(&self.faucet),
                number(NEVER),
            ]);
            let signature =
                "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))";
            self.call(V3_POSITIONS, 0, signature, vec![mint]).await?;
        }
        Ok(())
    }

    /// The same of coin and token in a pool of v4, through the contract with which its authors test it.
    async fn fill_v4(&self, parts: &Parts, token: &str) -> Result<()> {
        let code =
            parts.code("@uniswap/v4-core/out/PoolModifyLiquidityTest.sol/PoolModifyLiquidityTest.json")?;
        let lender = deploy(&self.url, &code, &[account(V4_POOLS)]).await?;
        let arguments = vec![account(&lender), V::Uint(U256::MAX, 256)];
        self.call(token, 0, "approve(address,uint256)", arguments).await?;
        let price = V::Uint(U256::from(1u8) << 96, 160);
        let initialize = "initialize((address,address,uint24,int24,address),uint160)";
        self.call(V4_POOLS, 0, initialize, vec![v4_pool(token), price]).await?;
        let liquidity = V::Int(I256::try_from(MUCH)?, 256);
        let position =
            V::Tuple(vec![tick(-LAST_TICK), tick(LAST_TICK), liquidity, V::FixedBytes(B256::ZERO, 32)]);
        let add =
            "modifyLiquidity((address,address,uint24,int24,address),(int24,int24,int256,bytes32),bytes)";
        self.call(&lender, MUCH * 2, add, vec![v4_pool(token), position, V::Bytes(vec![])]).await
    }
}

fn tick(tick: i64) -> V {
    let size = I256::try_from(tick.unsigned_abs()).unwrap_or_default();
    V::Int(if tick < 0 { -size } else { size }, 24)
}

/// Three thousandths, as a fee of a pool.
pub(crate) fn fee() -> V {
    V::Uint(U256::from(3000u16), 24)
}

/// The pool of v4 of coin and token.
pub(crate) fn v4_pool(token: &str) -> V {
    V::Tuple(vec![account("0x"), account(token), fee(), tick(60), account("0x")])
}
