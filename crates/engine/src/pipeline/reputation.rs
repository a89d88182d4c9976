//! How counterparties are reputed: asked of the registries before a request is judged, and only about
//! whom the operator has named, where a policy in force wants to know.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use waiaas_chains::AgentQuestion;
use waiaas_core::address::Address;
use waiaas_core::policy::{FeedbackTags, Reputation, Reputations, counterparties};

use crate::Engine;
use crate::error::Error;
use crate::pipeline::validated::Validated;

/// Most questions that one request may put to the nodes. Whoever is left out is unrated.
const MOST_QUESTIONS: usize = 16;

/// What the registries say of the parties to a request. Whatever stands in the way leaves them unrated.
/// A policy that comes into force between this and the judgement finds them so, too.
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

/// What the policies in force now want to know.
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
