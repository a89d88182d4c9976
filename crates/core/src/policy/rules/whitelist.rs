//! WHITELIST: who may receive. Without one, anybody may.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::effect::Effect;
use crate::policy::case::Case;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError, listed};
use crate::policy::{DenialCode, Policy};

/// Rules of WHITELIST.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whitelist {
    /// At least one account. Owners of token accounts, not the token accounts.
    pub allowed_addresses: BTreeSet<Address>,
}

/// Who gains from an effect. A new account counts as paid to whoever will own it.
const fn recipient(effect: &Effect) -> Option<&Address> {
    match effect {
        Effect::NativeOut { to, .. } | Effect::TokenOut { to, .. } => Some(to),
        Effect::AccountRent { owner, .. } => Some(owner),
        // A fee goes to the network; what is not understood is refused elsewhere.
        Effect::NetworkFee { .. } | Effect::Unknown { .. } => None,
    }
}

impl Rule for Whitelist {
    const ENFORCED: bool = true;

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

    fn judge(&self, row: &Policy, case: &Case<'_>, findings: &mut Findings) {
        let mut strangers = case
            .effects
            .items
            .iter()
            .filter_map(recipient)
            .filter(|recipient| !self.allowed_addresses.contains(recipient))
            .peekable();
        if strangers.peek().is_some() {
            let strangers: BTreeSet<_> = strangers.collect();
            let message = format!("not on the whitelist: {}", listed(strangers));
            let hint = format!("allowed: {}", listed(&self.allowed_addresses));
            findings.deny(row, DenialCode::WhitelistDenied, message, Some(hint));
        }
    }
}
