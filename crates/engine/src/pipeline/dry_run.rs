//! The dry run: stages 1 to 3 without writing, with fees, simulation and warnings for the caller.

use std::collections::BTreeSet;

use waiaas_chains::Simulation;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::policy::{Denial, PolicyFacts, PriceFact, Tier, Verdict, evaluate};
use waiaas_core::simulation::{SimulationCheck, Unsimulated};

use crate::Engine;
use crate::credentials::Session;
use crate::error::{Error, ErrorCode};
use crate::pipeline::case::{AdmissionRequest, Subject};
use crate::pipeline::known::Known;
use crate::pipeline::s1_validate;
use crate::pipeline::s3_policy;
use crate::pipeline::validated::Outline;
use crate::pipeline::{assets, auto_stop, base_units, gas, known, reserved};
use crate::views::{BalanceChange, DryRun, Money, SendRequest, Warning};

/// Why an early denial has no simulation.
const UNASKED: &str = "no node was asked: policy denies it whatever they say";

/// Returns the verdict that a request would get now. It uses the function that judges live requests, on the
/// same snapshot; it writes nothing and uses no key.
pub(crate) async fn simulate(
    engine: &Engine,
    session: &Session,
    request: SendRequest,
) -> Result<DryRun, Error> {
    let outline = s1_validate::outline(engine, session, &request).await?;
    let (outline, denials) = engine.early_denials(session, outline).await?;
    if !denials.is_empty() {
        return Ok(not_run(outline, denials, UNASKED.to_owned()));
    }
    let mut validated = match s1_validate::run(engine, session, &request).await {
        Err(short) if is_shortage(&short) => return simulate_short(engine, session, &request, short).await,
        other => other?,
    };
    if assets::prices_to_ask(engine, &validated.effects).await {
        let (outline, denials) = engine.early_denials(session, Outline::from(&validated)).await?;
        if !denials.is_empty() {
            return Ok(not_run(outline, denials, UNASKED.to_owned()));
        }
    }
    let known = known::gather(engine, session, &mut validated).await?;
    let case = AdmissionRequest { engine: engine.clone(), session: session.clone(), validated, known };
    // Through the writer, so that admissions in progress come first.
    let (case, judged) = engine
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let judged = s3_policy::judge(&case, tx).await?;
                if let Some(trigger) =
                    auto_stop::reached(&case.engine, tx, &judged.grounds.admission.wallet).await?
                {
                    return Err(auto_stop::would_stop(trigger));
                }
                Ok::<_, Error>((case, judged))
            })
        })
        .await?;
    let validated = case.validated;
    let simulation = validated.chain.simulate(&validated.draft).await?;
    let mut warnings = warnings(&judged.verdict, &judged.grounds.facts);
    warnings.extend(off_curve(&validated.effects));
    warnings.extend(base_units::warnings(base_units::notices(&validated.base_units, &judged.grounds.facts)));
    if !simulation.success {
        let reason = simulation.error.clone().unwrap_or_default();
        warnings.push(warning(
            "SIMULATION_FAILED",
            format!("The node says it would fail: {reason}"),
            "error",
        ));
    }
    let fee = fee(&validated.effects, &judged.grounds.facts);
    let fee_usd = reserved::value(&judged.grounds.facts, &fee.asset, fee.amount);
    let known = |token: &Address| {
        let asset = AssetId::token(&validated.network.caip2, *token);
        judged.grounds.facts.assets.contains_key(&asset)
    };
    let leaving_tokens = validated.effects.outflows().filter_map(|out| out.asset.token_address());
    let tokens: BTreeSet<Address> = leaving_tokens.filter(known).chain(validated.intent.tokens()).collect();
    let tokens: Vec<Address> = tokens.into_iter().collect();
    let holdings = validated.chain.holdings(validated.wallet.address, &tokens).await?;
    let balance_changes = leaving(&validated.effects, &judged.grounds.facts)
        .into_iter()
        .map(|out| {
            let held = holdings.held.iter().find(|h| h.asset == out.asset).map_or(U256::ZERO, |h| h.amount);
            if held < out.amount {
                let text = format!("The wallet holds less {} than the request takes.", out.name());
                warnings.push(warning("INSUFFICIENT_BALANCE_WITH_FEE", text, "error"));
            }
            BalanceChange { out: out.amount, current: Money { amount: held, ..out } }
        })
        .collect();
    let gas = match validated.gas_condition {
        Some(target) => Some(gas::state(engine, &validated.network, target).await?),
        None => None,
    };
    if gas.is_some_and(|gas| !gas.met) {
        let text = "The network's fee is above the gas condition; the request would wait.".to_owned();
        warnings.push(warning("GAS_CONDITION_NOT_MET", text, "info"));
    }
    Ok(DryRun {
        gas,
        verdict: judged.verdict,
        effects: validated.effects,
        network: validated.network,
        kind: validated.intent.kind(),
        money: validated.money,
        fee: Some(fee),
        fee_usd,
        simulation,
        balance_changes,
        warnings,
    })
}

/// The dry run of a request that the wallet cannot pay: no node can run it, so the effects that the request
/// is certain to have are judged. The network fee is not known.
async fn simulate_short(
    engine: &Engine,
    session: &Session,
    request: &SendRequest,
    short: Error,
) -> Result<DryRun, Error> {
    let outline = s1_validate::outline_asking(engine, session, request).await?;
    let (effects, chain) = (outline.effects(), engine.chain(&outline.network.id)?);
    let assets = assets::facts(engine, session.id(), &outline.network, &*chain, &effects).await?;
    let (this, by, known) = (engine.clone(), session.clone(), Known::unasked(assets));
    let (outline, effects, grounds, verdict) = engine
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let subject = Subject {
                    session: &by,
                    wallet: outline.wallet.id,
                    network: &outline.network.id,
                    origin: &outline.origin,
                    kind: outline.intent.kind(),
                    effects: Some(&effects),
                };
                let grounds = s3_policy::grounds(&this, tx, &subject, known).await?;
                let verdict = evaluate(&grounds.policies.set, &effects, &grounds.facts);
                Ok::<_, Error>((outline, effects, grounds, verdict))
            })
        })
        .await?;
    let holdings = chain.holdings(outline.wallet.address, &outline.intent.tokens()).await?;
    let change = |out: Money| {
        let held = holdings.held.iter().find(|h| h.asset == out.asset).map_or(U256::ZERO, |h| h.amount);
        BalanceChange { out: out.amount, current: Money { amount: held, ..out } }
    };
    let mut warnings = warnings(&verdict, &grounds.facts);
    warnings.push(warning(short.code.as_str(), short.message.clone(), "error"));
    let balance_changes = leaving(&effects, &grounds.facts).into_iter().map(change).collect();
    Ok(DryRun { verdict, effects, balance_changes, warnings, ..not_run(outline, Vec::new(), short.message) })
}

/// Whether the only fault is an insufficient balance.
fn is_shortage(error: &Error) -> bool {
    [ErrorCode::InsufficientBalance, ErrorCode::InsufficientTokenBalance, ErrorCode::InsufficientForFee]
        .contains(&error.code)
}

/// The result for a request that no node simulated, with the reason.
fn not_run(outline: Outline, denials: Vec<Denial>, why: String) -> DryRun {
    let warnings = denials.iter().map(denial).collect();
    DryRun {
        effects: outline.effects(),
        verdict: Verdict::Denied(denials),
        kind: outline.intent.kind(),
        network: outline.network,
        money: outline.money,
        fee: None,
        fee_usd: None,
        simulation: Simulation { success: false, logs: Vec::new(), units_consumed: None, error: Some(why) },
        balance_changes: Vec::new(),
        gas: None,
        warnings,
    }
}

fn denial(denial: &Denial) -> Warning {
    warning(denial.code.as_str(), denial.message.clone(), "error")
}

fn warning(code: &'static str, message: String, severity: &'static str) -> Warning {
    Warning { code, message, severity }
}

fn warnings(verdict: &Verdict, facts: &PolicyFacts) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (asset, known) in &facts.assets {
        let name = known.name(asset);
        let text = match known.price {
            PriceFact::Known(_) => continue,
            PriceFact::Unlisted | PriceFact::Unusable => {
                format!("There is no usable price for {name}; dollar limits ask for approval.")
            }
            PriceFact::NotAsked => format!(
                "The session has used up its price look-ups, so {name} has no price; dollar limits ask for \
                 approval. Ask again in a minute."
            ),
        };
        warnings.push(warning("ORACLE_PRICE_UNAVAILABLE", text, "warning"));
    }
    match (&facts.simulation, facts.unsimulated) {
        // The denials already contain this reason.
        (SimulationCheck::Unavailable { reason }, Unsimulated::Approval) => {
            let text = format!("No node could simulate the request: {reason}");
            warnings.push(warning("SIMULATION_UNAVAILABLE", text, "warning"));
        }
        (SimulationCheck::Unavailable { .. }, Unsimulated::Deny)
        | (SimulationCheck::NotApplicable | SimulationCheck::Agrees | SimulationCheck::Exceeds { .. }, _) => {
        }
    }
    match verdict {
        Verdict::Denied(denials) => {
            warnings.extend(denials.iter().map(denial));
        }
        Verdict::Granted(grant) => {
            match grant.tier {
                Tier::Instant | Tier::Notify => {}
                Tier::Delay => {
                    let text = format!("It would wait {} seconds.", grant.delay_seconds.unwrap_or_default());
                    warnings.push(warning("DELAY_REQUIRED", text, "info"));
                }
                Tier::Approval => {
                    let text = "The request would wait for the owner's signature.".to_owned();
                    warnings.push(warning("APPROVAL_REQUIRED", text, "info"));
                }
            }
            if let Some(window) = &grant.warning {
                let text = format!(
                    "{} of the {} limit of {} USD are used.",
                    window.spent, window.window, window.limit
                );
                warnings.push(warning("CUMULATIVE_LIMIT_WARNING", text, "warning"));
            }
        }
    }
    warnings
}

/// Recipients without a key, each once: only a program can move funds from there.
fn off_curve(effects: &Effects) -> impl Iterator<Item = Warning> {
    let gaining = effects.items.iter().filter_map(Effect::beneficiary).filter(|to| !to.may_have_key());
    let gaining: BTreeSet<_> = gaining.copied().collect();
    gaining.into_iter().map(|to| {
        let text =
            format!("No key belongs to {to}; funds sent there are lost unless a program signs for it.");
        warning("RECIPIENT_OFF_CURVE", text, "warning")
    })
}

/// The maximum network fee.
fn fee(effects: &Effects, facts: &PolicyFacts) -> Money {
    let most = effects.outflows().filter(|o| o.fee).fold(U256::ZERO, |sum, o| sum.saturating_add(o.amount));
    money(facts, &effects.native, most)
}

/// All assets that leave, one entry per asset, fees included.
fn leaving(effects: &Effects, facts: &PolicyFacts) -> Vec<Money> {
    let mut out: Vec<Money> = Vec::new();
    for outflow in effects.outflows() {
        match out.iter_mut().find(|m| m.asset == *outflow.asset) {
            Some(entry) => entry.amount = entry.amount.saturating_add(outflow.amount),
            None => out.push(money(facts, outflow.asset, outflow.amount)),
        }
    }
    out
}

fn money(facts: &PolicyFacts, asset: &AssetId, amount: U256) -> Money {
    let known = facts.assets.get(asset);
    Money {
        asset: asset.clone(),
        amount,
        decimals: known.map_or(0, |k| k.decimals),
        symbol: known.map(|k| k.symbol.clone()).unwrap_or_default(),
    }
}
