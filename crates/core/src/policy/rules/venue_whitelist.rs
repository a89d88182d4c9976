//! VENUE_WHITELIST: which venues may be used. Read and checked; not enforced by this build.

use serde::{Deserialize, Serialize};

use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of VENUE_WHITELIST.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VenueWhitelist {
    /// At least one.
    pub venues: Vec<Venue>,
}

/// One venue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Venue {
    /// Its id.
    pub id: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Rule for VenueWhitelist {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("venues", self.venues.is_empty())?;
        for (i, venue) in self.venues.iter().enumerate() {
            let field = format!("venues[{i}].id");
            RulesError::unless_named(&field, &venue.id, "must have 1 to 100 characters", 100)?;
        }
        Ok(())
    }
}
