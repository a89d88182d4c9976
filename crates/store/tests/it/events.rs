//! An event of each kind, made from one set of details: a kind ignores unknown fields.

use serde_json::{Value, json};
use waiaas_core::audit::{AuditEvent, AuditEventKind};

/// Every field that an event has, but for `from`.
const DETAILS: &str = r#"{
    "address": "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
    "app": "Wallet",
    "approvalTimeout": 60,
    "autoProvisioned": false,
    "because": "PEER",
    "block": 7,
    "by": "socket",
    "chain": "ethereum",
    "change": { "kind": "KILL_SWITCH_RECOVERY", "generation": 1 },
    "changeId": "01900000-0000-7000-8000-000000000001",
    "count": 5,
    "decimals": 6,
    "delaySeconds": 60,
    "denials": [],
    "digest": "abababababababababababababababababababababababababababababababab",
    "chat": 7000000001,
    "enabled": true,
    "ended": 1,
    "environment": "local",
    "events": ["TX_CONFIRMED"],
    "expiresAt": 1900000000,
    "failures": 3,
    "fee": "21000",
    "final": false,
    "generation": 1,
    "givesFree": true,
    "hash": "0x01",
    "held": [{ "asset": "eip155:31337/slip44:60", "amount": "1" }],
    "instance": "01900000-0000-7000-8000-000000000001",
    "is": { "genesis": "0x02", "height": 1 },
    "kid": "k2",
    "kind": "KILL_SWITCH_RECOVERY",
    "loosens": true,
    "maxRenewals": 3,
    "name": "ü\u0000\"",
    "network": "evm-localnet",
    "nonce": "n",
    "origin": "https://hook.example",
    "outcome": "dead",
    "owner": "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
    "owners": ["0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"],
    "policyId": "01900000-0000-7000-8000-000000000001",
    "quota": 100,
    "reason": "none",
    "reasons": [],
    "replaces": "01900000-0000-7000-8000-000000000001",
    "request": "abababababababababababababababababababababababababababababababab",
    "role": "ADMIN",
    "rule": "DENIAL_BURST",
    "rules": {},
    "state": "LOCKED",
    "summary": "s",
    "tier": "DELAY",
    "to": "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
    "type": "WHITELIST",
    "usd": null,
    "version": "0.0.0",
    "wallets": ["01900000-0000-7000-8000-000000000001"],
    "was": null,
    "webhookId": "01900000-0000-7000-8000-000000000001"
}"#;

pub(crate) fn event(kind: AuditEventKind) -> AuditEvent {
    let mut details: Value = serde_json::from_str(DETAILS).expect("an object");
    match kind {
        AuditEventKind::TxRejected | AuditEventKind::TxCancelled | AuditEventKind::TxClosed => {
            details["from"] = json!("QUEUED");
        }
        AuditEventKind::PolicyUpdated => {
            let content = json!({ "rules": { "text": "ü\u{0}\"" }, "enabled": true });
            (details["from"], details["to"]) = (content.clone(), content);
        }
        _ => details["from"] = Value::Null,
    }
    AuditEvent::read(kind, &details.to_string()).expect("details of every kind")
}
