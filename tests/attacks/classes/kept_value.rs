//! Value that stays in a contract on the way.
//!
//! A naive design trusts a well-known contract with the value of a call, without regard to the calls inside.
//! Multicall3 has no owner: the attacker takes the value left in it with the next transaction.

use std::sync::Arc;

use alloy_dyn_abi::DynSolValue as V;
use alloy_primitives::{Address, U256};
use anyhow::Result;
use serde_json::json;

use crate::kit::{Class, Loot, Needs, On, Target, Victim, calldata, resisted};

const MULTICALL3: &str = "0xcA11bde05977b3631167028862bE2a173976CA11";

const WITH_VALUE: &str = "aggregate3Value((address,bool,uint256,bytes)[])";

/// Multicall3 is listed, and small change may be spent; more takes an owner, and there is none.
async fn victim(target: &Arc<Target>) -> Result<Arc<Victim>> {
    let make = |target: Arc<Target>| async move {
        let mut victim = Victim::with_tokens(&target, On::Evm).await?;
        target.evm()?.telltale_at(MULTICALL3).await?;
        let contracts = json!({ "contracts": [{ "address": MULTICALL3 }] });
        victim.policy(&target, "CONTRACT_WHITELIST", contracts).await?;
        victim.nonce = target.evm()?.nonce(&victim.address).await?;
        Ok(victim)
    };
    target.shared("multicall victim", make).await
}

fn address(text: &str) -> V {
    V::Address(text.parse::<Address>().unwrap_or_default())
}

const fn number(number: u64) -> V {
    V::Uint(U256::from_limbs([number, 0, 0, 0]), 256)
}

/// One call inside, with a value, which may fail or not.
fn inner(to: &str, may_fail: bool, value: u64, data: Vec<u8>) -> V {
    V::Tuple(vec![address(to), V::Bool(may_fail), number(value), V::Bytes(data)])
}

const NAMES: [&str; 5] = [
    "no calls at all",
    "less than came in",
    "a call that may fail",
    "handed to itself",
    "tokens handed to it",
];

/// Value and call data.
fn attempt(name: &str, token: &str, wallet: &str, stranger: &str) -> (u64, Vec<u8>) {
    let plain = |calls: Vec<V>| calldata("aggregate((address,bytes)[])", vec![V::Array(calls)]);
    let valued = |call: V| calldata(WITH_VALUE, vec![V::Array(vec![call])]);
    match name {
        "less than came in" => (1_000, valued(inner(stranger, false, 999, vec![]))),
        "a call that may fail" => (1_000, valued(inner(stranger, true, 1_000, vec![]))),
        "handed to itself" => (1_000, valued(inner(MULTICALL3, false, 1_000, vec![]))),
        "tokens handed to it" => {
            let arguments = vec![address(wallet), address(MULTICALL3), number(1)];
            let handed = calldata("transferFrom(address,address,uint256)", arguments);
            (0, plain(vec![V::Tuple(vec![address(token), V::Bytes(handed)])]))
        }
        _ => (1_000, plain(vec![])),
    }
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("kept value");
    for name in NAMES {
        class.case(Needs::Nodes, format!("Multicall3, {name}"), move |target| async move {
            let (victim, stranger) = (victim(&target).await?, On::Evm.stranger());
            let token = target.evm()?.erc20.clone();
            let (value, data) = attempt(name, &token, &victim.address, &stranger);
            let data = format!("0x{}", hex::encode(data));
            let body =
                json!({ "type": "CONTRACT_CALL", "to": MULTICALL3, "calldata": data, "value": value.to_string() });
            let answer = victim.send(body).await?;
            let loot = [Loot::Coins(MULTICALL3.to_owned()), Loot::Tokens(token, MULTICALL3.to_owned()), Loot::Transaction];
            resisted(&target, &victim, &answer, &loot).await
        });
    }
    class
}
