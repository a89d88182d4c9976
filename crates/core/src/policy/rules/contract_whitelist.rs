//! CONTRACT_WHITELIST: which contracts may be called. Read and checked; not enforced by this build.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::network::Chain;
use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of CONTRACT_WHITELIST.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractWhitelist {
    /// At least one.
    pub contracts: Vec<WhitelistedContract>,
}

/// One contract or program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("contracts", self.contracts.is_empty())?;
        for (i, contract) in self.contracts.iter().enumerate() {
            if let Some(expected) = contract.chain.filter(|chain| *chain != contract.address.chain()) {
                return Err(RulesError::WrongChain { field: format!("contracts[{i}].address"), expected });
            }
        }
        Ok(())
    }
}
