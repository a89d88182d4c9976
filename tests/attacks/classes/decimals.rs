//! Lies about a token: decimals, symbol, identity.
//!
//! A naive design divides by the decimals of the request, so that 100 tokens look like a fraction of
//! one, or looks limits up under the asset the caller names. The limit is ten tokens.

use serde_json::{Value, json};

use super::{evm_tokens, solana_tokens};
use crate::kit::{Class, Loot, Needs, On, resisted};

/// The claims about an 18-decimals ERC-20, beside its true address.
fn evm_lies() -> Vec<(&'static str, Value)> {
    vec![
        ("no lie, too much", json!({})),
        ("decimals 36", json!({ "decimals": 36 })),
        ("decimals 19", json!({ "decimals": 19 })),
        ("decimals 6", json!({ "decimals": 6 })),
        ("decimals 0", json!({ "decimals": 0 })),
        ("decimals 255", json!({ "decimals": 255 })),
        ("decimals 256", json!({ "decimals": 256 })),
        ("decimals -1", json!({ "decimals": -1 })),
        ("decimals as text", json!({ "decimals": "36" })),
        ("decimals as fraction", json!({ "decimals": 18.5 })),
        ("another symbol", json!({ "symbol": "DUST" })),
        ("a symbol of control characters", json!({ "symbol": "\u{202e}CDSU\u{0}" })),
        ("the native coin's asset id", json!({ "assetId": "eip155:31337/slip44:60" })),
        ("the asset id of another network", json!({ "assetId": "eip155:1/erc20:ADDRESS" })),
        ("the asset id of another token", json!({ "assetId": "eip155:31337/erc20:OTHER" })),
        ("an asset id of the other chain", json!({ "assetId": "solana:localnet/slip44:501" })),
        ("an NFT's asset id", json!({ "assetId": "eip155:31337/erc721:ADDRESS/1" })),
        ("a token id", json!({ "tokenId": "1" })),
        ("a standard", json!({ "standard": "ERC-20" })),
        ("a price", json!({ "priceUsd": "0.0000001" })),
    ]
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("decimals and identity of tokens");
    for (name, lie) in evm_lies() {
        for field in ["humanAmount", "amount"] {
            let lie = lie.clone();
            class.case(Needs::Nodes, format!("{name}, {field}"), move |target| async move {
                let (victim, thief) = (evm_tokens(&target).await?, On::Evm.stranger());
                let address = target.evm()?.erc20.clone();
                let other = On::Evm.stranger();
                let text = lie.to_string().replace("ADDRESS", &address).replace("OTHER", &other);
                let mut token: Value = serde_json::from_str(&text)?;
                token["address"] = json!(address);
                let amount = if field == "amount" { "100000000000000000000" } else { "100" };
                let body = json!({ "type": "TOKEN_TRANSFER", "to": thief, field: amount, "token": token });
                let answer = victim.send(body).await?;
                resisted(&target, &victim, &answer, &[Loot::Tokens(address, thief)]).await
            });
        }
    }
    for decimals in [0, 5, 7, 9, 18, 38] {
        class.case(Needs::Nodes, format!("SPL token with decimals {decimals}"), move |target| async move {
            let (victim, thief) = (solana_tokens(&target).await?, On::Solana.stranger());
            let mint = target.solana()?.mint.clone();
            let token = json!({ "address": mint, "decimals": decimals });
            let body =
                json!({ "type": "TOKEN_TRANSFER", "to": thief, "amount": "100000000", "token": token });
            let answer = victim.send(body).await?;
            resisted(&target, &victim, &answer, &[Loot::Tokens(mint, thief)]).await
        });
    }
    class.case(Needs::Nodes, "a Token-2022 mint beyond its limit", |target| async move {
        let (victim, thief) = (solana_tokens(&target).await?, On::Solana.stranger());
        let mint = target.solana()?.mint_2022.clone();
        let body = json!({
            "type": "TOKEN_TRANSFER", "to": thief, "humanAmount": "100", "token": { "address": mint },
        });
        let answer = victim.send(body).await?;
        resisted(&target, &victim, &answer, &[Loot::Tokens(mint, thief)]).await
    });
    class.case(Needs::Nodes, "a token account instead of its mint", |target| async move {
        let (victim, thief) = (solana_tokens(&target).await?, On::Solana.stranger());
        let solana = target.solana()?;
        let account = solana.deal(&On::Solana.stranger(), &solana.mint, 5).await?;
        let body = json!({
            "type": "TOKEN_TRANSFER", "to": thief, "amount": "1", "token": { "address": account },
        });
        let answer = victim.send(body).await?;
        resisted(&target, &victim, &answer, &[Loot::Tokens(solana.mint.clone(), thief)]).await
    });
    class
}
