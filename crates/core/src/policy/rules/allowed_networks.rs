//! ALLOWED_NETWORKS: which networks may be used. Without one, any may.

use serde::{Deserialize, Serialize};

use crate::network::NetworkId;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError, listed};
use crate::policy::{DenialCode, Policy};

/// Rules of ALLOWED_NETWORKS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedNetworks {
    /// At least one, sorted by name.
    pub networks: Vec<AllowedNetwork>,
}

/// One network.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedNetwork {
    /// Name or CAIP-2 id; kept as the canonical name.
    pub network: NetworkId,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Rule for AllowedNetworks {
    fn check(&mut self, placement: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("networks", self.networks.is_empty())?;
        for (i, entry) in self.networks.iter_mut().enumerate() {
            let found = placement.networks.find(entry.network.as_str());
            let found = found
                .map_err(|source| RulesError::Network { field: format!("networks[{i}].network"), source })?;
            entry.network = found.id.clone();
        }
        self.networks.sort();
        self.networks.dedup();
        Ok(())
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.networks.iter().all(|entry| old.networks.iter().any(|known| known.network == entry.network))
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let wanted = &case.effects.network;
        // Sorted by network first, so this finds an entry whatever its name.
        if self.networks.binary_search_by(|entry| entry.network.cmp(wanted)).is_err() {
            let message = format!("the network {wanted} is not allowed");
            let hint = format!("allowed: {}", listed(self.networks.iter().map(|entry| &entry.network)));
            findings.deny(row, DenialCode::NetworkNotAllowed, message, Some(hint));
        }
    }
}
