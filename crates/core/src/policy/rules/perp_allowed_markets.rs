//! PERP_ALLOWED_MARKETS: which markets may be traded. Read and checked; not enforced by this build.

use serde::{Deserialize, Serialize};

use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of PERP_ALLOWED_MARKETS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerpAllowedMarkets {
    /// At least one.
    pub markets: Vec<PerpMarket>,
}

/// One market.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerpMarket {
    /// The venue's name for it.
    pub market: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Rule for PerpAllowedMarkets {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("markets", self.markets.is_empty())?;
        for (i, market) in self.markets.iter().enumerate() {
            let field = format!("markets[{i}].market");
            RulesError::unless_named(&field, &market.market, "must have 1 to 100 characters", 100)?;
        }
        Ok(())
    }
}
