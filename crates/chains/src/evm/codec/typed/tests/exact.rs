//! Tests of the refusals, and of the canonical text.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

/// Returns the path of the fault; panics if there is none.
fn fault(json: &Json) -> String {
    match TypedData::new(&json.to_string(), CHAIN) {
        Err(Refusal::MalformedTypedData { path, .. }) => path,
        other => panic!("{other:?}"),
    }
}

#[test]
fn malformed_data_is_refused_with_the_path_of_the_fault() {
    let with = |change: &dyn Fn(&mut Json)| {
        let mut json = permit();
        change(&mut json);
        fault(&json)
    };
    assert_eq!(with(&|j| j["more"] = json!(1)), "more");
    assert_eq!(with(&|j| drop(j.as_object_mut().map(|o| o.remove("message")))), "message");
    assert_eq!(with(&|j| j["message"]["more"] = json!(1)), "message.more");
    assert_eq!(with(&|j| drop(j["message"].as_object_mut().map(|o| o.remove("value")))), "message.value");
    assert_eq!(with(&|j| j["message"]["value"] = json!(1.0)), "message.value");
    assert_eq!(with(&|j| j["message"]["value"] = json!(null)), "message.value");
    assert_eq!(with(&|j| j["message"]["owner"] = json!("0x11")), "message.owner");
    assert_eq!(with(&|j| j["domain"]["chainID"] = json!(1)), "domain.chainID");
    assert_eq!(with(&|j| drop(j["domain"].as_object_mut().map(|o| o.remove("chainId")))), "domain.chainId");
    assert_eq!(with(&|j| j["domain"] = json!({})), "domain");
    assert_eq!(with(&|j| j["primaryType"] = json!("Nothing")), "types.Nothing");
    assert_eq!(with(&|j| j["primaryType"] = json!("EIP712Domain")), "primaryType");
    assert_eq!(with(&|j| j["types"]["Permit"] = fields("Permit[] a")), "types.Permit");
    assert_eq!(with(&|j| j["types"]["Permit"] = fields("uint7 a")), "types.uint7");
    assert_eq!(with(&|j| j["types"]["Permit"] = fields("uint a")), "types.uint");
    assert_eq!(with(&|j| j["types"]["Permit"] = fields("uint256[0] a")), "types.Permit.a");
    assert_eq!(with(&|j| j["types"]["Permit"] = fields("uint256[01] a")), "types.Permit.a");
    assert_eq!(with(&|j| j["types"]["Permit"] = fields("uint256) a")), "types.Permit.a");
    assert_eq!(with(&|j| j["types"]["Permit"] = fields("bool a,bool a")), "types.Permit.a");
    assert_eq!(with(&|j| j["types"]["Permit"] = fields("bool a(b")), "types.Permit.a(b");
    assert_eq!(with(&|j| j["types"]["EIP712Domain"] = fields("uint256 chainId")), "types.EIP712Domain");
    let reordered = "string version,string name,uint256 chainId,address verifyingContract";
    assert_eq!(with(&|j| j["types"]["EIP712Domain"] = fields(reordered)), "types.EIP712Domain");
    let mut elsewhere = permit();
    elsewhere["domain"]["chainId"] = json!(1);
    let mismatch = Refusal::ChainIdMismatch { given: U256::ONE, network: CHAIN };
    // Bridged tokens on Polygon give their chain id in the salt.
    let salted = |salt: U256| {
        let mut json = permit();
        let domain = json["domain"].as_object_mut().expect("a domain");
        domain.remove("chainId");
        domain.insert("salt".to_owned(), json!(B256::from(salt)));
        json["types"].as_object_mut().expect("types").remove("EIP712Domain");
        TypedData::new(&json.to_string(), CHAIN)
    };
    assert!(salted(U256::from(CHAIN)).is_ok());
    assert_eq!(salted(U256::ONE), Err(mismatch.clone()));
    for no_chain in [U256::ZERO, U256::MAX, U256::ONE << 64] {
        assert!(matches!(salted(no_chain), Err(Refusal::MalformedTypedData { .. })), "{no_chain}");
    }
    assert_eq!(TypedData::new(&elsewhere.to_string(), CHAIN), Err(mismatch));
    let mut long = permit();
    long["domain"]["name"] = json!("a".repeat(LONGEST));
    assert_eq!(fault(&long), "typedData");
    // Short enough as given, but too long in canonical form.
    let numbers = data(token(), "N", &[("N", "uint8[] n")], json!({ "n": vec![1; LONGEST / 2 - 1000] }));
    assert_eq!(fault(&numbers), "typedData");
}

#[test]
fn equal_data_has_one_canonical_text() {
    let mut same = permit();
    same["message"]["value"] = json!("0x3e8");
    same["message"]["owner"] = json!(WALLET.to_string().to_lowercase());
    same["types"]["Unused"] = fields("bool a");
    same["types"]["EIP712Domain"] =
        fields("string name,string version,uint256 chainId,address verifyingContract");
    assert_eq!(read_as(&permit()).write(), read_as(&same).write());
    for json in [permit(), single(), witness(), odd()] {
        let data = read_as(&json);
        assert_eq!(TypedData::new(&data.write(), CHAIN), Ok(data));
    }
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "[ -~]{0,12}".prop_map(Json::from),
        prop_oneof![Just("uint256"), Just("A"), Just("A[]"), Just("bytes"), Just("0x00")]
            .prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let key = prop_oneof![
            Just("name"),
            Just("type"),
            Just("domain"),
            Just("types"),
            Just("message"),
            Just("A"),
            Just("chainId"),
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::vec((key, inner), 0..5)
                .prop_map(|pairs| pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_panics(domain in any_json(), types in any_json(), message in any_json(), text in ".{0,100}") {
        let whole = json!({ "domain": domain, "types": types, "primaryType": "A", "message": message });
        let _ = TypedData::new(&whole.to_string(), CHAIN);
        let chained = json!({ "domain": token(), "types": { "A": types }, "primaryType": "A", "message": message });
        let _ = TypedData::new(&chained.to_string(), CHAIN);
        let _ = TypedData::new(&text, CHAIN);
    }

    #[test]
    fn an_altered_text_is_other_data_or_refused(at: prop::sample::Index, byte in 0x20u8..0x7f) {
        let data = read_as(&witness());
        let mut text = data.write().into_bytes();
        let at = at.index(text.len());
        prop_assume!(text[at] != byte);
        text[at] = byte;
        let text = String::from_utf8(text).expect("ASCII");
        if let Ok(other) = TypedData::new(&text, CHAIN) {
            // The comparison of texts detects equal data in another form.
            prop_assert!(other.write() != text || other.hash() != data.hash());
        }
    }

    #[test]
    fn values_are_hashed_in_full(value: [u8; 32], other: [u8; 32]) {
        prop_assume!(value != other);
        let of = |value: [u8; 32]| {
            let mut json = permit();
            json["message"]["value"] = json!(U256::from_be_bytes(value).to_string());
            hash(&json)
        };
        prop_assert_ne!(of(value), of(other));
    }
}
