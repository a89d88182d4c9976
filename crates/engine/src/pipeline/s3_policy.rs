//! Stage 3: judge the effects, and in the same database transaction reserve what they take.
//!
//! The live path and the dry run call the same [`judge`]; only [`admit`] writes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use waiaas_core::action::ActionFacts;
use waiaas_core::asset::AssetId;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::digest::Digest;
use waiaas_core::effect::Effects;
use waiaas_core::ids::TxId;
use waiaas_core::money::Usd;
use waiaas_core::policy::{
    AssetFacts, Denial, Facts, Grant, Ledger, MINUTE_SECONDS, PriceFact, Spending, Sum, Tier, TierReason,
    Verdict, WindowWarning, evaluate,
};
use waiaas_core::presentation::Presentation;
use waiaas_core::transaction::TxStatus;
use waiaas_core::{U256, UnixSeconds};
use waiaas_store::{ActionValue, AuditEntry, Claim, NewReservation, NewTransaction, WriteTx};

use crate::Engine;
use crate::credentials::Session;
use crate::error::{Error, ErrorCode};
use crate::pipeline::known::Known;
use crate::pipeline::s1_validate::Validated;
use crate::pipeline::s2_authorize::{self, Admission};
use crate::pipeline::{base_units, present, replace, s4_wait};
use crate::policies::InForce;
use crate::views::IdempotencyKey;

/// What is stored of a decision: the outcome, and every input it was made from beside the effects, so
/// that it can be made again and compared.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredVerdict {
    pub(crate) denials: Vec<Denial>,
    pub(crate) reasons: Vec<TierReason>,
    pub(crate) warning: Option<WindowWarning>,
    pub(crate) facts: Facts,
    /// The set of policies that judged, as kept in the store.
    pub(crate) policies: Digest,
    /// What the owner is shown, where one is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) presentation: Option<Box<Presentation>>,
    /// About amounts in base units that look as if human ones were meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notices: Vec<String>,
}

/// Everything the transaction that admits needs; owned, because it runs on the writer.
pub(crate) struct Case {
    pub(crate) engine: Engine,
    pub(crate) session: Session,
    pub(crate) validated: Validated,
    pub(crate) known: Known,
}

/// A verdict and what it was made from.
pub(crate) struct Judgement {
    pub(crate) admission: Admission,
    pub(crate) verdict: Verdict,
    pub(crate) facts: Facts,
    pub(crate) policies: Arc<InForce>,
    /// What the owner is shown, where one is asked.
    pub(crate) presentation: Option<Box<Presentation>>,
}

/// What became of a request.
pub(crate) enum Admitted {
    /// A new row.
    New(TxId),
    /// This key and body were seen before; the first answer stands.
    Repeat(TxId),
}

/// Stage 2 and the evaluation, inside a transaction, writing nothing.
pub(crate) async fn judge(case: &Case, tx: &mut WriteTx) -> Result<Judgement, Error> {
    let (engine, validated) = (&case.engine, &case.validated);
    let now = engine.now();
    let admission = s2_authorize::run(tx, &case.session, validated.wallet.id, now).await?;
    let policies =
        engine.policies().in_force(tx, engine.networks(), validated.wallet.id, &validated.network.id).await?;
    let mut ledger = tx.ledger(validated.wallet.id, now, &policies.set.rate_windows()).await?;
    count_origin(tx, validated, now, &mut ledger).await?;
    let timeout = engine.config().security.approval_timeout;
    let known = case.known.clone();
    let facts = Facts {
        now,
        owner: admission.wallet.owner.state(),
        assets: known.assets,
        ledger,
        default_approval_timeout: u32::try_from(timeout).unwrap_or(u32::MAX),
        balances: known.balances,
        purpose: validated.origin.purpose.clone(),
        action: validated.origin.action.clone(),
        reputation: known.reputation,
        witness: known.witness,
        unwitnessed: engine.config().policy.unsimulated.into(),
        lifetime: validated.chain.lifetime(&validated.draft)?,
        fee: validated.fee.clone(),
    };
    let verdict = evaluate(&policies.set, &validated.effects, &facts);
    let presentation = present::presented(validated, &facts, &verdict)?.map(Box::new);
    Ok(Judgement { admission, verdict, facts, policies, presentation })
}

/// What counts for requests of this origin, beside what is spent.
async fn count_origin(
    tx: &mut WriteTx,
    validated: &Validated,
    now: UnixSeconds,
    ledger: &mut Ledger,
) -> Result<(), Error> {
    let (wallet, origin) = (validated.wallet.id, &validated.origin);
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

/// Judges, and keeps the outcome: a row with its reservations, or a denied row.
pub(crate) async fn admit(
    case: Case,
    tx: &mut WriteTx,
    key: Option<IdempotencyKey>,
    request: Digest,
) -> Result<Admitted, Error> {
    let id = TxId::new(Uuid::now_v7());
    let now = case.engine.now();
    if let Some(IdempotencyKey { key, body }) = key {
        match tx.claim(case.session.id(), &key, body, id, now).await? {
            Claim::Fresh => {}
            Claim::Same(first) => return Ok(Admitted::Repeat(first)),
            Claim::Mismatch => return Err(conflict()),
        }
    }
    if let Some(old) = case.validated.replaces {
        replace::place(tx, old, None).await??;
    }
    let judgement = judge(&case, tx).await?;
    tx.keep_policy_set(judgement.policies.digest, &judgement.policies.text).await?;
    let row = new_row(&case, &judgement, id, request)?;
    let audit = |event| {
        AuditEntry::new(event, Actor::Session(case.session.id()), now)
            .session(case.session.id())
            .wallet(case.validated.wallet.id)
            .tx(id)
    };
    match &judgement.verdict {
        Verdict::Denied(denials) => {
            let entry = audit(AuditEvent::PolicyDenied).details(json!({
                "denials": denials, "request": request, "replaces": case.validated.replaces,
            }));
            tx.insert_transaction(row, &[], entry).await?;
        }
        Verdict::Granted(grant) => {
            let held = reservations(&case.validated.effects, &judgement.facts);
            let entry = audit(AuditEvent::TxRequested).details(json!({
                "tier": grant.tier, "digest": case.validated.draft.digest(), "request": request, "usd": grant.usd,
                "replaces": case.validated.replaces,
            }));
            tx.insert_transaction(row, &held, entry).await?;
            s4_wait::park(&case, tx, id, &judgement, grant).await?;
        }
    }
    Ok(Admitted::New(id))
}

/// The answer to a key that was used with another body.
pub(crate) fn conflict() -> Error {
    Error::new(ErrorCode::IdempotencyConflict, "This Idempotency-Key was used with another request.")
        .hint("Use a fresh key for a new request; repeat a request with its own key and body.")
}

/// One reservation per asset and kind. The amounts are those that were judged. Each kind is rounded up
/// by itself, so that a fee that outlives its payment (a transaction that failed on chain) still counts
/// what it is worth; together they may hold a micro-dollar more than was judged, never less.
fn reservations(effects: &Effects, facts: &Facts) -> Vec<NewReservation> {
    let mut held = Vec::new();
    for (asset, leaving) in Spending::of(effects, facts).assets() {
        let counted = leaving.counted.saturated();
        let spent = leaving.spent.map_or(U256::ZERO, Sum::saturated);
        let fee = counted.saturating_sub(spent);
        let mut hold = |amount: U256, usd, is_fee| {
            if amount > U256::ZERO {
                held.push(NewReservation { asset: asset.clone(), amount, usd, is_fee });
            }
        };
        hold(spent, value(facts, asset, spent), false);
        hold(fee, value(facts, asset, fee), true);
    }
    held
}

/// What an amount is worth, if that is known.
pub(crate) fn value(facts: &Facts, asset: &AssetId, amount: U256) -> Option<Usd> {
    match facts.assets.get(asset) {
        Some(AssetFacts { decimals, price: PriceFact::Known(price), .. }) => {
            Some(price.value_of(amount, *decimals))
        }
        _ => None,
    }
}

fn new_row(case: &Case, judgement: &Judgement, id: TxId, request: Digest) -> Result<NewTransaction, Error> {
    let Validated { wallet, network, intent, money, draft, effects, origin, replaces, gas_condition, .. } =
        &case.validated;
    let (status, grant, denial_code) = match &judgement.verdict {
        Verdict::Denied(denials) => (TxStatus::Denied, None, denials.first().map(|d| d.code)),
        Verdict::Granted(grant) => (first_status(grant.tier), Some(grant), None),
    };
    let value = |action: &ActionFacts| ActionValue { category: action.category, usd: action.notional_usd };
    let now = judgement.facts.now;
    let after = |seconds: Option<u32>| seconds.map(|s| now.saturating_add(i64::from(s)));
    Ok(NewTransaction {
        id,
        wallet: wallet.id,
        session: Some(case.session.id()),
        replaces: *replaces,
        gas_condition: gas_condition
            .map(|c| serde_json::to_string(&c))
            .transpose()
            .map_err(Error::internal)?,
        kind: intent.kind(),
        network: network.id.clone(),
        status,
        tier: grant.map(|g| g.tier),
        intent: serde_json::to_string(intent).map_err(Error::internal)?,
        to: intent.to(),
        amount: money.amount,
        asset: money.asset.clone(),
        draft: Some(draft.clone()),
        effects: Some(serde_json::to_string(effects).map_err(Error::internal)?),
        verdict: serde_json::to_string(&stored(&case.validated, judgement)).map_err(Error::internal)?,
        denial_code,
        usd: grant.and_then(|g| g.usd),
        kill_generation: judgement.admission.kill_generation,
        execute_after: grant.and_then(|g| after(g.delay_seconds)),
        approval_expires_at: grant.and_then(|g| after(g.approval_timeout)),
        http_domain: origin.purpose.message_domain().map(str::to_owned),
        action: grant.and(origin.action.as_ref()).map(value),
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

fn stored(validated: &Validated, judgement: &Judgement) -> StoredVerdict {
    let Judgement { verdict, facts, policies, presentation, .. } = judgement;
    let (denials, reasons, warning) = match verdict {
        Verdict::Denied(denials) => (denials.clone(), Vec::new(), None),
        Verdict::Granted(Grant { reasons, warning, .. }) => (Vec::new(), reasons.clone(), warning.clone()),
    };
    let notices = base_units::notices(&validated.base_units, facts);
    let (facts, presentation) = (facts.clone(), presentation.clone());
    StoredVerdict { denials, reasons, warning, facts, policies: policies.digest, presentation, notices }
}
