//! Call data that moves tokens.
//!
//! A naive design judges a contract call by its native value and the name of the contract, so that
//! whitelisting a token gives all of it away. Tokens here may leave ten at a time, to any recipient.

use std::sync::Arc;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, U256};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{contracts, evm_tokens};
use crate::kit::{Class, Loot, Needs, On, Target, Victim, address_word, bait, calldata, resisted, text};

const HUNDRED: u128 = 100_000_000_000_000_000_000;

/// Functions that move or grant tokens, as a token or something near one has them.
const MOVES: [&str; 34] = [
    "transfer(address,uint256)",
    "approve(address,uint256)",
    "increaseAllowance(address,uint256)",
    "increaseApproval(address,uint256)",
    "transferAndCall(address,uint256)",
    "transferAndCall(address,uint256,bytes)",
    "approveAndCall(address,uint256)",
    "approveAndCall(address,uint256,bytes)",
    "send(address,uint256,bytes)",
    "operatorSend(address,address,uint256,bytes,bytes)",
    "authorizeOperator(address)",
    "setApprovalForAll(address,bool)",
    "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
    "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)",
    "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
    "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
    "approve(address,address,uint160,uint48)",
    "transferFrom(address,address,uint160,address)",
    "lockdown((address,address)[])",
    "burn(uint256)",
    "withdraw(uint256)",
    "withdrawTo(address,uint256)",
    "deposit(uint256,address)",
    "redeem(uint256,address,address)",
    "mint(address,uint256)",
    "bulkTransfer(address[],uint256[])",
    "sweepToken(address,uint256,address)",
    "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))",
    "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)",
    "supply(address,uint256,address,uint16)",
    "borrow(address,uint256,uint256,uint16,address)",
    "delegate(address)",
    "approveDelegation(address,uint256)",
    "safeTransferFrom(address,address,uint256,uint256,bytes)",
];

/// Ways to write the transfer of a hundred tokens to the thief.
const ENCODINGS: [&str; 13] = [
    "plain",
    "in capitals",
    "with one byte behind",
    "with a word behind",
    "with another call behind",
    "cut by one byte",
    "with dirt before the address",
    "without an amount",
    "with a hex digit too few",
    "with 0X",
    "without 0x",
    "with spaces",
    "with wei beside",
];

fn transfer(thief: &str) -> Vec<u8> {
    calldata("transfer(address,uint256)", vec![account(thief), number(U256::from(HUNDRED))])
}

fn account(text: &str) -> DynSolValue {
    DynSolValue::Address(text.parse::<Address>().unwrap_or_default())
}

const fn number(value: U256) -> DynSolValue {
    DynSolValue::Uint(value, 256)
}

fn encoded(how: &str, thief: &str) -> (String, Option<&'static str>) {
    let plain = hex::encode(transfer(thief));
    let small = format!("{:064x}", 1);
    let (selector, words) = plain.split_at(8);
    let amount = words.get(64..).unwrap_or_default();
    let bare = thief.trim_start_matches("0x");
    let text = match how {
        "in capitals" => format!("0x{}", plain.to_uppercase()),
        "with one byte behind" => format!("0x{plain}00"),
        "with a word behind" => format!("0x{plain}{small}"),
        "with another call behind" => format!("0x{plain}{plain}"),
        "cut by one byte" => format!("0x{}", plain.get(..plain.len() - 2).unwrap_or_default()),
        "with dirt before the address" => format!("0x{selector}{}{bare}{amount}", "f".repeat(24)),
        "behind one base unit" => format!("0x{selector}{}{bare}{small}{amount}", "0".repeat(24)),
        "without an amount" => format!("0x{selector}{}", address_word(thief)),
        "with a hex digit too few" => format!("0x{}", plain.get(..plain.len() - 1).unwrap_or_default()),
        "with 0X" => format!("0X{plain}"),
        "without 0x" => plain,
        "with spaces" => format!("0x {plain}"),
        _ => format!("0x{plain}"),
    };
    (text, (how == "with wei beside").then_some("1"))
}

/// A call of the true ERC-20.
async fn call(target: &Arc<Target>, data: String, value: Option<&str>) -> Result<(Arc<Victim>, e2e::Answer)> {
    let victim = contracts(target).await?;
    let mut body: Value = json!({ "type": "CONTRACT_CALL", "to": target.evm()?.erc20, "calldata": data });
    if let Some(value) = value {
        body["value"] = json!(value);
    }
    let answer = victim.send(body).await?;
    Ok((victim, answer))
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("calldata");
    for signature in MOVES {
        class.case(Needs::Nodes, signature, move |target| async move {
            let (victim, thief) = (contracts(&target).await?, On::Evm.stranger());
            let data = bait(signature, &thief, U256::from(HUNDRED))?;
            let body = json!({
                "type": "CONTRACT_CALL", "to": victim.contract, "calldata": format!("0x{}", hex::encode(&data)),
            });
            let answer = victim.send(body).await?;
            let loot = [Loot::Call(victim.contract.clone(), data), Loot::Coins(thief)];
            resisted(&target, &victim, &answer, &loot).await
        });
    }
    for how in ENCODINGS {
        class.case(Needs::Nodes, format!("a hundred tokens, {how}"), move |target| async move {
            let thief = On::Evm.stranger();
            let (data, value) = encoded(how, &thief);
            let (victim, answer) = call(&target, data, value).await?;
            let token = target.evm()?.erc20.clone();
            if answer.body["code"] == "SIMULATION_FAILED" {
                return Loot::Tokens(token, thief).none(&target, &victim).await;
            }
            resisted(&target, &victim, &answer, &[Loot::Tokens(token, thief)]).await
        });
    }
    class.case(Needs::Nodes, "a hundred tokens behind one base unit", |target| async move {
        let (thief, token) = (On::Evm.stranger(), target.evm()?.erc20.clone());
        let victim = evm_tokens(&target).await?;
        let (data, _) = encoded("behind one base unit", &thief);
        let answer = victim.send(json!({ "type": "CONTRACT_CALL", "to": token, "calldata": data })).await?;
        if answer.status == 201 {
            victim.ended(&text(&answer.body, "id")?).await?;
        }
        let got = target.evm()?.token_balance(&token, &thief).await?;
        ensure!(got <= U256::ONE, "what stands behind the arguments moved {got} base units");
        Ok(())
    });
    for (name, amount) in [
        ("everything", U256::MAX),
        ("half of everything", U256::MAX >> 1),
        ("the largest of Permit2", (U256::from(1u8) << 160) - U256::from(1u8)),
        ("a hundred tokens", U256::from(HUNDRED)),
        ("one base unit", U256::from(1u8)),
    ] {
        for signature in ["approve(address,uint256)", "increaseAllowance(address,uint256)"] {
            class.case(
                Needs::Nodes,
                format!("{signature} of {name} on the token itself"),
                move |target| async move {
                    let thief = On::Evm.stranger();
                    let data = calldata(signature, vec![account(&thief), number(amount)]);
                    let (victim, answer) = call(&target, format!("0x{}", hex::encode(data)), None).await?;
                    let token = target.evm()?.erc20.clone();
                    resisted(&target, &victim, &answer, &[Loot::Allowance(token, thief)]).await
                },
            );
        }
    }
    class.case(Needs::Nodes, "eleven tokens, then eleven times one", |target| async move {
        let (thief, token) = (On::Evm.stranger(), target.evm()?.erc20.clone());
        let victim = evm_tokens(&target).await?;
        let body = |data: Vec<u8>| {
            json!({ "type": "CONTRACT_CALL", "to": token, "calldata": format!("0x{}", hex::encode(data)) })
        };
        let one = U256::from(1_000_000_000_000_000_000_u64);
        let data =
            calldata("transfer(address,uint256)", vec![account(&thief), number(one * U256::from(11u8))]);
        let answer = victim.send(body(data)).await?;
        resisted(&target, &victim, &answer, &[Loot::Tokens(token.clone(), thief.clone())]).await?;
        // The limits are the same as for TOKEN_TRANSFER, and the recipient is shown.
        let data = calldata("transfer(address,uint256)", vec![account(&thief), number(one)]);
        let answer = victim.send(body(data)).await?;
        let sent = answer.expect(201)?;
        let shown = sent["effects"].to_string().to_lowercase();
        ensure!(shown.contains(&thief) && shown.contains("token_out"), "not shown as what it is: {shown}");
        victim.ended(&text(&sent, "id")?).await.context("the allowed one").map(drop)
    });
    class
}
