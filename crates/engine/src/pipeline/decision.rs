//! What is stored of a decision, and the parts of it that are too long to be kept where nothing follows from it.

use serde::{Deserialize, Serialize};
use waiaas_core::asset::AssetId;
use waiaas_core::digest::Digest;
use waiaas_core::policy::{Denial, Ledger, PolicyFacts, Readings, Reputations, TierReason, WindowWarning};
use waiaas_core::presentation::Presentation;

use crate::error::Error;
use crate::views::NotKeptView;

/// Most bytes that are kept of one part of a denied request.
pub(crate) const MOST: usize = 4_096;

/// What is stored of a decision: the outcome, and every input it was made from beside the effects, so
/// that it can be made again and compared.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredVerdict {
    pub(crate) denials: Vec<Denial>,
    pub(crate) reasons: Vec<TierReason>,
    pub(crate) warning: Option<WindowWarning>,
    pub(crate) facts: PolicyFacts,
    /// The set of policies that judged, as kept in the store.
    pub(crate) policies: Digest,
    /// What the owner is shown, where one is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) presentation: Option<Box<Presentation>>,
    /// About amounts in base units that look as if human ones were meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notices: Vec<String>,
    /// The parts that were judged where that was before anybody was asked; empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) early: Vec<Readings>,
    /// Digits behind the point of the amount as it was written, where its token's decimals were not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) written_decimals: Option<u8>,
    /// What of a request that was denied, or ended unsigned, was too long to be kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) not_kept: Vec<NotKept>,
}

/// Something of a request that is not carried out that was too long to be kept.
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

/// Leaves of facts that are too long what is shown of a request.
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
