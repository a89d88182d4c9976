//! Methods that are read as moves.
//!
//! A naive design asks its list of methods only about calls that it does not understand. The token here may
//! leave and may be allowed, but of its methods the operator has named one that does neither.

use std::sync::Arc;

use alloy_dyn_abi::DynSolValue as V;
use alloy_primitives::{Address, U256};
use anyhow::Result;
use serde_json::{Value, json};

use crate::kit::{Class, Loot, Needs, On, Target, Victim, calldata, resisted};

/// `name()`, which moves nothing.
const HARMLESS: &str = "0x06fdde03";

/// Tokens may leave, ten at a time; of the token's methods only a harmless one may be called.
async fn restrained(target: &Arc<Target>) -> Result<Arc<Victim>> {
    let make = |target: Arc<Target>| async move {
        let (mut victim, token) = (Victim::with_tokens(&target, On::Evm).await?, target.evm()?.erc20.clone());
        let contracts = json!({ "contracts": [{ "address": token }] });
        victim.policy(&target, "CONTRACT_WHITELIST", contracts).await?;
        let methods = json!({ "methods": [{ "contractAddress": token, "selectors": [HARMLESS] }] });
        victim.policy(&target, "METHOD_WHITELIST", methods).await?;
        victim.nonce = target.evm()?.nonce(&victim.address).await?;
        Ok(victim)
    };
    target.shared("restrained", make).await
}

fn account(text: &str) -> V {
    V::Address(text.parse::<Address>().unwrap_or_default())
}

fn one() -> V {
    V::Uint(U256::from(1u8), 256)
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("methods that move");
    for signature in ["transfer(address,uint256)", "approve(address,uint256)", "burn(uint256)"] {
        class.case(Needs::Nodes, format!("{signature} by call data"), move |target| async move {
            let (victim, token, thief) =
                (restrained(&target).await?, target.evm()?.erc20.clone(), On::Evm.stranger());
            let arguments =
                if signature.starts_with("burn") { vec![one()] } else { vec![account(&thief), one()] };
            let data = format!("0x{}", hex::encode(calldata(signature, arguments)));
            let body = json!({ "type": "CONTRACT_CALL", "to": token, "calldata": data });
            attack(&target, &victim, body, &token, &thief).await
        });
    }
    class.case(Needs::Nodes, "a transfer by its own type", |target| async move {
        let (victim, token, thief) =
            (restrained(&target).await?, target.evm()?.erc20.clone(), On::Evm.stranger());
        let body =
            json!({ "type": "TOKEN_TRANSFER", "to": thief, "amount": "1", "token": { "address": token } });
        attack(&target, &victim, body, &token, &thief).await
    });
    class.case(Needs::Nodes, "coin without data", |target| async move {
        let (victim, token) = (restrained(&target).await?, target.evm()?.erc20.clone());
        let body = json!({ "type": "TRANSFER", "to": token, "amount": "1" });
        let answer = victim.send(body).await?;
        if answer.body["code"] == "SIMULATION_FAILED" {
            return Ok(()); // A token that takes no coin.
        }
        resisted(&target, &victim, &answer, &[Loot::Transaction]).await
    });
    class
}

async fn attack(target: &Target, victim: &Victim, body: Value, token: &str, thief: &str) -> Result<()> {
    let answer = victim.send(body).await?;
    let (token, thief) = (token.to_owned(), thief.to_owned());
    let loot = [Loot::Tokens(token.clone(), thief.clone()), Loot::Allowance(token, thief), Loot::Transaction];
    resisted(target, victim, &answer, &loot).await
}
