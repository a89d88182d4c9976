//! Reputation of counterparties in registries (ERC-8004), and the questions that a set of policies has about
//! them. The engine asks.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::effect::Effects;
use crate::policy::{PolicySet, Rules, counterparties};

/// A counterparty's reputation in a registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reputation {
    /// A score from 0 to 100, rounded down.
    Score(u8),
    /// Registered without a score, not registered, or not readable.
    Unrated,
}

/// The feedback that counts. An absent tag matches any tag.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct FeedbackTags {
    /// First tag.
    pub tag1: Option<String>,
    /// Second tag.
    pub tag2: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Rated {
    #[serde(flatten)]
    tags: FeedbackTags,
    reputation: Reputation,
}

/// Reputation by counterparty and by the tags of the feedback counted. An absent one is unrated.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reputations(BTreeMap<Address, Vec<Rated>>);

impl Reputations {
    /// Every question that the policies have about the parties to these effects.
    pub fn wanted(policies: &PolicySet, effects: &Effects) -> BTreeSet<(Address, FeedbackTags)> {
        let mut wanted = BTreeSet::new();
        for policy in policies.iter() {
            if let Rules::ReputationThreshold(rule) = &policy.rules
                && rule.check_counterparty
            {
                let tags = FeedbackTags { tag1: rule.tag1.clone(), tag2: rule.tag2.clone() };
                wanted.extend(counterparties(effects).into_iter().map(|party| (party, tags.clone())));
            }
        }
        wanted
    }

    /// Stores an answer; it replaces an earlier one to the same question.
    pub fn insert(&mut self, party: Address, tags: FeedbackTags, reputation: Reputation) {
        let of_party = self.0.entry(party).or_default();
        of_party.retain(|rated| rated.tags != tags);
        of_party.push(Rated { tags, reputation });
    }

    /// The reputation of `party` by the feedback with exactly these tags.
    pub fn get(&self, party: &Address, tag1: Option<&str>, tag2: Option<&str>) -> Reputation {
        let same = |rated: &&Rated| (rated.tags.tag1.as_deref(), rated.tags.tag2.as_deref()) == (tag1, tag2);
        let rated = self.0.get(party).and_then(|of_party| of_party.iter().find(same));
        rated.map_or(Reputation::Unrated, |rated| rated.reputation)
    }
}

impl FromIterator<(Address, FeedbackTags, Reputation)> for Reputations {
    fn from_iter<I: IntoIterator<Item = (Address, FeedbackTags, Reputation)>>(answers: I) -> Self {
        let mut all = Self::default();
        answers.into_iter().for_each(|(party, tags, reputation)| all.insert(party, tags, reputation));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_of_the_feedback_it_was_made_from() {
        let party = Address::Evm([7; 20]);
        let tags = |first: Option<&str>| FeedbackTags { tag1: first.map(str::to_owned), tag2: None };
        let mut known = Reputations::default();
        known.insert(party, tags(Some("speed")), Reputation::Score(90));
        known.insert(party, tags(None), Reputation::Score(40));
        assert_eq!(known.get(&party, Some("speed"), None), Reputation::Score(90));
        assert_eq!(known.get(&party, None, None), Reputation::Score(40));
        assert_eq!(known.get(&party, None, Some("speed")), Reputation::Unrated);
        assert_eq!(known.get(&Address::Evm([8; 20]), None, None), Reputation::Unrated);
        known.insert(party, tags(None), Reputation::Unrated);
        assert_eq!(known.get(&party, None, None), Reputation::Unrated);
        assert_eq!(known.get(&party, Some("speed"), None), Reputation::Score(90));

        let collected: Reputations = [(party, tags(None), Reputation::Score(7))].into_iter().collect();
        assert_eq!(collected.get(&party, None, None), Reputation::Score(7));

        let text = serde_json::to_string(&known).expect("json");
        assert_eq!(serde_json::from_str::<Reputations>(&text).expect("the same"), known);
        assert_eq!(serde_json::from_str::<Reputations>("{}").expect("empty"), Reputations::default());
    }
}
