//! From policies, effects and facts to a verdict: every row speaks, the strictest word counts.
//!
//! Nothing is allowed unless a policy allows it. What one policy type means is in its own file under
//! `rules/`; what belongs here is what no single row can say: defaults, and what is missing.

use std::cmp::Reverse;
use std::fmt::Display;

use crate::address::Address;
use crate::effect::{Effect, Effects};
use crate::network::Chain;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::listed;
use crate::policy::swaps;
use crate::policy::{
    Denial, DenialCode, Grant, PolicyFacts, PolicySet, PolicyType, Purpose, Rules, Tier, Verdict,
};
use crate::selector::Selector;
use crate::simulation::{SimulationCheck, Unsimulated};
use crate::wallet::OwnerState;

/// Judges what a transaction does. Pure: equal arguments give equal verdicts, so a dry run and the
/// real thing differ in nothing but their facts.
pub fn evaluate(policies: &PolicySet, effects: &Effects, facts: &PolicyFacts) -> Verdict {
    let case = Evaluation::new(effects, facts);
    let mut findings = Findings::default();
    refuse_unknown(policies, &case, &mut findings);
    for row in policies.iter() {
        row.rules.judge(row, &case, &mut findings);
    }
    require_lists(policies, &case, &mut findings);
    bound_allowances(policies, &case, &mut findings);
    ask_for_the_owner(policies, &case, &mut findings);
    swaps::judge(policies, &case, &mut findings);
    require_cover(policies, &case, &mut findings);
    heed_simulation(&case, &mut findings);
    heed_fee_cap(&case, &mut findings);
    swaps::heed_delay(&case, &mut findings);
    require_owner(&case, &mut findings);
    heed_lifetime(&case, &mut findings);
    conclude(&case, findings)
}

/// Whatever cannot be understood is refused before any policy is asked.
fn refuse_unknown(policies: &PolicySet, case: &Evaluation<'_>, findings: &mut Findings) {
    if policies.network().is_some_and(|network| *network != case.effects.network) {
        let message = format!(
            "the transaction runs on {}, another network than it was judged for",
            case.effects.network
        );
        findings.deny_by_default(DenialCode::PolicyDenied, None, message, None);
    }
    let unknown = || {
        case.effects.all().filter_map(|effect| match effect {
            Effect::Unknown { what, .. } => Some(what),
            Effect::NativeOut { .. }
            | Effect::TokenOut { .. }
            | Effect::NftOut { .. }
            | Effect::Allowance { .. }
            | Effect::NftAllowance { .. }
            | Effect::OperatorApproval { .. }
            | Effect::ContractCall { .. }
            | Effect::Swap(_)
            | Effect::Deployment { .. }
            | Effect::AuthorityChange { .. }
            | Effect::AccountRent { .. }
            | Effect::Message { .. }
            | Effect::TypedData { .. }
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

/// Tokens, contracts, spenders, domains, lent assets and markets are forbidden unless a row lists them.
fn require_lists(policies: &PolicySet, case: &Evaluation<'_>, findings: &mut Findings) {
    // Names are written out only for a denial: base58 and EIP-55 cost more than all rules together.
    let mut need = |policy_type: PolicyType, code: DenialCode, so: &str, what: Option<&dyn Display>| {
        let Some(what) = what else { return };
        if !policies.has(policy_type) {
            let message = format!("no {policy_type} policy is in force, so {so}");
            let hint =
                format!("ask the operator for {} policy that lists {what}", policy_type.with_article());
            findings.deny_by_default(code, Some(policy_type), message, Some(hint));
        }
    };
    let token = case.effects.all().find_map(Effect::token).map(|token| token as &dyn Display);
    let so = "no token may leave or be allowed to anybody";
    need(PolicyType::AllowedTokens, DenialCode::TokenNotAllowed, so, token);
    let contract = case.contracts.first().map(|contract| contract as &dyn Display);
    let so = "no contract may be called";
    need(PolicyType::ContractWhitelist, DenialCode::ContractNotWhitelisted, so, contract);
    let spender = case.permissions.first().map(|(spender, _)| spender as &dyn Display);
    let so = "nobody may be given an allowance";
    need(PolicyType::ApprovedSpenders, DenialCode::SpenderNotApproved, so, spender);
    match &case.facts.purpose {
        Purpose::Plain => {}
        Purpose::HttpPayment { domain } => {
            let so = "no HTTP resource may be paid for";
            need(PolicyType::X402AllowedDomains, DenialCode::X402DomainNotAllowed, so, Some(domain));
        }
        Purpose::HttpMessage { domain } => {
            let so = "no HTTP message may be signed";
            need(PolicyType::Erc8128AllowedDomains, DenialCode::Erc8128DomainNotAllowed, so, Some(domain));
        }
    }
    let Some(action) = &case.facts.action else { return };
    if action.kind.is_lending() {
        let asset = action.lending_asset.as_ref().map_or(&"the asset" as &dyn Display, |asset| asset);
        let so = "no asset may be lent or borrowed";
        need(PolicyType::LendingAssetWhitelist, DenialCode::LendingAssetNotAllowed, so, Some(asset));
    }
    if action.kind.is_perp() {
        let market = action.market.as_ref().map_or(&"the market" as &dyn Display, |market| market);
        let so = "no market may be traded";
        need(PolicyType::PerpAllowedMarkets, DenialCode::MarketNotAllowed, so, Some(market));
    }
}

/// An allowance that is as good as unlimited is refused unless a row says otherwise.
fn bound_allowances(policies: &PolicySet, case: &Evaluation<'_>, findings: &mut Findings) {
    if case.permissions.is_empty() || policies.has(PolicyType::ApproveAmountLimit) {
        return;
    }
    for (spender, permission) in &case.permissions {
        if let Some((message, hint)) = permission.unlimited(case, spender) {
            let policy_type = Some(PolicyType::ApproveAmountLimit);
            findings.deny_by_default(DenialCode::UnlimitedApproveBlocked, policy_type, message, Some(hint));
        }
    }
}

/// Why nobody but the owner can vouch for a call that cannot be decoded and is only signed.
const UNBOUND: &str = "what a simulation saw does not bind a signature that is handed out";

/// What no amount and no list can bound takes the owner, whatever the rows say.
fn ask_for_the_owner(policies: &PolicySet, case: &Evaluation<'_>, findings: &mut Findings) {
    for effect in case.effects.all() {
        let (policy_type, why) = match effect {
            Effect::ContractCall { decoded: true, .. } => continue,
            Effect::ContractCall { target, selector, decoded: false } => {
                // A name lifts this only where the daemon sends what it has just looked at: what is handed
                // out runs when somebody else likes, on a state that nobody has looked at. On Solana the
                // wallet's signature reaches into every program that is called, so that naming a method
                // bounds nothing.
                let handed_out = case.facts.handed_out;
                if !handed_out
                    && case.chain() == Chain::Ethereum
                    && vouched(policies, target, selector.as_ref())
                {
                    continue;
                }
                let what =
                    selector.map_or_else(|| "a call without data".to_owned(), |s| format!("method {s}"));
                let why = format!("nobody knows what {what} of {target} does");
                match handed_out {
                    false => (Some(PolicyType::MethodWhitelist), why),
                    true => (None, format!("{why}, and {UNBOUND}")),
                }
            }
            Effect::AuthorityChange { target, selector, what, .. } => {
                if !vouched(policies, target, selector.as_ref()) {
                    let message = format!("hands over power: {what}");
                    let hint = match selector {
                        Some(selector) => {
                            format!(
                                "ask the operator for a METHOD_WHITELIST that names {selector} of {target}"
                            )
                        }
                        None => "this can only be done without the daemon".to_owned(),
                    };
                    let policy_type = Some(PolicyType::MethodWhitelist);
                    findings.deny_by_default(
                        DenialCode::MethodNotWhitelisted,
                        policy_type,
                        message,
                        Some(hint),
                    );
                }
                (None, format!("hands over power: {what}"))
            }
            Effect::NftOut { nft, .. } => (None, format!("{nft} has no price")),
            Effect::NftAllowance { nft, spender: Some(spender) } => {
                (None, format!("{spender} would be allowed to take {nft}"))
            }
            Effect::OperatorApproval { collection, operator, granted: true } => {
                (None, format!("{operator} would be allowed every NFT of {collection}"))
            }
            Effect::Deployment { .. } => (None, "nobody knows what the new contract does".to_owned()),
            Effect::Message { .. } => (None, "nobody knows what a signed text is used for".to_owned()),
            Effect::TypedData { contract, primary_type, .. } => {
                (None, format!("nobody knows what {contract} makes of a signed {primary_type}"))
            }
            // Taken back, bounded by lists and limits, or refused already.
            Effect::NativeOut { .. }
            | Effect::TokenOut { .. }
            | Effect::Allowance { .. }
            | Effect::Swap(_)
            | Effect::NftAllowance { spender: None, .. }
            | Effect::OperatorApproval { granted: false, .. }
            | Effect::AccountRent { .. }
            | Effect::NetworkFee { .. }
            | Effect::Unknown { .. } => continue,
        };
        findings.ask_by_default(Tier::Approval, policy_type, why);
    }
}

/// Whether every METHOD_WHITELIST row that is in force names this very method, and one is.
fn vouched(policies: &PolicySet, target: &Address, called: Option<&Selector>) -> bool {
    let mut rows = policies.iter().filter_map(|row| match &row.rules {
        Rules::MethodWhitelist(rule) => Some(rule),
        _ => None,
    });
    let mut any = false;
    rows.all(|rule| {
        any = true;
        rule.names(target, called)
    }) && any
}

/// Every asset that is spent needs a limit, and a wallet without any limit spends nothing at all.
fn require_cover(policies: &PolicySet, case: &Evaluation<'_>, findings: &mut Findings) {
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

/// What a node saw must be no more than what was decoded, and that nobody looked is never passed over.
fn heed_simulation(case: &Evaluation<'_>, findings: &mut Findings) {
    match (&case.facts.simulation, case.facts.unsimulated) {
        (SimulationCheck::NotApplicable | SimulationCheck::Agrees, _) => {}
        (SimulationCheck::Exceeds { what }, _) => {
            let message = format!("a node that ran it saw more than it is understood to do: {what}");
            let hint = "ask for everything that it takes in plain requests of its own".to_owned();
            findings.deny_by_default(DenialCode::SimulationMismatch, None, message, Some(hint));
        }
        (SimulationCheck::Unavailable { reason }, Unsimulated::Deny) => {
            let message = format!("no node could show what it really does: {reason}");
            let hint = "ask again later, or ask the operator for a node that can simulate".to_owned();
            findings.deny_by_default(DenialCode::SimulationUnavailable, None, message, Some(hint));
        }
        (SimulationCheck::Unavailable { reason }, Unsimulated::Approval) => {
            let message = format!("no node could show what it really does: {reason}");
            findings.ask_by_default(Tier::Approval, None, message);
        }
    }
}

/// A fee that no cap could be held against takes the owner, who is shown it.
fn heed_fee_cap(case: &Evaluation<'_>, findings: &mut Findings) {
    if let Some(why) = &case.facts.fee.uncapped {
        findings.ask_by_default(Tier::Approval, None, why.clone());
    }
}

/// Only a proved owner can approve; without one, what needs approval is refused, never let through
/// at a lower tier.
fn require_owner(case: &Evaluation<'_>, findings: &mut Findings) {
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
    let hint = match findings.nearest(Tier::Approval) {
        Some(nearest) => format!("{remedy}, or ask for less: {nearest}"),
        None => remedy.to_owned(),
    };
    let denial = Denial {
        code: DenialCode::OwnerRequired,
        policy_type: first.reason.policy_type,
        policy_id: first.reason.policy_id,
        message: format!(
            "needs the owner's approval, and the wallet has no proved owner: {}",
            first.reason.message
        ),
        hint: Some(hint),
    };
    findings.denials.push(denial);
}

/// A delay that outlasts the bytes would end with nothing that could land.
fn heed_lifetime(case: &Evaluation<'_>, findings: &mut Findings) {
    let (Some(lifetime), Tier::Delay) = (case.facts.lifetime, findings.tier()) else { return };
    let delay = findings.delay_seconds().unwrap_or_default();
    if delay < lifetime {
        return;
    }
    let message = format!(
        "it has to wait {delay} seconds, and its bytes can land for at most {lifetime}: their blockhash expires"
    );
    let rebuild = "ask for the same with instructions (CONTRACT_CALL or BATCH) instead of finished bytes";
    let hint = match findings.nearest(Tier::Delay) {
        Some(nearest) => format!("{rebuild}, or ask for less: {nearest}"),
        None => rebuild.to_owned(),
    };
    findings.deny_by_default(DenialCode::TransactionExpires, None, message, Some(hint));
}

fn conclude(case: &Evaluation<'_>, findings: Findings) -> Verdict {
    if !findings.denials.is_empty() {
        return Verdict::Denied(findings.denials);
    }
    let tier = findings.tier();
    let delay_seconds = findings.delay_seconds().filter(|_| tier == Tier::Delay);
    let approval_timeout = findings.approval_timeout.unwrap_or(case.facts.default_approval_timeout);
    // An answer that comes when the bytes cannot land any more is none.
    let approval_timeout = case.facts.lifetime.map_or(approval_timeout, |life| life.min(approval_timeout));
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
