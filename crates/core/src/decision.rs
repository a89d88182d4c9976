//! Recorded decisions: a verdict with every input beside the effects, so that the evaluation can be repeated and
//! compared.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::policy::{Denial, PolicyFacts, Readings, TierReason, WindowWarning};
use crate::presentation::Presentation;

/// A verdict with its inputs. The effects are kept beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionRecord {
    /// The denials, the deciding one first; empty if granted.
    pub denials: Vec<Denial>,
    /// The reasons for the tier, the strictest first; empty if denied.
    pub reasons: Vec<TierReason>,
    /// A warning about a spending window that is nearly used up.
    pub warning: Option<WindowWarning>,
    /// The policy facts.
    pub facts: PolicyFacts,
    /// Digest of the stored policy set that was applied.
    pub policies: Digest,
    /// The presentation for the owner, if the tier is APPROVAL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presentation: Option<Box<Presentation>>,
    /// Warnings about amounts in base units that look like mistaken human units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// The parts that an early denial judged; empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub early: Vec<Readings>,
    /// Fraction digits of the amount as written, where the token's decimals were not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_decimals: Option<u8>,
    /// The parts of a denied or unsigned request that were too long to keep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_kept: Vec<NotKept>,
}

/// One part of a request that was too long to keep.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotKept {
    /// The part.
    pub what: RequestPart,
    /// Its length.
    pub bytes: usize,
    /// SHA-256 of it.
    pub digest: Digest,
}

/// A part of a request, or of its decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestPart {
    /// The intent.
    Intent,
    /// The draft.
    Draft,
    /// The effects.
    Effects,
    /// The policy facts.
    Facts,
    /// The parts that an early denial judged.
    Parts,
    /// The sentences of the denials.
    Denials,
    /// The reasons for the tier.
    Reasons,
    /// The presentation for the owner.
    Presentation,
}

impl RequestPart {
    /// All parts.
    pub const ALL: [Self; 8] = [
        Self::Intent,
        Self::Draft,
        Self::Effects,
        Self::Facts,
        Self::Parts,
        Self::Denials,
        Self::Reasons,
        Self::Presentation,
    ];

    /// The name, as on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Draft => "draft",
            Self::Effects => "effects",
            Self::Facts => "facts",
            Self::Parts => "parts",
            Self::Denials => "denials",
            Self::Reasons => "reasons",
            Self::Presentation => "presentation",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_stored_by_their_names() {
        for part in RequestPart::ALL {
            assert_eq!(serde_json::json!(part), part.as_str());
        }
    }
}
