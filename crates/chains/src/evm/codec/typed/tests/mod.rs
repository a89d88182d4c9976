//! Tests of the effects of known kinds of typed data, and of their hashes.

mod exact;
mod shown;

use alloy_primitives::{U256, address, b256};
use serde_json::{Value as Json, json};
use waiaas_core::effect::Effect;
use waiaas_core::network::{Network, NetworkId, Networks};
use waiaas_core::selector::Selector;

use super::*;
use crate::Expiry;
use crate::evm::codec::decode::{account, asset};

const WALLET: Address = Address::repeat_byte(0x11);
const SPENDER: Address = Address::repeat_byte(0x22);
const TOKEN: Address = Address::repeat_byte(0x33);
const PERMIT2: Address = address!("000000000022D473030F116dDEE9F6B43aC78BA3");
const CHAIN: u64 = 8453;

fn network() -> Network {
    Networks::builtin().get(&NetworkId::new("base-mainnet")).expect("built in").clone()
}

/// Parses `"address owner,uint256 value"` to a list of fields.
fn fields(text: &str) -> Json {
    let field = |field: &str| {
        let (kind, name) = field.split_once(' ').expect("a type and a name");
        json!({ "name": name, "type": kind })
    };
    text.split(',').map(field).collect()
}

fn token() -> Json {
    json!({ "name": "USD Coin", "version": "2", "chainId": CHAIN, "verifyingContract": TOKEN })
}

fn permit2() -> Json {
    json!({ "name": "Permit2", "chainId": CHAIN, "verifyingContract": PERMIT2 })
}

fn data(domain: Json, primary: &str, types: &[(&str, &str)], message: Json) -> Json {
    let types: serde_json::Map<_, _> =
        types.iter().map(|(name, list)| ((*name).to_owned(), fields(list))).collect();
    json!({ "domain": domain, "primaryType": primary, "types": types, "message": message })
}

fn read_as(json: &Json) -> TypedData {
    TypedData::new(&json.to_string(), CHAIN).unwrap_or_else(|refusal| panic!("{refusal}: {json}"))
}

fn effects(json: &Json) -> Vec<Effect> {
    read(&network(), WALLET, &read_as(json)).decoding.items
}

fn expiry(json: &Json) -> Expiry {
    read(&network(), WALLET, &read_as(json)).expiry
}

fn hash(json: &Json) -> B256 {
    read_as(json).hash()
}

fn allowance(token: Address, amount: U256) -> Effect {
    Effect::Allowance { asset: asset(&network(), token), spender: account(SPENDER), amount, through: None }
}

/// Returns the effect of an allowance through Permit2.
fn through_permit2(token: Address, amount: U256) -> Effect {
    let (asset, through) = (asset(&network(), token), Some(account(PERMIT2)));
    Effect::Allowance { asset, spender: account(SPENDER), amount, through }
}

fn unknown(json: &Json) -> Effect {
    let read = read_as(json);
    Effect::TypedData {
        contract: account(read.contract().expect("a contract")),
        primary_type: json["primaryType"].as_str().expect("a text").to_owned(),
        digest: waiaas_core::digest::Digest::new(read.hash().0),
    }
}

const PERMIT: &str = "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline";
const DETAILS: &str = "address token,uint160 amount,uint48 expiration,uint48 nonce";
const PERMITTED: &str = "address token,uint256 amount";
const AUTHORIZATION: &str =
    "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce";

fn permit() -> Json {
    let message = json!({ "owner": WALLET, "spender": SPENDER, "value": 1000, "nonce": "0", "deadline": 1_900_000_000 });
    data(token(), "Permit", &[("Permit", PERMIT)], message)
}

fn details(token: Address, amount: &str) -> Json {
    json!({ "token": token, "amount": amount, "expiration": 1_900_000_500, "nonce": 3 })
}

fn single() -> Json {
    let types = [
        ("PermitSingle", "PermitDetails details,address spender,uint256 sigDeadline"),
        ("PermitDetails", DETAILS),
    ];
    let message =
        json!({ "details": details(TOKEN, "500"), "spender": SPENDER, "sigDeadline": 1_900_000_000 });
    data(permit2(), "PermitSingle", &types, message)
}

fn batch(list: Json) -> Json {
    let types = [
        ("PermitBatch", "PermitDetails[] details,address spender,uint256 sigDeadline"),
        ("PermitDetails", DETAILS),
    ];
    let message = json!({ "details": list, "spender": SPENDER, "sigDeadline": 1_900_000_000 });
    data(permit2(), "PermitBatch", &types, message)
}

fn transfer_from() -> Json {
    let types = [
        ("PermitTransferFrom", "TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline"),
        ("TokenPermissions", PERMITTED),
    ];
    let message = json!({ "permitted": { "token": TOKEN, "amount": 7 }, "spender": SPENDER, "nonce": 1, "deadline": 1_900_000_000 });
    data(permit2(), "PermitTransferFrom", &types, message)
}

fn witness() -> Json {
    let plain = "TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Order witness";
    let types =
        [("PermitWitnessTransferFrom", plain), ("TokenPermissions", PERMITTED), ("Order", "address maker")];
    let message = json!({ "permitted": { "token": TOKEN, "amount": 7 }, "spender": SPENDER, "nonce": 1,
        "deadline": 1_900_000_000, "witness": { "maker": WALLET } });
    data(permit2(), "PermitWitnessTransferFrom", &types, message)
}

fn odd() -> Json {
    let types = [
        ("All", "int64 i,int256[2][] m,bool b,bytes x,bytes3 y,string s,Leaf[] l,Leaf o,uint8 u"),
        ("Leaf", "string[] names"),
        ("Unused", "Unused[] u"),
    ];
    let message = json!({ "i": -5, "m": [[1, "-1"], ["0x0", 2]], "b": true, "x": "0x010203", "y": "0xAAbbcc",
        "s": "ünï", "l": [{ "names": ["a", "b"] }, { "names": [] }], "o": { "names": ["c"] }, "u": 255 });
    let domain = json!({ "name": "Odd", "chainId": "0x2105", "salt": format!("0x{}", "ab".repeat(32)) });
    data(domain, "All", &types, message)
}

#[test]
fn hashes_as_the_example_of_eip_712() {
    let types = [("Person", "string name,address wallet"), ("Mail", "Person from,Person to,string contents")];
    let message = json!({
        "from": { "name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826" },
        "to": { "name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB" },
        "contents": "Hello, Bob!",
    });
    let domain = json!({ "name": "Ether Mail", "version": "1", "chainId": 1,
        "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC" });
    let mut mail = data(domain, "Mail", &types, message);
    let expected = b256!("be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
    assert_eq!(TypedData::new(&mail.to_string(), 1).expect("typed data").hash(), expected);
    mail["types"]["EIP712Domain"] =
        fields("string name,string version,uint256 chainId,address verifyingContract");
    assert_eq!(TypedData::new(&mail.to_string(), 1).expect("typed data").hash(), expected);
}

/// The hashes were made with ethers 6.17, `TypedDataEncoder.hash`.
#[test]
fn hashes_as_ethers_does() {
    let two = json!([
        details(TOKEN, "500"),
        details(SPENDER, &U256::from(alloy_primitives::aliases::U160::MAX).to_string())
    ]);
    let cases = [
        (permit(), b256!("9823bfcccc7719b005868c74897ad843b12fa9b81a90d8bf06a1ab90c02b83e1")),
        (single(), b256!("583dda863f81dcc18e430bec0caced2f481e07eca0c409517375f19684769bb4")),
        (batch(two), b256!("64041aaccb369c470c2fbfc27891d31357e9e63b23c4bf7873c39be5f989284a")),
        (transfer_from(), b256!("5f89c8882fa47d13927283e8dc541f8f1c62abaa5f59cfe7644818afde1dd0d0")),
        (witness(), b256!("7fe6e62bb029bb7a8f4a0361efaa87c29714d09920102a071a5f671c2d851f61")),
        (odd(), b256!("0eebd781f7f1da16db6f88b0d733be0795b4e368b0dece87ad3b883d06c4b29d")),
    ];
    for (json, expected) in cases {
        assert_eq!(hash(&json), expected, "{json}");
    }
}

#[test]
fn permits_are_allowances() {
    assert_eq!(effects(&permit()), [allowance(TOKEN, U256::from(1000u64))]);
    assert_eq!(expiry(&permit()), Expiry::Time(1_900_000_000));
    let mut endless = permit();
    endless["message"]["deadline"] = json!(U256::MAX.to_string());
    assert_eq!(expiry(&endless), Expiry::Never);

    let dai = |allowed: bool, expiry: u64| {
        let types = [("Permit", "address holder,address spender,uint256 nonce,uint256 expiry,bool allowed")];
        let message =
            json!({ "holder": WALLET, "spender": SPENDER, "nonce": 0, "expiry": expiry, "allowed": allowed });
        data(token(), "Permit", &types, message)
    };
    assert_eq!(effects(&dai(true, 5)), [allowance(TOKEN, U256::MAX)]);
    assert_eq!(effects(&dai(false, 5)), [allowance(TOKEN, U256::ZERO)]);
    assert_eq!((expiry(&dai(true, 5)), expiry(&dai(true, 0))), (Expiry::Time(5), Expiry::Never));
}

#[test]
fn authorizations_move_tokens() {
    let authorization = |primary: &str| {
        let message = json!({ "from": WALLET, "to": SPENDER, "value": 9, "validAfter": 0, "validBefore": 77,
            "nonce": B256::repeat_byte(1) });
        data(token(), primary, &[(primary, AUTHORIZATION)], message)
    };
    let out =
        Effect::TokenOut { asset: asset(&network(), TOKEN), to: account(SPENDER), amount: U256::from(9u8) };
    for primary in ["TransferWithAuthorization", "ReceiveWithAuthorization"] {
        assert_eq!(effects(&authorization(primary)), std::slice::from_ref(&out));
        assert_eq!(expiry(&authorization(primary)), Expiry::Time(77));
    }
    let message = json!({ "authorizer": WALLET, "nonce": B256::ZERO });
    let types = [("CancelAuthorization", "address authorizer,bytes32 nonce")];
    let cancel = data(token(), "CancelAuthorization", &types, message);
    let selector = Some(Selector::evm([0x5a, 0x04, 0x9a, 0x70]));
    assert_eq!(effects(&cancel), [Effect::ContractCall { target: account(TOKEN), selector, decoded: true }]);
}

#[test]
fn permit2_is_read_at_its_own_address_only() {
    let five_hundred = through_permit2(TOKEN, U256::from(500u64));
    assert_eq!(effects(&single()), std::slice::from_ref(&five_hundred));
    assert_eq!(expiry(&single()), Expiry::Time(1_900_000_500), "the allowance outlives the signature");
    let two = batch(json!([
        details(TOKEN, "500"),
        details(SPENDER, &U256::from(alloy_primitives::aliases::U160::MAX).to_string())
    ]));
    assert_eq!(effects(&two), [five_hundred, through_permit2(SPENDER, U256::MAX)]);
    let none = batch(json!([]));
    assert_eq!(effects(&none), [unknown(&none)]);
    let seven = through_permit2(TOKEN, U256::from(7u8));
    assert_eq!(effects(&transfer_from()), std::slice::from_ref(&seven));
    assert_eq!(effects(&witness()), [seven, unknown(&witness())]);
    for mut foreign in [single(), batch(json!([])), transfer_from(), witness()] {
        foreign["domain"]["verifyingContract"] = json!(TOKEN);
        assert_eq!(effects(&foreign), [unknown(&foreign)], "another contract");
        foreign["domain"]["verifyingContract"] = json!(PERMIT2);
        foreign["domain"]["name"] = json!("Permit3");
        assert_eq!(effects(&foreign), [unknown(&foreign)], "another name");
    }
}

#[test]
fn data_similar_to_a_known_kind_is_unknown() {
    let mut other_owner = permit();
    other_owner["message"]["owner"] = json!(SPENDER);
    assert_eq!(effects(&other_owner), [unknown(&other_owner)]);
    assert_eq!(expiry(&other_owner), Expiry::Never);

    let narrower = PERMIT.replace("uint256 value", "uint128 value");
    let reordered = "address spender,address owner,uint256 value,uint256 nonce,uint256 deadline";
    for list in [narrower.as_str(), reordered] {
        let odd = data(token(), "Permit", &[("Permit", list)], permit()["message"].clone());
        assert_eq!(effects(&odd), [unknown(&odd)], "{list}");
    }
    let mut more =
        data(token(), "Permit", &[("Permit", &format!("{PERMIT},bool more"))], permit()["message"].clone());
    more["message"]["more"] = json!(true);
    assert_eq!(effects(&more), [unknown(&more)]);

    let mut no_contract = permit();
    no_contract["domain"].as_object_mut().expect("an object").remove("verifyingContract");
    assert!(matches!(effects(&no_contract).as_slice(), [Effect::Unknown { target: None, .. }]));
}

#[test]
fn safe_transactions_are_read_as_the_call_they_make() {
    const SAFE_TX: &str = "address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,\
        uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce";
    let safe = Address::repeat_byte(0x5a);
    let of = |operation: u8, gas_price: u8, value: u64, input: &str| {
        let message = json!({ "to": SPENDER, "value": value, "data": input, "operation": operation, "safeTxGas": 0,
            "baseGas": 0, "gasPrice": gas_price, "gasToken": Address::ZERO, "refundReceiver": Address::ZERO, "nonce": 1 });
        let domain = json!({ "chainId": CHAIN, "verifyingContract": safe });
        effects(&data(domain, "SafeTx", &[("SafeTx", SAFE_TX)], message))
    };
    let selector = Some(Selector::evm([0x6a, 0x76, 0x12, 0x02]));
    let outer = Effect::ContractCall { target: account(safe), selector, decoded: false };
    let native = Effect::NativeOut { to: account(SPENDER), amount: U256::from(9u8) };
    assert_eq!(of(0, 0, 9, "0x"), [outer.clone(), native]);
    assert!(of(0, 1, 9, "0x").iter().any(|e| matches!(e, Effect::Unknown { .. })), "a refund");
    let foreign = of(1, 0, 0, "0x01020304");
    assert!(foreign.iter().any(|e| matches!(e, Effect::AuthorityChange { .. })));
    assert!(foreign.iter().any(|e| matches!(e, Effect::Unknown { .. })), "a delegate call");
}

#[test]
fn user_operations_are_read_as_the_calls_they_make() {
    const OPERATION: &str = "address sender,uint256 nonce,bytes initCode,bytes callData,bytes32 accountGasLimits,\
        uint256 preVerificationGas,bytes32 gasFees,bytes paymasterAndData";
    let sender = Address::repeat_byte(0x44);
    let entry_point = address!("4337084D9E255Ff0702461CF8895CE9E3b5Ff108");
    let pair = |a: u128, b: u128| B256::from((U256::from(a) << 128) | U256::from(b));
    let of = |init_code: &str, paymaster: &str| {
        // execute(SPENDER, 5, "")
        let call = format!("0xb61d27f6{:0>64}{:0>64x}{:0>64x}{:0>64x}", hex::encode(SPENDER), 5, 96, 0);
        let message = json!({ "sender": sender, "nonce": 0, "initCode": init_code, "callData": call,
            "accountGasLimits": pair(10, 20), "preVerificationGas": 30, "gasFees": pair(1, 2), "paymasterAndData": paymaster });
        let domain =
            json!({ "name": "ERC4337", "version": "1", "chainId": CHAIN, "verifyingContract": entry_point });
        effects(&data(domain, "PackedUserOperation", &[("PackedUserOperation", OPERATION)], message))
    };
    let plain = of("0x", "0x");
    assert!(
        plain.contains(&Effect::NativeOut { to: account(SPENDER), amount: U256::from(5u8) }),
        "{plain:?}"
    );
    assert!(plain.contains(&Effect::NetworkFee { max: U256::from((10 + 20 + 30) * 2) }));
    let calls = |target| move |e: &Effect| matches!(e, Effect::ContractCall { target: t, .. } if *t == account(target));
    assert!(plain.iter().any(calls(entry_point)) && plain.iter().any(calls(sender)));
    let delegated = of("0x7702000000000000000000000000000000000000", "0x");
    assert!(delegated.iter().any(|e| matches!(e, Effect::AuthorityChange { .. })));
    let paid = of("0x", &format!("0x{}{:0>32x}{:0>32x}", "77".repeat(20), 4, 5));
    assert!(paid.iter().any(calls(Address::repeat_byte(0x77))));
    assert!(paid.contains(&Effect::NetworkFee { max: U256::from((10 + 20 + 30 + 4 + 5) * 2) }));
}

#[test]
fn pre_verification_gas_counts_up_to_the_cost_of_the_bytes_and_the_usual_overhead() {
    const OPERATION: &str = "address sender,uint256 nonce,bytes initCode,bytes callData,bytes32 accountGasLimits,\
        uint256 preVerificationGas,bytes32 gasFees,bytes paymasterAndData";
    let entry_point = address!("4337084D9E255Ff0702461CF8895CE9E3b5Ff108");
    let pair = |a: u128, b: u128| B256::from((U256::from(a) << 128) | U256::from(b));
    let of = |before: u64, contract: Address| {
        let message = json!({ "sender": Address::repeat_byte(0x44), "nonce": 0, "initCode": "0x", "callData": "0x",
            "accountGasLimits": pair(10, 20), "preVerificationGas": before, "gasFees": pair(1, 2), "paymasterAndData": "0x" });
        let domain =
            json!({ "name": "ERC4337", "version": "1", "chainId": CHAIN, "verifyingContract": contract });
        operation(&read_as(&data(
            domain,
            "PackedUserOperation",
            &[("PackedUserOperation", OPERATION)],
            message,
        )))
    };
    let usual = of(50_000, entry_point).expect("an operation");
    assert_eq!((usual.gas, usual.fee), (50_030, U256::from(50_030 * 2)));
    let greedy = of(10_000_000, entry_point).expect("an operation");
    assert_eq!((greedy.gas, greedy.fee), (100_000 + 320 * 16 + 30, U256::from(10_000_030 * 2)));
    assert!(of(50_000, Address::repeat_byte(5)).is_none(), "no entry point");
}

#[test]
fn agents_of_hyperliquid_sign_on_its_networks_only() {
    let domain =
        json!({ "name": "Exchange", "version": "1", "chainId": 1337, "verifyingContract": Address::ZERO });
    let message = json!({ "source": "a", "connectionId": B256::ZERO });
    let agent = data(domain, "Agent", &[("Agent", "string source,bytes32 connectionId")], message);
    assert!(matches!(TypedData::new(&agent.to_string(), CHAIN), Err(Refusal::ChainIdMismatch { .. })));
    let there = TypedData::new(&agent.to_string(), 999).expect("typed data");
    assert!(matches!(read(&network(), WALLET, &there).decoding.items.as_slice(), [Effect::TypedData { .. }]));
}
