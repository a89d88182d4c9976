//! Which bodies are accepted.

use serde_json::{Value, json};
use waiaas_core::intent::{Amount, IntentKind};

use super::*;
use crate::json::read;

fn check(body: Value) -> Result<(), Refusal> {
    read::<TransactionRequest>(body.to_string().as_bytes()).map(drop)
}

fn paths(body: Value) -> Vec<String> {
    match check(body) {
        Err(Refusal::Invalid(issues)) => issues.into_iter().map(|i| i.path).collect(),
        other => panic!("expected issues, got {other:?}"),
    }
}

#[test]
fn the_bodies_people_copy_are_understood() {
    assert_eq!(check(json!({"type": "TRANSFER", "to": "recipient", "amount": "5.0"})), Ok(()));
    assert_eq!(check(json!({"to": "recipient", "amount": "100", "memo": "hi"})), Ok(()));
    let dry = json!({"type": "TRANSFER", "to": "recipient", "amount": "0.1", "dryRun": true});
    assert!(serde_json::from_value::<TransactionRequest>(dry).expect("dry run").placement.dry_run);
    let token = json!({"type": "TOKEN_TRANSFER", "to": "r", "humanAmount": "1",
        "token": {"address": "a", "decimals": 6, "symbol": "USDC"}});
    assert_eq!(check(token), Ok(()));
}

#[test]
fn one_amount_exactly_and_as_text() {
    assert_eq!(paths(json!({"to": "r"})), ["amount"]);
    assert_eq!(paths(json!({"to": "r", "amount": "1", "humanAmount": "1"})), ["humanAmount"]);
    assert_eq!(paths(json!({"to": "r", "amount": 5})), ["amount"]);
    for bad in ["", "-1", "1e9", " 1", "0x10", "1,5", ".5", "5."] {
        assert_eq!(paths(json!({"to": "r", "amount": bad})), ["amount"], "{bad}");
    }
}

#[test]
fn a_token_is_named_when_and_only_when_it_is_meant() {
    assert_eq!(paths(json!({"to": "r", "amount": "1", "token": {"address": "a"}})), ["token"]);
    assert_eq!(paths(json!({"type": "TOKEN_TRANSFER", "to": "r", "amount": "1"})), ["token"]);
    let nameless = json!({"type": "TOKEN_TRANSFER", "to": "r", "amount": "1", "token": {"symbol": "USDC"}});
    assert_eq!(paths(nameless), ["token"]);
}

#[test]
fn what_is_not_supported_says_so() {
    for kind in ["transfer", "SIGN", "CANCELLATION", "X402_PAYMENT", ""] {
        let body = json!({"type": kind, "to": "r", "amount": "1"});
        assert_eq!(check(body), Err(Refusal::UnsupportedType), "{kind}");
    }
    assert_eq!(paths(json!({"to": "r", "amount": "1", "actionProvider": "x"})), ["actionProvider"]);
}

#[test]
fn every_type_takes_its_own_fields_and_no_others() {
    let token = json!({"address": "t"});
    let good = [
        json!({"type": "CONTRACT_CALL", "to": "c", "calldata": "0x", "value": "0", "abi": []}),
        json!({"type": "CONTRACT_CALL", "to": "c", "value": "1"}),
        json!({"type": "CONTRACT_CALL", "programId": "p", "instructionData": "", "accounts": [],
            "preInstructions": [], "addressLookupTableAddresses": []}),
        json!({"type": "APPROVE", "spender": "s", "token": token, "amount": "0"}),
        json!({"type": "APPROVE", "spender": "s", "token": token, "amount": "0",
            "nft": {"tokenId": "1", "standard": "ERC-721"}}),
        json!({"type": "NFT_TRANSFER", "to": "r",
            "token": {"address": "t", "tokenId": "1", "standard": "ERC-721"}}),
        json!({"type": "NFT_TRANSFER", "to": "r", "token": {"address": "t", "standard": "METAPLEX"}}),
        json!({"type": "NFT_TRANSFER", "to": "r", "token": {"assetId": "i"}}),
        json!({"type": "APPROVE", "spender": "s", "token": {"assetId": "i"}, "amount": "0",
            "nft": {"standard": "ERC-721"}}),
        json!({"type": "CONTRACT_DEPLOY", "bytecode": "0x60", "constructorArgs": "0x", "value": "0"}),
        json!({"type": "BATCH", "instructions": [
            {"type": "TRANSFER", "to": "r", "amount": "1"},
            {"type": "TOKEN_TRANSFER", "to": "r", "amount": "1", "token": token}]}),
    ];
    for body in good {
        assert_eq!(check(body.clone()), Ok(()), "{body}");
    }
    let bad = [
        (json!({"to": "r", "amount": "1", "calldata": "0x"}), "calldata"),
        (json!({"to": "r", "amount": "1", "spender": "s"}), "spender"),
        (json!({"type": "CONTRACT_CALL", "calldata": "0x"}), "to"),
        (json!({"type": "CONTRACT_CALL", "to": "c"}), "calldata"),
        (json!({"type": "CONTRACT_CALL", "to": "c", "calldata": "0x", "amount": "1"}), "amount"),
        (json!({"type": "CONTRACT_CALL", "to": "p", "instructionData": "", "accounts": []}), "programId"),
        (
            json!({"type": "CONTRACT_CALL", "programId": "p", "instructionData": "", "accounts": [],
            "calldata": "0x"}),
            "calldata",
        ),
        (json!({"type": "APPROVE", "spender": "s", "token": token}), "amount"),
        (json!({"type": "APPROVE", "spender": "s", "token": token, "amount": "1", "to": "r"}), "to"),
        (json!({"type": "NFT_TRANSFER", "to": "r", "token": token}), "token.standard"),
        (
            json!({"type": "NFT_TRANSFER", "to": "r", "amount": "1.5",
            "token": {"address": "t", "tokenId": "1", "standard": "ERC-1155"}}),
            "amount",
        ),
        (
            json!({"type": "TOKEN_TRANSFER", "to": "r", "amount": "1",
            "token": {"address": "t", "tokenId": "1"}}),
            "token.tokenId",
        ),
        (
            json!({"type": "NFT_TRANSFER", "to": "r", "token": {"address": "t", "standard": "ERC-721"}}),
            "token.tokenId",
        ),
        (
            json!({"type": "APPROVE", "spender": "s", "token": token, "amount": "0",
            "nft": {"standard": "ERC-1155"}}),
            "nft.tokenId",
        ),
        (
            json!({"type": "BATCH", "addressLookupTableAddresses": ["t"], "instructions": [
            {"type": "TRANSFER", "to": "r", "amount": "1"}, {"type": "TRANSFER", "to": "r", "amount": "1"}]}),
            "addressLookupTableAddresses",
        ),
        (json!({"to": "r", "amount": "1", "memo": "a\u{202e}b"}), "memo"),
        (json!({"to": "r", "amount": "1", "memo": "a\nb"}), "memo"),
        (json!({"type": "CONTRACT_DEPLOY", "bytecode": "0x60", "to": "r"}), "to"),
        (json!({"type": "BATCH", "instructions": []}), "instructions"),
        (
            json!({"type": "BATCH", "instructions": [
            {"type": "TRANSFER", "to": "r", "amount": "1"}, {"type": "BATCH"}]}),
            "instructions[1].type",
        ),
        (
            json!({"type": "BATCH", "instructions": [
            {"type": "TRANSFER", "to": "r", "amount": "1"},
            {"type": "TRANSFER", "to": "r", "amount": "1", "value": "9"}]}),
            "instructions[1].value",
        ),
    ];
    for (body, path) in bad {
        assert_eq!(paths(body.clone()), [path], "{body}");
    }
}

#[test]
fn the_type_of_a_member_follows_from_fields_that_leave_one_reading() {
    use IntentKind::{Approve, ContractCall, TokenTransfer, Transfer};

    let token = json!({"address": "t"});
    // Whether it is valid there is a separate question: the first member's own faults begin with its path.
    let read = |member: Value| {
        let body = json!({"type": "BATCH", "instructions": [member, {"to": "r", "amount": "1"}]});
        match read::<TransactionRequest>(body.to_string().as_bytes()) {
            Ok(request) => {
                let Operation::Batch(batch) = request.operation else { panic!("{body}") };
                Some(match &batch.instructions[0] {
                    BatchMember::Transfer(_) => Transfer,
                    BatchMember::TokenTransfer(_) => TokenTransfer,
                    BatchMember::ContractCall(_) => ContractCall,
                    BatchMember::Approve(_) => Approve,
                })
            }
            Err(refusal) => {
                let Refusal::Invalid(issues) = refusal else { panic!("{body}") };
                assert_eq!(issues[0].path, "instructions[0].type", "{body}");
                None
            }
        }
    };
    let program = json!({"programId": "p", "instructionData": "", "accounts": []});
    for (member, kind) in [
        (json!({"to": "r", "amount": "1"}), Some(Transfer)),
        (json!({"to": "r", "humanAmount": "1", "memo": "m"}), Some(Transfer)),
        (json!({"to": "r", "amount": "1", "token": token}), Some(TokenTransfer)),
        (json!({"spender": "s", "amount": "1", "token": token}), Some(Approve)),
        (json!({"to": "c", "calldata": "0x"}), Some(ContractCall)),
        (json!({"to": "c", "value": "1"}), Some(ContractCall)),
        (program, Some(ContractCall)),
        (json!({"to": "r"}), None),
        (json!({"to": "r", "amount": "1", "calldata": "0x"}), None),
        (json!({"to": "r", "spender": "s", "amount": "1", "token": token}), None),
        (json!({"type": "NFT_TRANSFER", "to": "r", "token": token}), None),
    ] {
        assert_eq!(read(member.clone()), kind, "{member}");
    }
    let batch =
        |second: Value| json!({"type": "BATCH", "instructions": [{"to": "r", "amount": "1"}, second]});
    assert_eq!(check(batch(json!({"to": "r", "amount": "1", "token": token}))), Ok(()));
    assert_eq!(paths(batch(json!({"to": "r", "amount": "1", "calldata": "0x"}))), ["instructions[1].type"]);
    assert_eq!(paths(batch(json!({"to": "r", "amount": "much"}))), ["instructions[1].amount"]);
}

#[test]
fn every_fault_is_told_at_once() {
    assert_eq!(paths(json!({})), ["to", "amount"]);
    assert_eq!(
        paths(json!({"to": 7, "amount": "-1", "memos": "x", "network": ""})),
        ["amount", "memos", "to", "network"]
    );
    let call = json!({"type": "CONTRACT_CALL", "to": "c", "calldata": "7", "value": "x", "colour": 1});
    assert_eq!(paths(call), ["calldata", "colour", "value"]);
    assert_eq!(paths(json!({"type": "TOKEN_TRANSFER"})), ["to", "token", "amount"]);
    assert_eq!(paths(json!({"type": "CONTRACT_DEPLOY"})), ["bytecode"]);
    assert_eq!(paths(json!({"type": "BATCH"})), ["instructions"]);
    let members = json!({"type": "BATCH", "instructions": [7, {"type": "TRANSFER", "to": ""}]});
    assert_eq!(paths(members), ["instructions[0]", "instructions[1].to", "instructions[1].amount"]);
}

#[test]
fn an_amount_is_written_as_it_is_read() {
    for (text, written) in [("5", "5"), ("5.0", "5.0"), ("0.50", "0.50")] {
        let amount = Amount::parse(text).expect("an amount");
        assert_eq!(AmountText(amount).to_string(), written);
    }
    let human = Amount::parse_human("5").expect("an amount");
    assert_eq!(AmountText(human.clone()).to_string(), "5.0", "not five base units");
    let request = TransactionRequest::from(Operation::Transfer(Transfer::new("r", human.clone())));
    let again: TransactionRequest = serde_json::from_value(json!(request)).expect("a request");
    let Operation::Transfer(read) = again.operation else { panic!("a transfer") };
    let units = read.amount().expect("one amount").to_base_units(9);
    assert_eq!(units, human.to_base_units(9));
}

#[test]
fn a_gas_condition_names_a_price_and_an_end() {
    let with = |condition: Value| json!({"to": "r", "amount": "1", "gasCondition": condition});
    assert_eq!(check(with(json!({"maxGasPrice": "1", "timeout": 60}))), Ok(()));
    assert_eq!(paths(with(json!({}))), ["gasCondition"]);
    let most = u128::MAX.to_string();
    assert_eq!(check(with(json!({"maxGasPrice": most}))), Ok(()));
    for bad in [json!("-1"), json!("+1"), json!(""), json!(format!("{most}0")), json!(1)] {
        assert_eq!(paths(with(json!({"maxGasPrice": bad}))), ["gasCondition.maxGasPrice"], "{bad}");
    }
    assert_eq!(paths(with(json!({"maxPriorityFee": "1", "timeout": 59}))), ["gasCondition.timeout"]);
}

#[test]
fn a_message_is_a_text_or_typed_data() {
    let check = |body: Value| serde_json::from_value::<SignMessageRequest>(body).expect("shape").check();
    assert_eq!(check(json!({"message": "hello"})), Ok(()));
    assert_eq!(check(json!({"signType": "typedData", "typedData": {}})), Ok(()));
    for body in [
        json!({}),
        json!({"message": ""}),
        json!({"message": "x", "typedData": {}}),
        json!({"signType": "typedData", "message": "x"}),
        json!({"signType": "raw", "message": "x"}),
    ] {
        assert!(check(body.clone()).is_err(), "{body}");
    }
}

#[test]
fn a_misspelt_dry_run_is_not_a_payment() {
    let body = json!({"to": "r", "amount": "1", "dry_run": true});
    assert!(serde_json::from_value::<TransactionRequest>(body).is_err());
}

#[test]
fn memos_have_an_end() {
    assert_eq!(check(json!({"to": "r", "amount": "1", "memo": "é".repeat(256)})), Ok(()));
    assert_eq!(paths(json!({"to": "r", "amount": "1", "memo": "x".repeat(257)})), ["memo"]);
}

#[test]
fn an_object_is_not_read_from_an_array_of_its_values() {
    let batch =
        |member: Value| json!({"type": "BATCH", "instructions": [member, {"to": "r", "amount": "1"}]});
    let call = |field: &str, value: Value| json!({"type": "CONTRACT_CALL", "programId": "p", "instructionData": "", "accounts": [], field: value});
    for (body, path) in [
        (json!({"type": "TOKEN_TRANSFER", "to": "r", "amount": "1", "token": ["t"]}), "token"),
        (json!({"to": "r", "amount": "1", "gasCondition": ["1"]}), "gasCondition"),
        (json!({"type": "NFT_TRANSFER", "to": "r", "token": ["t", "1", "ERC-721"]}), "token"),
        (
            json!({"type": "APPROVE", "spender": "s", "token": {"address": "t"}, "amount": "0",
                "nft": ["1", "ERC-721"]}),
            "nft",
        ),
        (call("accounts", json!([["a", false, false]])), "accounts[0]"),
        (call("preInstructions", json!([["p", "", []]])), "preInstructions[0]"),
        (
            batch(json!({"type": "TOKEN_TRANSFER", "to": "r", "amount": "1", "token": ["t"]})),
            "instructions[0].token",
        ),
        (batch(json!(["TRANSFER", "r", "1"])), "instructions[0]"),
    ] {
        assert_eq!(paths(body.clone()), [path], "{body}");
    }
}

#[test]
fn a_hint_names_the_fields_of_the_place() {
    let message = |body: Value| match check(body.clone()) {
        Err(Refusal::Invalid(issues)) => issues[0].message.clone(),
        other => panic!("{body}: {other:?}"),
    };
    let nested = json!({"type": "TOKEN_TRANSFER", "to": "r", "amount": "1", "token": {"qqqq": "t"}});
    let text = message(nested);
    assert!(
        text.contains("known: address, decimals, symbol, assetId") && !text.contains("walletId"),
        "{text}"
    );
    let nested = json!({"type": "BATCH", "instructions": [
        {"type": "TOKEN_TRANSFER", "to": "r", "amount": "1", "token": {"typ": "t"}}, {"to": "r", "amount": "1"}]});
    assert!(!message(nested).contains("'type'"));
    assert!(message(json!({"to": "r", "amount": "1", "walletID": "x"})).contains("'walletId'"));
}

#[test]
fn a_key_is_shown_without_hidden_characters_and_shortened() {
    let key = format!("a\u{202e}\u{1b}[2J{}", "x".repeat(5000));
    for body in [
        json!({"to": "r", "amount": "1", key.clone(): 1}),
        json!({"type": "TOKEN_TRANSFER", "to": "r", "amount": "1", "token": {"address": "t", key: 1}}),
    ] {
        let Err(Refusal::Invalid(issues)) = check(body) else { panic!("accepted") };
        for issue in issues {
            let text = format!("{}{}", issue.path, issue.message);
            assert!(text.len() < 400 && !text.contains(['\u{202e}', '\u{1b}']), "{text}");
            assert!(issue.path.contains("a\\u{202e}\\u{1b}[2J"), "{text}");
        }
    }
}
