//! Texts that are something else: hashes, transactions, user operations, logins.
//!
//! A naive design signs any bytes as a message. Here the wallet has an owner, so that a text may wait
//! for the owner; what is no text must be refused at once.

use std::sync::Arc;

use alloy_primitives::{U256, keccak256};
use anyhow::{Context as _, Result, ensure};
use e2e::OwnerKey;
use serde_json::json;

use super::contracts;
use crate::kit::{
    Class, Loot, Message, Needs, On, Rlp, Target, Victim, admitted, bait, fresh, leaks_no_signature, refused,
    resisted, system_transfer, unsigned_1559,
};

async fn owned(target: &Arc<Target>, on: On) -> Result<Arc<Victim>> {
    let key = if on == On::Evm { "evm messages" } else { "solana messages" };
    let make = move |target: Arc<Target>| async move {
        let victim = Victim::with_pocket(&target, on).await?;
        victim.lock_owner(&target, &OwnerKey::evm(90)?).await?;
        let answer = ask(&victim, "I agree to the terms.").await?;
        admitted(&answer, &["PENDING_APPROVAL"]).context("a text waits for the owner")?;
        Ok(victim)
    };
    target.shared(key, make).await
}

async fn ask(victim: &Victim, message: &str) -> Result<e2e::Answer> {
    victim.api.post("/v1/transactions/sign-message", json!({ "message": message })).await
}

fn hexed(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

const EVM: [&str; 13] = [
    "a hash",
    "the hash of a user operation",
    "the digest of a permit",
    "prefix and digest of typed data",
    "data with an intended validator",
    "a transaction",
    "a legacy transaction",
    "an authorization of EIP-7702",
    "a hash in hex digits without 0x",
    "bytes that are no text",
    "a NUL within a text",
    "nothing in hex",
    "half a byte",
];

fn evm_text(kind: &str, thief: &str) -> String {
    let hash = fresh();
    match kind {
        "a hash" | "the digest of a permit" => hexed(hash),
        "the hash of a user operation" => hexed(keccak256([&hash[..], &[0u8; 32], &[1u8; 32]].concat())),
        "prefix and digest of typed data" => hexed([&[0x19, 0x01][..], &hash, &hash].concat()),
        "data with an intended validator" => hexed([&[0x19, 0x00][..], &[7u8; 20], &hash].concat()),
        "a transaction" => unsigned_1559(31337, 1, thief, U256::from(1_000_000_000_000_000_000_u64), &[]),
        "a legacy transaction" => {
            let nothing = || Rlp::Bytes(Vec::new());
            let fields = vec![
                Rlp::small(1),
                Rlp::small(2_000_000_000),
                Rlp::small(21_000),
                Rlp::hex(thief),
                Rlp::small(1_000_000_000_000_000_000),
                nothing(),
                Rlp::small(31337),
                nothing(),
                nothing(),
            ];
            hexed(Rlp::List(fields).encode())
        }
        "an authorization of EIP-7702" => {
            let fields = Rlp::List(vec![Rlp::small(31337), Rlp::hex(thief), Rlp::small(1)]);
            hexed([&[0x05][..], &fields.encode()].concat())
        }
        "a hash in hex digits without 0x" => hex::encode(hash),
        "bytes that are no text" => hexed([0xff, 0xfe, 0x00, 0x80, 0x81, 0xc0]),
        "a NUL within a text" => "agree\u{0}to everything".to_owned(),
        "nothing in hex" => "0x".to_owned(),
        _ => "0xabc".to_owned(),
    }
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("messages and user operations");
    for kind in EVM {
        class.case(Needs::Nodes, format!("{kind} as a text"), move |target| async move {
            let (victim, thief) = (owned(&target, On::Evm).await?, On::Evm.stranger());
            let answer = ask(&victim, &evm_text(kind, &thief)).await?;
            leaks_no_signature(&answer.body)?;
            // A text that only looks like a hash may wait for the owner; only the owner can approve it.
            if kind == "a hash in hex digits without 0x" && answer.status == 200 {
                return admitted(&answer, &["PENDING_APPROVAL"]).map(drop);
            }
            refused(&answer)?;
            Loot::Coins(thief).none(&target, &victim).await
        });
    }
    for kind in ["a transfer", "a transfer with a version", "bytes that are no text", "32 bytes"] {
        class.case(Needs::Nodes, format!("{kind} as a text on Solana"), move |target| async move {
            let (victim, thief) = (owned(&target, On::Solana).await?, On::Solana.stranger());
            let transfer = system_transfer(&victim.address, &thief, 1_000_000_000);
            let blockhash = target.solana()?.blockhash().await?;
            let mut message = Message::new(&victim.address, &blockhash, vec![transfer]);
            message.versioned = kind == "a transfer with a version";
            let bytes = match kind {
                "bytes that are no text" => vec![0xff, 0xfe, 0x00, 0x80],
                "32 bytes" => fresh().to_vec(),
                _ => message.bytes()?,
            };
            let answer = ask(&victim, &hexed(bytes)).await?;
            leaks_no_signature(&answer.body)?;
            refused(&answer)?;
            Loot::Coins(thief).none(&target, &victim).await
        });
    }
    class.case(Needs::Nodes, "a text without an owner", |target| async move {
        let victim = contracts(&target).await?;
        let answer = ask(&victim, "I agree to the terms.").await?;
        resisted(&target, &victim, &answer, &[Loot::Transaction]).await
    });
    class.case(Needs::Nodes, "a text that waits, read again and again", |target| async move {
        let victim = owned(&target, On::Evm).await?;
        let answer = ask(&victim, "I agree to other terms.").await?;
        let id = admitted(&answer, &["PENDING_APPROVAL"])?;
        for _ in 0..5 {
            leaks_no_signature(&victim.transaction(&id).await?)?;
        }
        Ok(())
    });
    for signature in [
        "handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)",
        "handleOps((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address)",
        "execute(address,uint256,bytes)",
        "execute(bytes32,bytes)",
        "executeUserOp((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes),bytes32)",
        "depositTo(address)",
        "withdrawTo(address,uint256)",
        "addSessionKey(address,uint256)",
    ] {
        class.case(
            Needs::Nodes,
            format!("{} at a listed contract", signature.split('(').next().unwrap_or_default()),
            move |target| async move {
                let (victim, thief) = (contracts(&target).await?, On::Evm.stranger());
                let data = bait(signature, &thief, U256::MAX)?;
                let body =
                    json!({ "type": "CONTRACT_CALL", "to": victim.contract, "calldata": hexed(&data) });
                let answer = victim.send(body).await?;
                ensure!(answer.status != 201, "taken up: {}", answer.body);
                resisted(&target, &victim, &answer, &[Loot::Call(victim.contract.clone(), data)]).await
            },
        );
    }
    class
}
