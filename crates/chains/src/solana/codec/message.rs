//! Messages as they are signed: strict reading, and their instructions with every index resolved.
//!
//! Belongs here: legacy and v0 messages and their accounts. Does not belong here: the meaning of an
//! instruction (`decode`), and the encoding around a message (`body`).

use solana_message::{MESSAGE_VERSION_PREFIX, VersionedMessage};
use solana_pubkey::Pubkey;

/// A transaction on the wire fits one IPv6 packet.
pub(in crate::solana) const MAX_TRANSACTION: usize = 1232;

/// An instruction with its indices resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::solana) struct Call<'a> {
    pub(in crate::solana) program: Pubkey,
    pub(in crate::solana) accounts: Vec<Pubkey>,
    /// For each account: whether it signs and whether the message makes it writable.
    pub(in crate::solana) uses: Vec<(bool, bool)>,
    pub(in crate::solana) data: &'a [u8],
}

/// Reads a message that takes up all of `bytes`, is well formed and has this one encoding. Versions after v0
/// are not supported.
pub(in crate::solana) fn read(bytes: &[u8]) -> Option<VersionedMessage> {
    if bytes.len() > MAX_TRANSACTION {
        return None;
    }
    let version = bytes.first()? & MESSAGE_VERSION_PREFIX;
    if version != 0 && bytes.first() != Some(&MESSAGE_VERSION_PREFIX) {
        return None;
    }
    let message: VersionedMessage = wincode::deserialize(bytes).ok()?;
    message.sanitize().ok()?;
    (message.serialize() == bytes).then_some(message)
}

/// Returns whether the account at an index signs and is writable, by the message's own header.
fn uses(message: &VersionedMessage, index: usize) -> (bool, bool) {
    let header = message.header();
    let fixed = message.static_account_keys().len();
    let signers = usize::from(header.num_required_signatures);
    let writable = if index < signers {
        index < signers.saturating_sub(usize::from(header.num_readonly_signed_accounts))
    } else if index < fixed {
        index < fixed.saturating_sub(usize::from(header.num_readonly_unsigned_accounts))
    } else {
        let tables = message.address_table_lookups().unwrap_or_default();
        let writable: usize = tables.iter().map(|table| table.writable_indexes.len()).sum();
        index < fixed.saturating_add(writable)
    };
    (index < signers, writable)
}

/// Returns the number of accounts from address lookup tables.
pub(in crate::solana) fn looked_up(message: &VersionedMessage) -> usize {
    let lookups = message.address_table_lookups().unwrap_or_default();
    lookups
        .iter()
        .map(|table| table.writable_indexes.len().saturating_add(table.readonly_indexes.len()))
        .sum()
}

/// Returns the instructions in order; `loaded` are the accounts from lookup tables in the runtime's order,
/// all writable ones before all others. `None` for an instruction with an index out of range.
pub(in crate::solana) fn calls<'a>(
    message: &'a VersionedMessage,
    loaded: &'a [Pubkey],
) -> impl Iterator<Item = Option<Call<'a>>> {
    let fixed = message.static_account_keys();
    let key = move |index: &u8| {
        let index = usize::from(*index);
        fixed.get(index).or_else(|| loaded.get(index.checked_sub(fixed.len())?)).copied()
    };
    message.instructions().iter().map(move |instruction| {
        Some(Call {
            program: key(&instruction.program_id_index)?,
            accounts: instruction.accounts.iter().map(key).collect::<Option<_>>()?,
            uses: instruction.accounts.iter().map(|index| uses(message, usize::from(*index))).collect(),
            data: &instruction.data,
        })
    })
}
