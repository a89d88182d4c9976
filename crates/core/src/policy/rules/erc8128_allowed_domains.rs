//! ERC8128_ALLOWED_DOMAINS: whom HTTP messages may be signed for, and how often. Without one, nobody.

use serde::{Deserialize, Serialize};

use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{DomainPattern, Placement, Rule, RulesError, listed};
use crate::policy::{DenialCode, Policy};

/// Rules of ERC8128_ALLOWED_DOMAINS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erc8128AllowedDomains {
    /// At least one, sorted.
    pub domains: Vec<DomainPattern>,
    /// Signatures per minute and domain; 60 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit_rpm: Option<u32>,
}

/// Signatures per minute and domain where a row does not say.
const DEFAULT_RPM: u32 = 60;

impl Erc8128AllowedDomains {
    fn rpm(&self) -> u32 {
        self.rate_limit_rpm.unwrap_or(DEFAULT_RPM)
    }
}

impl Rule for Erc8128AllowedDomains {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("domains", self.domains.is_empty())?;
        self.domains.sort();
        self.domains.dedup();
        RulesError::unless_within("rate_limit_rpm", u64::from(self.rpm()), 1, u64::from(u32::MAX))
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        DomainPattern::all_within(&self.domains, &old.domains) && self.rpm() <= old.rpm()
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let Some(domain) = case.facts.purpose.message_domain() else { return };
        if !DomainPattern::any_matches(&self.domains, domain) {
            let message = format!("not a domain that messages may be signed for: {domain}");
            let hint = format!("allowed: {}", listed(&self.domains));
            findings.deny(row, DenialCode::Erc8128DomainNotAllowed, message, Some(hint));
        }
        let rpm = self.rpm();
        match case.facts.ledger.http_messages {
            None => findings.lack(row, "the number of messages signed in the last minute"),
            Some(signed) if signed >= u64::from(rpm) => {
                let message = format!(
                    "{signed} messages were signed for {domain} in the last minute, and {rpm} are allowed"
                );
                findings.deny(row, DenialCode::Erc8128RateLimited, message, Some("wait a minute".to_owned()));
            }
            Some(_) => {}
        }
    }
}
