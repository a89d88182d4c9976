//! WHITELIST: who may receive. Without one, anybody may.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::effect::Effect;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError, listed};
use crate::policy::{DenialCode, Policy, beyond_asked};

/// Rules of WHITELIST.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whitelist {
    /// At least one account. Owners of token accounts, not the token accounts.
    pub allowed_addresses: BTreeSet<Address>,
}

impl Rule for Whitelist {
    fn check(&mut self, placement: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("allowed_addresses", self.allowed_addresses.is_empty())?;
        let Some(expected) = placement.network.map(|network| network.chain) else { return Ok(()) };
        match self.allowed_addresses.iter().find(|address| address.chain() != expected) {
            Some(foreign) => {
                Err(RulesError::WrongChain { field: format!("allowed_addresses: {foreign}"), expected })
            }
            None => Ok(()),
        }
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.allowed_addresses.is_subset(&old.allowed_addresses)
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        // A new contract has no address that could be listed.
        if case.effects.all().any(|effect| matches!(effect, Effect::Deployment { .. })) {
            let message = "a deployment has no destination that a whitelist could name".to_owned();
            findings.deny(row, DenialCode::WhitelistDenied, message, None);
        }
        let stranger = |destination: &&Address| !self.allowed_addresses.contains(*destination);
        let mut strangers = case.destinations().iter().filter(stranger).peekable();
        if strangers.peek().is_some() {
            let message = format!("not on the whitelist: {}", listed(strangers));
            let hint = format!("allowed: {}", listed(&self.allowed_addresses));
            findings.deny(row, DenialCode::WhitelistDenied, message, Some(hint));
        }
        // Whoever makes the block gets it, and is on no list.
        let beyond = beyond_asked(case.effects, case.facts);
        if !beyond.is_zero() {
            let beyond = case.show(&case.effects.native, beyond);
            let message =
                format!("offers {beyond} more in fees than the network asks for, to whoever takes it");
            let hint = "offer the network what it asks for now".to_owned();
            findings.deny(row, DenialCode::WhitelistDenied, message, Some(hint));
        }
    }
}
