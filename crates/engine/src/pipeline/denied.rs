//! Storing denied requests. A denial costs the agent nothing, so it must cost the daemon little: long parts
//! are kept by digest, equal denials share one row with a count, and each session has a daily maximum.
//!
//! Belongs here: which parts are kept. Does not belong here: the denial itself (stage 3, `early`).

use serde_json::Value;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::decision::{DecisionRecord, NotKept, RequestPart};
use waiaas_core::digest::Digest;
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effects;
use waiaas_core::gas::GasTarget;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::intent::Intent;
use waiaas_core::network::NetworkId;
use waiaas_core::origin::Origin;
use waiaas_core::policy::{Denial, Readings};
use waiaas_core::transaction::TxStatus;
use waiaas_store::{AuditEntry, Claim, NewTransaction, Stored, WriteTx};

use crate::Engine;
use crate::credentials::Session;
use crate::error::Error;
use crate::ids;
use crate::pipeline::case::{Admitted, Grounds};
use crate::pipeline::decision::{MOST, not_kept, short, shorten_facts};
use crate::pipeline::idempotency::conflict;
use crate::views::{IdempotencyKey, Money};

/// The most characters kept of one sentence of a denial.
const SENTENCE: usize = 500;

/// A denied request with the inputs of its evaluation.
pub(super) struct Refused<'a> {
    pub(super) session: &'a Session,
    pub(super) wallet: WalletId,
    pub(super) network: NetworkId,
    pub(super) intent: &'a Intent,
    pub(super) money: &'a Money,
    /// The draft, if one was built.
    pub(super) draft: Option<&'a Draft>,
    pub(super) effects: &'a Effects,
    pub(super) replaces: Option<TxId>,
    pub(super) gas_condition: Option<GasTarget>,
    pub(super) origin: &'a Origin,
    /// The parts that an early denial judged.
    pub(super) early: Vec<Readings>,
    pub(super) grounds: &'a Grounds,
    pub(super) denials: &'a [Denial],
    /// Warnings about amounts in base units.
    pub(super) notices: Vec<String>,
    /// Digest of the request.
    pub(super) request: Digest,
}

/// Stores the denial as a row, raises the count of an equal one, or only counts it.
pub(super) async fn keep(
    engine: &Engine,
    tx: &mut WriteTx,
    key: Option<IdempotencyKey>,
    refused: Refused<'_>,
) -> Result<Admitted, Error> {
    let (session, now) = (refused.session.id(), refused.grounds.facts.now);
    let denial = denial_digest(&refused)?;
    let equal = tx.equal_denial(session, refused.wallet, refused.request, denial, now).await?;
    if let (Some(id), None) = (equal, &key) {
        tx.count_denial(id, now).await?;
        return Ok(Admitted::Repeat(id));
    }
    let quota = u64::from(engine.config().policy.denials_kept_per_day);
    let (room, counts) = tx.take_denial(session, quota, now).await?;
    if !room {
        if let Some(id) = equal {
            tx.count_denial(id, now).await?;
            return Ok(Admitted::Repeat(id));
        }
        if counts.not_kept == 1 {
            let event = AuditEvent::DenialsNotKept { quota, request: refused.request };
            tx.record(AuditEntry::new(event, Actor::System, now).session(session)).await?;
        }
        return Ok(Admitted::NotKept(refused.denials.to_vec()));
    }
    let id = equal.unwrap_or_else(|| TxId::new(ids::ordered()));
    if let Some(IdempotencyKey { key, body }) = key {
        match tx.claim(session, &key, body, id, now).await? {
            Claim::Fresh => {}
            Claim::Same(first) => return Ok(Admitted::Repeat(first)),
            Claim::Mismatch => return Err(conflict()),
        }
    }
    if equal.is_some() {
        tx.count_denial(id, now).await?;
        return Ok(Admitted::Repeat(id));
    }
    insert(tx, id, denial, &refused).await?;
    Ok(Admitted::New(id))
}

async fn insert(tx: &mut WriteTx, id: TxId, denial: Digest, refused: &Refused<'_>) -> Result<(), Error> {
    let Refused { grounds, request, replaces, .. } = *refused;
    tx.keep_policy_set(grounds.policies.digest, &grounds.policies.text).await?;
    let (row, denials) = row(id, denial, refused)?;
    let session = refused.session.id();
    let denied = AuditEvent::PolicyDenied { denials, request, replaces };
    let entry = AuditEntry::new(denied, Actor::Session(session), grounds.facts.now)
        .session(session)
        .wallet(refused.wallet)
        .tx(id);
    tx.insert_transaction(row, &[], entry).await?;
    Ok(())
}

/// Two denials are equal if request, sentences and policies are equal.
fn denial_digest(refused: &Refused<'_>) -> Result<Digest, Error> {
    let denials = serde_json::to_vec(refused.denials).map_err(Error::internal)?;
    Ok(Digest::of("waiaas.denial.v1", &[refused.grounds.policies.digest.as_bytes().as_slice(), &denials]))
}

fn row(id: TxId, denial: Digest, refused: &Refused<'_>) -> Result<(NewTransaction, Vec<Denial>), Error> {
    let Refused { grounds, intent, money, .. } = refused;
    let mut rest = Vec::new();
    let intent_text =
        short(RequestPart::Intent, intent, &mut rest)?.unwrap_or_else(|| Value::Null.to_string());
    let effects = short(RequestPart::Effects, refused.effects, &mut rest)?;
    let draft = refused.draft.filter(|draft| {
        let fits = draft.body.len() <= MOST;
        if !fits {
            let (what, bytes) = (RequestPart::Draft, draft.body.len());
            rest.push(NotKept { what, bytes, digest: draft.digest() });
        }
        fits
    });
    let early = match short(RequestPart::Parts, &refused.early, &mut rest)? {
        Some(_) => refused.early.clone(),
        None => Vec::new(),
    };
    let mut facts = grounds.facts.clone();
    shorten_facts(&mut facts, &money.asset, &mut rest)?;
    let written_decimals = (!facts.assets.contains_key(&money.asset)).then_some(money.decimals);
    let denials = sentences(refused.denials, &mut rest)?;
    let shown = denials.clone();
    let code = denials.first().map(|denial| denial.code);
    let verdict = DecisionRecord {
        denials,
        reasons: Vec::new(),
        warning: None,
        facts,
        policies: grounds.policies.digest,
        presentation: None,
        notices: refused.notices.clone(),
        early,
        written_decimals,
        not_kept: rest,
    };
    let row = NewTransaction {
        id,
        wallet: refused.wallet,
        session: Some(refused.session.id()),
        replaces: refused.replaces,
        gas_condition: refused.gas_condition.map(|target| Stored::of(&target)).transpose()?,
        kind: intent.kind(),
        network: refused.network.clone(),
        status: TxStatus::Denied,
        tier: None,
        intent: Stored::json(intent_text),
        to: intent.to(),
        amount: money.amount,
        asset: money.asset.clone(),
        draft: draft.cloned(),
        effects: effects.map(Stored::json),
        verdict: Stored::of(&verdict)?,
        denial_code: code,
        denial_digest: Some(denial),
        usd: None,
        kill_generation: grounds.admission.kill_generation,
        execute_after: None,
        approval_expires_at: None,
        http_domain: refused.origin.purpose.message_domain().map(str::to_owned),
        action: None,
        request_digest: refused.request,
    };
    Ok((row, shown))
}

/// Returns the denials, with their sentences cut to the maximum length.
fn sentences(denials: &[Denial], rest: &mut Vec<NotKept>) -> Result<Vec<Denial>, Error> {
    let mut cut = denials.to_vec();
    for denial in &mut cut {
        shorten(&mut denial.message);
        denial.hint.iter_mut().for_each(shorten);
    }
    if cut != denials {
        let text = serde_json::to_string(denials).map_err(Error::internal)?;
        rest.push(not_kept(RequestPart::Denials, &text));
    }
    Ok(cut)
}

fn shorten(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(SENTENCE) {
        text.truncate(end);
        text.push('…');
    }
}
