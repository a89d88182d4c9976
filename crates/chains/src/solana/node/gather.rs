//! From a message to the facts that its meaning depends on: makes requests, decides nothing.
//!
//! Belongs here: the choice of accounts to read, and lookup tables. The facts are part of the draft and are
//! read again when the draft is completed: a token account can change its owner, a mint its extensions.
//! Entries of a lookup table are never changed, only added.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use solana_message::{AddressLookupTableAccount, VersionedMessage};
use solana_pubkey::Pubkey;
use spl_associated_token_account_interface::program as associated_program;

use super::SolanaChain;
use super::rpc::{MAX_ACCOUNTS, Node};
use crate::ChainError;
use crate::solana::codec::account::{Account, Found, load, read_table};
use crate::solana::codec::facts::Facts;
use crate::solana::codec::message::{Call, calls};
use crate::solana::codec::mint::{Mint, TokenProgram};
use crate::solana::codec::unsupported;

impl SolanaChain {
    /// Returns the facts for `message`, as the endpoints agree on them. A message can name entries of lookup
    /// tables and token accounts whose owner it does not contain: false facts about them would change its
    /// apparent effects. A message that names neither needs no request.
    pub(super) async fn gather(&self, node: &Node, message: &VersionedMessage) -> Result<Facts, ChainError> {
        let nodes = node.awake(2);
        let told = join_all(nodes.iter().map(|node| self.gathered(node, message))).await;
        node.asked("the accounts of the transaction").agreed(told)
    }

    /// Returns the same from one node.
    async fn gathered(&self, node: &Node, message: &VersionedMessage) -> Result<Facts, ChainError> {
        let lookups = message.address_table_lookups().unwrap_or_default();
        let tables: Vec<Pubkey> = lookups.iter().map(|lookup| lookup.account_key).collect();
        let tables = self.tables(node, &tables).await?;
        let loaded = load(lookups, &tables).ok_or_else(|| {
            unsupported("the transaction uses an entry that its address lookup table does not have")
        })?;
        let tokens: Vec<Call<'_>> = calls(message, &loaded).flatten().filter(is_of_tokens).collect();
        let keys: BTreeSet<Pubkey> = tokens.iter().flat_map(|call| call.accounts.iter().copied()).collect();
        let mut found = Found::default();
        found.read(self.all_accounts(node, keys).await?);
        // Plain transfers name their mint only through the token account.
        let named = found.holders.values().map(|holder| holder.mint);
        let missing = named.filter(|mint| !found.mints.contains_key(mint)).collect();
        found.read(self.all_accounts(node, missing).await?);
        let rents = self.rents(node, &tokens, &found.mints).await?;
        let mints = found.mints.iter().map(|(key, mint)| (*key, mint.fact(key))).collect();
        Ok(Facts { loaded, holders: found.holders, mints, rents })
    }

    /// Returns the contents of lookup tables, in the same order.
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
            let addresses = account
                .as_ref()
                .and_then(read_table)
                .ok_or_else(|| unsupported(format!("{key} is not an active address lookup table")))?;
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

    /// Returns the rent for opening each associated token account.
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

fn is_of_tokens(call: &Call<'_>) -> bool {
    TokenProgram::of(&call.program).is_some() || call.program == associated_program::ID
}
