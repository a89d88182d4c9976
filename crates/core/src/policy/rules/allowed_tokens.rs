//! ALLOWED_TOKENS: which tokens may leave. Without one, none may.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::asset::AssetId;
use crate::effect::Effect;
use crate::network::{Chain, NetworkError};
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError, listed};
use crate::policy::{DenialCode, Policy};

/// Rules of ALLOWED_TOKENS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedTokens {
    /// At least one, sorted by address.
    pub tokens: Vec<AllowedToken>,
}

/// One token.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AllowedToken {
    /// ERC-20 contract or SPL mint.
    pub address: Address,
    /// For people, 1 to 10 characters; never compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// Chain of the address; must agree with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<Chain>,
    /// The token on one network. If given it alone decides; a row with a network fills it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<AssetId>,
}

impl AllowedToken {
    fn check(&mut self, i: usize, placement: &Placement<'_>) -> Result<(), RulesError> {
        let field = |name: &str| format!("tokens[{i}].{name}");
        let chain = self.address.chain();
        let scope_chain = placement.network.map(|network| network.chain);
        if let Some(expected) = [self.chain, scope_chain].into_iter().flatten().find(|other| *other != chain)
        {
            return Err(RulesError::WrongChain { field: field("address"), expected });
        }
        if let Some(symbol) = &self.symbol {
            RulesError::unless_named(&field("symbol"), symbol, "must have 1 to 10 characters", 10)?;
        }
        match (&self.asset_id, placement.network) {
            (Some(asset), scope) => {
                let contradicts = |problem| RulesError::Contradiction { field: field("assetId"), problem };
                if asset.token_address() != Some(self.address) {
                    return Err(contradicts("names another token than the entry's address"));
                }
                if scope.is_some_and(|network| network.caip2 != asset.caip2) {
                    return Err(contradicts("names another network than the policy's"));
                }
                if !placement.networks.all().any(|network| network.caip2 == asset.caip2) {
                    let source = NetworkError::unknown(&*asset.caip2);
                    return Err(RulesError::Network { field: field("assetId"), source });
                }
            }
            (None, Some(network)) => self.asset_id = Some(AssetId::token(&network.caip2, self.address)),
            // One mint address is one token wherever it exists; a contract address is not.
            (None, None) => match chain {
                Chain::Solana => {}
                Chain::Ethereum => return Err(RulesError::NetworkNeeded { field: field("address") }),
            },
        }
        Ok(())
    }

    fn allows(&self, asset: &AssetId) -> bool {
        match &self.asset_id {
            Some(listed) => listed == asset,
            None => asset.token_address() == Some(self.address),
        }
    }
}

impl AllowedTokens {
    /// Whether a token is listed.
    pub(crate) fn allows(&self, asset: &AssetId) -> bool {
        let Some(address) = asset.token_address() else { return false };
        let start = self.tokens.partition_point(|entry| entry.address < address);
        let same_address = self.tokens.iter().skip(start).take_while(|entry| entry.address == address);
        same_address.into_iter().any(|entry| entry.allows(asset))
    }
}

impl Rule for AllowedTokens {
    fn check(&mut self, placement: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("tokens", self.tokens.is_empty())?;
        for (i, entry) in self.tokens.iter_mut().enumerate() {
            entry.check(i, placement)?;
        }
        self.tokens.sort();
        self.tokens.dedup();
        Ok(())
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        let covers = |known: &AllowedToken, entry: &AllowedToken| {
            known.address == entry.address && (known.asset_id.is_none() || known.asset_id == entry.asset_id)
        };
        self.tokens.iter().all(|entry| old.tokens.iter().any(|known| covers(known, entry)))
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let tokens = case.effects.all().filter_map(Effect::token);
        let mut refused = tokens.filter(|asset| !self.allows(asset)).peekable();
        if refused.peek().is_some() {
            let message = format!("not an allowed token: {}", listed(refused));
            let hint = format!("allowed: {}", listed(self.tokens.iter().map(|entry| entry.address)));
            findings.deny(row, DenialCode::TokenNotAllowed, message, Some(hint));
        }
    }
}
