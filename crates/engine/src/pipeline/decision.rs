//! The shortening of long parts of requests that are not carried out.

use serde::Serialize;
use waiaas_core::asset::AssetId;
use waiaas_core::decision::{NotKept, RequestPart};
use waiaas_core::digest::Digest;
use waiaas_core::policy::{Ledger, PolicyFacts, Reputations};

use crate::error::Error;
use crate::views::NotKeptView;

/// The most bytes kept of one part of a denied request.
pub(crate) const MOST: usize = 4_096;

impl From<&NotKept> for NotKeptView {
    fn from(part: &NotKept) -> Self {
        Self { what: part.what, bytes: part.bytes, digest: part.digest }
    }
}

/// Reduces policy facts that are too long to those of the displayed parts of a request.
pub(crate) fn shorten_facts(
    facts: &mut PolicyFacts,
    asset: &AssetId,
    rest: &mut Vec<NotKept>,
) -> Result<(), Error> {
    if short(RequestPart::Facts, facts, rest)?.is_none() {
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
    what: RequestPart,
    part: &T,
    rest: &mut Vec<NotKept>,
) -> Result<Option<String>, Error> {
    let text = serde_json::to_string(part).map_err(Error::internal)?;
    if text.len() <= MOST {
        return Ok(Some(text));
    }
    rest.push(not_kept(what, &text));
    Ok(None)
}

/// The record of a part that is too long: its length and digest.
pub(crate) fn not_kept(what: RequestPart, text: &str) -> NotKept {
    NotKept { what, bytes: text.len(), digest: Digest::of("waiaas.denied.part.v1", &[text.as_bytes()]) }
}
