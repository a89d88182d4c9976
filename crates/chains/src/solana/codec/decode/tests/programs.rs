//! The System and Stake programs, memos, and other programs.

use solana_instruction::{AccountMeta, Instruction};
use solana_system_interface::instruction as system;

use super::*;

fn sent(lamports: u64) -> Vec<Effect> {
    vec![native_out(&OTHER, lamports)]
}

#[test]
fn outgoing_lamports_are_counted() {
    let base = WALLET;
    for (name, instruction, expected) in [
        ("transfer", system::transfer(&WALLET, &OTHER, 5), sent(5)),
        (
            "create with seed",
            system::create_account_with_seed(&WALLET, &OTHER, &base, "seed", 7, 165, &MINT),
            sent(7),
        ),
        ("with seed", system::transfer_with_seed(&key(50), &WALLET, "s".into(), &MINT, &OTHER, 8), sent(8)),
        ("nonce", system::withdraw_nonce_account(&key(50), &WALLET, &OTHER, 9), sent(9)),
    ] {
        assert_eq!(read(&instruction), expected, "{name}");
        let mut longer = instruction.clone();
        longer.data.push(0);
        let mut shorter = instruction.clone();
        shorter.data.pop();
        assert!(is_unknown(&read(&longer)) && is_unknown(&read(&shorter)), "{name}");
    }
    strict("transfer", &system::transfer(&WALLET, &OTHER, 5));
    let home = system::withdraw_nonce_account(&key(50), &WALLET, &WALLET, 9);
    assert_eq!(read(&home), [call(&home, true)]);
    // The new account signs too.
    let created = with(Facts::default(), &[system::create_account(&WALLET, &OTHER, 5, 0, &MINT)]);
    assert!(matches!(created.as_slice(), [Effect::Unknown { .. }, Effect::NativeOut { .. }]), "{created:?}");
}

#[test]
fn authority_changes_name_account_and_new_authority() {
    let own = Some((to(WALLET), Some(to(MINT))));
    let other = Some((to(OTHER), Some(to(MINT))));
    for (name, instruction, expected) in [
        ("assign", system::assign(&WALLET, &MINT), own),
        ("allocate", system::allocate(&WALLET, 10), Some((to(WALLET), None))),
        ("assign with seed", system::assign_with_seed(&OTHER, &WALLET, "x", &MINT), other),
        ("allocate with seed", system::allocate_with_seed(&OTHER, &WALLET, "x", 3, &MINT), other),
        ("nonce", system::authorize_nonce_account(&OTHER, &WALLET, &MINT), other),
    ] {
        assert_eq!(handed(&read(&instruction)), expected, "{name}");
        strict(name, &instruction);
    }
}

#[test]
fn instructions_with_another_authority_are_unknown() {
    let foreign = |instruction: Instruction| {
        let found = read(&instruction);
        // Another signer, and an instruction of another authority.
        assert!(is_unknown(&found) && found.len() >= 2, "{instruction:?}: {found:?}");
    };
    foreign(system::transfer(&OTHER, &WALLET, 5));
    foreign(system::assign(&OTHER, &MINT));
    foreign(system::transfer_with_seed(&key(50), &OTHER, "s".into(), &MINT, &WALLET, 8));
    foreign(system::authorize_nonce_account(&key(50), &OTHER, &MINT));
    assert!(is_unknown(&read(&system::advance_nonce_account(&OTHER, &WALLET))), "never expires");
    let none =
        Instruction { program_id: solana_system_interface::program::ID, accounts: vec![], data: vec![] };
    assert!(is_unknown(&read(&none)));
    let upgrade = system::upgrade_nonce_account(OTHER);
    assert_eq!(read(&upgrade), [call(&upgrade, false)]);
}

#[test]
fn calls_of_other_programs_are_undecoded() {
    let loader: Pubkey = "BPFLoaderUpgradeab1e11111111111111111111111".parse().expect("key");
    let tables: Pubkey = "AddressLookupTab1e1111111111111111111111111".parse().expect("key");
    let vote: Pubkey = "Vote111111111111111111111111111111111111111".parse().expect("key");
    for program_id in [OTHER, loader, tables, vote] {
        for (accounts, data) in [
            (vec![AccountMeta::new(WALLET, true)], vec![1, 2, 3, 4, 5, 6, 7, 8, 9]),
            (vec![AccountMeta::new_readonly(key(70), false)], vec![3]),
            (vec![], vec![]),
        ] {
            let instruction = Instruction { program_id, accounts, data };
            assert_eq!(read(&instruction), [call(&instruction, false)]);
        }
    }
}

#[test]
fn memos_have_no_effects() {
    for program in [spl_memo_interface::v1::ID, spl_memo_interface::v3::ID] {
        let memo = |signers: &[&Pubkey]| {
            spl_memo_interface::instruction::build_memo(&program, "für 7".as_bytes(), signers)
        };
        assert_eq!(with(Facts::default(), &[memo(&[]), memo(&[&WALLET])]), []);
        assert!(is_unknown(&read(&memo(&[&OTHER]))));
        assert!(is_unknown(&read(&Instruction { data: vec![0xff], ..memo(&[]) })));
    }
}

/// An instruction of the Stake program in Bincode: a u32 tag and fields; no account signs except the wallet.
fn stake_call(tag: u32, fields: &[&[u8]], accounts: &[Pubkey]) -> Instruction {
    let account = |key: &Pubkey| AccountMeta::new(*key, *key == WALLET);
    let data = [&tag.to_le_bytes()[..], &fields.concat()].concat();
    Instruction { program_id: stake::ID, accounts: accounts.iter().map(account).collect(), data }
}

#[test]
fn stake_calls_keep_the_authority_or_name_the_new_one() {
    let (stake, clock, history) = (key(60), key(61), key(62));
    let (wallet, other, zero) = (WALLET.to_bytes(), OTHER.to_bytes(), [0; 32]);
    let seven = 7u64.to_le_bytes();
    let nothing = 0u64.to_le_bytes();
    for (name, instruction) in [
        ("split", stake_call(3, &[&seven], &[stake, OTHER, WALLET])),
        ("withdraw home", stake_call(4, &[&seven], &[stake, WALLET, clock, history, WALLET])),
        ("merge", stake_call(7, &[], &[stake, OTHER, clock, history, WALLET])),
        ("initialise", stake_call(0, &[&wallet, &wallet, &nothing, &nothing, &zero], &[stake, key(63)])),
    ] {
        assert_eq!(read(&instruction), [call(&instruction, true)], "{name}");
        let mut longer = instruction.clone();
        longer.data.push(0);
        assert!(is_unknown(&read(&longer)), "{name}");
    }
    for instruction in [
        stake_call(2, &[], &[stake, OTHER, clock, history, key(63), WALLET]),
        stake_call(5, &[], &[stake, clock, WALLET]),
    ] {
        assert_eq!(read(&instruction), [call(&instruction, false)], "the owner must see the earner");
        assert!(is_unknown(&read(&Instruction {
            data: [&instruction.data[..], &[0]].concat(),
            ..instruction
        })));
    }
    let paid = stake_call(4, &[&seven], &[stake, OTHER, clock, history, WALLET]);
    assert_eq!(read(&paid), sent(7));
    let expected = Some((to(stake), Some(to(OTHER))));
    for (name, instruction) in [
        ("staker", stake_call(1, &[&other, &[0; 4]], &[stake, clock, WALLET])),
        ("withdrawer", stake_call(1, &[&other, &[1, 0, 0, 0]], &[stake, clock, WALLET])),
        ("their stake", stake_call(0, &[&wallet, &other, &nothing, &nothing, &zero], &[stake, key(63)])),
        ("locked by them", stake_call(0, &[&wallet, &wallet, &seven, &nothing, &other], &[stake, key(63)])),
        (
            "by seed",
            stake_call(8, &[&other, &[0; 4], &1u64.to_le_bytes(), b"s", &zero], &[stake, WALLET, clock]),
        ),
    ] {
        assert_eq!(handed(&read(&instruction)), expected, "{name}");
    }
    let odd = stake_call(1, &[&other, &[2, 0, 0, 0]], &[stake, clock, WALLET]);
    assert!(is_unknown(&read(&odd)), "an unknown kind of authority");
    let moved = stake_call(16, &[&seven], &[stake, OTHER, WALLET]);
    assert_eq!(read(&moved), [call(&moved, false)]);
    assert!(is_unknown(&read(&stake_call(99, &[], &[stake]))));
}
