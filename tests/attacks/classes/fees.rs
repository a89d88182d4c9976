//! Fees of brought transactions, and signatures without an end.
//!
//! A naive design takes the fee for a price of doing business: the bringer of the transaction sets it, it
//! counts nowhere, and it goes to a block producer who is a friend. Or it signs for a nonce or a deadline that
//! never comes, and holds the amount for ever, or not at all.

use std::sync::Arc;

use alloy_primitives::U256;
use anyhow::{Result, ensure};
use e2e::Answer;
use serde_json::{Value, json};

use crate::kit::{
    Class, Instruction, Loot, Message, Needs, On, Rlp, Target, Victim, leaks_no_signature, refused, resisted,
    solana_account, system_transfer, text,
};

/// Its address on every network.
const PERMIT2: &str = "0x000000000022D473030F116dDEE9F6B43aC78BA3";

const GWEI: u64 = 1_000_000_000;
/// Two thousandths of a coin: the victim's INSTANT limit.
const POCKET: u64 = 2_000_000 * GWEI;

/// A wallet without an owner that may spend two thousandths of a coin at a time; if `listed`, to itself only.
async fn frugal(target: &Arc<Target>, listed: bool) -> Result<Arc<Victim>> {
    let make = move |target: Arc<Target>| async move {
        let mut victim = Victim::rich(&target, On::Evm).await?;
        let most = POCKET.to_string();
        let rules = json!({ "instant_max": most, "notify_max": most, "delay_max": most });
        victim.policy(&target, "SPENDING_LIMIT", rules).await?;
        victim.works().await?;
        if listed {
            let rules = json!({ "allowed_addresses": [victim.address] });
            victim.policy(&target, "WHITELIST", rules).await?;
        }
        victim.nonce = target.evm()?.nonce(&victim.address).await?;
        Ok(victim)
    };
    target.shared(if listed { "evm frugal listed" } else { "evm frugal" }, make).await
}

fn hex(kind: Option<u8>, fields: Vec<Rlp>) -> String {
    let list = Rlp::List(fields).encode();
    let prefix = kind.map(|kind| format!("{kind:02x}")).unwrap_or_default();
    format!("0x{prefix}{}", hex::encode(list))
}

/// EIP-1559, to the victim itself unless a recipient is named.
fn dynamic(to: &str, nonce: u64, value: u64, price: u64, tip: u64) -> String {
    hex(
        Some(2),
        vec![
            Rlp::small(31337),
            Rlp::small(nonce),
            Rlp::small(tip),
            Rlp::small(price),
            Rlp::small(21_000),
            Rlp::hex(to),
            Rlp::small(value),
            Rlp::Bytes(Vec::new()),
            Rlp::List(Vec::new()),
        ],
    )
}

/// EIP-155.
fn legacy(to: &str, nonce: u64, value: u64, price: u64) -> String {
    let fields = [nonce, price, 21_000].map(Rlp::small).into_iter();
    let rest = [Rlp::hex(to), Rlp::small(value), Rlp::Bytes(Vec::new()), Rlp::small(31337)];
    let none = [Rlp::Bytes(Vec::new()), Rlp::Bytes(Vec::new())];
    hex(None, fields.chain(rest).chain(none).collect())
}

/// Refused, by a cap on fees or by a policy, and nothing signed.
async fn unburnt(target: &Arc<Target>, victim: &Victim, answer: &Answer) -> Result<()> {
    leaks_no_signature(&answer.body)?;
    Loot::Transaction.none(target, victim).await?;
    if answer.body["code"] == "FEE_ABOVE_CAP" {
        ensure!(answer.status == 422 && answer.body["hint"].is_string(), "no remedy: {}", answer.body);
        return Ok(());
    }
    refused(answer).map(drop)
}

async fn ask(victim: &Victim, raw: &str) -> Result<Answer> {
    victim.api.post("/v1/transactions/sign", json!({ "transaction": raw })).await
}

fn evm(class: &mut Class) {
    type Brought = fn(&str, u64) -> String;
    let burns: [(&str, bool, Brought); 8] = [
        ("a tip of 900 gwei for nothing", false, |me, nonce| dynamic(me, nonce, 0, 900 * GWEI, 900 * GWEI)),
        ("six dollars for nothing", false, |me, nonce| dynamic(me, nonce, 0, 95 * GWEI, 95 * GWEI)),
        ("six dollars for nothing (legacy)", false, |me, nonce| legacy(me, nonce, 0, 95 * GWEI)),
        ("a tip of 900 gwei (legacy)", false, |me, nonce| legacy(me, nonce, 0, 900 * GWEI)),
        ("a value and a tip that fit only by themselves", false, |me, nonce| {
            dynamic(me, nonce, POCKET - 100_000 * GWEI, 60 * GWEI, 60 * GWEI)
        }),
        ("the same (legacy)", false, |me, nonce| legacy(me, nonce, POCKET - 100_000 * GWEI, 60 * GWEI)),
        ("a tip to strangers past a whitelist", true, |me, nonce| {
            dynamic(me, nonce, 0, 50 * GWEI, 50 * GWEI)
        }),
        ("the same (legacy)", true, |me, nonce| legacy(me, nonce, 0, 50 * GWEI)),
    ];
    for (at, (name, listed, brought)) in burns.into_iter().enumerate() {
        class.case(Needs::Nodes, format!("EVM {at}: {name}"), move |target| async move {
            let victim = frugal(&target, listed).await?;
            let next = u64::try_from(victim.nonce)?;
            let answer = ask(&victim, &brought(&victim.address, next)).await?;
            unburnt(&target, &victim, &answer).await
        });
    }
    for (name, nonce) in [
        ("nine ahead", None),
        ("a million ahead", Some(1_000_000)),
        ("the highest that a database holds", Some(i64::MAX as u64)),
        ("2^63", Some(1 << 63)),
        ("the last but one", Some(u64::MAX - 1)),
    ] {
        class.case(Needs::Nodes, format!("EVM: a nonce that is {name}"), move |target| async move {
            let (victim, thief) = (frugal(&target, false).await?, On::Evm.stranger());
            let next = u64::try_from(victim.nonce)?;
            let raw = dynamic(&thief, nonce.unwrap_or(next + 9), 1, 3 * GWEI, GWEI);
            let answer = ask(&victim, &raw).await?;
            ensure!(answer.body["code"] == "NONCE_TOO_FAR_AHEAD", "not by name: {}", answer.body);
            resisted(&target, &victim, &answer, &[Loot::Coins(thief), Loot::Transaction]).await
        });
    }
}

fn solana(class: &mut Class) {
    const BUDGET: &str = "ComputeBudget111111111111111111111111111111";
    let price = |micro: u64| Instruction::new(BUDGET, Vec::new(), [&[3][..], &micro.to_le_bytes()].concat());
    let limit = |units: u32| Instruction::new(BUDGET, Vec::new(), [&[2][..], &units.to_le_bytes()].concat());
    for (name, instructions, pays) in [
        ("nothing but a unit price", vec![price(1_000_000_000_000)], false),
        ("a low unit price without a limit", vec![price(1)], true),
        ("a unit price without a limit", vec![price(1_000_000_000_000)], true),
        ("a unit price with a limit of its own", vec![price(1_000_000_000_000), limit(3_000)], false),
        ("a unit price beyond all numbers", vec![price(u64::MAX), limit(1_400_000)], true),
        ("a unit price twice", vec![price(1), price(1_000_000_000_000), limit(3_000)], true),
    ] {
        class.case(Needs::Nodes, format!("Solana: {name}"), move |target| async move {
            let victim = super::solana_pocket(&target).await?;
            let nodes = target.solana()?;
            let before = nodes.balance(&victim.address).await?;
            let mut all = instructions;
            if pays {
                all.push(system_transfer(&victim.address, &solana_account(), 1_000_000));
            }
            let hash = nodes.blockhash().await?;
            let raw = Message::new(&victim.address, &hash, all).transaction()?;
            let answer = ask(&victim, &raw).await?;
            leaks_no_signature(&answer.body)?;
            if answer.body["code"] != "FEE_ABOVE_CAP" {
                refused(&answer)?;
            }
            let left = nodes.balance(&victim.address).await?;
            ensure!(left + 1_000_000_000 > before, "{before} lamports became {left}");
            Ok(())
        });
    }
}

/// Typed data for Permit2 that let the spender have `amount` of the token, until a time that never comes.
fn endless(token: &str, spender: &str, amount: &str) -> Value {
    let field = |(name, kind): (&str, &str)| json!({ "name": name, "type": kind });
    let permit = [
        ("permitted", "TokenPermissions"),
        ("spender", "address"),
        ("nonce", "uint256"),
        ("deadline", "uint256"),
    ];
    let domain = [("name", "string"), ("chainId", "uint256"), ("verifyingContract", "address")].map(field);
    let (permit, permitted) = (permit.map(field), [("token", "address"), ("amount", "uint256")].map(field));
    json!({
        "types": { "EIP712Domain": domain, "PermitTransferFrom": permit, "TokenPermissions": permitted },
        "primaryType": "PermitTransferFrom",
        "domain": { "name": "Permit2", "chainId": 31337, "verifyingContract": PERMIT2 },
        "message": {
            "permitted": { "token": token, "amount": amount }, "spender": spender, "nonce": "0",
            "deadline": U256::MAX.to_string(),
        },
    })
}

/// A signature without an end still counts when the session that asked for it is gone.
fn windows(class: &mut Class) {
    class.case(Needs::Nodes, "a window after an endless permit and a revocation", |target| async move {
        let mut victim = Victim::with_tokens(&target, On::Evm).await?;
        let (token, thief) = (target.evm()?.erc20.clone(), On::Evm.stranger());
        let spenders = json!({ "spenders": [{ "address": thief }] });
        victim.policy(&target, "APPROVED_SPENDERS", spenders).await?;
        // A coin of the token is a dollar; ten may go in a day.
        let asset = target.evm()?.asset();
        let limit = json!({ "instant_max": "10", "notify_max": "10", "delay_max": "10", "daily_max": "10" });
        let network = json!({ "token_limits": { asset: limit } });
        let global = json!({ "walletId": victim.wallet, "type": "SPENDING_LIMIT", "rules": network });
        target.operator().post("/v1/policies", global).await?.expect(201)?;
        let permit = |amount: u64| {
            let amount = (u128::from(amount) * 1_000_000_000_000_000_000).to_string();
            json!({ "signType": "typedData", "typedData": endless(&token, &thief, &amount) })
        };
        let (first, second) = (permit(8), permit(3));
        let signed = victim.api.post("/v1/transactions/sign-message", first).await?.expect(200)?;
        ensure!(signed["status"] == "SIGNED", "what is allowed does not work: {signed}");
        let operator = target.operator();
        operator.delete(&format!("/v1/sessions/{}", victim.session)).await?.expect(200)?;
        let session =
            operator.post("/v1/sessions", json!({ "walletId": victim.wallet })).await?.expect(201)?;
        victim.api = target.agent(&text(&session, "token")?);
        let answer = victim.api.post("/v1/transactions/sign-message", second).await?;
        resisted(&target, &victim, &answer, &[Loot::Allowance(token, thief)]).await
    });
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("fees and signatures without an end");
    evm(&mut class);
    solana(&mut class);
    windows(&mut class);
    class
}
