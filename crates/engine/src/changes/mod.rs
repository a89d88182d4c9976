//! Changes of a wallet's protection. A loosening waits for every LOCKED owner concerned; any other change is
//! applied at once. One function applies both ([`apply::apply`]), in the transaction of the decision.
//!
//! `standing.rs` determines whether a change loosens and whose consent it needs, `describe.rs` words it, and
//! `waiting.rs` handles pending changes. The operator's requests are in `operator/`, the owners' answers in
//! `owner/`.

mod apply;
mod describe;
mod standing;
mod waiting;

pub(crate) use waiting::{by_owner, expire, no_change, refuse_unless_open, row, too_late};

use std::collections::BTreeSet;

use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::change::{Change, ChangeStatus};
use waiaas_core::ids::ChangeId;
use waiaas_core::owner::{self, Challenge, OwnerAction};
use waiaas_store::{AuditEntry, ChallengeRow, ChangeRow, NewChange, WriteTx};

use crate::Engine;
use crate::challenges::{chain_id, nonce};
use crate::changes::apply::{Authority, apply};
use crate::changes::standing::{Concerned, CurrentState};
use crate::error::{Error, ErrorCode, Remedy};
use crate::ids;
use crate::views::ChangeView;

/// The time that owners have to answer: three days.
const CONSENT_SECONDS: i64 = 259_200;
/// The most pending changes at a time.
const MAX_OPEN: usize = 50;

impl Engine {
    /// Applies a change, or stores it as pending. None if it was applied.
    pub(crate) async fn submit(&self, change: Change) -> Result<Option<ChangeView>, Error> {
        let engine = self.clone();
        let waits =
            self.store().write(move |tx| Box::pin(async move { request(&engine, tx, change).await })).await?;
        match waits {
            Some(id) => Ok(Some(self.change_by_id(id).await?)),
            None => Ok(None),
        }
    }
}

async fn request(engine: &Engine, tx: &mut WriteTx, change: Change) -> Result<Option<ChangeId>, Error> {
    let now = engine.now();
    let standing = CurrentState::read(tx).await?;
    let step = standing.step(&change, engine.networks(), now)?;
    let needs = standing.needs(&step, engine.networks());
    let open = tx.open_changes().await?;
    let same = open.iter().find(|row| row.subject == change.subject());
    if needs.owners.is_empty() {
        if let Some(older) = same {
            supersede(tx, older.id, Actor::Master, "a newer change took its place", now).await?;
        }
        let by = Authority { actor: Actor::Master, change: None, loosens: needs.loosens, now };
        apply(tx, step, &by).await?;
        return Ok(None);
    }
    let content = serde_json::to_string(&change).map_err(Error::internal)?;
    match same {
        // A repeated request keeps the pending change; owners who are missing are asked now.
        Some(row) if row.content == content && now < row.expires_at => {
            return Ok(match settle(engine, tx, row, Actor::Master).await? {
                Settled::Waits => Some(row.id),
                Settled::Applied => None,
                Settled::Superseded => return Err(superseded()),
            });
        }
        Some(row) => supersede(tx, row.id, Actor::Master, "a newer change took its place", now).await?,
        None if open.len() >= MAX_OPEN => return Err(too_many()),
        None => {}
    }
    let summary = describe::summary(&step)?;
    let new = NewChange {
        id: ChangeId::new(ids::ordered()),
        kind: change.kind(),
        subject: change.subject(),
        content,
        summary: summary.clone(),
        expires_at: now.saturating_add(CONSENT_SECONDS),
    };
    let requested = AuditEvent::ChangeRequested {
        change_id: new.id,
        kind: new.kind,
        summary,
        change: Box::new(change),
        owners: needs.owners.iter().map(|one| one.owner).collect(),
    };
    let row = tx.insert_change(new, AuditEntry::new(requested, Actor::Master, now)).await?;
    ask(engine, tx, &row, &needs.owners, now).await?;
    Ok(Some(row.id))
}

pub(crate) fn superseded() -> Error {
    Error::new(
        ErrorCode::ChangeSuperseded,
        "The object of the change has changed meanwhile; nothing was done.",
    )
    .hint("The operator has to ask for it again.")
}

/// The result of checking a pending change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Settled {
    Applied,
    Waits,
    Superseded,
}

/// Applies a pending change if every owner concerned at present has consented to exactly this change; asks owners
/// who were not asked yet; ends it if its object has changed.
pub(crate) async fn settle(
    engine: &Engine,
    tx: &mut WriteTx,
    row: &ChangeRow,
    actor: Actor,
) -> Result<Settled, Error> {
    let now = engine.now();
    let change: Change = serde_json::from_str(&row.content).map_err(Error::internal)?;
    let standing = CurrentState::read(tx).await?;
    let step = match standing.step(&change, engine.networks(), now) {
        Ok(step) => step,
        Err(misfit) => {
            supersede(tx, row.id, actor, &misfit.to_string(), now).await?;
            return Ok(Settled::Superseded);
        }
    };
    let needs = standing.needs(&step, engine.networks());
    let asked = tx.challenges_of(row.id).await?;
    let agreed: BTreeSet<Address> = asked.iter().filter_map(|question| consent(question, row)).collect();
    let missing: Vec<_> = needs.owners.into_iter().filter(|one| !agreed.contains(&one.owner)).collect();
    if missing.is_empty() {
        apply(tx, step, &Authority { actor, change: Some(row.id), loosens: needs.loosens, now }).await?;
        let applied = AuditEvent::ChangeApplied { change_id: row.id, owners: agreed };
        tx.end_change(row.id, ChangeStatus::Applied, AuditEntry::new(applied, actor, now)).await?;
        return Ok(Settled::Applied);
    }
    let known: BTreeSet<Address> = asked.iter().map(|question| question.challenge.owner).collect();
    let new: Vec<_> = missing.into_iter().filter(|one| !known.contains(&one.owner)).collect();
    ask(engine, tx, row, &new, now).await?;
    Ok(Settled::Waits)
}

/// The owner who consented to exactly this change, if so. The stored signature is verified again, so that a row
/// edited by hand is no consent.
fn consent(question: &ChallengeRow, row: &ChangeRow) -> Option<Address> {
    let ChallengeRow { challenge, consumed_at, signature } = question;
    let (signature, at) = (signature.as_deref()?, (*consumed_at)?);
    let yes = OwnerAction::ApproveChange { change: row.id, digest: row.digest };
    if challenge.action != yes {
        return None;
    }
    let signed = owner::verify(challenge, Some(challenge.owner), &challenge.message(), signature, at);
    signed.ok().map(|consent| consent.owner())
}

/// Stores both challenges for each owner, once for all of that owner's wallets.
async fn ask(
    engine: &Engine,
    tx: &mut WriteTx,
    row: &ChangeRow,
    concerned: &[Concerned],
    now: UnixSeconds,
) -> Result<(), Error> {
    let owners: BTreeSet<Address> = concerned.iter().map(|one| one.owner).collect();
    for owner in owners {
        let wallets: Vec<_> = concerned.iter().filter(|one| one.owner == owner).collect();
        let Some(first) = wallets.first() else { continue };
        let about = describe::wallets(&wallets);
        let (change, digest) = (row.id, row.digest);
        for (action, verb) in [
            (OwnerAction::ApproveChange { change, digest }, "APPROVE"),
            (OwnerAction::RejectChange { change, digest }, "REJECT"),
        ] {
            let challenge = Challenge {
                instance: engine.instance(),
                wallet: first.wallet,
                owner,
                action,
                chain_id: chain_id(&owner, None),
                summary: format!("{verb} this change of what protects {about}: {}", row.summary),
                nonce: nonce(),
                issued_at: now,
                expires_at: row.expires_at,
            };
            tx.issue_challenge(&challenge).await?;
        }
    }
    Ok(())
}

async fn supersede(
    tx: &mut WriteTx,
    id: ChangeId,
    actor: Actor,
    reason: &str,
    now: UnixSeconds,
) -> Result<(), Error> {
    let superseded = AuditEvent::ChangeSuperseded { change_id: id, reason: reason.to_owned() };
    Ok(tx.end_change(id, ChangeStatus::Superseded, AuditEntry::new(superseded, actor, now)).await?)
}

fn too_many() -> Error {
    Error::new(ErrorCode::ChangeLimitExceeded, format!("{MAX_OPEN} changes wait for owners already."))
        .hint(Remedy::WithdrawChange)
}
