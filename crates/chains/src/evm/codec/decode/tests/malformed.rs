//! Tests of calls that a contract may accept, but that the decoder must not read.

use super::vectors::*;
use super::*;

/// The vectors and their targets.
fn vectors() -> Vec<(EvmAddress, Vec<u8>)> {
    let anywhere = [
        SAFE_MULTISEND_MULTICALL_APPROVE,
        PERMIT,
        BATCH_1155,
        SWAP_V2,
        EXACT_INPUT,
        EXACT_OUTPUT_02,
        HANDLE_OPS,
        AGGREGATE3,
    ];
    let mut all: Vec<_> = anywhere.iter().map(|vector| (TOKEN, hex(vector))).collect();
    all.push((PERMIT2, hex(PERMIT2_BATCH)));
    all
}

/// Bytes that contracts ignore: a memo, an attribution suffix.
const BEHIND: [&[u8]; 4] = [&[0], &[1], &[0; 32], b"\x07builder\x00\x80\x21\x80\x21\x80\x21"];

#[test]
fn bytes_behind_a_call_do_not_change_it_or_make_it_undecoded() {
    let doubted = |effect: &Effect| matches!(effect, Effect::ContractCall { decoded: false, .. });
    for (to, input) in vectors() {
        let plain = reads(to, 0, &input);
        assert!(!plain.iter().any(is_unknown));
        for behind in BEHIND {
            let found = reads(to, 0, &[&input, behind].concat());
            let known = to == PERMIT2;
            let expected =
                if known { plain.clone() } else { [&[called(to, &input, false)][..], &plain[..]].concat() };
            assert_eq!(found, expected);
            assert!(known || found.iter().any(doubted));
        }
    }
    let token = [
        erc20::Token::transferCall { to: RECIPIENT, amount: U256::from(5) }.abi_encode(),
        erc20::Token::approveCall { spender: SPENDER, amount: U256::from(5) }.abi_encode(),
    ];
    let weth = at("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2");
    let router = at("0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D");
    let known = [
        (TOKEN, 0, token[0].clone()),
        (TOKEN, 0, token[1].clone()),
        (weth, 5, hex("d0e30db0")),
        (router, 0, hex(SWAP_V2)),
    ];
    for (to, value, input) in known {
        for behind in BEHIND {
            assert_eq!(reads(to, value, &[&input, behind].concat()), reads(to, value, &input));
        }
    }
    // An NFT contract has a method of the same selector, and may read the bytes behind it.
    let approve = [token[1].as_slice(), &[7]].concat();
    assert!(reads_as(NftStandard::Erc721, &approve).iter().any(doubted));
    // `transferFrom` is not among the methods whose bytes behind are ignored for all tokens.
    let from =
        erc20::Token::transferFromCall { from: WALLET, to: RECIPIENT, amount: U256::from(5) }.abi_encode();
    assert!(reads(TOKEN, 0, &[&from[..], &[7]].concat()).iter().any(doubted));
}

#[test]
fn shorter_calls_are_unknown() {
    for (to, input) in vectors() {
        for shorter in [input.len() - 1, input.len() - 32, 4] {
            assert!(is_unknown(&reads(to, 0, &input[..shorter])[0]), "{shorter}");
        }
    }
}

#[test]
fn dirty_padding_is_unknown() {
    // The twelve bytes before an address, and those after `bytes`.
    let mut transfer = hex(
        "a9059cbb000000000000000000000000333333333333333333333333333333333333333300000000000000000000000000000000000000000000000000000000000003e8",
    );
    transfer[4] = 1;
    assert!(is_unknown(&reads(TOKEN, 0, &transfer)[0]));
    let mut permit2 = hex(PERMIT2_BATCH);
    *permit2.last_mut().expect("bytes") = 1;
    assert!(is_unknown(&reads(PERMIT2, 0, &permit2)[0]));
    // `setApprovalForAll(operator, 2)`: some contracts read 2 as true.
    let mut operator = hex(
        "a22cb46500000000000000000000000022222222222222222222222222222222222222220000000000000000000000000000000000000000000000000000000000000002",
    );
    assert!(is_unknown(&reads(TOKEN, 0, &operator)[0]));
    operator[67] = 1;
    assert!(!is_unknown(&reads(TOKEN, 0, &operator)[0]));
}

/// Encodes `multicall(bytes[])` with these words.
fn multicall(words: &[u64], tail: &[u8]) -> Vec<u8> {
    let words = words.iter().flat_map(|word| U256::from(*word).to_be_bytes::<32>());
    hex("ac9650d8").into_iter().chain(words).chain(tail.iter().copied()).collect()
}

#[test]
fn other_offsets_than_the_canonical_ones_are_unknown() {
    let inner = [[0xde, 0xad, 0xbe, 0xef].as_slice(), &[0; 28]].concat();
    let plain = multicall(&[0x20, 1, 0x20, 4], &inner);
    assert!(!reads(TOKEN, 0, &plain).iter().any(is_unknown));
    for (what, input) in [
        ("a gap", multicall(&[0x40, 0, 1, 0x20, 4], &inner)),
        ("an inner gap", multicall(&[0x20, 1, 0x40, 0, 4], &inner)),
        ("two elements at one offset", multicall(&[0x20, 2, 0x40, 0x40, 4], &inner)),
        ("an offset that points backwards", multicall(&[0x20, 1, 0, 4], &inner)),
        ("an offset beyond the end", multicall(&[0x20, 1, 0x2000, 4], &inner)),
        ("an array of excessive length", multicall(&[0x20, u64::MAX], &[])),
        (
            "elements in another order",
            multicall(
                &[0x20, 2, 0x80, 0x40, 4],
                &[&inner[..], &U256::from(4).to_be_bytes::<32>(), &inner].concat(),
            ),
        ),
        ("half an offset", hex("ac9650d8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")),
    ] {
        let found = reads(TOKEN, 0, &input);
        assert!(is_unknown(&found[0]) && found.len() == 1, "{what}: {found:?}");
    }
}

#[test]
fn many_arguments_in_one_area_need_no_additional_memory() {
    // Each of 3000 elements points at the same 90 kB: a lenient decoder would need 270 MB.
    let count = 3000u64;
    let offsets = vec![count * 32; usize::try_from(count).expect("small")];
    let words = [[0x20, count].as_slice(), &offsets].concat();
    let tail = [U256::from(90_000).to_be_bytes::<32>().as_slice(), &vec![1; 90_016]].concat();
    assert!(is_unknown(&reads(TOKEN, 0, &multicall(&words, &tail))[0]));
}

#[test]
fn lists_of_different_lengths_are_unknown() {
    let call = nft::Collection::safeBatchTransferFromCall {
        from: WALLET,
        to: RECIPIENT,
        ids: vec![U256::ONE],
        quantities: vec![],
        data: Default::default(),
    };
    assert!(is_unknown(&reads(TOKEN, 0, &call.abi_encode())[0]));
    let call = account4337::SmartAccount::executeBatch_0Call { dest: vec![TOKEN], func: vec![] };
    assert!(is_unknown(&reads(TOKEN, 0, &call.abi_encode())[0]));
    let nothing = nft::Collection::safeBatchTransferFromCall {
        from: WALLET,
        to: RECIPIENT,
        ids: vec![],
        quantities: vec![],
        data: Default::default(),
    };
    let nothing = nothing.abi_encode();
    assert_eq!(reads(TOKEN, 0, &nothing), [called(TOKEN, &nothing, false)], "still a call of that contract");
    let path = router_v2::RouterV2::swapExactETHForTokensCall {
        amountOutMin: U256::ONE,
        path: vec![TOKEN],
        to: WALLET,
        deadline: U256::ONE,
    };
    assert!(is_unknown(&reads(TOKEN, 0, &path.abi_encode())[0]));
}
