//! PERP_ALLOWED_MARKETS: which markets may be traded. Without one, none may.

use serde::{Deserialize, Serialize};

use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError, caseless, listed};
use crate::policy::{DenialCode, Policy};

/// Rules of PERP_ALLOWED_MARKETS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerpAllowedMarkets {
    /// At least one, sorted by market.
    pub markets: Vec<PerpMarket>,
}

/// One market.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerpMarket {
    /// The venue's name for it; compared without regard to ASCII case.
    pub market: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl PerpAllowedMarkets {
    fn lists(&self, market: &str) -> bool {
        self.markets.binary_search_by(|entry| caseless(&entry.market, market)).is_ok()
    }
}

impl Rule for PerpAllowedMarkets {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("markets", self.markets.is_empty())?;
        for (i, market) in self.markets.iter().enumerate() {
            let field = format!("markets[{i}].market");
            RulesError::unless_named(&field, &market.market, "must have 1 to 100 characters", 100)?;
        }
        self.markets.sort_by(|a, b| caseless(&a.market, &b.market));
        Ok(())
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.markets.iter().all(|entry| old.lists(&entry.market))
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let Some(action) = case.facts.action.as_ref().filter(|action| action.kind.is_perp()) else { return };
        match &action.market {
            None => findings.lack(row, "the market of the position"),
            Some(market) if !self.lists(market) => {
                let message = format!("not an allowed market: {market}");
                let hint = format!("allowed: {}", listed(self.markets.iter().map(|entry| &entry.market)));
                findings.deny(row, DenialCode::MarketNotAllowed, message, Some(hint));
            }
            Some(_) => {}
        }
    }
}
