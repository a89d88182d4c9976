//! Both token programs, Token-2022's extensions, and associated token accounts.

use sha2::{Digest as _, Sha256};
use solana_instruction::{AccountMeta, Instruction};
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;
use spl_associated_token_account_interface::instruction as associated_instruction;
use spl_token_2022_interface::extension::transfer_fee::instruction as transfer_fee;
use spl_token_2022_interface::instruction::{self as token, AuthorityType};
use waiaas_core::asset::AssetId;
use waiaas_core::nft::{NftId, NftKind};

use super::*;

const PROGRAMS: [Pubkey; 2] = [spl_token_interface::ID, spl_token_2022_interface::ID];

fn nft() -> NftId {
    NftId { caip2: "solana:localnet".into(), kind: NftKind::Metaplex { mint: to(NFT) } }
}

fn allowance(spender: Pubkey, amount: u64) -> Effect {
    let asset = AssetId::token(&"solana:localnet".into(), to(MINT));
    Effect::Allowance { asset, spender: to(spender), amount: U256::from(amount), through: None }
}

fn pay(program: &Pubkey, mint: &Pubkey, destination: &Pubkey, authority: &Pubkey) -> Instruction {
    token::transfer_checked(program, &OWN, mint, destination, authority, &[], 30, 6).expect("encodes")
}

#[expect(deprecated, reason = "old wallets still use it")]
fn plain(program: &Pubkey, source: &Pubkey, destination: &Pubkey, authority: &Pubkey) -> Instruction {
    token::transfer(program, source, destination, authority, &[], 30).expect("encodes")
}

#[test]
fn transfers_name_the_owner_of_the_receiving_account() {
    for program in &PROGRAMS {
        let checked = pay(program, &MINT, &THEIRS, &WALLET);
        assert_eq!(read(&checked), [out(MINT, OWNER, 30)]);
        strict("checked", &checked);
        let plain = plain(program, &OWN, &THEIRS, &WALLET);
        assert_eq!(read(&plain), [out(MINT, OWNER, 30)]);
        strict("plain", &plain);
    }
    let with_fee =
        transfer_fee::transfer_checked_with_fee(&PROGRAMS[1], &OWN, &MINT, &THEIRS, &WALLET, &[], 30, 6, 2)
            .expect("encodes");
    assert_eq!(read(&with_fee), [out(MINT, OWNER, 30)]);
    strict("with fee", &with_fee);
}

#[test]
fn a_transfer_to_an_unknown_account_is_unknown() {
    let [program, program_2022] = &PROGRAMS;
    assert!(is_unknown(&read(&pay(program, &MINT, &key(77), &WALLET))), "no such account");
    assert!(is_unknown(&read(&pay(program, &MINT, &THEIRS_NFT, &WALLET))), "of another mint");
    assert!(is_unknown(&read(&pay(program, &key(78), &THEIRS, &WALLET))), "no such mint");
    assert!(is_unknown(&read(&plain(program, &key(77), &THEIRS, &WALLET))), "no such source");
    let elsewhere = with(facts(TokenProgram::Token), &[pay(program_2022, &MINT, &THEIRS, &WALLET)]);
    assert!(is_unknown(&elsewhere), "of the other program");
    assert!(is_unknown(&read(&pay(program, &MINT, &THEIRS, &OTHER))), "tokens of another owner");
    let multisig = token::transfer_checked(program, &OWN, &MINT, &THEIRS, &OTHER, &[&WALLET], 30, 6);
    assert!(is_unknown(&read(&multisig.expect("encodes"))), "a multisig account");
}

#[test]
fn an_account_with_a_close_authority_is_no_destination() {
    for program in &PROGRAMS {
        let kind = TokenProgram::of(program).expect("a token program");
        let derived = associated(&OWNER, &MINT, program);
        let paid = |account: Pubkey, closable| {
            let mut known = facts(kind);
            known.holders.insert(account, Holder { program: kind, mint: MINT, owner: OWNER, closable });
            with(known, &[pay(program, &MINT, &account, &WALLET)])
        };
        assert!(is_unknown(&paid(THEIRS, true)), "it may be closed and opened again for another owner");
        assert_eq!(paid(THEIRS, false), [out(MINT, OWNER, 30)], "its owner alone closes it");
        assert_eq!(
            paid(derived, true),
            [out(MINT, OWNER, 30)],
            "that address cannot be opened for another owner"
        );

        // From the middle of the transaction on, another account may close it.
        let close = AuthorityType::CloseAccount;
        let set = token::set_authority(program, &OWN, Some(&OTHER), close, &WALLET, &[]).expect("encodes");
        let found = with(facts(kind), &[set, pay(program, &MINT, &OWN, &WALLET)]);
        assert!(matches!(found.as_slice(), [Effect::AuthorityChange { .. }, Effect::Unknown { .. }]));
    }
}

#[test]
fn after_an_undecoded_call_only_derived_accounts_are_known() {
    for program in &PROGRAMS {
        let kind = TokenProgram::of(program).expect("a token program");
        let derived = associated(&OWNER, &MINT, program);
        let mut known = facts(kind);
        known.holders.insert(derived, Holder { program: kind, mint: MINT, owner: OWNER, closable: false });
        let strange = Instruction::new_with_bytes(key(80), &[1], vec![AccountMeta::new(THEIRS, false)]);
        let to = |account| pay(program, &MINT, account, &WALLET);
        let found = with(known, &[to(&THEIRS), strange.clone(), to(&THEIRS), to(&derived)]);
        let [before, called, after, safe] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((before, called), (&out(MINT, OWNER, 30), &call(&strange, false)));
        assert!(matches!(after, Effect::Unknown { .. }), "it may be replaced by another account");
        assert_eq!(safe, &out(MINT, OWNER, 30));
    }
}

#[test]
fn a_single_indivisible_token_is_an_nft_in_every_instruction() {
    for program in &PROGRAMS {
        let quantity = U256::from(30);
        let out = Effect::NftOut { nft: nft(), to: to(OWNER), quantity };
        assert_eq!(read(&pay(program, &NFT, &THEIRS_NFT, &WALLET)), std::slice::from_ref(&out));
        assert_eq!(read(&plain(program, &OWN_NFT, &THEIRS_NFT, &WALLET)), [out]);
        let burn = token::burn(program, &OWN_NFT, &NFT, &WALLET, &[], 1).expect("encodes");
        assert_eq!(read(&burn), [Effect::NftOut { nft: nft(), to: to(NFT), quantity: U256::from(1) }]);
        let approve = token::approve(program, &OWN_NFT, &OTHER, &WALLET, &[], 1).expect("encodes");
        assert_eq!(read(&approve), [Effect::NftAllowance { nft: nft(), spender: Some(to(OTHER)) }]);
        let revoke = token::revoke(program, &OWN_NFT, &WALLET, &[]).expect("encodes");
        assert_eq!(read(&revoke), [Effect::NftAllowance { nft: nft(), spender: None }]);
    }
}

#[test]
fn a_transfer_hook_is_an_undecoded_call() {
    let mut hooked = pay(&PROGRAMS[1], &HOOKED, &THEIRS_HOOKED, &WALLET);
    let selector = Selector::of_instruction(&hooked.data);
    let hook = Effect::ContractCall { target: to(HOOK), selector, decoded: false };
    let expected = [out(HOOKED, OWNER, 30), hook];
    assert_eq!(read(&hooked), expected);
    hooked.accounts.extend([HOOK, key(80)].map(|key| AccountMeta::new_readonly(key, false)));
    assert_eq!(read(&hooked), expected, "with the accounts that the hook requires");
}

#[test]
fn permissions_are_given_and_taken_back() {
    for program in &PROGRAMS {
        let approve = token::approve(program, &OWN, &OTHER, &WALLET, &[], 9).expect("encodes");
        let checked =
            token::approve_checked(program, &OWN, &MINT, &OTHER, &WALLET, &[], 9, 6).expect("encodes");
        let nothing = token::approve(program, &OWN, &OTHER, &WALLET, &[], 0).expect("encodes");
        let revoke = token::revoke(program, &OWN, &WALLET, &[]).expect("encodes");
        for (name, instruction, expected) in [
            ("approve", approve, allowance(OTHER, 9)),
            ("approve checked", checked, allowance(OTHER, 9)),
            ("approve nothing", nothing, allowance(WALLET, 0)),
            ("revoke", revoke, allowance(WALLET, 0)),
        ] {
            assert_eq!(read(&instruction), [expected], "{name}");
            strict(name, &instruction);
        }
        assert!(is_unknown(&read(&token::revoke(program, &key(77), &WALLET, &[]).expect("encodes"))));
    }
}

#[test]
fn burning_is_a_transfer_to_the_mint_and_closing_must_pay_the_wallet() {
    for program in &PROGRAMS {
        let burn = token::burn(program, &OWN, &MINT, &WALLET, &[], 4).expect("encodes");
        let checked = token::burn_checked(program, &OWN, &MINT, &WALLET, &[], 4, 6).expect("encodes");
        for instruction in [burn, checked] {
            assert_eq!(read(&instruction), [out(MINT, MINT, 4)]);
            strict("burn", &instruction);
        }
        let home = token::close_account(program, &OWN, &WALLET, &WALLET, &[]).expect("encodes");
        assert_eq!(read(&home), [call(&home, true)]);
        let away = token::close_account(program, &OWN, &OTHER, &WALLET, &[]).expect("encodes");
        assert!(is_unknown(&read(&away)));
        let sync = token::sync_native(program, &OWN).expect("encodes");
        assert_eq!(read(&sync), [call(&sync, true)]);
    }
}

#[test]
fn authority_changes_name_account_and_new_authority() {
    for program in &PROGRAMS {
        for kind in [
            AuthorityType::AccountOwner,
            AuthorityType::CloseAccount,
            AuthorityType::MintTokens,
            AuthorityType::FreezeAccount,
        ] {
            let set = |new: Option<&Pubkey>| {
                token::set_authority(program, &OWN, new, kind.clone(), &WALLET, &[]).expect("encodes")
            };
            assert_eq!(handed(&read(&set(Some(&OTHER)))), Some((to(OWN), Some(to(OTHER)))), "{kind:?}");
            assert_eq!(handed(&read(&set(None))), Some((to(OWN), None)), "{kind:?}");
            strict("set authority", &set(Some(&OTHER)));
        }
    }
    let delegate = AuthorityType::PermanentDelegate;
    let set =
        token::set_authority(&PROGRAMS[1], &MINT, Some(&OTHER), delegate, &WALLET, &[]).expect("encodes");
    assert_eq!(handed(&read(&set)), Some((to(MINT), Some(to(OTHER)))));
    let classic = Instruction { program_id: PROGRAMS[0], ..set };
    assert!(is_unknown(&read(&classic)), "the older program has no such authority");
}

#[test]
fn a_transfer_to_an_account_with_a_new_owner_pays_the_new_owner() {
    for program in &PROGRAMS {
        let kind = AuthorityType::AccountOwner;
        let give = token::set_authority(program, &OWN, Some(&OTHER), kind, &WALLET, &[]).expect("encodes");
        let then = plain(program, &key(22), &OWN, &WALLET);
        let mut known = facts(TokenProgram::of(program).expect("one of the two"));
        known.holders.insert(key(22), known.holders[&OWN]);
        assert_eq!(with(known, &[give, then])[1..], [out(MINT, OTHER, 30)]);
    }
}

#[test]
fn calls_of_a_mint_authority_are_undecoded_and_batches_unknown() {
    for program in &PROGRAMS {
        for instruction in [
            token::mint_to(program, &MINT, &THEIRS, &WALLET, &[], 5).expect("encodes"),
            token::mint_to_checked(program, &MINT, &THEIRS, &WALLET, &[], 5, 6).expect("encodes"),
            token::freeze_account(program, &THEIRS, &MINT, &WALLET, &[]).expect("encodes"),
            token::thaw_account(program, &THEIRS, &MINT, &WALLET, &[]).expect("encodes"),
            token::initialize_mint2(program, &MINT, &WALLET, None, 6).expect("encodes"),
        ] {
            assert_eq!(read(&instruction), [call(&instruction, false)]);
        }
        for data in [vec![255, 3, 9], vec![38], vec![45, 0], vec![46 + 1], vec![200], vec![]] {
            let accounts = [OWN, OTHER, WALLET].map(|key| AccountMeta::new(key, key == WALLET)).to_vec();
            let instruction = Instruction { program_id: *program, accounts, data };
            assert!(is_unknown(&read(&instruction)), "{instruction:?}");
        }
    }
    for tag in (26..=37).chain(39..=44).chain([46]) {
        let data = vec![tag, 0];
        let instruction = Instruction { program_id: PROGRAMS[1], accounts: vec![], data };
        assert_eq!(read(&instruction), [call(&instruction, false)], "tag {tag}");
        let classic = Instruction { program_id: PROGRAMS[0], ..instruction };
        assert!(is_unknown(&read(&classic)), "tag {tag}");
    }
}

#[test]
fn metadata_and_group_interfaces_are_recognised_by_their_tags() {
    let named = |name: &str, rest: &[u8]| Instruction {
        program_id: PROGRAMS[1],
        accounts: vec![AccountMeta::new(MINT, false), AccountMeta::new_readonly(WALLET, true)],
        data: [&Sha256::digest(name)[..8], rest].concat(),
    };
    for name in
        ["spl_token_metadata_interface:update_the_authority", "spl_token_group_interface:update_authority"]
    {
        let given = named(name, &OTHER.to_bytes());
        assert_eq!(handed(&read(&given)), Some((to(MINT), Some(to(OTHER)))), "{name}");
        assert_eq!(handed(&read(&named(name, &[0; 32]))), Some((to(MINT), None)), "{name}");
        strict(name, &given);
    }
    for name in [
        "spl_token_metadata_interface:initialize_account",
        "spl_token_metadata_interface:updating_field",
        "spl_token_metadata_interface:remove_key_ix",
        "spl_token_metadata_interface:emitter",
        "spl_token_group_interface:initialize_token_group",
        "spl_token_group_interface:update_group_max_size",
        "spl_token_group_interface:initialize_member",
    ] {
        let instruction = named(name, &[1, 2, 3]);
        assert_eq!(read(&instruction), [call(&instruction, false)], "{name}");
    }
}

#[test]
fn opening_accounts_costs_rent_each_and_makes_them_known() {
    for program in &PROGRAMS {
        let kind = TokenProgram::of(program).expect("one of the two");
        let account = associated(&key(50), &MINT, program);
        let mut known = facts(kind);
        known.rents.insert(account, 77);
        known.rents.insert(associated(&key(51), &MINT, program), 78);
        let open = |owner: Pubkey| {
            associated_instruction::create_associated_token_account_idempotent(
                &WALLET, &owner, &MINT, program,
            )
        };
        let rent = |owner: Pubkey, lamports: u64| Effect::AccountRent {
            owner: to(owner),
            account: to(associated(&owner, &MINT, program)),
            amount: U256::from(lamports),
        };
        let all = [open(key(50)), open(key(51)), pay(program, &MINT, &account, &WALLET)];
        assert_eq!(with(known.clone(), &all), [rent(key(50), 77), rent(key(51), 78), out(MINT, key(50), 30)]);
        let create =
            associated_instruction::create_associated_token_account(&WALLET, &key(50), &MINT, program);
        assert_eq!(with(known.clone(), std::slice::from_ref(&create)), [rent(key(50), 77)]);

        assert!(is_unknown(&with(facts(kind), std::slice::from_ref(&create))), "no rent known");
        let mut elsewhere = create.clone();
        elsewhere.accounts[1].pubkey = OTHER;
        assert!(is_unknown(&with(known.clone(), &[elsewhere])), "not the derived account");
        known.holders.insert(account, Holder { program: kind, mint: MINT, owner: OTHER, closable: false });
        assert!(is_unknown(&with(known, &[create])), "the account has another owner");
    }
}

#[test]
fn a_new_token_account_belongs_to_its_owner() {
    for program in &PROGRAMS {
        let kind = TokenProgram::of(program).expect("one of the two");
        let open = token::initialize_account3(program, &key(55), &MINT, &OTHER).expect("encodes");
        let then = pay(program, &MINT, &key(55), &WALLET);
        let theirs = Effect::AccountRent { owner: to(OTHER), account: to(key(55)), amount: U256::ZERO };
        let expected = [call(&open, true), theirs.clone(), out(MINT, OTHER, 30)];
        assert_eq!(with(facts(kind), &[open, then]), expected);
        assert_eq!(theirs.beneficiary(), Some(&to(OTHER)), "whitelists see its owner");
        let own = token::initialize_account3(program, &key(55), &MINT, &WALLET).expect("encodes");
        assert_eq!(read(&own), [call(&own, true)]);
        let again = token::initialize_account3(program, &THEIRS, &MINT, &OTHER).expect("encodes");
        assert!(is_unknown(&read(&again)), "exists already");
    }
}
