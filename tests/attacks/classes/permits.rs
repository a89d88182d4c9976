//! Signatures that are permissions: typed data (EIP-712).
//!
//! A naive design signs what the agent brings, because nothing moves when it is signed. Everything here
//! would let the thief take a hundred tokens, now or later, with the signature alone.

use std::sync::Arc;

use alloy_primitives::U256;
use anyhow::Result;
use serde_json::{Map, Value, json};

use super::contracts;
use crate::kit::{Class, Loot, Needs, On, Target, resisted};

/// Primary type and the types it is made of; fields as `type name`.
const KINDS: [(&str, &[(&str, &str)]); 16] = [
    ("Permit", &[("Permit", "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline")]),
    ("Permit", &[("Permit", "address holder,address spender,uint256 nonce,uint256 expiry,bool allowed")]),
    ("Permit", &[("Permit", "address spender,uint256 tokenId,uint256 nonce,uint256 deadline")]),
    (
        "PermitSingle",
        &[
            ("PermitSingle", "PermitDetails details,address spender,uint256 sigDeadline"),
            ("PermitDetails", "address token,uint160 amount,uint48 expiration,uint48 nonce"),
        ],
    ),
    (
        "PermitBatch",
        &[
            ("PermitBatch", "PermitDetails[] details,address spender,uint256 sigDeadline"),
            ("PermitDetails", "address token,uint160 amount,uint48 expiration,uint48 nonce"),
        ],
    ),
    (
        "PermitTransferFrom",
        &[
            (
                "PermitTransferFrom",
                "TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline",
            ),
            ("TokenPermissions", "address token,uint256 amount"),
        ],
    ),
    (
        "PermitBatchTransferFrom",
        &[
            (
                "PermitBatchTransferFrom",
                "TokenPermissions[] permitted,address spender,uint256 nonce,uint256 deadline",
            ),
            ("TokenPermissions", "address token,uint256 amount"),
        ],
    ),
    (
        "PermitWitnessTransferFrom",
        &[
            (
                "PermitWitnessTransferFrom",
                "TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Witness witness",
            ),
            ("TokenPermissions", "address token,uint256 amount"),
            ("Witness", "address user"),
        ],
    ),
    (
        "TransferWithAuthorization",
        &[(
            "TransferWithAuthorization",
            "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce",
        )],
    ),
    (
        "ReceiveWithAuthorization",
        &[(
            "ReceiveWithAuthorization",
            "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce",
        )],
    ),
    (
        "OrderComponents",
        &[(
            "OrderComponents",
            "address offerer,address zone,uint8 orderType,uint256 startTime,uint256 endTime,bytes32 zoneHash,uint256 salt,uint256 counter",
        )],
    ),
    (
        "Order",
        &[(
            "Order",
            "address sellToken,address buyToken,address receiver,uint256 sellAmount,uint256 buyAmount,uint32 validTo",
        )],
    ),
    ("SafeTx", &[("SafeTx", "address to,uint256 value,bytes data,uint8 operation,uint256 nonce")]),
    ("Delegation", &[("Delegation", "address delegatee,uint256 nonce,uint256 expiry")]),
    (
        "HyperliquidTransaction:ApproveAgent",
        &[(
            "HyperliquidTransaction:ApproveAgent",
            "string hyperliquidChain,address agentAddress,string agentName,uint64 nonce",
        )],
    ),
    (
        "PackedUserOperation",
        &[(
            "PackedUserOperation",
            "address sender,uint256 nonce,bytes initCode,bytes callData,bytes32 accountGasLimits,uint256 preVerificationGas,bytes32 gasFees,bytes paymasterAndData",
        )],
    ),
];

/// The oddity of the domain or of the whole.
const TWISTS: [&str; 12] = [
    "no chain id",
    "another chain id",
    "a chain id as text",
    "a chain id in hex",
    "no contract",
    "another contract",
    "a salt",
    "an extra type",
    "an extra field in the message",
    "a missing field in the message",
    "a primary type that is the domain",
    "a type that contains itself",
];

fn value_of(kind: &str, name: &str, victim: &str, thief: &str, token: &str, types: &[(&str, &str)]) -> Value {
    if let Some(inner) = kind.strip_suffix("[]") {
        return json!([value_of(inner, name, victim, thief, token, types)]);
    }
    if let Some((_, fields)) = types.iter().find(|(known, _)| *known == kind) {
        return message(fields, victim, thief, token, types);
    }
    match (kind, name) {
        ("address", "owner" | "holder" | "from" | "offerer" | "sender" | "user") => json!(victim),
        ("address", "token" | "sellToken") => json!(token),
        ("address", _) => json!(thief),
        ("bool", _) => json!(true),
        ("string", _) => json!("x"),
        ("bytes", _) => json!("0x"),
        ("bytes32", _) => json!(format!("0x{}", "11".repeat(32))),
        (_, "value" | "amount" | "sellAmount") => json!("100000000000000000000"),
        (_, "deadline" | "expiry" | "sigDeadline" | "validBefore" | "endTime") => {
            json!(U256::MAX.to_string())
        }
        (_, "expiration" | "validTo") => json!("4102444800"),
        _ => json!("0"),
    }
}

fn message(fields: &str, victim: &str, thief: &str, token: &str, types: &[(&str, &str)]) -> Value {
    let mut made = Map::new();
    for field in fields.split(',') {
        let (kind, name) = field.split_once(' ').unwrap_or((field, field));
        made.insert(name.to_owned(), value_of(kind, name, victim, thief, token, types));
    }
    Value::Object(made)
}

fn fields(text: &str) -> Value {
    let field = |field: &str| {
        let (kind, name) = field.split_once(' ').unwrap_or((field, field));
        json!({ "name": name, "type": kind })
    };
    text.split(',').map(field).collect()
}

fn typed(index: usize, victim: &str, thief: &str, token: &str, at: &str) -> Value {
    let (primary, kinds) = KINDS.get(index).copied().unwrap_or(KINDS[0]);
    let mut types = Map::new();
    types.insert(
        "EIP712Domain".to_owned(),
        fields("string name,string version,uint256 chainId,address verifyingContract"),
    );
    for (name, text) in kinds {
        types.insert((*name).to_owned(), fields(text));
    }
    let first = kinds.first().map_or("", |(_, text)| *text);
    json!({
        "domain": { "name": "Token", "version": "1", "chainId": 31337, "verifyingContract": at },
        "types": types, "primaryType": primary,
        "message": message(first, victim, thief, token, kinds),
    })
}

fn twisted(mut data: Value, twist: &str, stranger: &str) -> Value {
    let domain_without = |data: &mut Value, name: &str| {
        if let Some(domain) = data["domain"].as_object_mut() {
            domain.remove(name);
        }
        let kept = data["types"]["EIP712Domain"].as_array().cloned().unwrap_or_default();
        data["types"]["EIP712Domain"] = kept.into_iter().filter(|field| field["name"] != name).collect();
    };
    match twist {
        "no chain id" => domain_without(&mut data, "chainId"),
        "another chain id" => data["domain"]["chainId"] = json!(1),
        "a chain id as text" => data["domain"]["chainId"] = json!("1"),
        "a chain id in hex" => data["domain"]["chainId"] = json!("0x1"),
        "no contract" => domain_without(&mut data, "verifyingContract"),
        "another contract" => data["domain"]["verifyingContract"] = json!(stranger),
        "a salt" => data["domain"]["salt"] = json!(format!("0x{}", "22".repeat(32))),
        "an extra type" => data["types"]["Harmless"] = fields("string text"),
        "an extra field in the message" => data["message"]["harmless"] = json!("yes"),
        "a missing field in the message" => {
            if let Some(message) = data["message"].as_object_mut() {
                message.remove("spender");
            }
        }
        "a primary type that is the domain" => data["primaryType"] = json!("EIP712Domain"),
        _ => data["types"]["Permit"] = fields("Permit inner,address spender"),
    }
    data
}

async fn attack(target: &Arc<Target>, index: usize, listed: bool, twist: Option<&str>) -> Result<()> {
    let (victim, thief) = (contracts(target).await?, On::Evm.stranger());
    let token = target.evm()?.erc20.clone();
    let permit2 = "0x000000000022d473030f116ddee9f6b43ac78ba3";
    let at = if listed { token.as_str() } else { permit2 };
    let mut data = typed(index, &victim.address, &thief, &token, at);
    if let Some(twist) = twist {
        data = twisted(data, twist, &On::Evm.stranger());
    }
    let body = json!({ "signType": "typedData", "typedData": data });
    let answer = victim.api.post("/v1/transactions/sign-message", body).await?;
    resisted(target, &victim, &answer, &[Loot::Allowance(token, thief), Loot::Transaction]).await
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("permits");
    for (index, (primary, types)) in KINDS.iter().enumerate() {
        for (listed, at) in [(true, "the listed token"), (false, "Permit2's address")] {
            let fields = types.first().map_or(0, |(_, text)| text.split(',').count());
            let name = format!("{primary} of {fields} fields for {at}");
            class.case(Needs::Nodes, name, move |target| async move {
                attack(&target, index, listed, None).await
            });
        }
    }
    for twist in TWISTS {
        class.case(Needs::Nodes, format!("a permit with {twist}"), move |target| async move {
            attack(&target, 0, true, Some(twist)).await
        });
    }
    class
}
