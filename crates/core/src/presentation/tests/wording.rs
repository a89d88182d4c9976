//! What owners read, word for word: the lines of the question, then the text that is signed. One request per file.

use super::*;

/// A snapshot of the question, to be approved.
macro_rules! reads {
    ($name:literal, $about:expr) => {
        insta::assert_snapshot!($name, page(&$about))
    };
}

fn page(about: &Presentation) -> String {
    let lines = about.lines(Ask::Approve);
    let lines: Vec<_> =
        lines.iter().map(|line| format!("{}{}", "  ".repeat(line.depth), line.text)).collect();
    format!("{}\n\n---\n\n{}", lines.join("\n"), challenge(statement(about)).message())
}

fn coin() -> Effect {
    Effect::NativeOut { to: OTHER, amount: U256::from(1_500_000_000_000_000_000u64) }
}

fn fee() -> Effect {
    Effect::NetworkFee { max: U256::from(42_000_000_000_000u64) }
}

#[test]
fn a_transfer() {
    reads!("transfer", shown(vec![coin(), fee()], Vec::new()));
}

#[test]
fn a_transfer_to_an_account_that_looks_like_another() {
    let mut about = shown(vec![coin(), fee()], Vec::new());
    let like = |known_as| Some(Likeness { address: WALLET, known_as });
    let kinds =
        [None, like(KnownAs::Own), like(KnownAs::Listed), like(KnownAs::Used), like(KnownAs::Waiting)];
    about.strangers = kinds.map(|like| Stranger { address: OTHER, like }).into();
    reads!("strangers", about);
}

#[test]
fn a_transfer_without_a_price_that_waits_for_gas_and_replaces_another() {
    let mut about = shown(vec![coin(), fee()], Vec::new());
    about.usd = None;
    about.replaces = Some(TxId::new(Uuid::from_u128(9)));
    let bound = |price: Option<&str>, priority: Option<&str>| GasBound {
        max_gas_price: price.map(str::to_owned),
        max_priority_fee: priority.map(str::to_owned),
        seconds: 86_400,
    };
    for (name, gas) in [
        ("gas_price", bound(Some("7"), None)),
        ("gas_priority", bound(None, Some("3"))),
        ("gas_price_and_priority", bound(Some("7"), Some("3"))),
    ] {
        about.gas = Some(gas);
        insta::assert_snapshot!(name, page(&about));
        let json = serde_json::to_string(&about).expect("writes");
        assert_eq!(serde_json::from_str::<Presentation>(&json).expect("reads"), about);
    }
}

#[test]
fn a_transfer_of_tokens() {
    let arguments = vec![
        Argument::new("to", "address", Value::Address(OTHER)),
        Argument::new("amount", "uint256", Value::Number("5000000".into())),
    ];
    let call = Content::Call {
        depth: 0,
        target: TOKEN,
        value: U256::ZERO,
        selector: Some(Selector::evm([0xa9, 0x05, 0x9c, 0xbb])),
        method: Some("transfer".into()),
        arguments,
        data: Bytes::new(),
    };
    let sent = Effect::TokenOut { asset: token(), to: OTHER, amount: U256::from(5_000_000u64) };
    reads!("tokens", shown(vec![sent, fee()], vec![call]));
}

#[test]
fn allowances() {
    let allowance = |amount| Effect::Allowance { asset: token(), spender: OTHER, amount, through: None };
    let operator = |granted| Effect::OperatorApproval { collection: TOKEN, operator: OTHER, granted };
    let effects = vec![
        allowance(U256::from(1_000_000u64)),
        allowance(U256::MAX),
        allowance(U256::ZERO),
        Effect::Allowance {
            asset: token(),
            spender: OTHER,
            amount: U256::from(7u8),
            through: Some(Address::Evm([0xdd; 20])),
        },
        operator(true),
        operator(false),
        fee(),
    ];
    reads!("allowances", shown(effects, Vec::new()));
}

#[test]
fn a_call_that_no_decoder_knows() {
    let selector = Some(Selector::evm([1, 2, 3, 4]));
    let effects = vec![
        Effect::ContractCall { target: TOKEN, selector, decoded: false },
        Effect::AuthorityChange { target: TOKEN, selector, to: Some(OTHER), what: "owner".into() },
        Effect::Unknown { target: Some(OTHER), what: "data that cannot be read".into() },
        fee(),
    ];
    let call = Content::Call {
        depth: 0,
        target: TOKEN,
        value: U256::from(3u8),
        selector,
        method: None,
        arguments: Vec::new(),
        data: Bytes::from_static(&[1, 2, 3, 4, 5]),
    };
    let mut about = shown(effects, vec![call]);
    about.effects.seen = vec![Effect::TokenOut { asset: token(), to: OTHER, amount: U256::from(9u8) }];
    reads!("undecoded_call", about);
}

#[test]
fn a_deployment() {
    let effects = vec![Effect::Deployment { code: Digest::new([5; 32]), amount: U256::ZERO }, fee()];
    let code = Content::Code { length: 1234, keccak256: alloy_primitives::B256::repeat_byte(6) };
    reads!("deployment", shown(effects, vec![code]));
}

#[test]
fn a_text() {
    let mut about = shown(vec![text("I agree to the terms.\nSigned: 'me' \u{202e}")], Vec::new());
    about.simulation = SimulationCheck::NotApplicable;
    about.usd = None;
    reads!("text", about);
}

#[test]
fn typed_data() {
    let leg = |token: Address, amount: &str| {
        Value::Fields(vec![
            Argument::new("token", "address", Value::Address(token)),
            Argument::new("amount", "uint160", Value::Number(amount.into())),
        ])
    };
    let message = vec![
        Argument::new("details", "Leg[]", Value::List(vec![leg(TOKEN, "1500000"), leg(OTHER, "7")])),
        Argument::new("note", "string", Value::Text("line\nline 'quoted'".into())),
        Argument::new("data", "bytes", Value::Bytes(Bytes::from_static(&[1, 2]))),
        Argument::new("ok", "bool", Value::Bool(true)),
    ];
    let signed =
        Effect::TypedData { contract: TOKEN, primary_type: "Permit".into(), digest: Digest::new([8; 32]) };
    let mut about = shown(vec![signed], vec![typed(message)]);
    about.simulation = SimulationCheck::NotApplicable;
    reads!("typed_data", about);
}

#[test]
fn a_request_that_could_not_be_simulated() {
    let mut about = shown(vec![coin(), fee()], vec![Content::Memo { text: "for the rent".into() }]);
    about.simulation = SimulationCheck::Unavailable { reason: "no node\nhas the method".into() };
    assert!(statement(&about).starts_with("WARNING: "));
    reads!("not_simulated", about);
}
