//! PERP_MAX_POSITION_USD: how large a position may be. Read and checked; not enforced by this build.

use serde::{Deserialize, Serialize};

use crate::money::Usd;
use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of PERP_MAX_POSITION_USD.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PerpMaxPositionUsd {
    /// Above it: denied. More than zero.
    pub max_position_usd: Usd,
    /// Above it: delayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_position_usd: Option<Usd>,
}

impl Rule for PerpMaxPositionUsd {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_zero("maxPositionUsd", self.max_position_usd == Usd::ZERO)?;
        RulesError::unless_representable("maxPositionUsd", Some(self.max_position_usd))?;
        RulesError::unless_ascending(
            "",
            &[
                ("warningPositionUsd", self.warning_position_usd),
                ("maxPositionUsd", Some(self.max_position_usd)),
            ],
        )
    }
}
