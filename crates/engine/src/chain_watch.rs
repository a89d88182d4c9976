//! Detects that a network's endpoints serve another chain than before: a development chain that was restarted, or
//! a wrong node.
//!
//! On a local network transactions signed for the old chain end, and their reservations are released. On a public
//! network the change is only logged: public chains do not restart, and a node may lie.

use waiaas_chains::Identity;
use waiaas_core::audit::{Actor, AuditEvent, ChainSeen};
use waiaas_core::network::{Environment, NetworkId};
use waiaas_store::{AuditEntry, ChainIdentity, Ended};

use crate::Engine;
use crate::chains::Look;
use crate::error::Error;

/// Checks the identity of a network's chain and handles a reset. Without an answer nothing changes.
pub(crate) async fn look(engine: &Engine, network: &NetworkId, look: Look) -> Result<(), Error> {
    let Some(environment) = engine.networks().get(network).map(|network| network.environment) else {
        return Ok(());
    };
    if !engine.chain_watch().due(network, environment, look) {
        return Ok(());
    }
    let Identity { genesis, lowest, highest } = match engine.chain(network)?.identity().await {
        Ok(identity) => identity,
        Err(error) => {
            tracing::debug!(%network, %error, "the nodes do not say which chain they serve");
            return Ok(());
        }
    };
    // The lowest height is stored, and all endpoints must be below it for the chain to count as set back, so that
    // one invented height beside an honest one ends nothing. An impossible height is not stored; the first block
    // counts all the same.
    let height = if i64::try_from(lowest).is_ok() { lowest } else { 0 };
    let now = ChainIdentity { genesis, height };
    let before = engine.store().chain_identity(network).await?;
    let local = environment == Environment::Local;
    match before {
        Some(before) if before.genesis != now.genesis && local => {
            anew(engine, network, now, highest, OTHER_GENESIS).await
        }
        Some(before) if before.height > highest && local => anew(engine, network, now, highest, LOWER).await,
        Some(before) if before.genesis != now.genesis => named(engine, network, &before, now).await,
        // Heights of public chains are not compared, since nodes may be behind each other.
        Some(before) if before.height >= now.height || (look == Look::BeforeSending && local) => Ok(()),
        Some(_) | None => remember(engine, network, now).await,
    }
}

const OTHER_GENESIS: &str = "The chain behind this network's name was started anew (its first block is another \
                             one), so what was signed for the old chain can land no more.";
const LOWER: &str = "The chain behind this network's name was started anew or set back (it is shorter than it \
                     was), so what was signed for the old chain is followed no more.";

async fn anew(
    engine: &Engine,
    network: &NetworkId,
    now: ChainIdentity,
    highest: u64,
    message: &'static str,
) -> Result<(), Error> {
    let (name, at) = (network.clone(), engine.now());
    let why = Ended { code: "CHAIN_RESET".to_owned(), message: message.to_owned() };
    let ended = engine
        .store()
        .write(move |tx| {
            Box::pin(async move {
                // Another task may have handled it meanwhile.
                let before = tx.chain_identity(&name).await?;
                if before.is_none_or(|before| before.genesis == now.genesis && before.height <= highest) {
                    return Ok(None);
                }
                tx.chain_started_anew(&name, &now, &why, at).await.map(Some)
            })
        })
        .await?;
    if let Some(ended) = ended {
        tracing::warn!(%network, ended, "{message}");
    }
    Ok(())
}

async fn named(
    engine: &Engine,
    network: &NetworkId,
    before: &ChainIdentity,
    now: ChainIdentity,
) -> Result<(), Error> {
    tracing::error!(
        %network, was = before.genesis, is = now.genesis,
        "the nodes serve another chain than before under this network's name; nothing is given up over it"
    );
    let seen = |chain: &ChainIdentity| ChainSeen { genesis: chain.genesis.clone(), height: None };
    let reset = AuditEvent::ChainReset {
        network: network.clone(),
        ended: 0,
        was: Some(seen(before)),
        is: seen(&now),
    };
    let audit = AuditEntry::new(reset, Actor::System, engine.now());
    let (network, at) = (network.clone(), engine.now());
    engine
        .store()
        .write(move |tx| {
            Box::pin(async move {
                tx.remember_chain(&network, &now, at).await?;
                tx.record(audit).await.map(drop)
            })
        })
        .await?;
    Ok(())
}

async fn remember(engine: &Engine, network: &NetworkId, now: ChainIdentity) -> Result<(), Error> {
    let (network, at) = (network.clone(), engine.now());
    engine
        .store()
        .write(move |tx| Box::pin(async move { tx.remember_chain(&network, &now, at).await }))
        .await?;
    Ok(())
}
