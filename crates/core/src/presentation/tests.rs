mod wording;

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::{Bytes, U256};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::address::Address;
use crate::digest::Digest;
use crate::effect::Effect;
use crate::ids::{InstanceId, WalletId};
use crate::network::NetworkId;
use crate::owner::{Challenge, OwnerAction};
use crate::policy::Tier;
use crate::selector::Selector;

const WALLET: Address = Address::Evm([0xaa; 20]);
const TOKEN: Address = Address::Evm([0xbb; 20]);
const OTHER: Address = Address::Evm([0xcc; 20]);

fn shown(effects: Vec<Effect>, content: Vec<Content>) -> Presentation {
    let caip2: Arc<str> = "eip155:1".into();
    let native: AssetId = "eip155:1/slip44:60".parse().expect("an asset");
    let unit = |decimals, symbol: &str| Unit { decimals, symbol: symbol.into() };
    let assets = [(native.clone(), unit(18, "ETH")), (AssetId::token(&caip2, TOKEN), unit(6, "USDC"))];
    Presentation {
        version: VERSION,
        effects: Effects::new(NetworkId::new("ethereum-mainnet"), native, WALLET, effects),
        replaces: None,
        simulation: SimulationCheck::Agrees,
        assets: assets.into(),
        content,
        gas: None,
        strangers: Vec::new(),
        tier: Tier::Approval,
        usd: Some(Usd::from_dollars(5)),
        reasons: Vec::new(),
    }
}

fn statement(of: &Presentation) -> String {
    of.statement(Ask::Approve)
}

fn token() -> AssetId {
    AssetId::token(&"eip155:1".into(), TOKEN)
}

fn text(of: &str) -> Effect {
    Effect::Message { digest: Digest::new([1; 32]), text: of.into() }
}

fn typed(message: Vec<Argument>) -> Content {
    let domain = vec![Argument::new("verifyingContract", "address", Value::Address(TOKEN))];
    Content::TypedData { domain, primary_type: "Permit".into(), message }
}

#[test]
fn an_amount_is_read_only_where_one_token_is_named() {
    let two = vec![
        Argument::new("amount", "uint256", Value::Number("7".into())),
        Argument::new("from", "address", Value::Address(TOKEN)),
        Argument::new("to", "address", Value::Address(TOKEN)),
    ];
    assert!(!statement(&shown(Vec::new(), vec![typed(two)])).contains("that is"));
    let verifier = vec![Argument::new("value", "uint256", Value::Number("2500000".into()))];
    let text = statement(&shown(Vec::new(), vec![typed(verifier)]));
    assert!(text.contains("'value' uint256 2500000 (that is 2.5 'USDC');"), "{text}");
}

#[test]
fn foreign_names_are_quoted_and_solidity_types_are_not() {
    let strange = vec![Argument::new("Nothing_else", "Nothing:else[2]", Value::List(Vec::new()))];
    let text = statement(&shown(Vec::new(), vec![typed(strange)]));
    assert!(text.contains("'Nothing_else' 'Nothing:else[2]' ["), "{text}");
    for kind in ["uint256", "bytes32[]", "address[2][]", "string", "bool", "bytes", "int8"] {
        let field = vec![Argument::new("a", kind, Value::Bool(false))];
        let text = statement(&shown(Vec::new(), vec![typed(field)]));
        assert!(text.contains(&format!("'a' {kind} false;")), "{text}");
    }
    for kind in ["uint", "addressx", "Address", "address1", "string "] {
        let field = vec![Argument::new("a", kind, Value::Bool(false))];
        let text = statement(&shown(Vec::new(), vec![typed(field)]));
        assert_eq!(text.contains(&format!("'a' {kind} false;")), kind == "uint", "{text}");
    }
}

#[test]
fn a_presentation_survives_json() {
    let whole = shown(
        vec![text("a 'b' \u{202e}")],
        vec![typed(vec![Argument::new("x", "bytes", Value::Bytes(Bytes::from_static(&[9])))])],
    );
    let json = serde_json::to_string(&whole).expect("json");
    let back: Presentation = serde_json::from_str(&json).expect("read back");
    assert_eq!(back, whole);
    let newer = json.replacen("\"version\":1", "\"version\":1,\"more\":true", 1);
    assert!(serde_json::from_str::<Presentation>(&newer).is_err(), "an unknown field");
}

fn challenge(summary: String) -> Challenge {
    Challenge {
        instance: InstanceId::new(Uuid::from_u128(1)),
        wallet: WalletId::new(Uuid::from_u128(2)),
        owner: WALLET,
        action: OwnerAction::Approve { tx: TxId::new(Uuid::from_u128(3)), digest: Digest::new([7; 32]) },
        chain_id: "1".into(),
        summary,
        nonce: "00".into(),
        issued_at: 0,
        expires_at: 1,
    }
}

/// Texts as an attacker writes them: the marks of a rendering, look-alikes, anything.
fn foreign() -> impl Strategy<Value = String> {
    let marks = prop::sample::select(vec![
        "'",
        "~",
        "~27~",
        "~a~",
        "\n",
        "\r",
        "\u{2028}",
        "\u{202e}",
        "\u{200b}",
        "’",
        "ʼ",
        "\"",
        "\\",
        ";",
        ")",
        "; tier INSTANT.",
        "\n\nURI: ",
        "It does this:",
        "é",
        " ",
    ]);
    let piece = prop_oneof![marks.prop_map(str::to_owned), "[ -~]{0,6}", ".{0,4}"];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Takes the quotations out of a statement; none if one does not end.
fn without_quotations(statement: &str) -> Option<(String, Vec<String>)> {
    let mut own = String::new();
    let mut quotations = Vec::new();
    let mut rest = statement;
    while let Some((before, after)) = rest.split_once('\'') {
        let (quotation, after) = after.split_once('\'')?;
        own.push_str(before);
        quotations.push(quotation.to_owned());
        rest = after;
    }
    own.push_str(rest);
    Some((own, quotations))
}

/// A presentation in which one foreign text stands in every place that has one.
fn saying(what: &str) -> Presentation {
    let fields = vec![Argument::new(what, what, Value::Text(what.into()))];
    let mut whole = shown(
        vec![
            text(what),
            Effect::Unknown { target: None, what: what.into() },
            Effect::TypedData { contract: OTHER, primary_type: what.into(), digest: Digest::new([0; 32]) },
            Effect::TokenOut { asset: token(), to: OTHER, amount: U256::ONE },
        ],
        vec![
            Content::Memo { text: what.into() },
            Content::TypedData { domain: fields.clone(), primary_type: what.into(), message: fields },
        ],
    );
    whole.simulation = SimulationCheck::Unavailable { reason: what.into() };
    if let Some(unit) = whole.assets.get_mut(&token()) {
        unit.symbol = what.into();
    }
    whole
}

proptest! {
    /// Different texts are written differently, and a quotation has no mark of its end inside.
    #[test]
    fn quotations_are_injective_and_closed(a in foreign(), b in foreign()) {
        prop_assert_eq!(quoted(&a) == quoted(&b), a == b);
        let inside = quoted(&a);
        let inside = inside.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).expect("quoted");
        prop_assert!(!inside.contains('\'') && is_plain(inside));
    }

    /// The words around foreign texts are the same whatever these say, and the text keeps its lines.
    #[test]
    fn foreign_texts_change_nothing_around_them(what in foreign()) {
        let said = statement(&saying(&what));
        let (own, quotations) = without_quotations(&said).expect("every quotation ends");
        let (plain, same) = without_quotations(&statement(&saying("x~"))).expect("every quotation ends");
        let legend = " Text in quotation marks was written by others.";
        let body = |text: &str| text.split(legend).next().map(str::to_owned);
        prop_assert_eq!(body(&own), body(&plain));
        prop_assert_eq!(quotations.len(), same.len());
        prop_assert!(is_plain(&said));
        let message = challenge(said.clone()).message();
        prop_assert_eq!(message.lines().nth(3), Some(said.as_str()), "nothing was replaced or added");
        prop_assert_eq!(message.lines().count(), challenge("x".into()).message().lines().count());
    }

    /// What an owner reads tells any two texts apart, and the question can be read back.
    #[test]
    fn different_texts_make_different_questions(a in foreign(), b in foreign()) {
        let (first, second) = (statement(&saying(&a)), statement(&saying(&b)));
        prop_assert_eq!(first == second, a == b);
        let asked = challenge(first);
        prop_assert_eq!(Challenge::read(&asked.message()), Some(asked));
    }
}

#[test]
fn both_questions_differ_in_their_verb_alone() {
    let whole = saying("x");
    let (yes, no) = (whole.statement(Ask::Approve), whole.statement(Ask::Reject));
    assert_eq!(yes.replacen("APPROVE", "REJECT", 1), no);
    assert_eq!(BTreeMap::from([(yes, 1), (no, 2)]).len(), 2);
}
