//! From policies, effects and facts to a verdict: every row speaks, the strictest word counts.
//!
//! Nothing is allowed unless a policy allows it. What one policy type means is in its own file under
//! `rules/`; what belongs here is what no single row can say: defaults, and what is missing.

use std::cmp::Reverse;

use crate::effect::{Effect, Effects};
use crate::policy::case::Case;
use crate::policy::findings::Findings;
use crate::policy::rules::listed;
use crate::policy::{Denial, DenialCode, Facts, Grant, PolicySet, PolicyType, Rules, Tier, Verdict};
use crate::wallet::OwnerState;

/// Judges what a transaction does. Pure: equal arguments give equal verdicts, so a dry run and the
/// real thing differ in nothing but their facts.
pub fn evaluate(policies: &PolicySet, effects: &Effects, facts: &Facts) -> Verdict {
    let case = Case::new(effects, facts);
    let mut findings = Findings::default();
    refuse_unknown(policies, &case, &mut findings);
    for row in policies.iter() {
        row.rules.judge(row, &case, &mut findings);
    }
    require_token_list(policies, &case, &mut findings);
    require_cover(policies, &case, &mut findings);
    require_owner(&case, &mut findings);
    conclude(&case, findings)
}

/// Whatever cannot be understood is refused before any policy is asked.
fn refuse_unknown(policies: &PolicySet, case: &Case<'_>, findings: &mut Findings) {
    if policies.network().is_some_and(|network| *network != case.effects.network) {
        let message = format!(
            "the transaction runs on {}, another network than it was judged for",
            case.effects.network
        );
        findings.deny_by_default(DenialCode::PolicyDenied, None, message, None);
    }
    let unknown = || {
        case.effects.items.iter().filter_map(|effect| match effect {
            Effect::Unknown { what, .. } => Some(what),
            Effect::NativeOut { .. }
            | Effect::TokenOut { .. }
            | Effect::AccountRent { .. }
            | Effect::NetworkFee { .. } => None,
        })
    };
    if unknown().next().is_some() {
        let message = format!("the transaction does something that cannot be judged: {}", listed(unknown()));
        let hint = "send the parts that are understood on their own".to_owned();
        findings.deny_by_default(DenialCode::UnknownEffect, None, message, Some(hint));
    }
    if !case.assets_known {
        let message = format!("too little is known about {}", listed(case.spending.unknown()));
        let hint = "the asset's decimals have to be readable from its network".to_owned();
        findings.deny_by_default(DenialCode::UnknownAsset, None, message, Some(hint));
    }
}

/// Tokens leave only if a row lists them.
fn require_token_list(policies: &PolicySet, case: &Case<'_>, findings: &mut Findings) {
    let mut tokens = case.effects.items.iter().filter_map(|effect| match effect {
        Effect::TokenOut { asset, .. } => Some(asset),
        Effect::NativeOut { .. }
        | Effect::AccountRent { .. }
        | Effect::NetworkFee { .. }
        | Effect::Unknown { .. } => None,
    });
    let Some(token) = tokens.next() else { return };
    if policies.iter().any(|row| matches!(row.rules, Rules::AllowedTokens(_))) {
        return;
    }
    findings.deny_by_default(
        DenialCode::TokenNotAllowed,
        Some(PolicyType::AllowedTokens),
        "no ALLOWED_TOKENS policy is in force, so no token may leave".to_owned(),
        Some(format!("ask the operator for an ALLOWED_TOKENS policy that lists {token}")),
    );
}

/// Every asset that is spent needs a limit, and a wallet without any limit spends nothing at all.
fn require_cover(policies: &PolicySet, case: &Case<'_>, findings: &mut Findings) {
    let limits = policies.iter().filter_map(|row| match &row.rules {
        Rules::SpendingLimit(limit) => Some(limit),
        _ => None,
    });
    let lacking = |message: String, hint: String, findings: &mut Findings| {
        let policy_type = Some(PolicyType::SpendingLimit);
        findings.deny_by_default(DenialCode::SpendingLimitRequired, policy_type, message, Some(hint));
    };
    if limits.clone().next().is_none() {
        let hint = "ask the operator for a SPENDING_LIMIT policy for this wallet".to_owned();
        lacking("no SPENDING_LIMIT policy is in force, so nothing may be spent".to_owned(), hint, findings);
        return;
    }
    for (asset, spending) in case.spending.assets() {
        let spent = spending.spent.is_some();
        if spent && !limits.clone().any(|limit| limit.covers(asset, case.chain())) {
            let message = format!("no SPENDING_LIMIT policy covers {asset}");
            let hint = format!("ask the operator for a USD limit, or a token_limits entry for {asset}");
            lacking(message, hint, findings);
        }
    }
}

/// Only a proved owner can approve; without one, what needs approval is refused, never let through
/// at a lower tier.
fn require_owner(case: &Case<'_>, findings: &mut Findings) {
    let proved = match case.facts.owner {
        OwnerState::Locked => true,
        OwnerState::None | OwnerState::Grace => false,
    };
    if proved {
        return;
    }
    let approvals = || findings.wishes.iter().filter(|wish| wish.reason.tier == Tier::Approval);
    let Some(first) = approvals().next() else { return };
    let remedy = match case.facts.owner {
        OwnerState::Grace => "have the wallet's owner prove the address",
        OwnerState::None | OwnerState::Locked => "ask the operator to register an owner who can approve",
    };
    // Asking for less helps only if it answers every reason.
    let nearest: Option<Vec<_>> = approvals().map(|wish| wish.nearest.as_deref()).collect();
    let hint = match nearest {
        Some(nearest) => format!("{remedy}, or ask for less: {}", nearest.join("; ")),
        None => remedy.to_owned(),
    };
    let denial = Denial {
        code: DenialCode::OwnerRequired,
        policy_type: Some(first.reason.policy_type),
        policy_id: Some(first.reason.policy_id),
        message: format!(
            "needs the owner's approval, and the wallet has no proved owner: {}",
            first.reason.message
        ),
        hint: Some(hint),
    };
    findings.denials.push(denial);
}

fn conclude(case: &Case<'_>, findings: Findings) -> Verdict {
    if !findings.denials.is_empty() {
        return Verdict::Denied(findings.denials);
    }
    let tier = findings.tier();
    let delay_seconds = findings.delay_seconds().filter(|_| tier == Tier::Delay);
    let approval_timeout = findings.approval_timeout.unwrap_or(case.facts.default_approval_timeout);
    let mut reasons: Vec<_> = findings.wishes.into_iter().map(|wish| wish.reason).collect();
    reasons.sort_by_key(|reason| Reverse(reason.tier));
    Verdict::Granted(Grant {
        tier,
        reasons,
        delay_seconds,
        approval_timeout: (tier == Tier::Approval).then_some(approval_timeout),
        usd: case.usd,
        warning: findings.warning,
    })
}
