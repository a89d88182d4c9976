//! Tests of each family of methods.

use super::vectors::*;
use super::*;
use crate::evm::codec::decode::erc20::Token;
use crate::evm::codec::decode::nft::{Collection, Erc721};
use crate::evm::codec::decode::permit::Permitting;
use crate::evm::codec::decode::permit2::Permit2;
use crate::evm::codec::decode::router_v3::Router02;
use alloy_primitives::aliases::U160;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Portion, Swap};
use waiaas_core::nft::{NftId, NftKind};

fn uint(number: u64) -> U256 {
    U256::from(number)
}

#[test]
fn native_coin() {
    assert_eq!(reads(RECIPIENT, 9, &[]), [native_out(RECIPIENT, 9)]);
    assert_eq!(reads(WALLET, 9, &[]), [native_out(WALLET, 9)]);
    assert_eq!(reads(WALLET, 0, &[]), [native_out(WALLET, 0)], "a cancellation has no other effect");
    assert!(reads(RECIPIENT, 0, &[]).iter().all(is_unknown));
    assert_eq!(reads(RECIPIENT, 0, &[]).len(), 1);
    let short = reads(RECIPIENT, 9, &[1, 2, 3]);
    assert_eq!(short[0], native_out(RECIPIENT, 9));
    assert!(is_unknown(&short[1]));
    let call = [1, 2, 3, 4];
    assert_eq!(reads(RECIPIENT, 9, &call), [native_out(RECIPIENT, 9), called(RECIPIENT, &call, false)]);
    assert_eq!(reads(WALLET, 0, &call), [called(WALLET, &call, false)], "an account with code of its own");
}

#[test]
fn deployments() {
    let deploy = |value: u64, code: &[u8]| {
        let called = Called { to: None, value: uint(value), input: code, standard: None };
        call_effects(&mainnet(), WALLET, &called).items
    };
    let one = deploy(3, &[0x60, 0x01]);
    let [Effect::Deployment { code, amount }] = one.as_slice() else { panic!("{one:?}") };
    assert_eq!((*code, *amount), (Digest::of("waiaas.deployment.v1", &[&[0x60, 0x01]]), uint(3)));
    assert_ne!(deploy(3, &[0x60, 0x02]), one);
    assert!(is_unknown(&deploy(3, &[])[0]));
}

#[test]
fn tokens() {
    let asset = asset(&mainnet(), TOKEN);
    let endless = Effect::Allowance { asset, spender: account(SPENDER), amount: U256::MAX, through: None };
    let table: [(Vec<u8>, Effect); 9] = [
        // `transfer`, encoded by hand.
        (
            hex(
                "a9059cbb000000000000000000000000333333333333333333333333333333333333333300000000000000000000000000000000000000000000000000000000000003e8",
            ),
            token_out(RECIPIENT, 1000),
        ),
        (
            Token::transferFromCall { from: WALLET, to: RECIPIENT, amount: uint(7) }.abi_encode(),
            token_out(RECIPIENT, 7),
        ),
        (Token::approveCall { spender: SPENDER, amount: uint(5) }.abi_encode(), allowance(TOKEN, SPENDER, 5)),
        (Token::increaseAllowanceCall { spender: SPENDER, added: uint(4) }.abi_encode(), endless.clone()),
        (Token::increaseApprovalCall { spender: SPENDER, added: uint(4) }.abi_encode(), endless),
        (
            Token::decreaseAllowanceCall { spender: SPENDER, subtracted: uint(4) }.abi_encode(),
            allowance(TOKEN, SPENDER, 0),
        ),
        (
            Token::decreaseApprovalCall { spender: SPENDER, subtracted: uint(4) }.abi_encode(),
            allowance(TOKEN, SPENDER, 0),
        ),
        (Token::burnCall { amount: uint(6) }.abi_encode(), token_out(EvmAddress::ZERO, 6)),
        (Token::burnFromCall { from: WALLET, amount: uint(6) }.abi_encode(), token_out(EvmAddress::ZERO, 6)),
    ];
    for (input, effect) in table {
        assert_eq!(reads(TOKEN, 0, &input), std::slice::from_ref(&effect));
        assert_eq!(
            reads(TOKEN, 2, &input),
            [native_out(TOKEN, 2), effect],
            "the value is an effect of its own"
        );
    }
    let others = Token::transferFromCall { from: SPENDER, to: RECIPIENT, amount: uint(7) }.abi_encode();
    assert_eq!(reads(TOKEN, 0, &others), [called(TOKEN, &others, false)]);
    let hook =
        Token::transferAndCall_1Call { to: RECIPIENT, amount: uint(7), data: vec![1].into() }.abi_encode();
    assert_eq!(reads(TOKEN, 0, &hook), [token_out(RECIPIENT, 7), called(TOKEN, &hook, false)]);
    let hook =
        Token::approveAndCall_1Call { spender: SPENDER, amount: uint(7), data: vec![1].into() }.abi_encode();
    assert_eq!(reads(TOKEN, 0, &hook), [allowance(TOKEN, SPENDER, 7), called(TOKEN, &hook, false)]);
}

fn nft(kind: fn(Address, U256) -> NftKind, id: u64) -> NftId {
    NftId { caip2: mainnet().caip2, kind: kind(account(TOKEN), uint(id)) }
}

fn erc721(id: u64) -> NftId {
    nft(|collection, token_id| NftKind::Erc721 { collection, token_id }, id)
}

fn erc1155(id: u64) -> NftId {
    nft(|collection, token_id| NftKind::Erc1155 { collection, token_id }, id)
}

fn nft_out(nft: NftId, to: EvmAddress, quantity: u64) -> Effect {
    Effect::NftOut { nft, to: account(to), quantity: uint(quantity) }
}

#[test]
fn nfts() {
    let transfer =
        Collection::safeTransferFrom_0Call { from: WALLET, to: RECIPIENT, tokenId: uint(8) }.abi_encode();
    assert_eq!(transfer[..4], [0x42, 0x84, 0x2e, 0x0e], "EIP-721");
    assert_eq!(reads(TOKEN, 0, &transfer), [nft_out(erc721(8), RECIPIENT, 1)]);
    let with_data = Collection::safeTransferFrom_1Call {
        from: WALLET,
        to: RECIPIENT,
        tokenId: uint(8),
        data: vec![7; 40].into(),
    };
    assert_eq!(reads(TOKEN, 0, &with_data.abi_encode()), [nft_out(erc721(8), RECIPIENT, 1)]);
    let multi = Collection::safeTransferFrom_2Call {
        from: WALLET,
        to: RECIPIENT,
        id: uint(8),
        quantity: uint(3),
        data: Default::default(),
    };
    assert_eq!(Collection::safeTransferFrom_2Call::SELECTOR, [0xf2, 0x42, 0x43, 0x2a], "EIP-1155");
    assert_eq!(reads(TOKEN, 0, &multi.abi_encode()), [nft_out(erc1155(8), RECIPIENT, 3)]);
    let batch = hex(BATCH_1155);
    let both = [nft_out(erc1155(1), RECIPIENT, 3), nft_out(erc1155(2), RECIPIENT, 4)];
    assert_eq!(reads(TOKEN, 0, &batch), both);
    let others =
        Collection::safeTransferFrom_0Call { from: SPENDER, to: RECIPIENT, tokenId: uint(8) }.abi_encode();
    assert_eq!(reads(TOKEN, 0, &others), [called(TOKEN, &others, false)]);
    let operator = |approved| Collection::setApprovalForAllCall { operator: SPENDER, approved }.abi_encode();
    for granted in [true, false] {
        let (collection, operator_) = (account(TOKEN), account(SPENDER));
        let effect = Effect::OperatorApproval { collection, operator: operator_, granted };
        assert_eq!(reads(TOKEN, 0, &operator(granted)), [effect]);
    }
}

#[test]
fn shared_selectors_follow_the_standard() {
    let transfer = Token::transferFromCall { from: WALLET, to: RECIPIENT, amount: uint(8) }.abi_encode();
    let approve = Token::approveCall { spender: SPENDER, amount: uint(8) }.abi_encode();
    let revoke = Token::approveCall { spender: EvmAddress::ZERO, amount: uint(8) }.abi_encode();
    let burn = Token::burnCall { amount: uint(8) }.abi_encode();
    for input in [&transfer, &approve, &burn] {
        assert!(is_ambiguous(input));
    }
    assert!(!is_ambiguous(&Token::transferCall { to: RECIPIENT, amount: uint(8) }.abi_encode()));
    assert_eq!(Erc721::approveCall::SELECTOR, Token::approveCall::SELECTOR);

    let one = NftStandard::Erc721;
    let allowed = |spender| [Effect::NftAllowance { nft: erc721(8), spender }];
    assert_eq!(reads_as(one, &transfer), [nft_out(erc721(8), RECIPIENT, 1)]);
    assert_eq!(reads_as(one, &approve), allowed(Some(account(SPENDER))));
    assert_eq!(reads_as(one, &revoke), allowed(None));
    assert_eq!(reads_as(one, &burn), [nft_out(erc721(8), EvmAddress::ZERO, 1)]);

    assert_eq!(reads_as(NftStandard::Erc1155, &approve), [allowance(TOKEN, SPENDER, 8)]);
    assert_eq!(reads(TOKEN, 0, &transfer), [token_out(RECIPIENT, 8)]);
}

#[test]
fn permits() {
    assert_eq!(reads(TOKEN, 0, &hex(PERMIT)), [allowance(TOKEN, SPENDER, 500)]);
    let dai = |allowed| Permitting::permit_2Call {
        owner: WALLET,
        spender: SPENDER,
        nonce: uint(1),
        expiry: uint(2),
        allowed,
        v: 27,
        r: Default::default(),
        s: Default::default(),
    };
    assert_eq!(Permitting::permit_2Call::SELECTOR, [0x8f, 0xcb, 0xaf, 0x0c], "DAI");
    assert_eq!(Permitting::permit_0Call::SELECTOR, [0xd5, 0x05, 0xac, 0xcf], "EIP-2612");
    let asset = asset(&mainnet(), TOKEN);
    let all = Effect::Allowance { asset, spender: account(SPENDER), amount: U256::MAX, through: None };
    assert_eq!(reads(TOKEN, 0, &dai(true).abi_encode()), [all]);
    assert_eq!(reads(TOKEN, 0, &dai(false).abi_encode()), [allowance(TOKEN, SPENDER, 0)]);

    let authorized = |from| Permitting::transferWithAuthorization_0Call {
        from,
        to: RECIPIENT,
        value: uint(9),
        validAfter: uint(0),
        validBefore: uint(99),
        nonce: Default::default(),
        v: 28,
        r: Default::default(),
        s: Default::default(),
    };
    assert_eq!(Permitting::transferWithAuthorization_0Call::SELECTOR, [0xe3, 0xee, 0x16, 0x0e], "EIP-3009");
    assert_eq!(reads(TOKEN, 0, &authorized(WALLET).abi_encode()), [token_out(RECIPIENT, 9)]);
    let others = authorized(SPENDER).abi_encode();
    assert_eq!(
        reads(TOKEN, 0, &others),
        [called(TOKEN, &others, false)],
        "an authorisation of another account"
    );
}

#[test]
fn permit2_at_its_address_only() {
    let permit2 = PERMIT2;
    let batch = hex(PERMIT2_BATCH);
    let both = [
        called(permit2, &batch, true),
        through_permit2(TOKEN, SPENDER, 5),
        through_permit2(RECIPIENT, SPENDER, 6),
    ];
    assert_eq!(reads(permit2, 0, &batch), both);
    assert_eq!(reads(TOKEN, 0, &batch), [called(TOKEN, &batch, false)], "elsewhere");

    let transfer = |from| Permit2::transferFrom_0Call {
        from,
        to: RECIPIENT,
        amount: alloy_primitives::Uint::from(4),
        token: TOKEN,
    };
    let ours = transfer(WALLET).abi_encode();
    assert_eq!(reads(permit2, 0, &ours), [called(permit2, &ours, true), token_out(RECIPIENT, 4)]);
    let others = transfer(SPENDER).abi_encode();
    assert_eq!(reads(permit2, 0, &others), [called(permit2, &others, true)]);
    for (amount, effect) in
        [(U160::MAX, U256::MAX), (U160::MAX - U160::ONE, U256::from(U160::MAX - U160::ONE))]
    {
        let approve = Permit2::approveCall {
            token: TOKEN,
            spender: SPENDER,
            amount,
            expiration: alloy_primitives::Uint::from(9),
        };
        let asset = asset(&mainnet(), TOKEN);
        let through = Some(account(PERMIT2));
        let effect = Effect::Allowance { asset, spender: account(SPENDER), amount: effect, through };
        let approve = approve.abi_encode();
        assert_eq!(reads(permit2, 0, &approve), [called(permit2, &approve, true), effect]);
    }
    let lockdown = Permit2::lockdownCall {
        approvals: vec![Permit2::TokenSpenderPair { token: TOKEN, spender: SPENDER }],
    };
    let lockdown = lockdown.abi_encode();
    assert_eq!(
        reads(permit2, 0, &lockdown),
        [called(permit2, &lockdown, true), through_permit2(TOKEN, SPENDER, 0)]
    );
    let nonces = Permit2::invalidateUnorderedNoncesCall { wordPos: uint(0), mask: U256::MAX }.abi_encode();
    assert_eq!(reads(permit2, 0, &nonces), [called(permit2, &nonces, true)]);
}

#[test]
fn weth_at_its_address_only() {
    let weth = at("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2");
    let deposit = hex("d0e30db0");
    assert_eq!(reads(weth, 5, &deposit), [native_out(weth, 5), called(weth, &deposit, true)]);
    assert_eq!(reads(TOKEN, 5, &deposit), [native_out(TOKEN, 5), called(TOKEN, &deposit, false)]);
    let withdraw = hex("2e1a7d4d0000000000000000000000000000000000000000000000000000000000000005");
    let (coin, wrapped) = (mainnet().native(), asset(&mainnet(), weth));
    let portion = |asset: &AssetId| vec![Portion { asset: asset.clone(), amount: uint(5) }];
    let unwrapped = Effect::Swap(Box::new(Swap {
        router: account(weth),
        sold: portion(&wrapped),
        path: vec![wrapped.clone(), coin.clone()],
        bought: portion(&coin),
        to: account(WALLET),
        wrapper: Some(wrapped),
        spenders: Vec::new(),
        deadline: None,
    }));
    assert_eq!(reads(weth, 0, &withdraw), [called(weth, &withdraw, true), unwrapped]);
    assert_eq!(reads(weth, 1, &withdraw)[1..], [called(weth, &withdraw, false)], "the method is not payable");
    assert_eq!(reads(TOKEN, 0, &withdraw), [called(TOKEN, &withdraw, false)]);
    assert_eq!(
        reads(weth, 0, &[&deposit[..], &[0]].concat()),
        [called(weth, &deposit, true)],
        "the contract ignores the bytes behind"
    );
}

/// A copy of a router is an unknown contract: the input counts as an outflow, the rest is not trusted.
#[test]
fn swaps_of_unknown_routers() {
    let v2 = hex(SWAP_V2);
    assert_eq!(reads(SPENDER, 0, &v2), [called(SPENDER, &v2, false), token_out(SPENDER, 100)]);
    let to_caller = Router02::swapExactTokensForTokensCall {
        amountIn: uint(5),
        amountOutMin: uint(1),
        path: vec![TOKEN, SPENDER],
        to: EvmAddress::with_last_byte(1),
    };
    // The address that stands for the caller is known only for the pinned router.
    assert!(reads(SPENDER, 0, &to_caller.abi_encode()).iter().any(is_unknown));
}

#[test]
fn power_over_contracts() {
    for (input, what, to) in [
        (
            "f2fde38b0000000000000000000000003333333333333333333333333333333333333333",
            "ownership",
            Some(RECIPIENT),
        ),
        ("715018a6", "renounced", None),
        (
            "3659cfe60000000000000000000000003333333333333333333333333333333333333333",
            "new code",
            Some(RECIPIENT),
        ),
        (
            "610b59250000000000000000000000003333333333333333333333333333333333333333",
            "module",
            Some(RECIPIENT),
        ),
    ] {
        let input = hex(input);
        let found = reads(TOKEN, 0, &input);
        let [Effect::AuthorityChange { target, selector, to: found_to, what: text }] = found.as_slice()
        else {
            panic!("{found:?}")
        };
        assert_eq!((*target, *found_to), (account(TOKEN), to.map(account)));
        assert_eq!(*selector, input.first_chunk().map(|selector| Selector::evm(*selector)));
        assert!(text.contains(what), "{text}");
    }
}
