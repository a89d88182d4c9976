//! CONTRACT_WHITELIST: which contracts may be called and which collections of NFTs may move. Without
//! one, none may.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::network::Chain;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError, listed};
use crate::policy::{DenialCode, Policy};

/// Rules of CONTRACT_WHITELIST.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractWhitelist {
    /// At least one.
    pub contracts: Vec<WhitelistedContract>,
}

/// One contract or program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhitelistedContract {
    /// Contract or program.
    pub address: Address,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Chain of the address; must agree with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<Chain>,
}

impl Rule for ContractWhitelist {
    fn check(&mut self, placement: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("contracts", self.contracts.is_empty())?;
        for (i, contract) in self.contracts.iter().enumerate() {
            let field = format!("contracts[{i}].address");
            placement.require_one_contract(&field, contract.address)?;
            if let Some(expected) = contract.chain.filter(|chain| *chain != contract.address.chain()) {
                return Err(RulesError::WrongChain { field, expected });
            }
        }
        self.contracts.sort();
        self.contracts.dedup();
        Ok(())
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.contracts.iter().all(|entry| old.contracts.iter().any(|known| known.address == entry.address))
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let is_listed = |address: &Address| {
            let start = self.contracts.partition_point(|entry| entry.address < *address);
            self.contracts.get(start).is_some_and(|entry| entry.address == *address)
        };
        let mut refused = case.contracts.iter().filter(|address| !is_listed(address)).peekable();
        if refused.peek().is_some() {
            let message = format!("not a whitelisted contract: {}", listed(refused));
            let hint = format!("allowed: {}", listed(self.contracts.iter().map(|entry| entry.address)));
            findings.deny(row, DenialCode::ContractNotWhitelisted, message, Some(hint));
        }
    }
}
