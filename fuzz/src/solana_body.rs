//! Solana messages made from choices, and a second implementation of the encoding of their drafts.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::{AddressLookupTableAccount, Message, VersionedMessage, v0};
use solana_pubkey::Pubkey;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;

use crate::input::Input;
use crate::world::SOLANA_WALLET;

/// The Stake program.
pub(crate) const STAKE: Pubkey = Pubkey::from_str_const("Stake11111111111111111111111111111111111111");

const MINT: Pubkey = key(5);
const NFT: Pubkey = key(6);
const HOOKED: Pubkey = key(8);

const PROGRAMS: [Pubkey; 9] = [
    solana_system_interface::program::ID,
    spl_token_interface::ID,
    spl_token_2022_interface::ID,
    spl_associated_token_account_interface::program::ID,
    STAKE,
    spl_memo_interface::v3::ID,
    spl_memo_interface::v4::ID,
    key(90),
    key(91),
];

const fn key(byte: u8) -> Pubkey {
    Pubkey::new_from_array([byte; 32])
}

fn wallet() -> Pubkey {
    Pubkey::new_from_array(*SOLANA_WALLET)
}

/// Addresses of token accounts that may be opened. Their derivation takes longer than reading a message.
static OPENED: LazyLock<[Pubkey; 3]> = LazyLock::new(|| {
    [
        associated(&wallet(), &MINT, &spl_token_interface::ID),
        associated(&key(9), &MINT, &spl_token_interface::ID),
        associated(&key(9), &HOOKED, &spl_token_2022_interface::ID),
    ]
});

/// Returns the wallet, a token account of it or of others, a mint, a program, or the address of an account to
/// be opened.
fn account(choice: u8) -> Pubkey {
    match choice {
        0..60 => wallet(),
        60..70 => PROGRAMS[usize::from(choice - 60).min(PROGRAMS.len() - 1)],
        70..73 => OPENED[usize::from(choice - 70)],
        other => key(other % 32),
    }
}

/// Returns up to five instructions. Only the wallet signs.
pub(crate) fn instructions(input: &mut Input<'_>) -> Vec<Instruction> {
    let mut all = Vec::new();
    while !input.is_empty() && all.len() < 5 {
        let program_id = input.one(&PROGRAMS);
        let count = usize::from(input.u8() % 9);
        let meta = |choice: &u8| {
            let pubkey = account(*choice);
            AccountMeta { pubkey, is_signer: pubkey == wallet(), is_writable: choice.is_multiple_of(2) }
        };
        let accounts = input.take(count).iter().map(meta).collect();
        let length = usize::from(input.u8());
        all.push(Instruction { program_id, accounts, data: input.take(length).to_vec() });
    }
    all
}

/// Returns the draft of a message with these instructions: built here, built here with a lookup table, or a
/// legacy message built elsewhere.
pub(crate) fn compile(instructions: &[Instruction], flags: u8) -> Option<Vec<u8>> {
    if flags & 3 == 3 {
        let hash = Hash::new_from_array([3; 32]);
        let message = Message::new_with_blockhash(instructions, Some(&wallet()), &hash);
        return Some(body(3, 5_000, &[], flags, &message.serialize()));
    }
    let mut all = vec![
        ComputeBudgetInstruction::set_compute_unit_limit(1_000),
        ComputeBudgetInstruction::set_compute_unit_price(0),
    ];
    all.extend_from_slice(instructions);
    let tables = match flags & 3 {
        0 => Vec::new(),
        _ => vec![AddressLookupTableAccount { key: key(99), addresses: (0..32).map(key).collect() }],
    };
    let message = v0::Message::try_compile(&wallet(), &all, &tables, Hash::default()).ok()?;
    let entries = |writable: bool| {
        let lists = message
            .address_table_lookups
            .iter()
            .map(move |lookup| if writable { &lookup.writable_indexes } else { &lookup.readonly_indexes });
        lists.flatten().map(|index| key(*index)).collect::<Vec<_>>()
    };
    let loaded = [entries(true), entries(false)].concat();
    Some(body(2, u64::MAX, &loaded, flags, &VersionedMessage::V0(message).serialize()))
}

/// Origin, fee budget, facts, message.
pub(crate) fn body(origin: u8, budget: u64, loaded: &[Pubkey], flags: u8, message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![origin];
    bytes.extend(budget.to_be_bytes());
    bytes.extend(facts(loaded, flags & 4 != 0));
    bytes.extend(message);
    bytes
}

/// A transaction built elsewhere without facts about its accounts.
pub(crate) fn bare(fee: u64, message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![3];
    bytes.extend(fee.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(message);
    bytes
}

/// Accounts 10 to 15 are the wallet's, 16 to 21 another owner's; each mint has some of both. Ascending keys.
fn facts(loaded: &[Pubkey], token_2022: bool) -> Vec<u8> {
    let program = u8::from(token_2022);
    let mut bytes = vec![u8::try_from(loaded.len()).unwrap_or(u8::MAX)];
    loaded.iter().for_each(|key| bytes.extend(key.to_bytes()));
    bytes.push(12);
    for byte in 10..22u8 {
        let mint = [MINT, NFT, HOOKED][usize::from(byte % 3)];
        let owner = if byte < 16 { wallet() } else { key(9) };
        bytes.extend(key(byte).to_bytes());
        bytes.push(program);
        bytes.extend(mint.to_bytes());
        bytes.extend(owner.to_bytes());
    }
    bytes.push(3);
    for (mint, nft, hook) in [(MINT, 0, None), (NFT, 1, None), (HOOKED, 0, Some(key(7)))] {
        bytes.extend(mint.to_bytes());
        bytes.extend([program, nft, u8::from(hook.is_some())]);
        bytes.extend(hook.map(|hook| hook.to_bytes()).iter().flatten());
    }
    let rents: BTreeSet<Pubkey> = [70, 71, 72].into_iter().map(account).collect();
    bytes.push(3);
    for opened in rents {
        bytes.extend(opened.to_bytes());
        bytes.extend(2_039_280u64.to_be_bytes());
    }
    bytes
}
