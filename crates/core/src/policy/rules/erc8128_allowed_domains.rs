//! ERC8128_ALLOWED_DOMAINS: whom HTTP messages may be signed for. Read and checked; not enforced by
//! this build.

use serde::{Deserialize, Serialize};

use crate::policy::rules::DomainPattern;
use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of ERC8128_ALLOWED_DOMAINS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erc8128AllowedDomains {
    /// At least one.
    pub domains: Vec<DomainPattern>,
    /// Signatures per minute and domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit_rpm: Option<u32>,
}

impl Rule for Erc8128AllowedDomains {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("domains", self.domains.is_empty())?;
        let rate = self.rate_limit_rpm.map_or(1, u64::from);
        RulesError::unless_within("rate_limit_rpm", rate, 1, u64::from(u32::MAX))
    }
}
