//! X402_ALLOWED_DOMAINS: whom an HTTP payment may go to. Read and checked; not enforced by this build.

use serde::{Deserialize, Serialize};

use crate::policy::rules::DomainPattern;
use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of X402_ALLOWED_DOMAINS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct X402AllowedDomains {
    /// At least one.
    pub domains: Vec<DomainPattern>,
}

impl Rule for X402AllowedDomains {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("domains", self.domains.is_empty())
    }
}
