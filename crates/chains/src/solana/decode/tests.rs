use super::*;
use crate::solana::body::tests::{WALLET, message, transfer};
use proptest::prelude::*;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::{AccountMeta, Instruction};
use spl_associated_token_account_interface::instruction as associated_instruction;
use spl_token_2022_interface::instruction as token;
use waiaas_core::address::Address;

const OWNER: Pubkey = Pubkey::new_from_array([9; 32]);
const MINT: Pubkey = Pubkey::new_from_array([5; 32]);
const OTHER: Pubkey = Pubkey::new_from_array([6; 32]);
const PROGRAMS: [Pubkey; 2] = [spl_token_interface::ID, spl_token_2022_interface::ID];

fn read(rent: u64, recipient: Option<Pubkey>, instructions: &[Instruction]) -> Vec<Effect> {
    let body = Body::new(5_000, rent, recipient, message(instructions)).expect("a body");
    let mut all = effects(&body, &WALLET, &"solana:localnet".into());
    assert_eq!(all.remove(0), Effect::NetworkFee { max: U256::from(5_000) });
    all
}

fn is_unknown(effects: &[Effect]) -> bool {
    !effects.is_empty() && effects.iter().all(|effect| matches!(effect, Effect::Unknown { .. }))
}

fn pay(program: &Pubkey, destination: &Pubkey, authority: &Pubkey) -> Instruction {
    let source = associated(&WALLET, &MINT, program);
    token::transfer_checked(program, &source, &MINT, destination, authority, &[], 30, 6).expect("encodes")
}

fn open(program: &Pubkey, owner: &Pubkey) -> Instruction {
    associated_instruction::create_associated_token_account_idempotent(&WALLET, owner, &MINT, program)
}

#[test]
fn a_transfer_with_a_memo_moves_lamports_only() {
    let memo = spl_memo_interface::instruction::build_memo(&spl_memo_interface::v3::ID, b"rent", &[]);
    let to = Address::Solana([9; 32]);
    let expected = [Effect::NativeOut { to, amount: U256::from(5) }];
    assert_eq!(read(0, None, &[memo.clone(), transfer(5)]), expected);
    let twice = read(0, None, &[memo.clone(), transfer(5), memo]);
    assert!(is_unknown(&twice[1..]), "{twice:?}");
}

#[test]
fn a_token_transfer_names_the_owner_of_the_receiving_account() {
    for program in &PROGRAMS {
        let account = associated(&OWNER, &MINT, program);
        let out = Effect::TokenOut {
            asset: AssetId::token(&"solana:localnet".into(), address(&MINT)),
            to: address(&OWNER),
            amount: U256::from(30),
        };
        let rent = Effect::AccountRent {
            owner: address(&OWNER),
            account: address(&account),
            amount: U256::from(77),
        };
        let pay = pay(program, &account, &WALLET);
        assert_eq!(read(0, Some(OWNER), std::slice::from_ref(&pay)), std::slice::from_ref(&out));
        assert_eq!(read(77, Some(OWNER), &[open(program, &OWNER), pay]), [rent, out]);
    }
}

#[test]
fn a_receiving_account_that_is_not_the_named_owners_is_unknown() {
    let [program, program_2022] = &PROGRAMS;
    let account = associated(&OWNER, &MINT, program);
    assert!(is_unknown(&read(0, None, &[pay(program, &account, &WALLET)])), "no owner named");
    assert!(is_unknown(&read(0, Some(OTHER), &[pay(program, &account, &WALLET)])), "another owner named");
    assert!(is_unknown(&read(0, Some(OWNER), &[pay(program, &OWNER, &WALLET)])), "not derived");
    assert!(is_unknown(&read(0, Some(OWNER), &[pay(program_2022, &account, &WALLET)])), "other program");
}

#[test]
fn rent_is_counted_once_and_never_unaccounted() {
    let [program, program_2022] = &PROGRAMS;
    assert!(is_unknown(&read(0, None, &[open(program, &OWNER)])), "no rent named");
    let two = read(77, None, &[open(program, &OWNER), open(program_2022, &OWNER)]);
    assert!(matches!(two.as_slice(), [Effect::AccountRent { .. }, Effect::Unknown { .. }]), "{two:?}");
    assert!(is_unknown(&read(77, None, &[])), "rent for nothing");
    let mut other_account = open(program, &OWNER);
    other_account.accounts[1].pubkey = OTHER;
    assert!(is_unknown(&read(77, None, &[other_account])[..1]));
    let mut create = open(program, &OWNER);
    create.data = vec![0];
    assert!(is_unknown(&read(77, None, &[create])[..1]));
}

#[test]
fn what_is_not_understood_is_unknown() {
    let [program, _] = &PROGRAMS;
    let account = associated(&OWNER, &MINT, program);
    let source = associated(&WALLET, &MINT, program);
    let mut longer = transfer(5);
    longer.data.push(0);
    let mut extra = transfer(5);
    extra.accounts.push(AccountMeta::new(OTHER, false));
    let mut hook = pay(program, &account, &WALLET);
    hook.accounts.push(AccountMeta::new_readonly(OTHER, false));
    #[expect(deprecated, reason = "the very instruction that must stay unknown")]
    let unchecked = token::transfer(program, &source, &account, &WALLET, &[], 1).expect("encodes");
    let nonce = solana_system_interface::instruction::advance_nonce_account(&OTHER, &WALLET);
    for (name, instruction) in [
        ("trailing byte", longer),
        ("extra account", extra),
        ("transfer hook", hook),
        ("plain transfer", unchecked),
        ("durable nonce", nonce),
        ("approve", token::approve(program, &source, &OTHER, &WALLET, &[], 1).expect("encodes")),
        ("close", token::close_account(program, &source, &OTHER, &WALLET, &[]).expect("encodes")),
        ("assign", solana_system_interface::instruction::assign(&WALLET, &OTHER)),
        ("heap frame", ComputeBudgetInstruction::request_heap_frame(1024)),
        ("second price", ComputeBudgetInstruction::set_compute_unit_price(1)),
        ("another program", Instruction { program_id: OTHER, accounts: vec![], data: vec![2, 0, 0, 0] }),
        ("no data", Instruction { program_id: *program, accounts: vec![], data: vec![] }),
    ] {
        let found = read(0, Some(OWNER), &[instruction]);
        assert!(is_unknown(&found), "{name}: {found:?}");
    }
}

#[test]
fn other_signers_payers_and_lookup_tables_are_unknown() {
    let foreign = solana_system_interface::instruction::transfer(&OTHER, &OWNER, 1);
    let body = Body::new(10_000, 0, None, message(&[foreign])).expect("a body");
    let found = effects(&body, &WALLET, &"solana:localnet".into());
    assert!(is_unknown(&found[1..]) && found.len() == 3, "signer and foreign transfer: {found:?}");

    let body = Body::new(5_000, 0, None, message(&[transfer(5)])).expect("a body");
    let found = effects(&body, &OTHER, &"solana:localnet".into());
    assert!(is_unknown(&found[1..]) && found.len() == 3, "payer and foreign transfer: {found:?}");

    let mut with_table = message(&[transfer(5)]);
    with_table.address_table_lookups.push(v0::MessageAddressTableLookup {
        account_key: OTHER,
        writable_indexes: vec![0],
        readonly_indexes: vec![],
    });
    // The recipient's index now points into the table.
    let last = u8::try_from(with_table.account_keys.len()).expect("few");
    with_table.instructions[2].accounts[1] = last;
    let body = Body::new(5_000, 0, None, with_table).expect("a body");
    let found = effects(&body, &WALLET, &"solana:localnet".into());
    assert!(is_unknown(&found[1..]) && found.len() == 3, "table and instruction: {found:?}");
}

fn keys() -> impl Strategy<Value = Pubkey> {
    prop_oneof![
        Just(WALLET),
        Just(OWNER),
        Just(MINT),
        Just(associated(&OWNER, &MINT, &spl_token_interface::ID)),
        any::<[u8; 32]>().prop_map(Pubkey::new_from_array),
    ]
}

fn instructions() -> impl Strategy<Value = Instruction> {
    let program = prop_oneof![
        Just(solana_system_interface::program::ID),
        Just(spl_token_interface::ID),
        Just(spl_token_2022_interface::ID),
        Just(associated_program::id()),
        Just(compute_budget::ID),
        any::<[u8; 32]>().prop_map(Pubkey::new_from_array),
    ];
    let data = prop_oneof![
        any::<Vec<u8>>(),
        any::<[u8; 8]>().prop_map(|n| [&SYSTEM_TRANSFER[..], &n].concat()),
        any::<[u8; 9]>().prop_map(|n| [&[TRANSFER_CHECKED][..], &n].concat()),
        Just(CREATE_IDEMPOTENT.to_vec()),
    ];
    let accounts = proptest::collection::vec((keys(), any::<bool>()), 0..7);
    (program, accounts, data).prop_map(|(program_id, accounts, data)| Instruction {
        program_id,
        accounts: accounts.into_iter().map(|(key, signer)| AccountMeta::new(key, signer)).collect(),
        data,
    })
}

proptest! {
    #[test]
    fn nothing_can_be_appended_unseen(extra in instructions(), rent in 0u64..2, owner in proptest::option::of(Just(OWNER))) {
        let count = |instructions: &[Instruction]| {
            let body = Body::new(u64::MAX, rent, owner, message(instructions)).ok()?;
            Some(effects(&body, &WALLET, &"solana:localnet".into()).iter().filter(|e| {
                // Opening the account takes the place of the complaint about unused rent.
                !matches!(e, Effect::Unknown { what, .. } if what.starts_with("rent for"))
            }).count())
        };
        let before = count(&[transfer(5)]).expect("a body");
        if let Some(after) = count(&[transfer(5), extra]) {
            prop_assert!(after > before);
        }
    }

    #[test]
    fn arbitrary_messages_never_panic(at in 0usize..600, to: u8, tail: Vec<u8>) {
        let account = associated(&OWNER, &MINT, &spl_token_interface::ID);
        let pay = pay(&spl_token_interface::ID, &account, &WALLET);
        let body = Body::new(5_000, 7, Some(OWNER), message(&[open(&spl_token_interface::ID, &OWNER), pay]));
        let mut bytes = body.and_then(|body| body.draft()).expect("a draft");
        let at = at % bytes.len();
        bytes[at] = to;
        if tail.len() % 2 == 1 {
            bytes.extend_from_slice(&tail);
        }
        if let Ok(body) = Body::read_draft(&bytes) {
            let _ = effects(&body, &WALLET, &"solana:localnet".into());
        }
    }
}
