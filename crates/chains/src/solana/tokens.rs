//! What tokens are, and which a wallet holds.

use std::collections::BTreeMap;

use solana_pubkey::Pubkey;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;

use super::mint::{Mint, TokenProgram};
use super::{SolanaChain, address, solana};
use crate::{ChainError, Holding, Refusal, TokenFacts};

/// How many accounts `getMultipleAccounts` takes.
const MAX_ACCOUNTS: usize = 100;

/// Reads the data of a mint that belongs to `program`; none if it is no mint of a token program.
pub fn mint_facts(program: Address, data: &[u8]) -> Option<TokenFacts> {
    let program = TokenProgram::of(&solana(program).ok()?)?;
    let mint = Mint::read(program, data)?;
    Some(TokenFacts { decimals: mint.decimals, symbol: mint.symbol })
}

impl SolanaChain {
    /// Decimals and symbol of a mint.
    pub(super) async fn token_facts(&self, token: Address) -> Result<TokenFacts, ChainError> {
        let key = solana(token).map_err(|_| ChainError::Refused(Refusal::NotAToken(token)))?;
        let [account] = self.node().await?.accounts([&key]).await?;
        let facts = account.and_then(|account| mint_facts(address(&account.owner), &account.data));
        facts.ok_or(ChainError::Refused(Refusal::NotAToken(token)))
    }

    /// SOL, then every token with a balance, by mint.
    pub(super) async fn holdings_of(&self, owner: &Pubkey) -> Result<Vec<Holding>, ChainError> {
        let node = self.node().await?;
        let lamports = node.balance(owner).await?;
        let mut totals: BTreeMap<Pubkey, (U256, u8)> = BTreeMap::new();
        for program in [TokenProgram::Token, TokenProgram::Token2022] {
            for account in node.token_accounts(owner, &program.id()).await? {
                let total = totals.entry(account.mint).or_insert((U256::ZERO, account.decimals));
                total.0 = total.0.saturating_add(U256::from(account.amount));
            }
        }
        totals.retain(|_, (amount, _)| !amount.is_zero());
        let symbols = self.symbols(totals.keys()).await?;

        let native = TokenFacts {
            decimals: self.network.native_decimals,
            symbol: self.network.native_symbol.to_string(),
        };
        let mut holdings =
            vec![Holding { asset: self.network.native(), amount: U256::from(lamports), facts: native }];
        holdings.extend(totals.into_iter().map(|(mint, (amount, decimals))| {
            let symbol = symbols.get(&mint).cloned().unwrap_or_default();
            let asset = AssetId::token(&self.network.caip2, address(&mint));
            Holding { asset, amount, facts: TokenFacts { decimals, symbol } }
        }));
        Ok(holdings)
    }

    /// The symbols that mints carry in themselves.
    async fn symbols(
        &self,
        mints: impl Iterator<Item = &Pubkey>,
    ) -> Result<BTreeMap<Pubkey, String>, ChainError> {
        let node = self.node().await?;
        let keys: Vec<&Pubkey> = mints.collect();
        let mut symbols = BTreeMap::new();
        for some in keys.chunks(MAX_ACCOUNTS) {
            for (key, account) in some.iter().zip(node.account_list(some).await?) {
                let mint = account.and_then(|a| Mint::read(TokenProgram::of(&a.owner)?, &a.data));
                symbols.extend(mint.map(|mint| (**key, mint.symbol)));
            }
        }
        Ok(symbols)
    }
}
