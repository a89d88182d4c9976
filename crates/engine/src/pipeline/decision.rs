//! The stored form of a decision, and the shortening of long parts of requests that are not carried out.

use serde::{Deserialize, Serialize};
use waiaas_core::asset::AssetId;
use waiaas_core::digest::Digest;
use waiaas_core::policy::{Denial, Ledger, PolicyFacts, Readings, Reputations, TierReason, WindowWarning};
use waiaas_core::presentation::Presentation;

use crate::error::Error;
use crate::views::NotKeptView;

/// The most bytes kept of one part of a denied request.
pub(crate) const MOST: usize = 4_096;

/// A stored decision: the verdict and every input beside the effects, so that the evaluation can be repeated
/// and compared.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredVerdict {
    pub(crate) denials: Vec<Denial>,
    pub(crate) reasons: Vec<TierReason>,
    pub(crate) warning: Option<WindowWarning>,
    pub(crate) facts: PolicyFacts,
    /// Digest of the stored policy set that was applied.
    pub(crate) policies: Digest,
    /// The presentation for the owner, if the tier is APPROVAL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) presentation: Option<Box<Presentation>>,
    /// Warnings about amounts in base units that look like mistaken human units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notices: Vec<String>,
    /// The parts that an early denial judged; empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) early: Vec<Readings>,
    /// Fraction digits of the amount as written, where the token's decimals were not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) written_decimals: Option<u8>,
    /// The parts of a denied or unsigned request that were too long to keep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) not_kept: Vec<NotKept>,
}

/// One part of a request that was too long to keep.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotKept {
    /// `intent`, `draft`, `effects`, `facts`, `parts`, `denials`, `reasons` or `presentation`.
    pub(crate) what: String,
    /// Its length.
    pub(crate) bytes: usize,
    /// SHA-256 of it.
    pub(crate) digest: Digest,
}

impl From<&NotKept> for NotKeptView {
    fn from(part: &NotKept) -> Self {
        Self { what: part.what.clone(), bytes: part.bytes, digest: part.digest }
    }
}

/// Reduces policy facts that are too long to those of the displayed parts of a request.
pub(crate) fn shorten_facts(
    facts: &mut PolicyFacts,
    asset: &AssetId,
    rest: &mut Vec<NotKept>,
) -> Result<(), Error> {
    if short("facts", facts, rest)?.is_none() {
        facts.assets.retain(|known, _| known == asset);
        facts.balances.clear();
        facts.reputation = Reputations::default();
        facts.ledger = Ledger::default();
        facts.action = None;
    }
    Ok(())
}

/// The JSON of a part, if it is short enough to be kept.
pub(crate) fn short<T: Serialize>(
    what: &str,
    part: &T,
    rest: &mut Vec<NotKept>,
) -> Result<Option<String>, Error> {
    let text = serde_json::to_string(part).map_err(Error::internal)?;
    if text.len() <= MOST {
        return Ok(Some(text));
    }
    let digest = Digest::of("waiaas.denied.part.v1", &[text.as_bytes()]);
    rest.push(NotKept { what: what.to_owned(), bytes: text.len(), digest });
    Ok(None)
}
