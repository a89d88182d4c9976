//! METHOD_WHITELIST: which methods of a contract may be called. A contract without an entry may be
//! called with any method; one with an entry is judged by the method alone, whether the call is read as a
//! transfer, an allowance or not at all. Coin sent to it without data calls no method that could be named.
//! Naming a method also vouches for it: a call that cannot be decoded needs the owner unless its method
//! is named here.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::network::Chain;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError, listed};
use crate::policy::{DenialCode, Policy};
use crate::selector::Selector;

/// Rules of METHOD_WHITELIST.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodWhitelist {
    /// At least one.
    pub methods: Vec<ContractMethods>,
}

/// The methods of one contract.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ContractMethods {
    /// The contract.
    pub contract_address: Address,
    /// At least one.
    pub selectors: Vec<Selector>,
}

impl MethodWhitelist {
    /// The selectors listed for a contract; none if it is not listed.
    fn of(&self, contract: &Address) -> Option<&[Selector]> {
        let start = self.methods.partition_point(|entry| entry.contract_address < *contract);
        let entry = self.methods.get(start).filter(|entry| entry.contract_address == *contract)?;
        Some(&entry.selectors)
    }

    /// Whether an operator has named this very method of this contract.
    pub(crate) fn names(&self, contract: &Address, called: Option<&Selector>) -> bool {
        self.of(contract).is_some_and(|listed| is_among(called, listed))
    }
}

/// Whether a call's method is one of those named.
fn is_among(called: Option<&Selector>, named: &[Selector]) -> bool {
    called.is_some_and(|called| named.iter().any(|named| named.names(called)))
}

impl Rule for MethodWhitelist {
    fn check(&mut self, placement: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("methods", self.methods.is_empty())?;
        for (i, contract) in self.methods.iter_mut().enumerate() {
            placement
                .require_one_contract(&format!("methods[{i}].contractAddress"), contract.contract_address)?;
            let field = format!("methods[{i}].selectors");
            RulesError::if_empty(&field, contract.selectors.is_empty())?;
            let whole = |selector: &Selector| selector.as_bytes().len() == 4;
            if contract.contract_address.chain() == Chain::Ethereum && !contract.selectors.iter().all(whole) {
                let expected = "a selector of an EVM contract is 0x and eight hex digits";
                return Err(RulesError::Unsuitable { field, expected });
            }
            contract.selectors.sort();
            contract.selectors.dedup();
        }
        self.methods.sort();
        if self.methods.windows(2).any(|pair| match pair {
            [a, b] => a.contract_address == b.contract_address,
            _ => false,
        }) {
            let problem = "names one contract twice";
            return Err(RulesError::Contradiction { field: "methods".to_owned(), problem });
        }
        Ok(())
    }

    /// An entry forbids the methods it does not name and vouches for those it does, so that both rows
    /// need the same contracts.
    fn at_least_as_strict(&self, old: &Self) -> bool {
        let known = |entry: &ContractMethods| {
            entry.selectors.iter().all(|selector| old.names(&entry.contract_address, Some(selector)))
        };
        self.methods.iter().all(known)
            && old.methods.iter().all(|entry| self.of(&entry.contract_address).is_some())
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        for (contract, called) in case.methods() {
            let Some(allowed) = self.of(&contract) else { continue };
            if is_among(called, allowed) {
                continue;
            }
            let called = called.map_or_else(|| "without data".to_owned(), Selector::to_string);
            let message = format!("not a whitelisted method of {contract}: {called}");
            let hint = format!("allowed: {}", listed(allowed));
            findings.deny(row, DenialCode::MethodNotWhitelisted, message, Some(hint));
        }
    }
}
