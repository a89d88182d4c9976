//! Tokens and the wallet's balances of them.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use solana_pubkey::Pubkey;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;

use super::SolanaChain;
use super::rpc::{MAX_ACCOUNTS, Node};
use crate::solana::codec::mint::{TokenAccount, TokenProgram, mint_facts};
use crate::solana::codec::{address, solana};
use crate::{ChainError, Holding, Holdings, Refusal, TokenFacts, Unreadable, held};

impl SolanaChain {
    /// Returns decimals and symbol of a mint.
    pub(super) async fn token_facts(&self, token: Address) -> Result<TokenFacts, ChainError> {
        let key = solana(token).map_err(|_| ChainError::Refused(Refusal::NotAToken(token)))?;
        let node = self.node().await?;
        let nodes = node.awake(2);
        let told = join_all(nodes.iter().map(|node| mint_by(node, &key))).await;
        node.asked(held::DECIMALS).agreed(told)
    }

    /// Returns the base units of each of `tokens`: the lowest of all nodes' answers.
    pub(super) async fn least_held_of(
        &self,
        owner: &Pubkey,
        tokens: &[Address],
    ) -> Result<Vec<U256>, ChainError> {
        let node = self.node().await?;
        let nodes = node.awake(2);
        let told = join_all(nodes.iter().map(|node| held_by(node, owner))).await;
        let told = node.asked(held::BALANCES).heard(told)?.into_iter().flatten();
        let of = |totals: &BTreeMap<Pubkey, U256>, token: &Address| {
            solana(*token).ok().and_then(|mint| totals.get(&mint).copied()).unwrap_or_default()
        };
        Ok(held::least(told.map(|totals| tokens.iter().map(|token| of(&totals, token)).collect())))
    }

    /// Returns SOL, then every token with a balance, by mint. Anyone can make token accounts for the wallet,
    /// including unreadable ones.
    pub(super) async fn holdings_of(&self, owner: &Pubkey) -> Result<Holdings, ChainError> {
        let node = self.node().await?;
        let native = TokenFacts {
            decimals: self.codec.network.native_decimals,
            symbol: self.codec.network.native_symbol.to_string(),
        };
        let lamports = U256::from(node.balance(owner).await?);
        let held = vec![Holding { asset: self.codec.network.native(), amount: lamports, facts: native }];
        let mut holdings = Holdings { held, unreadable: Vec::new() };
        let asset = |key: &Pubkey| AssetId::token(&self.codec.network.caip2, address(key));
        let mut totals: BTreeMap<Pubkey, U256> = BTreeMap::new();
        for program in [TokenProgram::Token, TokenProgram::Token2022] {
            for (key, account) in node.token_accounts(owner, &program.id()).await? {
                let Some(found) = TokenAccount::read(program, &account.data) else {
                    let reason = "the token account has an unknown form".to_owned();
                    holdings.unreadable.push(Unreadable { asset: asset(&key), reason });
                    continue;
                };
                let total = totals.entry(found.mint).or_default();
                *total = total.saturating_add(U256::from(found.amount));
            }
        }
        totals.retain(|_, amount| !amount.is_zero());
        let mut mints = self.mints(totals.keys()).await?;
        for (key, amount) in totals {
            match mints.remove(&key) {
                Some(facts) => holdings.held.push(Holding { asset: asset(&key), amount, facts }),
                None => {
                    let reason = format!("{amount} base units of a token whose mint cannot be read");
                    holdings.unreadable.push(Unreadable { asset: asset(&key), reason });
                }
            }
        }
        Ok(holdings)
    }

    /// Returns decimals and symbols of the readable mints.
    async fn mints(
        &self,
        mints: impl Iterator<Item = &Pubkey>,
    ) -> Result<BTreeMap<Pubkey, TokenFacts>, ChainError> {
        let node = self.node().await?;
        let keys: Vec<&Pubkey> = mints.collect();
        let mut found = BTreeMap::new();
        for some in keys.chunks(MAX_ACCOUNTS) {
            for (key, account) in some.iter().zip(node.account_list(some).await?) {
                let facts = account.and_then(|a| mint_facts(address(&a.owner), &a.data));
                found.extend(facts.map(|facts| (**key, facts)));
            }
        }
        Ok(found)
    }
}

/// Returns decimals and symbol of a mint from one node.
async fn mint_by(node: &Node, key: &Pubkey) -> Result<TokenFacts, ChainError> {
    let [account] = node.accounts([key]).await?;
    let facts = account.and_then(|account| mint_facts(address(&account.owner), &account.data));
    facts.ok_or(ChainError::Refused(Refusal::NotAToken(address(key))))
}

/// Returns the readable balances of each mint from one node.
async fn held_by(node: &Node, owner: &Pubkey) -> Result<BTreeMap<Pubkey, U256>, ChainError> {
    let mut totals: BTreeMap<Pubkey, U256> = BTreeMap::new();
    for program in [TokenProgram::Token, TokenProgram::Token2022] {
        for (_, account) in node.token_accounts(owner, &program.id()).await? {
            let Some(found) = TokenAccount::read(program, &account.data) else { continue };
            let total = totals.entry(found.mint).or_default();
            *total = total.saturating_add(U256::from(found.amount));
        }
    }
    Ok(totals)
}
