//! Explaining a decision: its stored inputs, and the result of evaluating them again.

use serde_json::Value;
use waiaas_core::UnixSeconds;
use waiaas_core::decision::DecisionRecord;
use waiaas_core::effect::Effects;
use waiaas_core::policy::{Grant, PolicySet, Tier, Verdict, early, evaluate};
use waiaas_core::transaction::TxStatus;
use waiaas_store::{Stored, TransactionRow};

use crate::Engine;
use crate::error::Error;
use crate::policies::InForce;
use crate::views::{Explanation, NotKeptView};

/// Returns the stored decision and the repeated evaluation.
pub(crate) async fn explained(engine: &Engine, row: TransactionRow) -> Result<Explanation, Error> {
    let stored = row.verdict.read()?;
    let effects = row.effects.as_ref().map(Stored::read).transpose()?;
    let text = engine.store().policy_set(stored.policies).await?;
    let text = text.ok_or_else(|| Error::internal("a decision without its policies"))?;
    let set = InForce::read(&text, engine.networks(), row.wallet, &row.network)?;
    let verdict = again(&set, effects.as_ref(), &row, &stored)?;
    let rules: Value = serde_json::from_str(&text).map_err(Error::internal)?;
    Ok(Explanation {
        reproduced: stored.not_kept.is_empty() && agrees(&row, &stored, &verdict),
        not_kept: stored.not_kept.iter().map(NotKeptView::from).collect(),
        policies: rules,
        policies_digest: stored.policies,
        facts: serde_json::to_value(&stored.facts).map_err(Error::internal)?,
        effects,
        verdict,
        tx: engine.read(row, &engine.store().kill_switch().await?)?,
    })
}

/// Repeats the evaluation; returns the stored verdict if not enough inputs were kept.
fn again(
    set: &PolicySet,
    effects: Option<&Effects>,
    row: &TransactionRow,
    stored: &DecisionRecord,
) -> Result<Verdict, Error> {
    if !stored.not_kept.is_empty() {
        return Ok(row.tier.map_or_else(
            || Verdict::Denied(stored.denials.clone()),
            |tier| Verdict::Granted(granted(tier, row, stored)),
        ));
    }
    if !stored.early.is_empty() {
        return Ok(Verdict::Denied(early(set, &stored.early, &stored.facts)));
    }
    let effects = effects.ok_or_else(|| Error::internal("judged without effects"))?;
    Ok(evaluate(set, effects, &stored.facts))
}

/// A stored grant.
fn granted(tier: Tier, row: &TransactionRow, stored: &DecisionRecord) -> Grant {
    let seconds = |end: UnixSeconds| u32::try_from(end.saturating_sub(row.created_at)).ok();
    Grant {
        tier,
        reasons: stored.reasons.clone(),
        delay_seconds: row.execute_after.and_then(seconds),
        approval_timeout: row.approval_expires_at.and_then(seconds),
        usd: row.usd,
        warning: stored.warning.clone(),
    }
}

/// Whether the repeated evaluation gives the stored verdict, word for word.
fn agrees(row: &TransactionRow, stored: &DecisionRecord, again: &Verdict) -> bool {
    match again {
        Verdict::Denied(denials) => row.status == TxStatus::Denied && *denials == stored.denials,
        Verdict::Granted(grant) => {
            row.status != TxStatus::Denied
                && row.tier == Some(grant.tier)
                && row.usd == grant.usd
                && stored.reasons == grant.reasons
                && stored.warning == grant.warning
        }
    }
}
