//! Typed data for contract accounts that the wallet has power over: a Safe and a simple account of ERC-4337, with the
//! published contracts to show what a signature allows.
//!
//! A naive design signs such data because nothing of the wallet's own moves, or looks for calls that it knows and lets
//! the others be. The signature is a cheque: its holder lets the account do what it says, at any time. Both
//! accounts hold a thousand tokens, the operator lists them and vouches for their methods, and there is no owner.

use std::sync::Arc;

use anyhow::{Result, ensure};
use e2e::{
    ENTRY_POINT, bundled, carried_out, executed, faucet, halves, operation, plant_entry_point, safe_of,
    safe_transaction, simple_account_of, transact,
};
use serde_json::{Value, json};

use crate::kit::{Class, Loot, Needs, On, Target, Victim, account, calldata, number, resisted};

const WHOLE: u128 = 1_000_000_000_000_000_000;

/// A wallet with power over `contract`, whose methods the operator vouches for.
async fn powerful(target: &Target, victim: Victim, contract: String, methods: [&str; 2]) -> Result<Victim> {
    let evm = target.evm()?;
    evm.deal(&contract, &evm.erc20, 1000 * WHOLE).await?;
    evm.fund(&contract, WHOLE).await?;
    let contracts = json!([{ "address": contract }, { "address": ENTRY_POINT }, { "address": evm.erc20 }]);
    victim.policy(target, "CONTRACT_WHITELIST", json!({ "contracts": contracts })).await?;
    let methods = json!({ "methods": [
        { "contractAddress": contract, "selectors": methods },
        { "contractAddress": ENTRY_POINT, "selectors": ["0x765e827f"] },
        { "contractAddress": evm.erc20, "selectors": ["0xa9059cbb"] },
    ] });
    victim.policy(target, "METHOD_WHITELIST", methods).await?;
    let nonce = evm.nonce(&victim.address).await?;
    Ok(Victim { contract, nonce, ..victim })
}

async fn with_a_safe(target: &Arc<Target>) -> Result<Arc<Victim>> {
    let make = |target: Arc<Target>| async move {
        let victim = Victim::with_tokens(&target, On::Evm).await?;
        let safe = safe_of(&target.evm()?.node.url(), target.parts()?, &victim.address).await?;
        powerful(&target, victim, safe, ["0x6a761202", "0x12345678"]).await
    };
    target.shared("evm safe", make).await
}

async fn with_a_simple_account(target: &Arc<Target>) -> Result<Arc<Victim>> {
    let make = |target: Arc<Target>| async move {
        let (victim, node) = (Victim::with_tokens(&target, On::Evm).await?, target.evm()?.node.url());
        plant_entry_point(&node, target.parts()?).await?;
        let account = simple_account_of(&node, target.parts()?, &victim.address).await?;
        powerful(&target, victim, account, ["0xb61d27f6", "0x12345678"]).await
    };
    target.shared("evm simple account", make).await
}

/// The attacker's knowledge.
struct Cast<'a> {
    contract: &'a str,
    token: &'a str,
    thief: &'a str,
}

impl Cast<'_> {
    fn transfer(&self, amount: u128) -> String {
        let arguments = vec![account(self.thief), number(amount)];
        format!("0x{}", hex::encode(calldata("transfer(address,uint256)", arguments)))
    }

    fn run(&self, to: &str, inner: &str) -> Result<Value> {
        Ok(operation(self.contract, &executed(to, inner)?))
    }
}

type Make = fn(&Cast<'_>) -> Result<Value>;

const OF_A_SAFE: [(&str, Make); 7] = [
    ("all tokens", |c| Ok(safe_transaction(c.contract, c.token, &c.transfer(1000 * WHOLE), 0))),
    ("one base unit", |c| Ok(safe_transaction(c.contract, c.token, &c.transfer(1), 0))),
    ("an undecoded call", |c| Ok(safe_transaction(c.contract, c.token, "0x12345678", 0))),
    ("a transaction in a transaction", |c| {
        let inner = safe_transaction(c.contract, c.token, &c.transfer(1000 * WHOLE), 0);
        Ok(safe_transaction(c.contract, c.contract, &carried_out(&inner, &"00".repeat(65))?, 0))
    }),
    ("another owner", |c| {
        let data = calldata("addOwnerWithThreshold(address,uint256)", vec![account(c.thief), number(1)]);
        Ok(safe_transaction(c.contract, c.contract, &format!("0x{}", hex::encode(data)), 0))
    }),
    ("foreign code in its name", |c| Ok(safe_transaction(c.contract, c.token, &c.transfer(1), 1))),
    ("a refund to the thief", |c| {
        let mut data = safe_transaction(c.contract, c.token, &c.transfer(0), 0);
        data["message"]["gasPrice"] = json!(WHOLE.to_string());
        data["message"]["refundReceiver"] = json!(c.thief);
        Ok(data)
    }),
];

const OF_AN_ENTRY_POINT: [(&str, Make); 7] = [
    ("all tokens", |c| c.run(c.token, &c.transfer(1000 * WHOLE))),
    ("one base unit", |c| c.run(c.token, &c.transfer(1))),
    ("an undecoded call", |c| Ok(operation(c.contract, "0x12345678"))),
    ("a deposit at the entry point", |c| {
        let data = calldata("withdrawTo(address,uint256)", vec![account(c.thief), number(1)]);
        c.run(ENTRY_POINT, &hex::encode(data))
    }),
    ("a paymaster that charges", |c| {
        let mut data = c.run(c.token, &c.transfer(0))?;
        data["message"]["paymasterAndData"] = json!(format!("{}{}", c.thief, "00".repeat(32)));
        Ok(data)
    }),
    ("other code for the account", |c| {
        let mut data = c.run(c.token, &c.transfer(0))?;
        data["message"]["initCode"] = json!(format!("0x7702{}", "00".repeat(18)));
        Ok(data)
    }),
    ("all its coin as a fee", |c| {
        let mut data = c.run(c.token, &c.transfer(0))?;
        data["message"]["gasFees"] = json!(halves(WHOLE / 450_000, WHOLE / 450_000));
        Ok(data)
    }),
];

/// Asks for the signature and brings any that was given.
async fn attack(target: &Arc<Target>, of_safe: bool, make: Make) -> Result<()> {
    let victim = if of_safe { with_a_safe(target).await? } else { with_a_simple_account(target).await? };
    let (evm, thief) = (target.evm()?, On::Evm.stranger());
    let cast = Cast { contract: &victim.contract, token: &evm.erc20, thief: &thief };
    let data = make(&cast)?;
    let body = json!({ "signType": "typedData", "typedData": data });
    let answer = victim.api.post("/v1/transactions/sign-message", body).await?;
    if let Some(signature) = answer.body["signature"].as_str() {
        let (to, call) = match of_safe {
            true => (victim.contract.as_str(), carried_out(&data, signature)?),
            false => (ENTRY_POINT, bundled(&data, signature, &thief)?),
        };
        let node = evm.node.url();
        let call = json!({ "to": to, "data": call, "gas": "0x1e8480" });
        // It may be worth nothing to the contract; that is seen next.
        let _ = transact(&node, call, &faucet(&node).await?).await;
    }
    let left = evm.token_balance(&evm.erc20, &victim.contract).await?;
    ensure!(left == alloy_primitives::U256::from(1000 * WHOLE), "the account has {left} left");
    let loot = [Loot::Tokens(evm.erc20.clone(), thief.clone()), Loot::Coins(thief), Loot::Transaction];
    resisted(target, &victim, &answer, &loot).await
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("contract accounts");
    for (name, make) in OF_A_SAFE {
        class.case(Needs::Nodes, format!("a Safe: {name}"), move |target| async move {
            attack(&target, true, make).await
        });
    }
    for (name, make) in OF_AN_ENTRY_POINT {
        class.case(Needs::Nodes, format!("an entry point: {name}"), move |target| async move {
            attack(&target, false, make).await
        });
    }
    class
}
