//! Reputation of counterparties, read from the registries before admission: only for parties that the
//! operator has named, and only if a policy in force needs it.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use waiaas_chains::AgentQuestion;
use waiaas_core::address::Address;
use waiaas_core::policy::{FeedbackTags, Reputation, Reputations, counterparties};

use crate::Engine;
use crate::error::Error;
use crate::pipeline::validated::Validated;

/// The most look-ups of one request. Parties beyond it are unrated.
const MOST_QUESTIONS: usize = 16;

/// Returns the reputation of the parties to a request. A failed look-up leaves a party unrated, also for a
/// policy that comes into force before admission.
pub(crate) async fn of_parties(engine: &Engine, validated: &Validated) -> Result<Reputations, Error> {
    let agents = &engine.config().reputation.agents;
    let named = |party: &Address| agents.contains_key(party);
    if !counterparties(&validated.effects).iter().any(named) {
        return Ok(Reputations::default());
    }
    let wanted = wanted(engine, validated).await?;
    let asked = wanted.into_iter().filter(|(party, _)| named(party)).take(MOST_QUESTIONS);
    let answers = asked.map(|(party, tags)| async move {
        let reputation = of_party(engine, validated, party, &tags).await;
        (party, tags, reputation)
    });
    Ok(join_all(answers).await.into_iter().collect())
}

/// The look-ups that the policies in force need.
async fn wanted(engine: &Engine, validated: &Validated) -> Result<BTreeSet<(Address, FeedbackTags)>, Error> {
    let (engine_, wallet, network) = (engine.clone(), validated.wallet.id, validated.network.id.clone());
    let policies = engine
        .store()
        .write(move |tx| {
            Box::pin(
                async move { engine_.policies().in_force(tx, engine_.networks(), wallet, &network).await },
            )
        })
        .await?;
    Ok(Reputations::wanted(&policies.set, &validated.effects))
}

async fn of_party(engine: &Engine, validated: &Validated, party: Address, tags: &FeedbackTags) -> Reputation {
    let settings = &engine.config().reputation;
    let (Some(source), Some(agent)) = (engine.reputation(), settings.agents.get(&party)) else {
        return Reputation::Unrated;
    };
    let elsewhere = settings.network() != validated.network.id;
    let question = AgentQuestion { agent: *agent, party, elsewhere, tags: tags.clone() };
    match source.reputation(&question).await {
        Ok(reputation) => reputation,
        Err(error) => {
            tracing::warn!(%party, %agent, %error, "the reputation of an agent is not to be had");
            Reputation::Unrated
        }
    }
}
