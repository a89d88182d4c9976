//! The second witness: a node runs the transaction, and what leaves the wallet is held against the
//! decoded effects. Asked when a request is judged, and again right before it is signed.
//!
//! Belongs here: when to ask, and what an answer means for going on. Does not belong here: the
//! comparison (`core::witness`), and what a disagreement leads to (`core::policy`).

use waiaas_chains::{Chain as ChainPort, ChainError, Refusal, Witness};
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effects;
use waiaas_core::intent::{Intent, IntentKind};
use waiaas_core::policy::Tier;
use waiaas_core::witness::{Unwitnessed, WitnessFact, compare};
use waiaas_store::TransactionRow;

use crate::Engine;
use crate::error::Error;
use crate::pipeline::s1_validate::Validated;
use crate::pipeline::s3_policy::StoredVerdict;

/// What a node sees before the request is judged.
pub(super) async fn first_look(validated: &Validated) -> Result<WitnessFact, Error> {
    let handed_out = matches!(validated.intent, Intent::SignTransaction { .. });
    Ok(look(&*validated.chain, &validated.draft, &validated.effects, handed_out).await?)
}

/// What came of looking again.
pub(super) enum LastLook {
    /// Judge by this.
    Fact(WitnessFact),
    /// Not signed now; a node that answers may change that.
    Wait(ChainError),
}

/// What a node sees right before signing: a contract may have changed since the request was judged.
/// Silence is good enough only where the owner has approved of it already.
pub(super) async fn last_look(
    engine: &Engine,
    row: &TransactionRow,
    chain: &dyn ChainPort,
    draft: &Draft,
) -> Result<LastLook, Error> {
    let effects = chain.effects(draft)?;
    let fact = match look(chain, draft, &effects, row.kind == IntentKind::Sign).await {
        Ok(fact) => fact,
        Err(error) => return Ok(LastLook::Wait(error)),
    };
    let WitnessFact::Unavailable { reason } = &fact else { return Ok(LastLook::Fact(fact)) };
    let judged: StoredVerdict = serde_json::from_str(&row.verdict).map_err(Error::internal)?;
    let told = matches!(judged.facts.witness, WitnessFact::Unavailable { .. });
    let approved = row.tier == Some(Tier::Approval);
    match Unwitnessed::from(engine.config().policy.unsimulated) {
        Unwitnessed::Approval if told && approved => Ok(LastLook::Fact(fact)),
        Unwitnessed::Approval | Unwitnessed::Deny => {
            let reason = format!("no node could show what the transaction does: {reason}");
            Ok(LastLook::Wait(ChainError::BadAnswer { network: row.network.to_string(), reason }))
        }
    }
}

/// A transaction that is only signed, and sent by somebody else at another time, may well fail now;
/// then nobody has seen what it does.
async fn look(
    chain: &dyn ChainPort,
    draft: &Draft,
    effects: &Effects,
    handed_out: bool,
) -> Result<WitnessFact, ChainError> {
    match chain.witness(draft).await {
        Ok(Witness::NotApplicable) => Ok(WitnessFact::NotApplicable),
        Ok(Witness::Seen(observed)) => Ok(compare(&observed, effects)),
        Ok(Witness::Unavailable(reason)) => Ok(WitnessFact::Unavailable { reason }),
        Err(ChainError::Refused(failed @ Refusal::SimulationFailed(_))) if handed_out => {
            Ok(WitnessFact::Unavailable { reason: failed.to_string() })
        }
        Err(error) => Err(error),
    }
}
