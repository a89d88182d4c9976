//! Nothing configured, or only one thing.
//!
//! A naive design switches its denials on with the first policy row, or denies only what a row names.
//! Here the wallet is rich and the rows are missing.

use std::sync::Arc;

use anyhow::{Result, ensure};
use e2e::Answer;
use serde_json::{Value, json};

use super::{evm_pocket, solana_pocket};
use crate::kit::{
    Account, Class, Instruction, Loot, MEMO, Message, Needs, On, SPL_TOKEN, Target, Victim,
    leaks_no_signature, system_transfer, unsigned_1559,
};
use alloy_primitives::U256;

/// The requests; `thief` gains.
const KINDS: [&str; 15] = [
    "transfer",
    "token transfer",
    "contract call",
    "call with value and no data",
    "approve",
    "approve nothing",
    "NFT transfer",
    "NFT approval",
    "collection approval",
    "deployment",
    "signature over a transaction",
    "signature over a text",
    "signature over typed data",
    "signature over hex bytes",
    "token transfer by assetId",
];

async fn ask_evm(target: &Target, victim: &Victim, kind: &str, thief: &str) -> Result<Answer> {
    let evm = target.evm()?;
    let token = json!({ "address": evm.erc20 });
    let nft = json!({ "address": evm.telltale().await?, "tokenId": "1", "standard": "ERC-721" });
    let body = match kind {
        "transfer" => json!({ "type": "TRANSFER", "to": thief, "amount": "0.001" }),
        "token transfer" => json!({ "type": "TOKEN_TRANSFER", "to": thief, "amount": "1", "token": token }),
        "token transfer by assetId" => {
            json!({ "type": "TOKEN_TRANSFER", "to": thief, "amount": "1", "token": { "assetId": evm.asset() } })
        }
        "contract call" => {
            json!({ "type": "CONTRACT_CALL", "to": evm.telltale().await?, "calldata": "0x12345678" })
        }
        "call with value and no data" => json!({ "type": "CONTRACT_CALL", "to": thief, "value": "1" }),
        "approve" => json!({ "type": "APPROVE", "spender": thief, "amount": "1", "token": token }),
        "approve nothing" => json!({ "type": "APPROVE", "spender": thief, "amount": "0", "token": token }),
        "NFT transfer" => json!({ "type": "NFT_TRANSFER", "to": thief, "token": nft }),
        "NFT approval" | "collection approval" => {
            let amount = if kind == "NFT approval" { "0" } else { "1" };
            json!({
                "type": "APPROVE", "spender": thief, "amount": amount, "token": { "address": nft["address"] },
                "nft": { "tokenId": "1", "standard": "ERC-721" },
            })
        }
        "deployment" => json!({ "type": "CONTRACT_DEPLOY", "bytecode": "0x6001600055" }),
        "signature over a transaction" => {
            let raw = unsigned_1559(31337, 0, thief, U256::from(1u8), &[]);
            return victim.api.post("/v1/transactions/sign", json!({ "transaction": raw })).await;
        }
        other => {
            let body = match other {
                "signature over a text" => json!({ "message": "hello" }),
                "signature over hex bytes" => json!({ "message": format!("0x{}", "ab".repeat(32)) }),
                _ => json!({ "signType": "typedData", "typedData": unknown_typed_data() }),
            };
            return victim.api.post("/v1/transactions/sign-message", body).await;
        }
    };
    victim.send(body).await
}

fn unknown_typed_data() -> Value {
    json!({
        "domain": { "name": "x", "chainId": 31337, "verifyingContract": format!("0x{}", "22".repeat(20)) },
        "types": {
            "EIP712Domain": [
                { "name": "name", "type": "string" },
                { "name": "chainId", "type": "uint256" },
                { "name": "verifyingContract", "type": "address" },
            ],
            "Order": [{ "name": "amount", "type": "uint256" }],
        },
        "primaryType": "Order",
        "message": { "amount": "1" },
    })
}

async fn ask_solana(target: &Target, victim: &Victim, kind: &str, thief: &str) -> Result<Answer> {
    let solana = target.solana()?;
    let body = match kind {
        "transfer" => json!({ "type": "TRANSFER", "to": thief, "amount": "0.001" }),
        "token transfer" => {
            json!({ "type": "TOKEN_TRANSFER", "to": thief, "amount": "1", "token": { "address": solana.mint } })
        }
        "approve" => {
            json!({ "type": "APPROVE", "spender": thief, "amount": "1", "token": { "address": solana.mint } })
        }
        "batch" => {
            let one = json!({ "type": "TRANSFER", "to": thief, "amount": "1000000" });
            json!({ "type": "BATCH", "instructions": [one, one] })
        }
        "memo program" => {
            Instruction::new(MEMO, vec![Account::signer(&victim.address)], b"hello".to_vec()).call()
        }
        "token program" => {
            let mine = solana.token_account(&victim.address, &solana.mint).await?;
            let key = bs58::decode(thief).into_vec()?;
            let accounts = vec![Account::writable(&mine), Account::signer(&victim.address)];
            Instruction::new(SPL_TOKEN, accounts, [&[6, 2, 1][..], &key].concat()).call()
        }
        "signature over a text" => {
            return victim.api.post("/v1/transactions/sign-message", json!({ "message": "hello" })).await;
        }
        _ => {
            let transfer = system_transfer(&victim.address, thief, 1_000_000);
            let raw =
                Message::new(&victim.address, &solana.blockhash().await?, vec![transfer]).transaction()?;
            return victim.api.post("/v1/transactions/sign", json!({ "transaction": raw })).await;
        }
    };
    victim.send(body).await
}

/// Denied by policy, with nothing gained. An approval of nothing may be refused as invalid.
async fn denied(target: &Target, victim: &Victim, answer: &Answer, thief: &str) -> Result<()> {
    let mut loot = vec![Loot::Coins(thief.to_owned())];
    match victim.on {
        On::Evm => {
            let token = target.evm()?.erc20.clone();
            loot.push(Loot::Tokens(token.clone(), thief.to_owned()));
            loot.push(Loot::Allowance(token, thief.to_owned()));
        }
        On::Solana => loot.push(Loot::Tokens(target.solana()?.mint.clone(), thief.to_owned())),
    }
    for loot in loot {
        loot.none(target, victim).await?;
    }
    leaks_no_signature(&answer.body)?;
    ensure!(answer.status == 403, "denied by policy, not HTTP {}: {}", answer.status, answer.body);
    Ok(())
}

async fn bare(target: &Arc<Target>, on: On) -> Result<Arc<Victim>> {
    let key = if on == On::Evm { "evm bare" } else { "solana bare" };
    target.shared(key, move |target| async move { Victim::rich(&target, on).await }).await
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("default deny");
    for kind in KINDS {
        class.case(Needs::Nodes, format!("{kind} without any policy"), move |target| async move {
            let (victim, thief) = (bare(&target, On::Evm).await?, On::Evm.stranger());
            let answer = ask_evm(&target, &victim, kind, &thief).await?;
            if kind == "signature over hex bytes" && answer.status == 400 {
                return leaks_no_signature(&answer.body);
            }
            if kind.starts_with("NFT") && answer.status == 400 {
                // The collection may not know the wallet; nothing is on chain all the same.
                leaks_no_signature(&answer.body)?;
            } else {
                denied(&target, &victim, &answer, &thief).await?;
            }
            let nonce = target.evm()?.nonce(&victim.address).await?;
            ensure!(nonce.is_zero(), "{nonce} transactions of a wallet that may do nothing");
            Ok(())
        });
    }
    for kind in KINDS.into_iter().filter(|kind| !matches!(*kind, "transfer" | "call with value and no data"))
    {
        class.case(
            Needs::Nodes,
            format!("{kind} with nothing but a spending limit"),
            move |target| async move {
                let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
                if kind == "signature over a transaction" {
                    // The pocket's balance may be signed away; more may not.
                    let raw = unsigned_1559(31337, 1, &thief, U256::from(10u64.pow(18)), &[]);
                    let body = json!({ "transaction": raw });
                    let answer = victim.api.post("/v1/transactions/sign", body).await?;
                    return denied(&target, &victim, &answer, &thief).await;
                }
                let answer = ask_evm(&target, &victim, kind, &thief).await?;
                if matches!(kind, "signature over hex bytes") && answer.status == 400 {
                    return leaks_no_signature(&answer.body);
                }
                if kind.starts_with("NFT") && answer.status == 400 {
                    return leaks_no_signature(&answer.body);
                }
                if kind == "approve nothing" && answer.status == 201 {
                    return Ok(()); // It takes a permission back.
                }
                denied(&target, &victim, &answer, &thief).await
            },
        );
    }
    let solana = [
        "transfer",
        "token transfer",
        "approve",
        "batch",
        "memo program",
        "token program",
        "signature over a text",
        "signature over a transaction",
    ];
    for kind in solana {
        class.case(Needs::Nodes, format!("Solana {kind} without any policy"), move |target| async move {
            let (victim, thief) = (bare(&target, On::Solana).await?, On::Solana.stranger());
            let answer = ask_solana(&target, &victim, kind, &thief).await?;
            denied(&target, &victim, &answer, &thief).await
        });
    }
    for kind in ["token transfer", "approve", "token program", "signature over a text"] {
        class.case(
            Needs::Nodes,
            format!("Solana {kind} with nothing but a spending limit"),
            move |target| async move {
                let (victim, thief) = (solana_pocket(&target).await?, On::Solana.stranger());
                let answer = ask_solana(&target, &victim, kind, &thief).await?;
                denied(&target, &victim, &answer, &thief).await
            },
        );
    }
    class
}
