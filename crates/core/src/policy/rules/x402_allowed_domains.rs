//! X402_ALLOWED_DOMAINS: whose HTTP resources may be paid for. Without one, nobody's.

use serde::{Deserialize, Serialize};

use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{DomainPattern, Placement, Rule, RulesError, listed};
use crate::policy::{DenialCode, Policy, Purpose};

/// Rules of X402_ALLOWED_DOMAINS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct X402AllowedDomains {
    /// At least one, sorted.
    pub domains: Vec<DomainPattern>,
}

impl Rule for X402AllowedDomains {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("domains", self.domains.is_empty())?;
        self.domains.sort();
        self.domains.dedup();
        Ok(())
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        DomainPattern::all_within(&self.domains, &old.domains)
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let domain = match &case.facts.purpose {
            Purpose::HttpPayment { domain } => domain,
            Purpose::Plain | Purpose::HttpMessage { .. } => return,
        };
        if !DomainPattern::any_matches(&self.domains, domain) {
            let message = format!("not a domain that may be paid: {domain}");
            let hint = format!("allowed: {}", listed(&self.domains));
            findings.deny(row, DenialCode::X402DomainNotAllowed, message, Some(hint));
        }
    }
}
