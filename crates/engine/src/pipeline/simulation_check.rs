//! The simulation check: a node runs the transaction, and its effects are compared with the decoded ones, or
//! judged themselves if a call cannot be decoded. It runs before admission and again before signing.
//!
//! Belongs here: when to ask, and whether to continue. Does not belong here: the comparison
//! (`core::simulation`), and the consequence of a disagreement (`core::policy`).

use waiaas_chains::{Chain as ChainPort, ChainError, Observation, Refusal};
use waiaas_core::draft::{Completed, Draft};
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::intent::{Intent, IntentKind};
use waiaas_core::policy::Tier;
use waiaas_core::simulation::{Observed, SimulationCheck, Unsimulated, attribute, compare};
use waiaas_store::TransactionRow;

use crate::Engine;
use crate::error::Error;
use crate::pipeline::validated::Validated;

/// The simulation check before admission, with the simulated effects of undecoded calls.
pub(super) async fn first_look(validated: &Validated) -> Result<(SimulationCheck, Vec<Effect>), Error> {
    let handed_out = matches!(validated.intent, Intent::SignTransaction { .. });
    let looked = look(&*validated.chain, &validated.draft, None, handed_out).await?;
    Ok(match looked {
        Looked::Seen(observed) => attribute(&observed, &validated.effects),
        Looked::Otherwise(fact) => (fact, Vec::new()),
    })
}

/// The result of the check before signing.
pub(super) enum LastLook {
    /// Judge by this check and these effects.
    Fact(SimulationCheck, Effects),
    /// Not signed now; tried again when a node answers.
    Wait(ChainError),
}

/// The simulation check right before signing: a contract may have changed since admission. A missing answer
/// suffices only if the owner approved the request without a simulation.
pub(super) async fn last_look(
    engine: &Engine,
    row: &TransactionRow,
    chain: &dyn ChainPort,
    draft: &Draft,
    completed: &Completed,
) -> Result<LastLook, Error> {
    let mut effects = chain.codec().effects(draft)?;
    let looked = match look(chain, draft, Some(completed), row.kind == IntentKind::Sign).await {
        Ok(looked) => looked,
        Err(error) => return Ok(LastLook::Wait(error)),
    };
    let fact = match looked {
        Looked::Seen(observed) => return within(row, &observed, effects),
        Looked::Otherwise(fact) => fact,
    };
    effects.seen = judged_as_seen(row)?;
    let SimulationCheck::Unavailable { reason } = &fact else { return Ok(LastLook::Fact(fact, effects)) };
    let judged = row.verdict.read()?;
    let told = matches!(judged.facts.simulation, SimulationCheck::Unavailable { .. });
    let approved = row.tier == Some(Tier::Approval);
    match Unsimulated::from(engine.config().policy.unsimulated) {
        Unsimulated::Approval if told && approved => Ok(LastLook::Fact(fact, effects)),
        Unsimulated::Approval | Unsimulated::Deny => {
            let reason = format!("no node could show what the transaction does: {reason}");
            Ok(LastLook::Wait(ChainError::BadAnswer { network: row.network.to_string(), reason }))
        }
    }
}

/// The effects simulated now may not exceed the judged ones, decoded and simulated. The present ones are
/// judged, since recipients may have changed.
fn within(row: &TransactionRow, observed: &Observed, decoded: Effects) -> Result<LastLook, Error> {
    let judged = Effects { seen: judged_as_seen(row)?, ..decoded.clone() };
    let (fact, seen) = attribute(observed, &decoded);
    Ok(match (compare(observed, &judged), fact) {
        (SimulationCheck::Agrees, fact) => LastLook::Fact(fact, Effects { seen, ..decoded }),
        (more, _) => LastLook::Fact(more, judged),
    })
}

/// The simulated effects counted at admission.
fn judged_as_seen(row: &TransactionRow) -> Result<Vec<Effect>, Error> {
    let effects = row.effects.as_ref().ok_or_else(|| Error::internal("judged without effects"))?;
    Ok(effects.read()?.seen)
}

/// The result of asking the nodes.
enum Looked {
    /// A node ran it.
    Seen(Box<Observed>),
    /// No node ran it, or none has to.
    Otherwise(SimulationCheck),
}

/// Asks a node to run the transaction. One that the caller will send later may fail now; then there is no
/// simulation.
async fn look(
    chain: &dyn ChainPort,
    draft: &Draft,
    completed: Option<&Completed>,
    handed_out: bool,
) -> Result<Looked, ChainError> {
    let fact = match chain.observe(draft, completed).await {
        Ok(Observation::Seen(observed)) => return Ok(Looked::Seen(observed)),
        Ok(Observation::NotApplicable) => SimulationCheck::NotApplicable,
        Ok(Observation::Unavailable(reason)) => SimulationCheck::Unavailable { reason },
        Err(ChainError::Refused(failed @ Refusal::SimulationFailed(_))) if handed_out => {
            SimulationCheck::Unavailable { reason: failed.to_string() }
        }
        Err(error) => return Err(error),
    };
    Ok(Looked::Otherwise(fact))
}
