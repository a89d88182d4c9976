//! From a message to the facts its meaning depends on: asks a node, decides nothing.
//!
//! Belongs here: which accounts have to be looked at, and lookup tables. What is read is part of the
//! draft, and is read again when the draft is completed: a token account can change its owner, a mint its
//! extensions. Entries of a lookup table are never changed, only added.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use solana_message::v0::MessageAddressTableLookup;
use solana_message::{AddressLookupTableAccount, VersionedMessage};
use solana_pubkey::Pubkey;
use spl_associated_token_account_interface::program as associated_program;

use super::SolanaChain;
use super::cursor::Cursor;
use super::facts::{Facts, Holder};
use super::message::{Call, calls};
use super::mint::{Mint, TokenAccount, TokenProgram};
use super::node::{Account, MAX_ACCOUNTS, Node};
use crate::{ChainError, Refusal};

/// The Address Lookup Table program.
const LOOKUP_TABLES: Pubkey = Pubkey::from_str_const("AddressLookupTab1e1111111111111111111111111");
/// Bytes before a table's addresses.
const TABLE_HEAD: usize = 56;

impl SolanaChain {
    /// The facts for `message`, by the agreement of the endpoints. A message can name entries of lookup tables
    /// and token accounts whose owner it does not say: who lies about them chooses what the message seems to
    /// do. One that names neither takes no question.
    pub(super) async fn gather(&self, node: &Node, message: &VersionedMessage) -> Result<Facts, ChainError> {
        let nodes = node.awake(2);
        let told = join_all(nodes.iter().map(|node| self.gathered(node, message))).await;
        node.asked("the accounts that the transaction uses").agreed(told)
    }

    /// The same by the word of one node.
    async fn gathered(&self, node: &Node, message: &VersionedMessage) -> Result<Facts, ChainError> {
        let lookups = message.address_table_lookups().unwrap_or_default();
        let tables: Vec<Pubkey> = lookups.iter().map(|lookup| lookup.account_key).collect();
        let tables = self.tables(node, &tables).await?;
        let loaded = load(lookups, &tables).ok_or_else(|| {
            let text = "the transaction uses an entry that its address lookup table does not have";
            ChainError::Refused(Refusal::Unsupported(text.to_owned()))
        })?;
        let tokens: Vec<Call<'_>> = calls(message, &loaded).flatten().filter(is_of_tokens).collect();
        let keys: BTreeSet<Pubkey> = tokens.iter().flat_map(|call| call.accounts.iter().copied()).collect();
        let mut found = Found::default();
        found.read(self.all_accounts(node, keys).await?);
        // Plain transfers name their mint only by the token account.
        let named = found.holders.values().map(|holder| holder.mint);
        let missing = named.filter(|mint| !found.mints.contains_key(mint)).collect();
        found.read(self.all_accounts(node, missing).await?);
        let rents = self.rents(node, &tokens, &found.mints).await?;
        let mints = found.mints.iter().map(|(key, mint)| (*key, mint.fact(key))).collect();
        Ok(Facts { loaded, holders: found.holders, mints, rents })
    }

    /// The contents of lookup tables, in the same order.
    pub(super) async fn tables(
        &self,
        node: &Node,
        keys: &[Pubkey],
    ) -> Result<Vec<AddressLookupTableAccount>, ChainError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let accounts = node.account_list(&keys.iter().collect::<Vec<_>>()).await?;
        let tables = keys.iter().zip(accounts).map(|(key, account)| {
            let addresses = account.as_ref().and_then(read_table).ok_or_else(|| {
                let text = format!("{key} is not an address lookup table in use");
                ChainError::Refused(Refusal::Unsupported(text))
            })?;
            Ok(AddressLookupTableAccount { key: *key, addresses })
        });
        tables.collect()
    }

    async fn all_accounts(
        &self,
        node: &Node,
        keys: BTreeSet<Pubkey>,
    ) -> Result<Vec<(Pubkey, Account)>, ChainError> {
        let keys: Vec<Pubkey> = keys.into_iter().collect();
        let mut all = Vec::new();
        for some in keys.chunks(MAX_ACCOUNTS) {
            let accounts = node.account_list(&some.iter().collect::<Vec<_>>()).await?;
            all.extend(some.iter().copied().zip(accounts).filter_map(|(key, found)| Some((key, found?))));
        }
        Ok(all)
    }

    /// What opening each associated token account costs.
    async fn rents(
        &self,
        node: &Node,
        calls: &[Call<'_>],
        mints: &BTreeMap<Pubkey, Mint>,
    ) -> Result<BTreeMap<Pubkey, u64>, ChainError> {
        let opened = calls.iter().filter(|call| call.program == associated_program::ID).filter_map(|call| {
            let (account, mint) = (call.accounts.get(1)?, call.accounts.get(3)?);
            Some((*account, mints.get(mint)?.account_size?))
        });
        let (mut rents, mut by_size) = (BTreeMap::new(), BTreeMap::new());
        for (account, size) in opened {
            let lamports = match by_size.get(&size) {
                Some(lamports) => *lamports,
                None => node.rent_exempt(size).await?,
            };
            by_size.insert(size, lamports);
            rents.insert(account, lamports);
        }
        Ok(rents)
    }
}

/// Token accounts and mints among accounts.
#[derive(Default)]
struct Found {
    holders: BTreeMap<Pubkey, Holder>,
    mints: BTreeMap<Pubkey, Mint>,
}

impl Found {
    fn read(&mut self, accounts: Vec<(Pubkey, Account)>) {
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

fn is_of_tokens(call: &Call<'_>) -> bool {
    TokenProgram::of(&call.program).is_some() || call.program == associated_program::ID
}

/// The addresses of a lookup table that is in use. Layout: u32 1, the slot of its deactivation (all bits
/// set while active), 44 bytes of no interest here, then addresses.
fn read_table(account: &Account) -> Option<Vec<Pubkey>> {
    let mut data = Cursor::new(&account.data);
    let active = account.owner == LOOKUP_TABLES && data.u32()? == 1 && data.u64()? == u64::MAX;
    let (addresses, rest) = account.data.get(TABLE_HEAD..)?.as_chunks::<32>();
    (active && rest.is_empty()).then(|| addresses.iter().copied().map(Pubkey::new_from_array).collect())
}

/// The accounts that `lookups` name: all writable ones, then all others.
fn load(lookups: &[MessageAddressTableLookup], tables: &[AddressLookupTableAccount]) -> Option<Vec<Pubkey>> {
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
    fn only_a_table_in_use_is_read() {
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
