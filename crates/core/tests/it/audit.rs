//! Rows of the audit log as they are stored: every event reads rows written before its details had a type.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use waiaas_core::audit::{AuditEvent, AuditEventKind};

/// Details as they were stored before they had a type. Rows like these are in databases: none is taken away.
const STORED: &[(&str, &str)] = &[
    ("SYSTEM_INITIALIZED", r#"{"autoProvisioned":true,"instance":"01900000-0000-7000-8000-000000000001"}"#),
    ("SYSTEM_STARTED", r#"{"version":"0.1.0"}"#),
    (
        "WALLET_CREATED",
        r#"{"address":"0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045","chain":"ethereum","environment":"local","name":"main"}"#,
    ),
    (
        "WALLET_IMPORTED",
        r#"{"address":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v","chain":"solana","environment":"mainnet","name":"old"}"#,
    ),
    ("WALLET_RENAMED", r#"{"name":"other"}"#),
    ("WALLET_NETWORK_SET", r#"{"network":"evm-localnet"}"#),
    ("WALLET_NETWORK_SET", r#"{"network":null}"#),
    ("WALLET_SUSPENDED", r#"{"reason":"MANUAL"}"#),
    ("WALLET_RESUMED", r#"{"loosens":true}"#),
    ("WALLET_RESUMED", r#"{"changeId":"01900000-0000-7000-8000-000000000001","loosens":true}"#),
    ("WALLET_TERMINATED", r#"{"reason":null}"#),
    (
        "SESSION_CREATED",
        r#"{"expiresAt":1800086400,"maxRenewals":30,"wallets":["01900000-0000-7000-8000-000000000001"]}"#,
    ),
    ("SESSION_RENEWED", r#"{"expiresAt":1800086400}"#),
    ("SESSION_ROTATED", r#"{"expiresAt":1800086400}"#),
    ("SESSION_REVOKED", "null"),
    ("SESSION_REVOKED", r#"{"reason":"restored from a backup"}"#),
    ("SESSION_WALLET_ADDED", "null"),
    ("SESSION_WALLET_REMOVED", "null"),
    ("SESSION_DEFAULT_SET", "null"),
    ("SECRET_ROTATED", r#"{"kid":"k2"}"#),
    (
        "POLICY_CREATED",
        r#"{"enabled":true,"loosens":true,"network":null,"policyId":"01900000-0000-7000-8000-000000000001","rules":{"max_requests":60,"window_seconds":3600},"type":"RATE_LIMIT"}"#,
    ),
    (
        "POLICY_UPDATED",
        r#"{"from":{"enabled":true,"rules":{}},"loosens":false,"policyId":"01900000-0000-7000-8000-000000000001","to":{"enabled":false,"rules":{}},"type":"RATE_LIMIT"}"#,
    ),
    (
        "POLICY_DELETED",
        r#"{"changeId":"01900000-0000-7000-8000-000000000002","loosens":true,"network":"evm-localnet","policyId":"01900000-0000-7000-8000-000000000001","rules":{},"type":"WHITELIST"}"#,
    ),
    (
        "CHANGE_REQUESTED",
        r#"{"change":{"generation":1,"kind":"KILL_SWITCH_RECOVERY"},"changeId":"01900000-0000-7000-8000-000000000001","kind":"KILL_SWITCH_RECOVERY","owners":["0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"],"summary":"Release the kill switch."}"#,
    ),
    ("CHANGE_CONSENTED", r#"{"changeId":"01900000-0000-7000-8000-000000000001","nonce":"n"}"#),
    (
        "CHANGE_APPLIED",
        r#"{"changeId":"01900000-0000-7000-8000-000000000001","owners":["0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"]}"#,
    ),
    ("CHANGE_REJECTED", r#"{"changeId":"01900000-0000-7000-8000-000000000001"}"#),
    ("CHANGE_WITHDRAWN", r#"{"changeId":"01900000-0000-7000-8000-000000000001"}"#),
    ("CHANGE_EXPIRED", r#"{"changeId":"01900000-0000-7000-8000-000000000001"}"#),
    (
        "CHANGE_SUPERSEDED",
        r#"{"changeId":"01900000-0000-7000-8000-000000000001","reason":"a newer change took its place"}"#,
    ),
    (
        "POLICY_DENIED",
        r#"{"denials":[{"code":"WHITELIST_DENIED","hint":null,"message":"Not listed.","policyId":"01900000-0000-7000-8000-000000000001","policyType":"WHITELIST"}],"replaces":null,"request":"abababababababababababababababababababababababababababababababab"}"#,
    ),
    (
        "DENIALS_NOT_KEPT",
        r#"{"quota":1000,"request":"abababababababababababababababababababababababababababababababab"}"#,
    ),
    (
        "TX_REQUESTED",
        r#"{"digest":"abababababababababababababababababababababababababababababababab","replaces":null,"request":"abababababababababababababababababababababababababababababababab","tier":"INSTANT","usd":null}"#,
    ),
    ("TX_QUEUED", r#"{"delaySeconds":900}"#),
    (
        "TX_APPROVAL_REQUESTED",
        r#"{"approvalTimeout":3600,"reasons":[{"message":"Over the limit.","policyId":null,"policyType":null,"tier":"APPROVAL"}]}"#,
    ),
    ("TX_APPROVED", r#"{"nonce":"n"}"#),
    ("TX_REJECTED", r#"{"nonce":"n"}"#),
    ("TX_REJECTED", r#"{"from":"PENDING_APPROVAL"}"#),
    ("TX_CANCELLED", "null"),
    ("TX_CANCELLED", r#"{"from":"QUEUED"}"#),
    ("TX_CANCELLED", r#"{"code":"KILL_SWITCH_ACTIVE","message":"Not signed: the kill switch is active."}"#),
    ("TX_EXPIRED", "null"),
    ("TX_CLEARED", "null"),
    ("TX_CLEARED", r#"{"tier":"NOTIFY"}"#),
    (
        "TX_SIGNED",
        r#"{"digest":"abababababababababababababababababababababababababababababababab","hash":"0x01"}"#,
    ),
    ("TX_SUBMITTED", "null"),
    ("TX_LAPSED", "null"),
    (
        "TX_CLOSED",
        r#"{"from":"SUBMITTED","givesFree":true,"held":[{"amount":"340282366920938463463374607431768211456","asset":"eip155:31337/slip44:60"}]}"#,
    ),
    (
        "CHAIN_RESET",
        r#"{"ended":2,"is":{"genesis":"0x02","height":1},"network":"evm-localnet","was":{"genesis":"0x01","height":90}}"#,
    ),
    (
        "CHAIN_RESET",
        r#"{"ended":0,"is":{"genesis":"0x02"},"network":"evm-localnet","was":{"genesis":"0x01"}}"#,
    ),
    ("TX_CONFIRMED", r#"{"block":12,"fee":"21000000000000","final":false}"#),
    ("TX_FINAL", r#"{"block":12,"fee":"21000000000000"}"#),
    ("TX_REORGANISED", r#"{"block":12,"reason":"its block is gone"}"#),
    ("TX_FAILED", r#"{"block":12,"fee":"21000000000000","outcome":"reverted","reason":"no funds"}"#),
    ("TX_FAILED", r#"{"outcome":"dead"}"#),
    ("TX_FAILED", r#"{"code":"CHAIN_ERROR","message":"No node answers.","outcome":"not signed"}"#),
    ("TX_FAILED", r#"{"from":"SUBMITTED","message":"The chain is gone.","outcome":"chain reset"}"#),
    ("TX_FAILED", r#"{"code":"WALLET_SUSPENDED","message":"Not signed: the wallet is suspended."}"#),
    ("OWNER_REGISTERED", r#"{"from":null,"to":"0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"}"#),
    ("OWNER_SIGNED", r#"{"nonce":"n"}"#),
    ("OWNER_SIGNED", r#"{"changeId":"01900000-0000-7000-8000-000000000001","nonce":"n"}"#),
    ("OWNER_VERIFIED", r#"{"from":null,"state":"LOCKED"}"#),
    (
        "OWNER_SUCCESSOR_NAMED",
        r#"{"from":null,"owner":"0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045","to":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"}"#,
    ),
    (
        "OWNER_SUCCESSOR_WITHDRAWN",
        r#"{"from":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v","owner":"0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045","to":null}"#,
    ),
    (
        "OWNER_SUCCESSOR_WITHDRAWN",
        r#"{"from":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v","reason":"restored from a backup","to":null}"#,
    ),
    (
        "OWNER_CHANGED",
        r#"{"from":"0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045","to":"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"}"#,
    ),
    ("OWNER_REMOVED", r#"{"from":"0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045","to":null}"#),
    ("MASTER_AUTH_FAILED", r#"{"failures":3}"#),
    ("PASSWORD_CHANGED", "null"),
    ("BACKUP_CREATED", "{}"),
    (
        "TOKEN_FORGOTTEN",
        r#"{"address":"0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913","decimals":6,"network":"base-mainnet"}"#,
    ),
    ("BACKUP_RESTORED", "null"),
    ("KILL_SWITCH_ACTIVATED", r#"{"by":"master password"}"#),
    ("KILL_SWITCH_ACTIVATED", r#"{"by":"signal"}"#),
    ("KILL_SWITCH_RECOVERED", r#"{"generation":1,"loosens":true}"#),
    (
        "WEBHOOK_CREATED",
        r#"{"webhookId":"01900000-0000-7000-8000-000000000001","origin":"https://hook.example:8443","events":["TX_CONFIRMED"]}"#,
    ),
    (
        "WEBHOOK_UPDATED",
        r#"{"webhookId":"01900000-0000-7000-8000-000000000001","origin":"https://hook.example","events":[],"enabled":false}"#,
    ),
    (
        "WEBHOOK_DELETED",
        r#"{"webhookId":"01900000-0000-7000-8000-000000000001","origin":"https://hook.example"}"#,
    ),
    ("CHAT_REGISTERED", r#"{"chat":7000000001,"name":"@ada"}"#),
    ("CHAT_ROLE_SET", r#"{"chat":7000000001,"role":"ADMIN"}"#),
    ("CHAT_REMOVED", r#"{"chat":7000000001}"#),
    ("WALLETCONNECT_PAIRED", r#"{"owner":"0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045","app":"Wallet"}"#),
    ("AUTO_STOP_TRIGGERED", r#"{"rule":"CONSECUTIVE_FAILURES","count":5,"window":null}"#),
    ("WALLETCONNECT_ENDED", r#"{"owner":"0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045","because":"PEER"}"#),
];

fn fields(details: &str) -> Map<String, Value> {
    match serde_json::from_str(details).expect(details) {
        Value::Object(fields) => fields,
        other => panic!("{other} is not an object"),
    }
}

#[test]
fn rows_of_every_event_read_as_stored_before() {
    let mut seen = BTreeSet::new();
    for (name, stored) in STORED {
        let kind = AuditEventKind::parse(name).expect(name);
        let event = AuditEvent::read(kind, stored).unwrap_or_else(|error| panic!("{name} {stored}: {error}"));
        assert_eq!(event.kind(), kind);
        let written = event.details().expect(name);
        assert_eq!(AuditEvent::read(kind, &written).expect(name), event, "{name}");
        let before: Value = serde_json::from_str(stored).expect(stored);
        let written = fields(&written);
        for (field, value) in &written {
            // What was not named before is null now, or is left out.
            assert_eq!(value, &before[field], "{name} has another {field} than {stored}");
        }
        for (field, value) in before.as_object().into_iter().flatten() {
            assert!(value.is_null() || written.contains_key(field), "{name} lost {field} of {stored}");
        }
        seen.insert(kind);
    }
    let missing: Vec<_> = AuditEventKind::ALL.iter().filter(|kind| !seen.contains(kind)).collect();
    assert!(missing.is_empty(), "no stored row of {missing:?}");
}

#[test]
fn details_of_another_shape_are_not_guessed() {
    for (kind, details) in [
        (AuditEventKind::TxFinal, r#"{"block":12}"#),
        (AuditEventKind::TxFinal, r#"{"block":"12","fee":"1"}"#),
        (AuditEventKind::TxFailed, "null"),
        (AuditEventKind::WalletRenamed, "null"),
        (AuditEventKind::PasswordChanged, "x"),
        (AuditEventKind::KillSwitchActivated, r#"{"by":"telepathy"}"#),
    ] {
        assert!(AuditEvent::read(kind, details).is_err(), "{kind} {details}");
    }
    assert!(AuditEvent::read(AuditEventKind::PasswordChanged, r#"{"later":1}"#).is_ok());
}
