//! Tests of calls inside calls.

use super::vectors::*;
use super::*;
use crate::evm::codec::decode::account4337::SmartAccount;
use crate::evm::codec::decode::erc20::Token;
use crate::evm::codec::decode::multicall::{Multicall, Multicall3};
use crate::evm::codec::decode::reader::{DEEPEST, MOST_CALLS};
use crate::evm::codec::decode::safe::Safe;

fn approve() -> Vec<u8> {
    Token::approveCall { spender: SPENDER, amount: U256::from(1000) }.abi_encode()
}

fn safe(to: EvmAddress, operation: u8, data: Vec<u8>, gas_price: u64) -> Vec<u8> {
    Safe::execTransactionCall {
        to,
        value: U256::ZERO,
        data: data.into(),
        operation,
        safeTxGas: U256::ZERO,
        baseGas: U256::ZERO,
        gasPrice: U256::from(gas_price),
        gasToken: EvmAddress::ZERO,
        refundReceiver: EvmAddress::ZERO,
        signatures: Default::default(),
    }
    .abi_encode()
}

#[test]
fn an_approval_is_found_four_calls_deep() {
    let input = hex(SAFE_MULTISEND_MULTICALL_APPROVE);
    let multi_send = at("0x9641d764fc13c8B624c04430C7356C1C7C8102e2");
    let multicall = Multicall::multicall_0Call { data: vec![] }.abi_encode();
    let found = reads(SPENDER, 0, &input);
    assert_eq!(
        found,
        [
            called(SPENDER, &input, false),
            called(multi_send, &hex("8d80ff0a"), true),
            called(TOKEN, &multicall, false),
            allowance(TOKEN, SPENDER, 1000),
            native_out(RECIPIENT, 7),
        ]
    );
}

#[test]
fn multicall3_and_user_operations() {
    let input = hex(AGGREGATE3);
    let wanted = |target, decoded| {
        [called(target, &input, decoded), token_out(RECIPIENT, 42), called(SPENDER, &hex("deadbeef"), false)]
    };
    assert_eq!(reads(pinned::MULTICALL3, 0, &input), wanted(pinned::MULTICALL3, true));
    assert_eq!(reads(TOKEN, 0, &input), wanted(TOKEN, false));
    // Inside another call a contract acts, and the assets that it moves count as the wallet's.
    let others = Token::transferFromCall { from: SPENDER, to: RECIPIENT, amount: U256::from(1) }.abi_encode();
    let inner = Multicall3::Inner { target: TOKEN, callData: others.into() };
    let input = Multicall3::aggregateCall { calls: vec![inner] }.abi_encode();
    assert!(reads(pinned::MULTICALL3, 0, &input).contains(&token_out(RECIPIENT, 1)));

    let input = hex(HANDLE_OPS);
    let found = reads(TOKEN, 0, &input);
    assert_eq!(found[0], called(TOKEN, &input, false));
    assert!(
        matches!(found[1], Effect::ContractCall { target, decoded: false, .. } if target == account(SPENDER))
    );
    assert_eq!(found[2..], [native_out(TOKEN, 3), token_out(RECIPIENT, 8)]);
}

/// Any account can take the value that remains in Multicall3.
#[test]
fn a_call_whose_value_may_remain_in_the_contract_is_undecoded() {
    let multicall3 = pinned::MULTICALL3;
    let inner = |target, value: u64, fails: bool, data: Vec<u8>| Multicall3::Inner3Value {
        target,
        allowFailure: fails,
        value: U256::from(value),
        callData: data.into(),
    };
    let with_value = |calls| Multicall3::aggregate3ValueCall { calls }.abi_encode();
    let weth = at("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2");
    let sent = Token::transferFromCall { from: WALLET, to: multicall3, amount: U256::from(5) }.abi_encode();
    let sent = Multicall3::Inner { target: TOKEN, callData: sent.into() };
    let deposit = hex("d0e30db0");
    let decoded = |value, input: &[u8]| {
        let found = reads(multicall3, value, input);
        assert!(
            found.contains(&called(multicall3, input, true))
                != found.contains(&called(multicall3, input, false))
        );
        found.iter().all(|effect| !matches!(effect, Effect::ContractCall { decoded: false, .. }))
    };
    let empty = Multicall3::aggregateCall { calls: vec![] }.abi_encode();
    assert!(decoded(0, &empty));
    for (what, value, input) in [
        ("no calls at all", 5, empty),
        ("less than the value received", 5, with_value(vec![inner(RECIPIENT, 4, false, vec![])])),
        ("a call that may fail", 5, with_value(vec![inner(RECIPIENT, 5, true, vec![])])),
        ("wrapped by the contract", 5, with_value(vec![inner(weth, 5, false, deposit)])),
        ("sent to itself", 5, with_value(vec![inner(multicall3, 5, false, vec![])])),
        ("tokens sent to it", 0, Multicall3::aggregateCall { calls: vec![sent] }.abi_encode()),
    ] {
        assert!(!decoded(value, &input), "{what}");
    }
    let two = with_value(vec![inner(RECIPIENT, 2, false, vec![]), inner(SPENDER, 3, false, vec![])]);
    assert!(decoded(5, &two));

    // `MultiSendCallOnly` makes its calls as itself unless a Safe delegates to it.
    let multi_send = at("0x40A2aCCbd92BCA938b02010E17A5b8929b49130D");
    let packed = |value: u64| {
        let word = |number: u64| U256::from(number).to_be_bytes::<32>();
        let packed = [&[0][..], RECIPIENT.as_slice(), &word(value), &word(0)].concat();
        Safe::multiSendCall { transactions: packed.into() }.abi_encode()
    };
    for (value, decoded) in [(4, false), (5, true)] {
        let input = packed(value);
        assert_eq!(reads(multi_send, 5, &input)[1], called(multi_send, &input, decoded));
    }
}

#[test]
fn every_method_called_is_listed() {
    let method = |target, input: &[u8]| Method {
        target: account(target),
        selector: input.first_chunk().map(|selector| Selector::evm(*selector)),
    };
    let methods = |to, value: u64, input: &[u8]| {
        let called = Called { to: Some(to), value: U256::from(value), input, standard: None };
        call_effects(&mainnet(), WALLET, &called).methods
    };
    assert_eq!(methods(TOKEN, 0, &approve()), [method(TOKEN, &approve())]);
    assert_eq!(methods(TOKEN, 3, &[]), [method(TOKEN, &[])], "coin without data");
    let input = hex(SAFE_MULTISEND_MULTICALL_APPROVE);
    let multi_send = at("0x9641d764fc13c8B624c04430C7356C1C7C8102e2");
    let multicall = Multicall::multicall_0Call { data: vec![] }.abi_encode();
    assert_eq!(
        methods(SPENDER, 0, &input),
        [
            method(SPENDER, &input),
            method(multi_send, &hex("8d80ff0a")),
            method(TOKEN, &multicall),
            method(TOKEN, &approve()),
            method(RECIPIENT, &[]),
        ]
    );
}

#[test]
fn code_of_another_contract_that_runs_as_a_safe_is_unknown() {
    assert!(!reads(SPENDER, 0, &safe(TOKEN, 0, approve(), 0)).iter().any(is_unknown));
    for (what, input) in [
        ("delegate call", safe(TOKEN, 1, approve(), 0)),
        ("no such operation", safe(TOKEN, 2, approve(), 0)),
        ("a refund", safe(TOKEN, 0, approve(), 1)),
    ] {
        assert!(reads(SPENDER, 0, &input).iter().any(is_unknown), "{what}");
    }
    // Delegate calls inside MultiSend, and truncated packed transactions.
    let packed = |operation: u8, length: u64, data: &[u8]| {
        let length = U256::from(length).to_be_bytes::<32>();
        let packed = [&[operation][..], TOKEN.as_slice(), &[0; 32], &length, data].concat();
        let multi_send = Safe::multiSendCall { transactions: packed.into() }.abi_encode();
        reads(SPENDER, 0, &safe(at("0x40A2aCCbd92BCA938b02010E17A5b8929b49130D"), 1, multi_send, 0))
    };
    let data = approve();
    let length = u64::try_from(data.len()).expect("short");
    assert!(packed(0, length, &data).contains(&allowance(TOKEN, SPENDER, 1000)));
    assert!(packed(1, length, &data).iter().any(is_unknown));
    assert!(packed(0, length + 1, &data).iter().any(is_unknown));
    assert!(packed(0, length - 1, &data).iter().any(is_unknown));
    assert!(packed(0, u64::MAX, &data).iter().any(is_unknown));
}

#[test]
fn too_deep_and_too_many_are_unknown() {
    let wrap = |data: Vec<u8>| Multicall::multicall_0Call { data: vec![data.into()] }.abi_encode();
    let mut input = approve();
    for _ in 0..DEEPEST {
        input = wrap(input);
    }
    assert!(reads(TOKEN, 0, &input).contains(&allowance(TOKEN, SPENDER, 1000)));
    assert!(!reads(TOKEN, 0, &input).iter().any(is_unknown));
    let deeper = reads(TOKEN, 0, &wrap(input));
    assert!(deeper.iter().any(is_unknown) && deeper.len() <= DEEPEST + 2);

    let many = |count| Multicall::multicall_0Call { data: vec![approve().into(); count] }.abi_encode();
    let most = reads(TOKEN, 0, &many(MOST_CALLS - 1));
    assert!(most.len() == MOST_CALLS && !most.iter().any(is_unknown));
    for count in [MOST_CALLS, 600] {
        let found = reads(TOKEN, 0, &many(count));
        assert!(found.iter().filter(|effect| is_unknown(effect)).count() == 1, "one unknown effect");
    }

    // Wide at every level: reading ends at the maximal number of calls.
    let mut bomb = approve();
    for _ in 0..4 {
        bomb = Multicall::multicall_0Call { data: vec![bomb.into(); 5] }.abi_encode();
    }
    let found = reads(TOKEN, 0, &bomb);
    assert!(found.iter().any(is_unknown) && found.len() <= 2 * MOST_CALLS);

    let ids: Vec<U256> = (0..2000).map(U256::from).collect();
    let flood = nft::Collection::safeBatchTransferFromCall {
        from: WALLET,
        to: RECIPIENT,
        quantities: ids.clone(),
        ids,
        data: Default::default(),
    };
    let found = reads(TOKEN, 0, &flood.abi_encode());
    assert!(found.iter().any(is_unknown) && found.len() < 300);
}

#[test]
fn a_factory_is_a_separate_call() {
    let operation = |init_code: Vec<u8>| SmartAccount::PackedUserOperation {
        sender: SPENDER,
        nonce: U256::ZERO,
        initCode: init_code.into(),
        callData: approve().into(),
        accountGasLimits: Default::default(),
        preVerificationGas: U256::ZERO,
        gasFees: Default::default(),
        paymasterAndData: Default::default(),
        signature: Default::default(),
    };
    let handle = |init_code| {
        let call = SmartAccount::handleOps_1Call { ops: vec![operation(init_code)], beneficiary: RECIPIENT };
        reads(TOKEN, 0, &call.abi_encode())
    };
    let found = handle([RECIPIENT.as_slice(), &[1, 2, 3, 4]].concat());
    assert_eq!(found[1], called(RECIPIENT, &[1, 2, 3, 4], false));
    assert!(handle(vec![1]).iter().any(is_unknown));
    assert!(!handle(Vec::new()).iter().any(is_unknown));
}
