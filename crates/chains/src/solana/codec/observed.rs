//! The effects of a run on the wallet's accounts: balances and authorities before and after it. Pure.
//!
//! Only accounts that the message lists as writable can change.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::nft::{NftId, NftKind};
use waiaas_core::simulation::Observed;

use super::account::Account;
use super::address;
use super::decode::stake;
use super::facts::Facts;
use super::mint::{TokenAccount, TokenProgram};

/// Wrapped SOL.
const WRAPPED: Pubkey = Pubkey::from_str_const("So11111111111111111111111111111111111111112");

pub(in crate::solana) type Accounts = BTreeMap<Pubkey, Account>;

/// Bytes read of each account: more than a token account or a stake account needs, and one more than a
/// multisig of Token-2022 has, whose length distinguishes it from a token account.
pub(in crate::solana) const HEAD: usize = 356;

/// Nodes return a closed account as one of the System program without lamports.
pub(in crate::solana) const fn exists(account: &Account) -> bool {
    account.lamports > 0
}

/// Returns the accounts that a message may change; of those from lookup tables the writable ones come first.
pub(in crate::solana) fn written(message: &VersionedMessage, loaded: &[Pubkey]) -> Vec<Pubkey> {
    let fixed = message.static_account_keys().iter().enumerate();
    let fixed = fixed.filter(|(index, _)| {
        message.is_maybe_writable_with_reserved_addresses(*index, None::<&HashSet<Pubkey>>)
    });
    let lookups = message.address_table_lookups().unwrap_or_default();
    let writable = lookups.iter().fold(0usize, |sum, table| sum.saturating_add(table.writable_indexes.len()));
    fixed.map(|(_, key)| *key).chain(loaded.iter().take(writable).copied()).collect()
}

/// Whether an account is the wallet's, or could be after the run.
pub(in crate::solana) fn is_watched(key: &Pubkey, wallet: &Pubkey, before: Option<&Account>) -> bool {
    let Some(account) = before else { return true };
    let unused = account.owner == solana_system_interface::program::ID;
    key == wallet || unused || TokenProgram::of(&account.owner).is_some() || account.owner == stake::ID
}

/// A token account of the wallet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Tokens {
    mint: Pubkey,
    amount: u64,
    delegate: Option<(Pubkey, u64)>,
    close: Option<Pubkey>,
    lamports: u64,
}

/// A stake account that the wallet may withdraw from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stake {
    staker: Pubkey,
    lamports: u64,
}

/// The wallet's holdings at one time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::solana) struct Side {
    lamports: u64,
    program: Option<Pubkey>,
    tokens: BTreeMap<Pubkey, Tokens>,
    stakes: BTreeMap<Pubkey, Stake>,
    /// Accounts that exist and are not among the others.
    foreign: Vec<Pubkey>,
}

impl Side {
    pub(in crate::solana) fn of(wallet: &Pubkey, accounts: &Accounts) -> Self {
        let mut side = Self::default();
        for (key, account) in accounts {
            if key == wallet {
                side.lamports = account.lamports;
                side.program = Some(account.owner);
            } else if let Some(tokens) = tokens(wallet, account) {
                side.tokens.insert(*key, tokens);
            } else if let Some(stake) = staked(wallet, account) {
                side.stakes.insert(*key, stake);
            } else if account.owner != solana_system_interface::program::ID || !account.data.is_empty() {
                // A closed account that is paid again becomes a plain account of the System program. Its
                // former content is an outflow.
                side.foreign.push(*key);
            }
        }
        side
    }

    /// Whether the wallet holds the same in both readings. The holdings of others do not matter.
    pub(in crate::solana) fn is_held_as(&self, earlier: &Self) -> bool {
        let held = |side: &Self| (side.lamports, side.program);
        held(self) == held(earlier) && self.tokens == earlier.tokens && self.stakes == earlier.stakes
    }

    /// Returns the wallet's lamports, without wrapped coin and without `lost` accounts.
    fn native(&self, lost: &[Pubkey]) -> u128 {
        let tokens = self.tokens.iter().filter(|(key, _)| !lost.contains(key)).map(|(_, held)| {
            let wrapped = if held.mint == WRAPPED { held.amount } else { 0 };
            held.lamports.saturating_sub(wrapped)
        });
        let stakes = self.stakes.iter().filter(|(key, _)| !lost.contains(key)).map(|(_, held)| held.lamports);
        tokens.chain(stakes).fold(u128::from(self.lamports), |sum, more| sum.saturating_add(more.into()))
    }

    /// Returns the tokens per mint, without `lost` accounts.
    fn holdings(&self, lost: &[Pubkey]) -> BTreeMap<Pubkey, u128> {
        let mut sums: BTreeMap<Pubkey, u128> = BTreeMap::new();
        for (_, held) in self.tokens.iter().filter(|(key, _)| !lost.contains(key)) {
            let sum = sums.entry(held.mint).or_default();
            *sum = sum.saturating_add(held.amount.into());
        }
        sums
    }
}

fn tokens(wallet: &Pubkey, account: &Account) -> Option<Tokens> {
    let read = TokenAccount::read(TokenProgram::of(&account.owner)?, &account.data)?;
    (read.owner == *wallet).then_some(Tokens {
        mint: read.mint,
        amount: read.amount,
        delegate: read.delegate,
        close: read.close_authority,
        lamports: account.lamports,
    })
}

/// Layout: u32 state, rent reserve, staker, withdrawer.
fn staked(wallet: &Pubkey, account: &Account) -> Option<Stake> {
    let key = |at: usize| Some(Pubkey::new_from_array(*account.data.get(at..)?.first_chunk::<32>()?));
    let state = account.data.first_chunk::<4>()?;
    let set_up = account.owner == stake::ID && matches!(state, [1 | 2, 0, 0, 0]);
    (set_up && key(44)? == *wallet).then_some(())?;
    Some(Stake { staker: key(12)?, lamports: account.lamports })
}

/// The names of assets.
pub(in crate::solana) struct Names<'a> {
    pub(in crate::solana) caip2: &'a Arc<str>,
    pub(in crate::solana) facts: &'a Facts,
}

impl Names<'_> {
    /// Returns the NFT of a mint that is an NFT in the facts of the draft.
    fn nft(&self, mint: &Pubkey) -> Option<NftId> {
        let fact = self.facts.mints.get(mint).filter(|fact| fact.nft);
        fact.map(|_| NftId { caip2: self.caip2.clone(), kind: NftKind::Metaplex { mint: address(mint) } })
    }

    fn asset(&self, mint: &Pubkey) -> AssetId {
        AssetId::token(self.caip2, address(mint))
    }
}

/// Returns the changes to the wallet's disadvantage. `fee` is the fee charged by the simulation.
pub(in crate::solana) fn observe(
    wallet: &Pubkey,
    [before, after]: &[Side; 2],
    fee: u64,
    names: &Names<'_>,
) -> Observed {
    let mut observed = Observed::default();
    if after.program.is_some_and(|program| before.program.is_some_and(|was| was != program)) {
        observed.powers.insert(address(wallet));
    }
    // The content of an account whose authority changed is part of that authority, not an outflow.
    let held = before.tokens.keys().chain(before.stakes.keys());
    let lost: Vec<Pubkey> = held.filter(|key| after.foreign.contains(key)).copied().collect();
    observed.powers.extend(lost.iter().map(address));

    let (was, is) = (before.native(&lost), after.native(&[]).saturating_add(fee.into()));
    let out = was.saturating_sub(is);
    if out > 0 {
        observed.native.insert(None, U256::from(out));
    }
    let left = after.holdings(&[]);
    for (mint, amount) in before.holdings(&lost) {
        let unwrapped = if mint == WRAPPED { is.saturating_sub(was) } else { 0 };
        let gone = amount.saturating_sub(left.get(&mint).copied().unwrap_or_default());
        let gone = U256::from(gone.saturating_sub(unwrapped));
        if gone.is_zero() {
            continue;
        }
        match names.nft(&mint) {
            Some(nft) => observed.nfts.insert(nft, [(None, gone)].into()),
            None => observed.tokens.insert(names.asset(&mint), [(None, gone)].into()),
        };
    }
    for (key, held) in &after.tokens {
        permissions(wallet, key, before.tokens.get(key), held, names, &mut observed);
    }
    for (key, held) in &after.stakes {
        if held.staker != *wallet && before.stakes.get(key).is_some_and(|was| was.staker != held.staker) {
            observed.powers.insert(address(key));
        }
    }
    observed
}

/// Adds the new permissions of other accounts for a token account of the wallet.
fn permissions(
    wallet: &Pubkey,
    key: &Pubkey,
    was: Option<&Tokens>,
    held: &Tokens,
    names: &Names<'_>,
    observed: &mut Observed,
) {
    if held.close.is_some_and(|close| close != *wallet) && was.and_then(|was| was.close) != held.close {
        observed.powers.insert(address(key));
    }
    let Some((delegate, amount)) = held.delegate else { return };
    let already = was.and_then(|was| was.delegate).filter(|(who, _)| *who == delegate);
    let more = amount.saturating_sub(already.map_or(0, |(_, amount)| amount));
    if delegate == *wallet || more == 0 {
        return;
    }
    match names.nft(&held.mint) {
        Some(nft) => {
            observed.nft_allowances.insert((nft, address(&delegate)));
        }
        None => {
            let sum = observed.allowances.entry((names.asset(&held.mint), address(&delegate))).or_default();
            *sum = sum.saturating_add(U256::from(more));
        }
    }
}

#[cfg(test)]
mod tests;
