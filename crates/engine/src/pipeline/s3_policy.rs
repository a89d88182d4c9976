//! Stage 3: evaluates the effects and reserves their amounts in the same database transaction.
//!
//! The live path and the dry run call the same [`judge`]; only [`admit`] writes.

use waiaas_core::UnixSeconds;
use waiaas_core::action::ActionFacts;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::decision::DecisionRecord;
use waiaas_core::digest::Digest;
use waiaas_core::ids::TxId;
use waiaas_core::intent::IntentKind;
use waiaas_core::policy::{
    Denial, Grant, Ledger, MINUTE_SECONDS, PolicyFacts, Tier, Verdict, evaluate, wanted,
};
use waiaas_core::transaction::TxStatus;
use waiaas_store::{ActionValue, AuditEntry, NewTransaction, Stored, WriteTx};

use crate::Engine;
use crate::error::Error;
use crate::pipeline::case::{AdmissionRequest, Admitted, Grounds, Judgement, Subject};
use crate::pipeline::denied::{self, Refused};
use crate::pipeline::idempotency::{answered, claim};
use crate::pipeline::known::Known;
use crate::pipeline::validated::Validated;
use crate::pipeline::{
    acquaintances, assets, auto_stop, base_units, present, replaced, reserved, s2_authorize, s4_wait, waiting,
};
use crate::views::IdempotencyKey;

/// Stage 2 and the policy facts from the database, inside a transaction. Writes nothing.
pub(crate) async fn grounds(
    engine: &Engine,
    tx: &mut WriteTx,
    subject: &Subject<'_>,
    known: Known,
) -> Result<Grounds, Error> {
    let now = engine.now();
    let admission = s2_authorize::run(tx, subject.session, subject.wallet, now).await?;
    let policies = engine.policies().in_force(tx, engine.networks(), subject.wallet, subject.network).await?;
    let mut ledger = tx.ledger(subject.wallet, now, &policies.set.rate_windows()).await?;
    count_origin(tx, subject, now, &mut ledger).await?;
    for (asset, spender) in subject.effects.into_iter().flat_map(wanted) {
        let counted = tx.counted_allowances(subject.wallet, asset, spender, now).await?;
        ledger.allowances.extend(counted);
    }
    let timeout = engine.config().security.approval_timeout;
    let facts = PolicyFacts {
        now,
        owner: admission.wallet.owner.state(),
        assets: known.assets,
        ledger,
        default_approval_timeout: u32::try_from(timeout).unwrap_or(u32::MAX),
        balances: known.balances,
        purpose: subject.origin.purpose.clone(),
        action: subject.origin.action.clone(),
        reputation: known.reputation,
        simulation: known.simulation,
        unsimulated: engine.config().policy.unsimulated.into(),
        lifetime: known.lifetime,
        fee: known.fee,
        handed_out: subject.kind == IntentKind::Sign,
    };
    Ok(Grounds { admission, facts, policies })
}

/// Stage 2 and the evaluation, inside a transaction. Writes nothing.
pub(crate) async fn judge(case: &AdmissionRequest, tx: &mut WriteTx) -> Result<Judgement, Error> {
    let validated = &case.validated;
    let subject = Subject {
        session: &case.session,
        wallet: validated.wallet.id,
        network: &validated.network.id,
        origin: &validated.origin,
        kind: validated.intent.kind(),
        effects: Some(&validated.effects),
    };
    let grounds = grounds(&case.engine, tx, &subject, case.known.clone()).await?;
    let verdict = evaluate(&grounds.policies.set, &validated.effects, &grounds.facts);
    let presentation = match &verdict {
        Verdict::Granted(grant) if grant.tier == Tier::Approval => {
            let (effects, policies) = (&validated.effects, &grounds.policies.set);
            let strangers = acquaintances::unknown(tx, &grounds.admission.wallet, effects, policies).await?;
            Some(Box::new(present::presented(validated, &grounds.facts, grant, strangers)?))
        }
        Verdict::Granted(_) | Verdict::Denied(_) => None,
    };
    Ok(Judgement { grounds, verdict, presentation })
}

/// The ledger sums for requests of this origin, other than spending.
async fn count_origin(
    tx: &mut WriteTx,
    subject: &Subject<'_>,
    now: UnixSeconds,
    ledger: &mut Ledger,
) -> Result<(), Error> {
    let (wallet, origin) = (subject.wallet, subject.origin);
    if let Some(action) = &origin.action
        && let Some(sums) = tx.action_sums(wallet, action.category, now).await?
    {
        ledger.categories.insert(action.category, sums);
    }
    if let Some(domain) = origin.purpose.message_domain() {
        let minute = now.saturating_sub(MINUTE_SECONDS);
        ledger.http_messages = Some(tx.http_messages_since(wallet, domain, minute).await?);
    }
    Ok(())
}

/// Judges the request and stores the result: a row with its reservations, or a denied row.
pub(crate) async fn admit(
    case: AdmissionRequest,
    tx: &mut WriteTx,
    key: Option<IdempotencyKey>,
    request: Digest,
) -> Result<Admitted, Error> {
    let now = case.engine.now();
    case.engine.refuse_unless_holder(tx).await?;
    if let Some(first) = answered(tx, &case.session, key.as_ref(), now).await? {
        return Ok(Admitted::Repeat(first));
    }
    if let Some(old) = case.validated.replaces {
        replaced::place(tx, old, None).await??;
    }
    let judgement = judge(&case, tx).await?;
    if let Some(trigger) = auto_stop::stop(&case.engine, tx, &judgement.grounds.admission.wallet).await? {
        return Ok(Admitted::Stopped(trigger));
    }
    let grant = match &judgement.verdict {
        Verdict::Denied(denials) => {
            case.engine.meters().denied(denials);
            return denied::keep(&case.engine, tx, key, refused(&case, &judgement, denials, request)).await;
        }
        Verdict::Granted(grant) => grant,
    };
    case.engine.meters().granted(grant.tier);
    let id = match claim(tx, &case.session, key, now).await? {
        Ok(id) => id,
        Err(first) => return Ok(Admitted::Repeat(first)),
    };
    waiting::refuse_more(tx, case.session.id(), &case.validated).await?;
    let grounds = &judgement.grounds;
    tx.keep_policy_set(grounds.policies.digest, &grounds.policies.text).await?;
    assets::record(tx, &case.validated.network.id, &grounds.facts.assets, now).await?;
    let row = new_row(&case, &judgement, grant, id, request)?;
    let held = reserved::reservations(&case.validated.effects, &grounds.facts, grant.tier);
    let used = reserved::used_allowances(&case.validated.effects, &grounds.facts);
    let requested = AuditEvent::TxRequested {
        tier: grant.tier,
        digest: case.validated.draft.digest(),
        request,
        usd: grant.usd,
        replaces: case.validated.replaces,
    };
    let entry = AuditEntry::new(requested, Actor::Session(case.session.id()), now)
        .session(case.session.id())
        .wallet(case.validated.wallet.id)
        .tx(id);
    tx.insert_transaction(row, &held, entry).await?;
    for part in &used {
        tx.use_up(id, part).await?;
    }
    s4_wait::park(&case, tx, id, &judgement, grant).await?;
    Ok(Admitted::New(id))
}

fn refused<'a>(
    case: &'a AdmissionRequest,
    judgement: &'a Judgement,
    denials: &'a [Denial],
    request: Digest,
) -> Refused<'a> {
    let validated = &case.validated;
    Refused {
        session: &case.session,
        wallet: validated.wallet.id,
        network: validated.network.id.clone(),
        intent: &validated.intent,
        money: &validated.money,
        draft: Some(&validated.draft),
        effects: &validated.effects,
        replaces: validated.replaces,
        gas_condition: validated.gas_condition,
        origin: &validated.origin,
        early: Vec::new(),
        grounds: &judgement.grounds,
        denials,
        notices: base_units::notices(&validated.base_units, &judgement.grounds.facts),
        request,
    }
}

fn new_row(
    case: &AdmissionRequest,
    judgement: &Judgement,
    grant: &Grant,
    id: TxId,
    request: Digest,
) -> Result<NewTransaction, Error> {
    let Validated { wallet, network, intent, money, draft, effects, origin, replaces, gas_condition, .. } =
        &case.validated;
    let Judgement { grounds, presentation, .. } = judgement;
    let value = |action: &ActionFacts| ActionValue { category: action.category, usd: action.notional_usd };
    let now = grounds.facts.now;
    let after = |seconds: Option<u32>| seconds.map(|s| now.saturating_add(i64::from(s)));
    let verdict = DecisionRecord {
        denials: Vec::new(),
        reasons: grant.reasons.clone(),
        warning: grant.warning.clone(),
        facts: grounds.facts.clone(),
        policies: grounds.policies.digest,
        presentation: presentation.clone(),
        notices: base_units::notices(&case.validated.base_units, &grounds.facts),
        early: Vec::new(),
        written_decimals: None,
        not_kept: Vec::new(),
    };
    Ok(NewTransaction {
        id,
        wallet: wallet.id,
        session: Some(case.session.id()),
        replaces: *replaces,
        gas_condition: gas_condition.map(|target| Stored::of(&target)).transpose()?,
        kind: intent.kind(),
        network: network.id.clone(),
        status: first_status(grant.tier),
        tier: Some(grant.tier),
        intent: Stored::of(intent)?,
        to: intent.to(),
        amount: money.amount,
        asset: money.asset.clone(),
        draft: Some(draft.clone()),
        effects: Some(Stored::of(effects)?),
        verdict: Stored::of(&verdict)?,
        denial_code: None,
        denial_digest: None,
        usd: grant.usd,
        kill_generation: grounds.admission.kill_generation,
        execute_after: after(grant.delay_seconds),
        approval_expires_at: after(grant.approval_timeout),
        http_domain: origin.purpose.message_domain().map(str::to_owned),
        action: origin.action.as_ref().map(value),
        request_digest: request,
    })
}

const fn first_status(tier: Tier) -> TxStatus {
    match tier {
        Tier::Instant | Tier::Notify => TxStatus::Executing,
        Tier::Delay => TxStatus::Queued,
        Tier::Approval => TxStatus::PendingApproval,
    }
}
