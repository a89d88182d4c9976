//! NFTs, which have no price.
//!
//! A naive design judges an NFT as an amount of one, which is nothing. The collection is listed; nothing
//! of it may leave without an owner, and there is none.

use alloy_primitives::U256;
use serde_json::{Value, json};

use super::contracts;
use crate::kit::{Class, Loot, Needs, On, bait, resisted};

/// Bodies; THIEF gains, NFT is the listed collection.
const BODIES: [(&str, &str); 20] = [
    (
        "ERC-721",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","token":{"address":"NFT","tokenId":"1","standard":"ERC-721"}}"#,
    ),
    (
        "ERC-1155",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","token":{"address":"NFT","tokenId":"1","standard":"ERC-1155"}}"#,
    ),
    (
        "a thousand of ERC-1155",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","amount":"1000","token":{"address":"NFT","tokenId":"1","standard":"ERC-1155"}}"#,
    ),
    (
        "none of ERC-1155",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","amount":"0","token":{"address":"NFT","tokenId":"1","standard":"ERC-1155"}}"#,
    ),
    (
        "two of ERC-721",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","amount":"2","token":{"address":"NFT","tokenId":"1","standard":"ERC-721"}}"#,
    ),
    (
        "by its asset id",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","token":{"assetId":"eip155:31337/erc721:NFT/1"}}"#,
    ),
    (
        "a token id beyond 256 bits",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","token":{"address":"NFT","tokenId":"115792089237316195423570985008687907853269984665640564039457584007913129639936","standard":"ERC-721"}}"#,
    ),
    (
        "a negative token id",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","token":{"address":"NFT","tokenId":"-1","standard":"ERC-721"}}"#,
    ),
    (
        "a token id in hex",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","token":{"address":"NFT","tokenId":"0x1","standard":"ERC-721"}}"#,
    ),
    (
        "an unknown standard",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","token":{"address":"NFT","tokenId":"1","standard":"ERC-20"}}"#,
    ),
    (
        "a standard of the other chain",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","token":{"address":"NFT","tokenId":"1","standard":"METAPLEX"}}"#,
    ),
    (
        "approval of one",
        r#"{"type":"APPROVE","spender":"THIEF","amount":"0","token":{"address":"NFT"},"nft":{"tokenId":"1","standard":"ERC-721"}}"#,
    ),
    (
        "approval of the collection",
        r#"{"type":"APPROVE","spender":"THIEF","amount":"1","token":{"address":"NFT"},"nft":{"tokenId":"1","standard":"ERC-721"}}"#,
    ),
    (
        "approval of an ERC-1155 collection",
        r#"{"type":"APPROVE","spender":"THIEF","amount":"1","token":{"address":"NFT"},"nft":{"tokenId":"1","standard":"ERC-1155"}}"#,
    ),
    (
        "as if it were a token",
        r#"{"type":"TOKEN_TRANSFER","to":"THIEF","amount":"1","token":{"address":"NFT","tokenId":"1","standard":"ERC-721"}}"#,
    ),
    (
        "an asset id that says otherwise",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","token":{"address":"NFT","tokenId":"1","standard":"ERC-721","assetId":"eip155:31337/erc721:NFT/2"}}"#,
    ),
    (
        "another token id than its asset id",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","token":{"assetId":"eip155:31337/erc721:NFT/1","tokenId":"2"}}"#,
    ),
    (
        "another standard than its asset id",
        r#"{"type":"NFT_TRANSFER","to":"THIEF","token":{"assetId":"eip155:31337/erc721:NFT/1","standard":"ERC-1155"}}"#,
    ),
    (
        "approval of another token id than its asset id",
        r#"{"type":"APPROVE","spender":"THIEF","amount":"0","token":{"assetId":"eip155:31337/erc721:NFT/1"},"nft":{"tokenId":"2","standard":"ERC-721"}}"#,
    ),
    (
        "approval by another standard than its asset id",
        r#"{"type":"APPROVE","spender":"THIEF","amount":"1","token":{"assetId":"eip155:31337/erc721:NFT/1"},"nft":{"tokenId":"1","standard":"ERC-1155"}}"#,
    ),
];

const CALLS: [&str; 8] = [
    "safeTransferFrom(address,address,uint256)",
    "safeTransferFrom(address,address,uint256,bytes)",
    "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
    "transferFrom(address,address,uint256)",
    "setApprovalForAll(address,bool)",
    "permit(address,uint256,uint256,uint8,bytes32,bytes32)",
    "permitForAll(address,address,uint256,uint8,bytes32,bytes32)",
    "batchTransfer(address,uint256[])",
];

pub(crate) fn class() -> Class {
    let mut class = Class::new("NFTs");
    for (name, body) in BODIES {
        class.case(Needs::Nodes, name, move |target| async move {
            let (victim, thief) = (contracts(&target).await?, On::Evm.stranger());
            let body = body.replace("THIEF", &thief).replace("NFT\"", &format!("{}\"", victim.contract));
            let body = body.replace(":NFT/", &format!(":{}/", victim.contract));
            let answer = victim.send(serde_json::from_str::<Value>(&body)?).await?;
            resisted(&target, &victim, &answer, &[Loot::Transaction]).await
        });
    }
    for signature in CALLS {
        class.case(Needs::Nodes, format!("by call of {signature}"), move |target| async move {
            let (victim, thief) = (contracts(&target).await?, On::Evm.stranger());
            let data = bait(signature, &thief, U256::from(1u8))?;
            let body = json!({
                "type": "CONTRACT_CALL", "to": victim.contract, "calldata": format!("0x{}", hex::encode(&data)),
            });
            let answer = victim.send(body).await?;
            resisted(&target, &victim, &answer, &[Loot::Call(victim.contract.clone(), data)]).await
        });
    }
    class
}
