//! Accounts as nodes return them: among them token accounts, mints and lookup tables. Pure.

use std::collections::BTreeMap;

use solana_message::AddressLookupTableAccount;
use solana_message::v0::MessageAddressTableLookup;
use solana_pubkey::Pubkey;

use super::cursor::Cursor;
use super::facts::Holder;
use super::mint::{Mint, TokenAccount, TokenProgram};

/// The Address Lookup Table program.
const LOOKUP_TABLES: Pubkey = Pubkey::from_str_const("AddressLookupTab1e1111111111111111111111111");
/// Bytes before a table's addresses.
const TABLE_HEAD: usize = 56;

/// An account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::solana) struct Account {
    pub(in crate::solana) lamports: u64,
    pub(in crate::solana) owner: Pubkey,
    pub(in crate::solana) executable: bool,
    pub(in crate::solana) data: Vec<u8>,
}

/// The token accounts and mints among some accounts.
#[derive(Default)]
pub(in crate::solana) struct Found {
    pub(in crate::solana) holders: BTreeMap<Pubkey, Holder>,
    pub(in crate::solana) mints: BTreeMap<Pubkey, Mint>,
}

impl Found {
    pub(in crate::solana) fn read(&mut self, accounts: Vec<(Pubkey, Account)>) {
        for (key, account) in accounts {
            let Some(program) = TokenProgram::of(&account.owner) else { continue };
            if let Some(mint) = Mint::read(program, &account.data) {
                self.mints.insert(key, mint);
            } else if let Some(found) = TokenAccount::read(program, &account.data) {
                let closable = found.close_authority.is_some();
                let holder = Holder { program, mint: found.mint, owner: found.owner, closable };
                self.holders.insert(key, holder);
            }
        }
    }
}

/// Returns the addresses of an active lookup table. Layout: u32 1, the slot of its deactivation (all bits set
/// while active), 44 bytes that are not used here, then addresses.
pub(in crate::solana) fn read_table(account: &Account) -> Option<Vec<Pubkey>> {
    let mut data = Cursor::new(&account.data);
    let active = account.owner == LOOKUP_TABLES && data.u32()? == 1 && data.u64()? == u64::MAX;
    let (addresses, rest) = account.data.get(TABLE_HEAD..)?.as_chunks::<32>();
    (active && rest.is_empty()).then(|| addresses.iter().copied().map(Pubkey::new_from_array).collect())
}

/// Returns the accounts that `lookups` name: all writable ones, then all others.
pub(in crate::solana) fn load(
    lookups: &[MessageAddressTableLookup],
    tables: &[AddressLookupTableAccount],
) -> Option<Vec<Pubkey>> {
    let writable = lookups.iter().zip(tables).map(|(lookup, table)| (&lookup.writable_indexes, table));
    let others = lookups.iter().zip(tables).map(|(lookup, table)| (&lookup.readonly_indexes, table));
    writable
        .chain(others)
        .flat_map(|(indexes, table)| {
            indexes.iter().map(|index| table.addresses.get(usize::from(*index)).copied())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(addresses: &[u8], deactivated: u64) -> Account {
        let mut data = [&1u32.to_le_bytes()[..], &deactivated.to_le_bytes()].concat();
        data.resize(TABLE_HEAD, 0);
        addresses.iter().for_each(|byte| data.extend([*byte; 32]));
        Account { lamports: 1, owner: LOOKUP_TABLES, executable: false, data }
    }

    #[test]
    fn only_an_active_table_is_read() {
        let keys = |bytes: &[u8]| bytes.iter().map(|byte| Pubkey::new_from_array([*byte; 32])).collect();
        assert_eq!(read_table(&table(&[1, 2], u64::MAX)), Some(keys(&[1, 2])));
        assert_eq!(read_table(&table(&[], u64::MAX)), Some(vec![]));
        assert_eq!(read_table(&table(&[1], 77)), None, "deactivated");
        assert_eq!(read_table(&Account { owner: Pubkey::default(), ..table(&[1], u64::MAX) }), None);
        let mut torn = table(&[1], u64::MAX);
        torn.data.pop();
        assert_eq!(read_table(&torn), None);
    }

    #[test]
    fn writable_entries_of_all_tables_come_first() {
        let account = |bytes: &[u8]| AddressLookupTableAccount {
            key: Pubkey::default(),
            addresses: bytes.iter().map(|byte| Pubkey::new_from_array([*byte; 32])).collect(),
        };
        let lookup = |writable: &[u8], readonly: &[u8]| MessageAddressTableLookup {
            account_key: Pubkey::default(),
            writable_indexes: writable.to_vec(),
            readonly_indexes: readonly.to_vec(),
        };
        let tables = [account(&[10, 11, 12]), account(&[20, 21])];
        let order = load(&[lookup(&[2], &[0, 1]), lookup(&[1], &[0])], &tables).expect("loads");
        let order: Vec<u8> = order.iter().map(|key| key.to_bytes()[0]).collect();
        assert_eq!(order, [12, 21, 10, 11, 20]);
        assert_eq!(load(&[lookup(&[3], &[])], &tables), None, "beyond the table");
    }

    proptest! {
        #[test]
        fn arbitrary_data_never_panic(data: Vec<u8>) {
            let _ = read_table(&Account { lamports: 0, owner: LOOKUP_TABLES, executable: false, data });
        }
    }
}
