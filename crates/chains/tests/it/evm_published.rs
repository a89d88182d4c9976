//! Tests of the decoder against the code that Uniswap publishes, at its addresses on Base: the decoded amounts of
//! swaps are compared with the real ones.

use alloy_primitives::{Address, U256, address, hex};
use alloy_sol_types::{SolCall, SolValue, sol};
use serde_json::{Value, json};
use waiaas_chains::evm;
use waiaas_core::address::Address as AnyAddress;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects, Swap};
use waiaas_core::network::{Network, NetworkId, Networks};

use crate::anvil::{Anvil, code_in, parts};

const WETH: Address = address!("4200000000000000000000000000000000000006");
const PERMIT2: Address = address!("000000000022D473030F116dDEE9F6B43aC78BA3");
const V2_FACTORY: Address = address!("8909Dc15e40173Ff4699343b6eB8132c65e18eC6");
const V2_ROUTER: Address = address!("4752ba5DBc23f44D87826276BF6Fd6b1C372aD24");
const V3_FACTORY: Address = address!("33128a8fC17869897dcE68Ed026d694621f6FDfD");
const POSITIONS: Address = address!("03a520b32C04BF3bEEf7BEb72E919cf822Ed34f1");
const ROUTER_02: Address = address!("2626664c2603336E57B271c5C0b26F421741e481");
const UNIVERSAL: Address = address!("fdf682F51fE81Aa4898f0Ae2163D8A55C127FBc7");

/// Addresses that the routers read as their caller and as themselves.
const CALLER: Address = Address::with_last_byte(1);
const ROUTER: Address = Address::with_last_byte(2);
const STRANGER: Address = Address::repeat_byte(0x5b);

/// Liquidity of each side of a pool.
const MUCH: u128 = 1_000_000_000_000_000_000_000;
const ONE: u128 = 1_000_000_000_000_000_000;
const NEVER: u64 = 99_999_999_999;

sol! {
    function approve(address spender, uint256 amount) external;
    function balanceOf(address account) external returns (uint256);
    function deposit() external payable;
    function addLiquidityETH(address token, uint256 d, uint256 a, uint256 b, address to, uint256 t) external payable;
    function createAndInitializePoolIfNecessary(address a, address b, uint24 fee, uint160 price) external payable;

    struct Mint {
        address token0; address token1; uint24 fee; int24 tickLower; int24 tickUpper; uint256 amount0;
        uint256 amount1; uint256 min0; uint256 min1; address recipient; uint256 deadline;
    }
    function mint(Mint p) external payable;

    function swapExactETHForTokens(uint256 least, address[] path, address to, uint256 deadline) external payable;
    function swapETHForExactTokens(uint256 amount, address[] path, address to, uint256 deadline) external payable;
    function swapExactTokensForETH(uint256 amount, uint256 least, address[] path, address to, uint256 t) external;

    struct Single {
        address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 amountIn; uint256 least;
        uint160 limit;
    }
    struct SingleOut {
        address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 amountOut; uint256 most;
        uint160 limit;
    }
    function exactInputSingle(Single p) external payable;
    function exactOutputSingle(SingleOut p) external payable;
    function unwrapWETH9(uint256 least, address recipient) external payable;
    function refundETH() external payable;
    function multicall(uint256 deadline, bytes[] data) external payable;

    function execute(bytes commands, bytes[] inputs, uint256 deadline) external payable;
}

/// Base with Uniswap's contracts, and a wallet with coin and tokens that has given them allowances.
struct Base {
    anvil: Anvil,
    network: Network,
    token: Address,
    wallet: Address,
}

fn v3(package: &str, contract: &str) -> String {
    code_in(&format!("@uniswap/{package}/artifacts/contracts/{contract}.sol"), contract)
}

impl Base {
    async fn new() -> Self {
        let anvil = Anvil::start(&["--chain-id", "8453", "--gas-limit", "60000000"]);
        let networks = Networks::builtin();
        let network = networks.get(&NetworkId::new("base-mainnet")).expect("built in").clone();
        let faucet = Address::from(anvil.account(0).await);
        let wallet = Address::from(anvil.account(1).await);
        let mut base = Self { anvil, network, token: Address::ZERO, wallet };
        base.token = base.give_tokens().await;
        base.plant_all().await;
        base.fill_pools(faucet).await;
        base.allow_all().await;
        base
    }

    /// Deploys a token with a supply above 64 bits, and transfers a tenth of it to the wallet.
    async fn give_tokens(&self) -> Address {
        let faucet = Address::from(self.anvil.account(0).await);
        let arguments = ("Token".to_owned(), "T".to_owned(), U256::from(MUCH) * U256::from(10u8), faucet)
            .abi_encode_params();
        let code = format!("{}{}", Anvil::code_of("ERC20PresetFixedSupply"), hex::encode(arguments));
        let token = Address::from(self.anvil.create(&code).await);
        self.call(0, token, 0, &transferCall { to: self.wallet, amount: U256::from(MUCH) }.abi_encode())
            .await;
        token
    }

    /// Puts a contract at its well-known address: its constructor runs there twice, once for the code that it
    /// returns and once for its storage.
    async fn plant(&self, at: Address, code: &str, arguments: &[u8]) {
        let creation = format!("0x{code}{}", hex::encode(arguments));
        self.anvil.call("anvil_setCode", json!([at, creation])).await;
        let runtime = self.anvil.call("eth_call", json!([{ "to": at, "gas": "0x3938700" }, "latest"])).await;
        let transaction = json!({ "to": at, "gas": "0x1c9c380" });
        self.anvil.send_as(0, transaction).await;
        self.anvil.call("anvil_setCode", json!([at, runtime])).await;
    }

    async fn plant_all(&self) {
        let permit2 = parts().join("@uniswap/v4-periphery/lib/permit2/test/utils/DeployPermit2.sol");
        let permit2 = std::fs::read_to_string(permit2).expect("Permit2");
        let (_, rest) = permit2.split_once("hex\"").expect("a literal");
        let (permit2, _) = rest.split_once('"').expect("its end");
        self.anvil.call("anvil_setCode", json!([PERMIT2, format!("0x{permit2}")])).await;
        let weth = code_in("canonical-weth/build/contracts", "WETH9");
        self.plant(WETH, &weth, &[]).await;
        let faucet = Address::from(self.anvil.account(0).await);
        let factory = code_in("@uniswap/v2-core/build", "UniswapV2Factory");
        self.plant(V2_FACTORY, &factory, &faucet.abi_encode()).await;
        let router = code_in("@uniswap/v2-periphery/build", "UniswapV2Router02");
        self.plant(V2_ROUTER, &router, &(V2_FACTORY, WETH).abi_encode_params()).await;
        self.plant(V3_FACTORY, &v3("v3-core", "UniswapV3Factory"), &[]).await;
        let positions = v3("v3-periphery", "NonfungiblePositionManager");
        self.plant(POSITIONS, &positions, &(V3_FACTORY, WETH, Address::ZERO).abi_encode_params()).await;
        let arguments = (V2_FACTORY, V3_FACTORY, POSITIONS, WETH).abi_encode_params();
        self.plant(ROUTER_02, &v3("swap-router-contracts", "SwapRouter02"), &arguments).await;
        // keccak256 of the creation code of the factories' pairs and pools.
        let pair =
            U256::from_be_bytes(hex!("96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f"));
        let pool =
            U256::from_be_bytes(hex!("e34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54"));
        let arguments = (
            PERMIT2,
            WETH,
            V2_FACTORY,
            V3_FACTORY,
            pair,
            pool,
            Address::ZERO,
            POSITIONS,
            Address::ZERO,
            Address::ZERO,
        );
        self.plant(UNIVERSAL, &v3("universal-router", "UniversalRouter"), &arguments.abi_encode_params())
            .await;
    }

    /// Fills a v2 pool and a v3 pool at a price of one token for one coin.
    async fn fill_pools(&self, faucet: Address) {
        let (much, max) = (U256::from(MUCH), U256::MAX);
        for spender in [V2_ROUTER, POSITIONS] {
            self.call(0, self.token, 0, &approveCall { spender, amount: max }.abi_encode()).await;
        }
        self.call(0, WETH, MUCH, &depositCall {}.abi_encode()).await;
        self.call(0, WETH, 0, &approveCall { spender: POSITIONS, amount: max }.abi_encode()).await;
        let add = addLiquidityETHCall {
            token: self.token,
            d: much,
            a: much,
            b: much,
            to: faucet,
            t: U256::from(NEVER),
        };
        self.call(0, V2_ROUTER, MUCH, &add.abi_encode()).await;
        let (token0, token1) = if self.token < WETH { (self.token, WETH) } else { (WETH, self.token) };
        let fee = alloy_primitives::aliases::U24::from(3000u16);
        let price = alloy_primitives::aliases::U160::from(1u8) << 96;
        let create = createAndInitializePoolIfNecessaryCall { a: token0, b: token1, fee, price };
        self.call(0, POSITIONS, 0, &create.abi_encode()).await;
        let tick = alloy_primitives::aliases::I24::try_from(887_220i32).expect("a tick");
        let p = Mint {
            token0,
            token1,
            fee,
            tickLower: -tick,
            tickUpper: tick,
            amount0: much,
            amount1: much,
            min0: U256::ZERO,
            min1: U256::ZERO,
            recipient: faucet,
            deadline: U256::from(NEVER),
        };
        self.call(0, POSITIONS, 0, &mintCall { p }.abi_encode()).await;
    }

    async fn allow_all(&self) {
        for spender in [V2_ROUTER, ROUTER_02, PERMIT2] {
            self.call(1, self.token, 0, &approveCall { spender, amount: U256::MAX }.abi_encode()).await;
        }
        let permitted = (self.token, UNIVERSAL, U256::from(MUCH), U256::from(NEVER)).abi_encode_params();
        // approve(address,address,uint160,uint48)
        let data = [&hex!("87517c45")[..], &permitted].concat();
        self.call(1, PERMIT2, 0, &data).await;
    }

    async fn call(&self, account: usize, to: Address, value: u128, data: &[u8]) -> Value {
        let data = format!("0x{}", hex::encode(data));
        let transaction = json!({ "to": to, "data": data, "value": format!("{value:#x}") });
        self.anvil.send_as(account, transaction).await
    }

    /// Returns the coin, wrapped coin and tokens of an account.
    async fn holds(&self, account: Address) -> [U256; 3] {
        let coin = self.anvil.call("eth_getBalance", json!([account, "latest"])).await;
        let of = async |token: Address| {
            let data = format!("0x{}", hex::encode(balanceOfCall { account }.abi_encode()));
            let answer = self.anvil.call("eth_call", json!([{ "to": token, "data": data }, "latest"])).await;
            number(&answer)
        };
        [number(&coin), of(WETH).await, of(self.token).await]
    }

    fn reads(&self, to: Address, value: u128, data: &[u8]) -> Effects {
        let any = |address: Address| AnyAddress::Evm(address.into_array());
        let read = evm::read_call(&self.network, any(self.wallet), any(to), U256::from(value), data);
        read.expect("an EVM network")
    }

    /// Returns the ids of the wallet's three assets.
    fn names(&self) -> [AssetId; 3] {
        let token = |token: Address| AssetId::token(&self.network.caip2, AnyAddress::Evm(token.into_array()));
        [self.network.native(), token(WETH), token(self.token)]
    }

    /// Runs the call, compares the balances with the decoded effects, and returns whether it was decoded.
    async fn judge(&self, what: &str, router: Address, value: u128, data: &[u8]) -> bool {
        let effects = self.reads(router, value, data);
        let decoded = effects.items.iter().any(|effect| {
            matches!(effect, Effect::ContractCall { target, decoded: true, .. }
                if *target == AnyAddress::Evm(router.into_array()))
        });
        let snapshot = self.anvil.call("evm_snapshot", json!([])).await;
        let before = self.holds(self.wallet).await;
        let receipt = self.call(1, router, value, data).await;
        let after = self.holds(self.wallet).await;
        let left = self.holds(router).await;
        let gas = number(&receipt["gasUsed"]) * number(&receipt["effectiveGasPrice"]);
        self.anvil.call("evm_revert", json!([snapshot])).await;

        let swap = effects.items.iter().find_map(Effect::swap).unwrap_or_else(|| panic!("{what}: no swap"));
        let sum = |portions: &[waiaas_core::effect::Portion], asset: &AssetId| {
            let of = portions.iter().filter(|portion| portion.asset == *asset).map(|portion| portion.amount);
            of.fold(U256::ZERO, U256::saturating_add)
        };
        for (at, asset) in self.names().iter().enumerate() {
            let had = if at == 0 { before[0] - gas } else { before[at] };
            let (out, back) = (sum(&swap.sold, asset), sum(&swap.bought, asset));
            if swap.to == AnyAddress::Evm(self.wallet.into_array()) {
                assert!(
                    after[at] + out >= had + back,
                    "{what}: {asset}: {had} before, {} after, {swap:?}",
                    after[at]
                );
            }
            assert!(after[at] + out >= had, "{what}: more outflow of {asset} than decoded: {swap:?}");
        }
        let has_left = left.iter().any(|amount| !amount.is_zero());
        assert!(!decoded || !has_left, "{what}: decoded, and {left:?} is left in the router");
        assert_eq!(
            effects.items.iter().filter(|effect| matches!(effect, Effect::Unknown { .. })).count(),
            0,
            "{what}"
        );
        decoded
    }

    fn swap(&self, router: Address, value: u128, data: &[u8]) -> Swap {
        self.reads(router, value, data).items.iter().find_map(Effect::swap).expect("a swap").clone()
    }
}

sol! {
    function transfer(address to, uint256 amount) external;
}

fn number(value: &Value) -> U256 {
    let text = value.as_str().expect("a number").trim_start_matches("0x");
    let bytes = format!("{text:0>64}");
    U256::from_be_slice(&hex::decode(bytes.get(..64).expect("a word")).expect("hex"))
}

fn uint(number: u128) -> U256 {
    U256::from(number)
}

#[tokio::test]
async fn v2_swaps_match_their_decoding() {
    let base = Base::new().await;
    let (deadline, to) = (U256::from(NEVER), base.wallet);
    let (to_token, to_coin) = (vec![WETH, base.token], vec![base.token, WETH]);
    let least = uint(ONE / 100 * 97);
    let buy = swapExactETHForTokensCall { least, path: to_token.clone(), to, deadline }.abi_encode();
    assert!(base.judge("coin for tokens", V2_ROUTER, ONE, &buy).await);
    let exact = swapETHForExactTokensCall { amount: least, path: to_token, to, deadline }.abi_encode();
    assert!(base.judge("coin for an exact amount of tokens", V2_ROUTER, 2 * ONE, &exact).await);
    let sell = swapExactTokensForETHCall { amount: uint(ONE), least, path: to_coin.clone(), to, t: deadline };
    assert!(base.judge("tokens for coin", V2_ROUTER, 0, &sell.abi_encode()).await);
    let behind = [&sell.abi_encode()[..], b"a memo"].concat();
    assert!(base.judge("with bytes behind", V2_ROUTER, 0, &behind).await);
    let gift =
        swapExactTokensForETHCall { amount: uint(ONE), least, path: to_coin, to: STRANGER, t: deadline };
    let gift = gift.abi_encode();
    assert!(base.judge("for another recipient", V2_ROUTER, 0, &gift).await);
    assert_eq!(base.swap(V2_ROUTER, 0, &gift).to, AnyAddress::Evm(STRANGER.into_array()));
}

#[tokio::test]
async fn v3_swaps_match_their_decoding() {
    let base = Base::new().await;
    let fee = alloy_primitives::aliases::U24::from(3000u16);
    let single = |from, into, to, amount: u128, least: u128| {
        let (recipient, amount, least, limit) = (to, uint(amount), uint(least), Default::default());
        let p = Single { tokenIn: from, tokenOut: into, fee, recipient, amountIn: amount, least, limit };
        exactInputSingleCall { p }.abi_encode()
    };
    let exact = |most: u128| {
        let (amount, limit) = (uint(ONE), Default::default());
        let p = SingleOut {
            tokenIn: WETH,
            tokenOut: base.token,
            fee,
            recipient: base.wallet,
            amountOut: amount,
            most: uint(most),
            limit,
        };
        exactOutputSingleCall { p }.abi_encode()
    };
    let several = |steps: Vec<Vec<u8>>| {
        let data = steps.into_iter().map(Into::into).collect();
        multicallCall { deadline: U256::from(NEVER), data }.abi_encode()
    };
    let unwrap = |to| unwrapWETH9Call { least: uint(ONE / 100 * 97), recipient: to }.abi_encode();
    let refund = || refundETHCall {}.abi_encode();
    let buy = single(WETH, base.token, base.wallet, ONE, ONE / 100 * 97);
    assert!(base.judge("coin for tokens", ROUTER_02, ONE, &buy).await);
    assert!(!base.judge("too much coin", ROUTER_02, 2 * ONE, &buy).await);
    assert!(base.judge("too much coin, sent back", ROUTER_02, 2 * ONE, &several(vec![buy, refund()])).await);
    assert!(!base.judge("an exact amount", ROUTER_02, 2 * ONE, &exact(2 * ONE)).await);
    let returned = several(vec![exact(2 * ONE), refund()]);
    assert!(base.judge("an exact amount, the rest sent back", ROUTER_02, 2 * ONE, &returned).await);
    let to_router = || single(base.token, WETH, ROUTER, ONE, 0);
    assert!(!base.judge("left in the router", ROUTER_02, 0, &to_router()).await);
    let unwrapped = several(vec![to_router(), unwrap(base.wallet)]);
    assert!(base.judge("tokens for coin", ROUTER_02, 0, &unwrapped).await);
    let swap = base.swap(ROUTER_02, 0, &unwrapped);
    assert_eq!(swap.bought[0].asset, base.network.native());
    // The router reads this recipient literally, not as its caller.
    let literal = several(vec![to_router(), unwrap(CALLER)]);
    assert!(base.judge("for the first address", ROUTER_02, 0, &literal).await);
    assert_eq!(base.swap(ROUTER_02, 0, &literal).to, AnyAddress::Evm(CALLER.into_array()));
    let all = several(vec![to_router(), single(WETH, base.token, CALLER, 0, ONE / 100 * 95)]);
    assert!(base.judge("the whole output of the first swap is sold", ROUTER_02, 0, &all).await);
}

#[tokio::test]
async fn lists_of_commands_match_their_decoding() {
    let base = Base::new().await;
    let hops = |from: Address, into: Address| [from.as_slice(), &[0, 0x0b, 0xb8], into.as_slice()].concat();
    let swap = |to, amount: U256, least: u128, path: Vec<u8>, by_user: bool| {
        (to, amount, uint(least), alloy_primitives::Bytes::from(path), by_user).abi_encode_params()
    };
    let pay = |a: Address, b: Address, amount: u128| (a, b, uint(amount)).abi_encode_params();
    let two = |a: Address, amount: u128| (a, uint(amount)).abi_encode_params();
    let run = |commands: Vec<(u8, Vec<u8>)>| {
        let (commands, inputs): (Vec<u8>, Vec<_>) =
            commands.into_iter().map(|(command, input)| (command, input.into())).unzip();
        executeCall { commands: commands.into(), inputs, deadline: U256::from(NEVER) }.abi_encode()
    };
    let (sell, buy) = (hops(base.token, WETH), hops(WETH, base.token));
    let least = ONE / 100 * 97;
    let everything = U256::ONE << 255;
    let to_router = || (0x00, swap(ROUTER, uint(ONE), 0, sell.clone(), true));
    for (what, value, commands, decoded) in [
        (
            "coin for tokens",
            ONE,
            vec![(0x0b, two(ROUTER, ONE)), (0x00, swap(CALLER, uint(ONE), least, buy.clone(), false))],
            true,
        ),
        ("wrapped and left", ONE, vec![(0x0b, two(ROUTER, ONE))], false),
        ("coin left", 2 * ONE, vec![(0x0b, two(CALLER, ONE))], false),
        ("coin swept", 2 * ONE, vec![(0x0b, two(CALLER, ONE)), (0x04, pay(Address::ZERO, CALLER, 0))], true),
        ("tokens for coin", 0, vec![to_router(), (0x0c, two(CALLER, least))], true),
        ("left in the router", 0, vec![to_router()], false),
        (
            "there and back",
            0,
            vec![to_router(), (0x00, swap(CALLER, everything, ONE / 100 * 95, buy.clone(), false))],
            true,
        ),
        (
            "a share for another recipient",
            0,
            vec![to_router(), (0x06, pay(WETH, STRANGER, 25)), (0x0c, two(CALLER, ONE / 100 * 96))],
            true,
        ),
        (
            "an exact amount for coin, the rest sent back",
            2 * ONE,
            vec![
                (0x0b, two(ROUTER, 2 * ONE)),
                (
                    0x01,
                    (CALLER, uint(ONE), uint(2 * ONE), alloy_primitives::Bytes::from(sell.clone()), false)
                        .abi_encode_params(),
                ),
                (0x0c, two(CALLER, 0)),
            ],
            true,
        ),
    ] {
        assert_eq!(base.judge(what, UNIVERSAL, value, &run(commands)).await, decoded, "{what}");
    }
}
