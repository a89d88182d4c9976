//! The early denial: if the policies deny a request whatever a node or a price service would answer, it is
//! denied before any of them is asked. This works with every node down and causes no outbound call.
//!
//! Belongs here: when to evaluate early, and the answer. Does not belong here: which requests can be denied early
//! (`core::policy::early`), which effects of a request are certain (stage 1 and the chains), and how a denial is
//! stored (`denied`).

use waiaas_core::digest::Digest;
use waiaas_core::policy::{Denial, early};
use waiaas_store::WriteTx;

use crate::Engine;
use crate::credentials::Session;
use crate::error::Error;
use crate::pipeline::assets;
use crate::pipeline::auto_stop;
use crate::pipeline::case::{Admitted, Grounds, Subject};
use crate::pipeline::denied::{self, Refused};
use crate::pipeline::idempotency;
use crate::pipeline::known::Known;
use crate::pipeline::s3_policy;
use crate::pipeline::validated::{Outline, Validated};
use crate::views::IdempotencyKey;

impl Engine {
    /// Denies a request that the policies in force cannot grant; none if they might grant it.
    pub(super) async fn refuse_early(
        &self,
        session: &Session,
        outline: Outline,
        key: Option<IdempotencyKey>,
        request: Digest,
    ) -> Result<Option<Admitted>, Error> {
        self.reserve().refuse_unless_held()?;
        let known = Known::unasked(assets::known(self, &outline.network, &outline.parts).await?);
        let (engine, session) = (self.clone(), session.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let Some((grounds, denials)) = look(&engine, tx, &session, &outline, known).await? else {
                        return Ok(None);
                    };
                    let now = grounds.facts.now;
                    if let Some(first) = idempotency::answered(tx, &session, key.as_ref(), now).await? {
                        return Ok(Some(Admitted::Repeat(first)));
                    }
                    if let Some(trigger) = auto_stop::stop(&engine, tx, &grounds.admission.wallet).await? {
                        return Ok(Some(Admitted::Stopped(trigger)));
                    }
                    engine.meters().denied(&denials);
                    let refused = Refused {
                        session: &session,
                        wallet: outline.wallet.id,
                        network: outline.network.id.clone(),
                        intent: &outline.intent,
                        money: &outline.money,
                        draft: outline.draft.as_ref(),
                        effects: &outline.effects(),
                        replaces: outline.replaces,
                        gas_condition: outline.gas_condition,
                        origin: &outline.origin,
                        early: outline.parts.clone(),
                        grounds: &grounds,
                        denials: &denials,
                        notices: Vec::new(),
                        request,
                    };
                    Ok::<_, Error>(Some(denied::keep(&engine, tx, key, refused).await?))
                })
            })
            .await
    }

    /// Denies a built request before price services are asked; none if no price is needed or they might
    /// grant it.
    pub(super) async fn refuse_unpriced(
        &self,
        session: &Session,
        validated: &Validated,
        key: Option<&IdempotencyKey>,
        request: Digest,
    ) -> Result<Option<Admitted>, Error> {
        if !assets::prices_to_ask(self, &validated.effects).await {
            return Ok(None);
        }
        self.refuse_early(session, Outline::from(validated), key.cloned(), request).await
    }

    /// Returns the early denials of a request; empty if it might be granted. Writes nothing.
    pub(super) async fn early_denials(
        &self,
        session: &Session,
        outline: Outline,
    ) -> Result<(Outline, Vec<Denial>), Error> {
        let known = Known::unasked(assets::known(self, &outline.network, &outline.parts).await?);
        let (engine, session) = (self.clone(), session.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let found = look(&engine, tx, &session, &outline, known).await?;
                    Ok::<_, Error>((outline, found.map(|(_, denials)| denials).unwrap_or_default()))
                })
            })
            .await
    }
}

/// Stage 2 and the early denials, inside a transaction; none if there is no early denial. Writes nothing.
async fn look(
    engine: &Engine,
    tx: &mut WriteTx,
    session: &Session,
    outline: &Outline,
    known: Known,
) -> Result<Option<(Grounds, Vec<Denial>)>, Error> {
    let subject = Subject {
        session,
        wallet: outline.wallet.id,
        network: &outline.network.id,
        origin: &outline.origin,
        kind: outline.intent.kind(),
        effects: None,
    };
    let grounds = s3_policy::grounds(engine, tx, &subject, known).await?;
    let denials = early(&grounds.policies.set, &outline.parts, &grounds.facts);
    Ok(if denials.is_empty() { None } else { Some((grounds, denials)) })
}
