//! Calls that no decoder knows.
//!
//! A naive design looks only at what it can decode, and lets the operator's word for a method stand for all that
//! the method takes. Or it tries the call out first, in a way that the contract notices. Or it is content when
//! a trial shows nothing, which the caller can bring about.

use std::sync::Arc;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::U256;
use anyhow::{Context as _, Result, ensure};
use e2e::deploy;
use serde_json::{Value, json};

use crate::kit::{
    Account, Class, Instruction, Loot, Needs, On, Target, Victim, account, address_word, calldata, pocket,
    resisted, system_transfer, text,
};

/// Calls the account named by the first word of its input with the rest, and fails if that fails.
const FORWARDER: &str = "0x602036038060206000376000600082600060006000355af115601d57005b60006000fd";

/// The same, which only uses up gas where that costs no more than the base fee:
/// `if (tx.gasprice == block.basefee) { for (i = 8192; --i != 0;) {} stop(); }`
const SLY: &str = "0x3a481460295760203603806020600037600060008260006000600035\
                   5af115602357005b60006000fd5b6120005b600190038060\
                   2d5700";

const TAKEN: u64 = 500;

/// How the thief's contract comes by the tokens.
const KINDS: [&str; 4] = [
    "more than goes without the owner",
    "more, outside a simulation",
    "more, for an unlisted recipient",
    "a token that is not listed",
];

/// A victim who has allowed the contract everything it holds, and whose operator vouches for the method.
async fn trusting(target: &Target, code: &str) -> Result<Victim> {
    let (mut victim, evm) = (Victim::rich(target, On::Evm).await?, target.evm()?);
    victim.contract = evm.contract(code).await?;
    victim.policy(target, "SPENDING_LIMIT", pocket(target, On::Evm)?).await?;
    victim.policy(target, "ALLOWED_TOKENS", json!({ "tokens": [{ "address": evm.erc20 }] })).await?;
    let contracts = json!({ "contracts": [{ "address": victim.contract }] });
    victim.policy(target, "CONTRACT_WHITELIST", contracts).await?;
    let methods = json!({ "methods": [{ "contractAddress": victim.contract, "selectors": ["0x00000000"] }] });
    victim.policy(target, "METHOD_WHITELIST", methods).await?;
    evm.allow(&victim.address, &evm.erc20, &victim.contract).await?;
    victim.works().await?;
    Ok(victim)
}

/// The call data by which the contract pays the thief.
fn theft(victim: &Victim, thief: &str, tokens: u64) -> Result<Vec<u8>> {
    use alloy_dyn_abi::DynSolValue as V;
    let amount = U256::from(tokens) * U256::from(1_000_000_000_000_000_000_u64);
    let who = |text: &str| text.parse().map(V::Address);
    Ok(calldata(
        "transferFrom(address,address,uint256)",
        vec![who(&victim.address)?, who(thief)?, V::Uint(amount, 256)],
    ))
}

/// The contract calls `at` with `data`.
fn forwarded(victim: &Victim, at: &str, data: &[u8]) -> Value {
    let input = format!("0x{}{}", address_word(at), hex::encode(data));
    json!({ "type": "CONTRACT_CALL", "to": victim.contract, "calldata": input })
}

async fn evm(target: Arc<Target>, kind: &'static str) -> Result<()> {
    let thief = On::Evm.stranger();
    let code = if kind == "more, outside a simulation" { SLY } else { FORWARDER };
    let victim = trusting(&target, code).await?;
    let nodes = target.evm()?;
    let (token, tokens) = match kind {
        "a token that is not listed" => {
            let token = nodes.unpriced_token().await?;
            nodes.deal(&victim.address, &token, 1_000 * 10u128.pow(18)).await?;
            nodes.allow(&victim.address, &token, &victim.contract).await?;
            (token, 1)
        }
        "more, for an unlisted recipient" => {
            let listed = json!({ "allowed_addresses": [victim.contract] });
            victim.policy(&target, "WHITELIST", listed).await?;
            (nodes.erc20.clone(), 1)
        }
        _ => (nodes.erc20.clone(), TAKEN),
    };
    let data = theft(&victim, &thief, tokens)?;
    let answer = victim.send(forwarded(&victim, &token, &data)).await?;
    resisted(&target, &victim, &answer, &[Loot::Tokens(token, thief)]).await
}

/// The wallet's own payment, with an account that changes in every slot and is writable without a reason.
async fn silenced(target: Arc<Target>, sysvar: &'static str) -> Result<()> {
    let victim = Victim::with_pocket(&target, On::Solana).await?;
    let mut payment = system_transfer(&victim.address, &On::Solana.stranger(), 1_000_000);
    payment.accounts.push(Account::writable(sysvar));
    let mut body = payment.call();
    body["dryRun"] = json!(true);
    let shown = victim.send(body).await?.expect(200)?;
    let warnings = shown["warnings"].as_array().context("warnings")?;
    let silent = warnings.iter().any(|warning| warning["code"] == "SIMULATION_UNAVAILABLE");
    ensure!(!silent, "a caller can prevent the simulation: {shown}");
    Ok(())
}

/// The wallet's own payment, which may load one byte of accounts: no node can run it.
async fn starved(target: Arc<Target>) -> Result<()> {
    const BUDGET: &str = "ComputeBudget111111111111111111111111111111";
    let (victim, thief) = (Victim::with_pocket(&target, On::Solana).await?, On::Solana.stranger());
    let limit = Instruction::new(BUDGET, Vec::new(), [&[4u8][..], &1u32.to_le_bytes()].concat());
    let mut body = system_transfer(&victim.address, &thief, 1_000_000).call();
    body["preInstructions"] = json!([limit.beside()]);
    // That no node can run it is an answer, and no reason to do without one.
    let refused = victim.send(body.clone()).await?.refused(422)?;
    ensure!(refused == "SIMULATION_FAILED", "{refused}");
    Loot::Coins(thief).none(&target, &victim).await?;
    body["dryRun"] = json!(true);
    let shown = victim.send(body).await?;
    ensure!(!shown.body.to_string().contains("SIMULATION_UNAVAILABLE"), "not simulated: {}", shown.body);
    Ok(())
}

/// A listed contract of localnet's, whose one method the operator vouches for.
async fn vouched(target: &Target, name: &str, signature: &str) -> Result<Victim> {
    let (mut victim, evm) = (Victim::rich(target, On::Evm).await?, target.evm()?);
    victim.contract = deploy(&evm.node.url(), &target.parts()?.own(name)?, &[]).await?;
    let mut limit = pocket(target, On::Evm)?;
    limit["token_limits"][evm.asset_of(&victim.contract)] =
        json!({ "instant_max": "10", "notify_max": "10", "delay_max": "10" });
    victim.policy(target, "SPENDING_LIMIT", limit).await?;
    let listed = json!([{ "address": victim.contract }, { "address": evm.erc20 }]);
    victim.policy(target, "ALLOWED_TOKENS", json!({ "tokens": listed })).await?;
    victim.policy(target, "CONTRACT_WHITELIST", json!({ "contracts": listed })).await?;
    let selector = format!("0x{}", hex::encode(&calldata(signature, vec![])[..4]));
    let methods = json!({ "methods": [{ "contractAddress": victim.contract, "selectors": [selector] }] });
    victim.policy(target, "METHOD_WHITELIST", methods).await?;
    victim.works().await?;
    victim.nonce = evm.nonce(&victim.address).await?;
    Ok(victim)
}

/// A token says that the thief may have everything, and then, in Permit2's words, that it may have nothing. Who
/// believes the second has given the thief the token.
async fn hushed(target: Arc<Target>) -> Result<()> {
    const BLESS: &str = "bless(address,uint256,uint160)";
    let (victim, thief) = (vouched(&target, "Whisperer", BLESS).await?, On::Evm.stranger());
    let most = DynSolValue::Uint(U256::MAX, 256);
    let nothing = DynSolValue::Uint(U256::ZERO, 160);
    let data = calldata(BLESS, vec![account(&thief), most, nothing]);
    let call = format!("0x{}", hex::encode(data));
    let body = json!({ "type": "CONTRACT_CALL", "to": victim.contract, "calldata": call });
    let answer = victim.send(body).await?;
    let loot = [Loot::Allowance(victim.contract.clone(), thief), Loot::Transaction];
    resisted(&target, &victim, &answer, &loot).await
}

/// A stranger emits an event as if Permit2 allowed the thief the victim's tokens. A daemon that believes it can
/// be stopped by any stranger.
async fn slandered(target: Arc<Target>) -> Result<()> {
    const ANNOUNCE: &str = "announce(address,address,uint160)";
    let (victim, thief) = (vouched(&target, "Announcer", ANNOUNCE).await?, On::Evm.stranger());
    let most = DynSolValue::Uint(U256::MAX >> 96, 160);
    let data = calldata(ANNOUNCE, vec![account(&target.evm()?.erc20), account(&thief), most]);
    let call = format!("0x{}", hex::encode(data));
    let body = json!({ "type": "CONTRACT_CALL", "to": victim.contract, "calldata": call });
    let sent = victim.send(body).await?.expect(201)?;
    let seen = sent["effects"]["seen"].as_array().map_or(0, Vec::len);
    ensure!(seen == 0, "believed: {sent}");
    let ended = victim.ended(&text(&sent, "id")?).await?;
    ensure!(ended["status"] == "CONFIRMED", "{ended}");
    Ok(())
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("what a simulation shows");
    for kind in KINDS {
        class.case(Needs::Nodes, kind, move |target| evm(target, kind));
    }
    for (name, sysvar) in [
        ("a writable clock", "SysvarC1ock11111111111111111111111111111111"),
        ("writable slot hashes", "SysvarS1otHashes111111111111111111111111111"),
    ] {
        class.case(Needs::Nodes, name, move |target| silenced(target, sysvar));
    }
    class.case(Needs::Nodes, "accounts that may not be loaded", starved);
    class.case(Needs::Nodes, "an allowance, and less of it in the words of Permit2", hushed);
    class.case(Needs::Nodes, "an allowance by a stranger's word alone", slandered);
    class
}
