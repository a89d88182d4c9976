//! VENUE_WHITELIST: which venues an action may use. Without one, any; with one, an action that names
//! no venue is refused.

use serde::{Deserialize, Serialize};

use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError, caseless, listed};
use crate::policy::{DenialCode, Policy};

/// Rules of VENUE_WHITELIST.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VenueWhitelist {
    /// At least one, sorted by id.
    pub venues: Vec<Venue>,
}

/// One venue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Venue {
    /// Its id; compared without regard to ASCII case.
    pub id: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl VenueWhitelist {
    fn lists(&self, venue: &str) -> bool {
        self.venues.binary_search_by(|entry| caseless(&entry.id, venue)).is_ok()
    }
}

impl Rule for VenueWhitelist {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("venues", self.venues.is_empty())?;
        for (i, venue) in self.venues.iter().enumerate() {
            let field = format!("venues[{i}].id");
            RulesError::unless_named(&field, &venue.id, "must have 1 to 100 characters", 100)?;
        }
        self.venues.sort_by(|a, b| caseless(&a.id, &b.id));
        Ok(())
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.venues.iter().all(|entry| old.lists(&entry.id))
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let Some(action) = &case.facts.action else { return };
        match &action.venue {
            None => findings.lack(row, "the venue of the action"),
            Some(venue) if !self.lists(venue) => {
                let message = format!("not a whitelisted venue: {venue}");
                let hint = format!("allowed: {}", listed(self.venues.iter().map(|entry| &entry.id)));
                findings.deny(row, DenialCode::VenueNotAllowed, message, Some(hint));
            }
            Some(_) => {}
        }
    }
}
