//! Tokens that do not behave as most do.
//!
//! A naive design takes the amount in the call for the outflow. A token may take a fee on top, call a payee who
//! then takes more, read a low number as the id of a whole piece, or change balances by itself. The operator lists one
//! such token and ten of it a day; the attacker gains any more of it, and any other asset.

use std::sync::Arc;

use alloy_dyn_abi::DynSolValue as V;
use alloy_primitives::{U256, keccak256};
use anyhow::{Result, ensure};
use e2e::{deploy, faucet, transact};
use serde_json::{Value, json};

use super::confirmed;
use crate::kit::{
    Class, Loot, Needs, On, Target, Victim, account, calldata, number, pocket, resisted, unsigned_1559,
};

const WHOLE: u128 = 1_000_000_000_000_000_000;
/// Where tokens of ERC-777 look for their registry, on every network.
const REGISTRY_1820: &str = "0x1820a4B7618BdE71Dce8cdc73aAB6C95905faD24";

/// The token of which the victim holds a thousand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Silent,
    Taxed,
    Elastic,
    Hooked,
    Hybrid,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::Silent, "a token that answers nothing"),
    (Kind::Taxed, "a token with a fee"),
    (Kind::Elastic, "a token that changes balances"),
    (Kind::Hooked, "a token that tells its payees"),
    (Kind::Hybrid, "a token that is an NFT as well"),
];

impl Kind {
    /// Base units of a whole one.
    const fn unit(self) -> u128 {
        match self {
            Self::Silent => 1_000_000,
            Self::Taxed | Self::Elastic | Self::Hooked | Self::Hybrid => WHOLE,
        }
    }

    /// The victim's balance: some whole ones and a half. Each whole one of a hybrid has an NFT.
    const fn held(self) -> u128 {
        let whole = match self {
            Self::Hybrid => 20,
            Self::Silent | Self::Taxed | Self::Elastic | Self::Hooked => 1000,
        };
        whole * self.unit() + self.unit() / 2
    }

    /// A new one, and the balance of `holder` in it.
    async fn issue(self, target: &Target, holder: &str) -> Result<String> {
        let amount = self.held();
        let (node, parts) = (target.evm()?.node.url(), target.parts()?);
        let (name, arguments) = match self {
            Self::Silent => ("UsdtLike", vec![number(amount)]),
            Self::Taxed => ("FeeOnTransfer", vec![]),
            Self::Elastic => ("Rebasing", vec![]),
            Self::Hybrid => ("Erc404", vec![]),
            Self::Hooked => return hooked(target, holder, amount).await,
        };
        let token = deploy(&node, &parts.own(name)?, &arguments).await?;
        let data = match self {
            Self::Silent => calldata("transfer(address,uint256)", vec![account(holder), number(amount)]),
            Self::Taxed | Self::Elastic | Self::Hooked | Self::Hybrid => {
                calldata("mint(address,uint256)", vec![account(holder), number(amount)])
            }
        };
        past_the_daemon(target, &token, &data).await?;
        Ok(token)
    }
}

/// The attacks share the registry: the first one puts it there, and the others put the same.
async fn registry(target: &Target) -> Result<()> {
    let evm = target.evm()?;
    let made = deploy(&evm.node.url(), &target.parts()?.own("Registry1820")?, &[]).await?;
    let code = evm.code(&made).await?;
    evm.node.call("anvil_setCode", json!([REGISTRY_1820, code])).await.map(drop)
}

async fn hooked(target: &Target, holder: &str, amount: u128) -> Result<String> {
    registry(target).await?;
    let text = |text: &str| V::String(text.to_owned());
    let code =
        target.parts()?.code("@openzeppelin/contracts/build/contracts/ERC777PresetFixedSupply.json")?;
    let arguments = [text("Hooked"), text("HOOK"), V::Array(vec![]), number(amount), account(holder)];
    deploy(&target.evm()?.node.url(), &code, &arguments).await
}

/// Another account calls a contract.
async fn past_the_daemon(target: &Target, to: &str, data: &[u8]) -> Result<()> {
    let node = target.evm()?.node.url();
    let call = json!({ "to": to, "data": format!("0x{}", hex::encode(data)) });
    transact(&node, call, &faucet(&node).await?).await.map(drop)
}

/// A victim with a token of which ten may go in a day; a listed spender may be allowed up to ten.
async fn holder(target: &Target, kind: Kind, spender: Option<&str>) -> Result<Victim> {
    let mut victim = Victim::rich(target, On::Evm).await?;
    let evm = target.evm()?;
    victim.contract = kind.issue(target, &victim.address).await?;
    let asset = evm.asset_of(&victim.contract);
    let ten = json!({ "instant_max": "10", "notify_max": "10", "delay_max": "10" });
    let (mut at_once, mut a_day) = (pocket(target, On::Evm)?, pocket(target, On::Evm)?);
    at_once["token_limits"][&asset] = ten.clone();
    a_day["token_limits"][&asset] = ten;
    a_day["token_limits"][&asset]["daily_max"] = json!("10");
    victim.policy(target, "SPENDING_LIMIT", at_once).await?;
    // A day is counted on all networks together.
    let a_day = json!({ "walletId": victim.wallet, "type": "SPENDING_LIMIT", "rules": a_day });
    target.operator().post("/v1/policies", a_day).await?.expect(201)?;
    let listed = json!([{ "address": victim.contract }]);
    victim.policy(target, "ALLOWED_TOKENS", json!({ "tokens": listed })).await?;
    victim.policy(target, "CONTRACT_WHITELIST", json!({ "contracts": listed })).await?;
    if let Some(spender) = spender {
        let most = json!([{ "address": spender, "maxAmount": (10 * kind.unit()).to_string() }]);
        victim.policy(target, "APPROVED_SPENDERS", json!({ "spenders": most })).await?;
    }
    victim.works().await?;
    victim.nonce = evm.nonce(&victim.address).await?;
    Ok(victim)
}

fn call(victim: &Victim, data: &[u8]) -> Value {
    json!({ "type": "CONTRACT_CALL", "to": victim.contract, "calldata": format!("0x{}", hex::encode(data)) })
}

fn transfer(victim: &Victim, to: &str, amount: &str) -> Value {
    json!({ "type": "TOKEN_TRANSFER", "to": to, "humanAmount": amount, "token": { "address": victim.contract } })
}

/// Refused, and nothing of the token is the thief's.
async fn kept(target: &Target, victim: &Victim, thief: &str, body: Value) -> Result<()> {
    let answer = victim.send(body).await?;
    let token = victim.contract.clone();
    let loot = [
        Loot::Tokens(token.clone(), thief.to_owned()),
        Loot::Allowance(token, thief.to_owned()),
        Loot::Transaction,
    ];
    resisted(target, victim, &answer, &loot).await
}

/// Six of ten, and then five more. Only the first amount leaves.
async fn twice(target: Arc<Target>, kind: Kind) -> Result<()> {
    // With half a piece to spare, no whole one leaves with small amounts.
    let (six, five, unit) =
        if kind == Kind::Hybrid { ("0.3", "10.3", kind.unit() / 20) } else { ("6", "5", kind.unit()) };
    let mut victim = holder(&target, kind, None).await?;
    let evm = target.evm()?;
    let before = evm.token_balance(&victim.contract, &victim.address).await?;
    confirmed(&victim, transfer(&victim, &On::Evm.stranger(), six)).await?;
    let after = evm.token_balance(&victim.contract, &victim.address).await?;
    ensure!(before - after == U256::from(6 * unit), "{before} became {after}");
    victim.nonce = evm.nonce(&victim.address).await?;
    let thief = On::Evm.stranger();
    let body = transfer(&victim, &thief, five);
    kept(&target, &victim, &thief, body).await
}

/// The fee begins once the token is listed.
async fn on_top(target: Arc<Target>, by_call: bool) -> Result<()> {
    let (victim, thief) = (holder(&target, Kind::Taxed, None).await?, On::Evm.stranger());
    past_the_daemon(&target, &victim.contract, &calldata("set(uint8)", vec![number(1)])).await?;
    let data = calldata("transfer(address,uint256)", vec![account(&thief), number(10 * WHOLE)]);
    let body = if by_call { call(&victim, &data) } else { transfer(&victim, &thief, "10") };
    kept(&target, &victim, &thief, body).await
}

/// Calls of the tokens themselves, each of which would be worth more than it says.
async fn called(target: Arc<Target>, kind: Kind, make: fn(&Victim, &str) -> Vec<u8>) -> Result<()> {
    let thief = On::Evm.stranger();
    let victim = holder(&target, kind, Some(&thief)).await?;
    let body = call(&victim, &make(&victim, &thief));
    kept(&target, &victim, &thief, body).await
}

/// A payee who is told, and has been allowed another token before.
async fn greedy(target: Arc<Target>) -> Result<()> {
    let victim = holder(&target, Kind::Hooked, None).await?;
    let evm = target.evm()?;
    let arguments = [account(&evm.erc20), number(500 * WHOLE)];
    let thief = deploy(&evm.node.url(), &target.parts()?.own("Greedy")?, &arguments).await?;
    evm.allow(&victim.address, &evm.erc20, &thief).await?;
    let victim = Victim { nonce: evm.nonce(&victim.address).await?, ..victim };
    let answer = victim.send(transfer(&victim, &thief, "1")).await?;
    let loot = [Loot::Tokens(evm.erc20.clone(), thief), Loot::Transaction];
    resisted(&target, &victim, &answer, &loot).await
}

/// A contract registered as the wallet's hook is called before each of its payments.
async fn answering_for_the_wallet(target: Arc<Target>) -> Result<()> {
    let (victim, thief) = (holder(&target, Kind::Hooked, None).await?, On::Evm.stranger());
    let sender = V::FixedBytes(keccak256("ERC777TokensSender"), 32);
    let data = calldata(
        "setInterfaceImplementer(address,bytes32,address)",
        vec![account(&victim.address), sender, account(&thief)],
    );
    let body = json!({
        "type": "CONTRACT_CALL", "to": REGISTRY_1820, "calldata": format!("0x{}", hex::encode(data)),
    });
    kept(&target, &victim, &thief, body).await
}

/// A signature over what reads as one base unit, used once the number is the id of a whole piece.
async fn signed_id(target: Arc<Target>) -> Result<()> {
    let thief = On::Evm.stranger();
    let victim = holder(&target, Kind::Hybrid, None).await?;
    let data = calldata(
        "transferFrom(address,address,uint256)",
        vec![account(&victim.address), account(&thief), number(7)],
    );
    let evm = target.evm()?;
    let nonce = u64::try_from(victim.nonce)?;
    let raw = unsigned_1559(31337, nonce, &victim.contract, U256::ZERO, &data);
    let answer = victim.api.post("/v1/transactions/sign", json!({ "transaction": raw })).await?;
    let owner = evm.token_balance(&victim.contract, &victim.address).await?;
    ensure!(owner == U256::from(Kind::Hybrid.held()), "{owner}");
    resisted(&target, &victim, &answer, &[Loot::Tokens(victim.contract.clone(), thief), Loot::Transaction])
        .await
}

/// An allowance of three base units, with which its spender takes the piece with that number.
async fn allowed_id(target: Arc<Target>) -> Result<()> {
    let thief = On::Evm.stranger();
    let victim = holder(&target, Kind::Hybrid, Some(&thief)).await?;
    let evm = target.evm()?;
    let body = call(&victim, &calldata("approve(address,uint256)", vec![account(&thief), number(3)]));
    let answer = victim.send(body).await?;
    if let Some(id) = answer.body["id"].as_str().filter(|_| answer.status == 201) {
        victim.ended(id).await?;
    }
    evm.fund(&thief, WHOLE).await?;
    let take = vec![account(&victim.address), account(&thief), number(3)];
    // Refused by the token where nothing was allowed.
    let _ = evm
        .impersonate(&thief, &victim.contract, &calldata("transferFrom(address,address,uint256)", take))
        .await;
    resisted(&target, &victim, &answer, &[Loot::Tokens(victim.contract.clone(), thief)]).await
}

type Make = fn(&Victim, &str) -> Vec<u8>;

const CALLS: [(&str, Kind, Make); 8] = [
    ("ERC-777: send above the day", Kind::Hooked, |_, thief| {
        let arguments = vec![account(thief), number(50 * WHOLE), V::Bytes(vec![])];
        calldata("send(address,uint256,bytes)", arguments)
    }),
    ("ERC-777: send of small change", Kind::Hooked, |_, thief| {
        calldata("send(address,uint256,bytes)", vec![account(thief), number(1), V::Bytes(vec![])])
    }),
    ("ERC-777: an operator of everything", Kind::Hooked, |_, thief| {
        calldata("authorizeOperator(address)", vec![account(thief)])
    }),
    ("ERC-777: burnt", Kind::Hooked, |_, _| {
        calldata("burn(uint256,bytes)", vec![number(50 * WHOLE), V::Bytes(vec![])])
    }),
    ("a balance changed by the wallet's own call", Kind::Elastic, |_, _| {
        calldata("rebase(uint256)", vec![number(0)])
    }),
    ("ERC-404: an id for an amount", Kind::Hybrid, |victim, thief| {
        let arguments = vec![account(&victim.address), account(thief), number(1)];
        calldata("transferFrom(address,address,uint256)", arguments)
    }),
    ("ERC-404: all pieces, now and later", Kind::Hybrid, |_, thief| {
        calldata("setApprovalForAll(address,bool)", vec![account(thief), V::Bool(true)])
    }),
    ("ERC-404: whole pieces within the limit", Kind::Hybrid, |_, thief| {
        calldata("transfer(address,uint256)", vec![account(thief), number(9 * WHOLE)])
    }),
];

pub(crate) fn class() -> Class {
    let mut class = Class::new("peculiar tokens");
    for (kind, name) in KINDS {
        class.case(Needs::Nodes, format!("{name}: more than a day's, in two"), move |target| {
            twice(target, kind)
        });
    }
    for (how, by_call) in [("by its own type", false), ("by call data", true)] {
        class.case(Needs::Nodes, format!("a fee on top, {how}"), move |target| on_top(target, by_call));
    }
    for (name, kind, make) in CALLS {
        class.case(Needs::Nodes, name, move |target| called(target, kind, make));
    }
    class.case(Needs::Nodes, "ERC-777: a payee who takes more", greedy);
    class.case(Needs::Nodes, "ERC-777: a hook registered for the wallet", answering_for_the_wallet);
    class.case(Needs::Nodes, "ERC-404: an id in a transaction to sign", signed_id);
    class.case(Needs::Nodes, "ERC-404: an id that is allowed", allowed_id);
    class
}
