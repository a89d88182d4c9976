//! A decision explained in text: its facts, the applied policies, and the verdict computed again. `--json`
//! shows every figure exactly.

use std::collections::BTreeMap;

use waiaas_api::transactions::{Explanation, Transaction};
use waiaas_api::wallets::Wallet;
use waiaas_engine::core::U256;
use waiaas_engine::core::asset::AssetId;
use waiaas_engine::core::money::{Price, format_units};
use waiaas_engine::core::policy::{PolicyFacts, PolicyType, PriceFact, Purpose};
use waiaas_engine::core::simulation::SimulationCheck;
use waiaas_engine::core::wallet::OwnerState;

use super::details;
use crate::commands::policy;
use crate::{human, table};

pub(super) fn text(e: &Explanation, wallets: &[Wallet]) -> String {
    let facts = serde_json::from_value::<PolicyFacts>(e.facts.clone());
    let mut lines = details::lines(&e.transaction, wallets, facts.as_ref().ok());
    // The reasons are shown below, with their policies.
    lines.retain(|(label, _)| *label != "because");
    let mut text = table::record(&lines);
    match &facts {
        Ok(facts) => {
            text.push_str("\n\nFacts at the time of the decision\n");
            text.push_str(&table::record(&known(facts, &e.transaction)));
            if !facts.assets.is_empty() {
                text.push_str(&format!("\n\nAssets\n{}", assets(facts)));
            }
        }
        Err(_) => {
            text.push_str("\n\nThe facts are in a form that this version does not know; --json prints them.")
        }
    }
    text.push_str(&format!("\n\nPolicies in force\n{}", judges(e, wallets)));
    text.push_str(&format!("\n\nVerdict\n{}", table::record(&verdict(e))));
    for gone in &e.not_kept {
        text.push_str(&format!("\nNot stored, because it has {} bytes: {}.", gone.bytes, gone.what));
    }
    let again = if e.reproduced {
        "the same"
    } else if e.not_kept.is_empty() {
        "DIFFERENT: the record or the daemon has changed"
    } else {
        "not possible: a part was not stored"
    };
    text.push_str(&format!("\nThe verdict, computed again from these inputs, is {again}."));
    text
}

/// The facts that are not about one asset, in sentences.
fn known(facts: &PolicyFacts, t: &Transaction) -> Vec<(&'static str, String)> {
    let owner = match facts.owner {
        OwnerState::None => "none, so no approval was possible",
        OwnerState::Grace => "named but not proved, so no approval was possible",
        OwnerState::Locked => "proved, so an approval was possible",
    };
    let simulation = match &facts.simulation {
        SimulationCheck::NotApplicable => {
            "none: no chain runs it, or it was denied before a node was asked".to_owned()
        }
        SimulationCheck::Agrees => "shows nothing else leaving the wallet".to_owned(),
        SimulationCheck::Exceeds { what } => format!("shows more: {what}"),
        SimulationCheck::Unavailable { reason } => format!("not available: {reason}"),
    };
    let ledger = &facts.ledger;
    let mut lines = vec![
        ("time", human::time(facts.now)),
        ("owner", owner.to_owned()),
        ("a node", simulation),
        ("spent before", format!("{} USD in 24 hours, {} USD in 30 days", ledger.usd_day, ledger.usd_month)),
    ];
    for (seconds, count) in &ledger.requests {
        lines.push(("requests before", format!("{count} within {seconds} seconds")));
    }
    for (category, sums) in &ledger.categories {
        let sums = format!("{} USD in 24 hours, {} USD in 30 days", sums.usd_day, sums.usd_month);
        lines.push(("actions before", format!("{category}: {sums}")));
    }
    // The largest number means that the fee was not compared.
    if facts.fee.asked != U256::MAX {
        lines.push(("network asks", format!("a fee of up to {}", details::native_units(facts.fee.asked, t))));
    }
    lines.extend(facts.fee.uncapped.clone().map(|why| ("fee", why)));
    match &facts.purpose {
        Purpose::Plain => {}
        Purpose::HttpPayment { domain } => lines.push(("for", format!("a payment to {domain}"))),
        Purpose::HttpMessage { domain } => lines.push(("for", format!("an HTTP message to {domain}"))),
    }
    if facts.handed_out {
        lines.push(("signature", "handed out to the caller".to_owned()));
    }
    lines
}

fn assets(facts: &PolicyFacts) -> String {
    let rows = facts.assets.iter().map(|(id, known)| {
        let units = |amount: Option<&U256>| {
            amount.map(|amount| format_units(*amount, known.decimals)).unwrap_or_default()
        };
        let price = match known.price {
            PriceFact::Known(price) => format!("{} USD", dollars(price)),
            PriceFact::Unlisted => "no source lists it".to_owned(),
            PriceFact::Unusable => "no usable price".to_owned(),
            PriceFact::NotAsked => "not asked".to_owned(),
        };
        let of = |sums: &BTreeMap<AssetId, U256>| units(sums.get(id));
        [
            known.name(id),
            id.to_string(),
            known.decimals.to_string(),
            price,
            of(&facts.ledger.asset_day),
            of(&facts.ledger.asset_month),
            of(&facts.balances),
        ]
    });
    let head = ["asset", "id", "decimals", "price", "spent in 24 hours", "in 30 days", "held"];
    table::table(head, rows)
}

fn dollars(price: Price) -> String {
    format_units(U256::from(price.picos()), 12)
}

/// The policies that were applied, as they were at that time.
fn judges(e: &Explanation, wallets: &[Wallet]) -> String {
    let rows = e.policies.as_array().into_iter().flatten().map(|row| {
        let text = |field: &str| row[field].as_str().map(str::to_owned);
        let policy_type = text("type").unwrap_or_default();
        let wallet = text("wallet").map(|id| {
            let known = wallets.iter().find(|wallet| wallet.id.to_string() == id);
            known.map_or(id, |wallet| wallet.name.clone())
        });
        let said = policy::sentence(&policy_type, &row["rules"], text("network").as_deref());
        let all = |text: Option<String>| text.unwrap_or_else(|| "all".to_owned());
        [text("id").unwrap_or_default(), policy_type, all(wallet), all(text("network")), said]
    });
    table::list(
        "There were none, so everything is denied.",
        ["id", "type", "wallet", "network", "rules"],
        rows,
    )
}

fn verdict(e: &Explanation) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    for reason in &e.verdict.reasons {
        lines.push((reason.tier.as_str(), format!("{}: {}", by(reason.policy_type), reason.message)));
    }
    for denial in &e.verdict.denials {
        lines.push(("DENIED", format!("{}: {} [{}]", by(denial.policy_type), denial.message, denial.code)));
        lines.extend(denial.hint.clone().map(|hint| ("hint", hint)));
    }
    if lines.is_empty() {
        let tier = e.transaction.tier.map_or_else(|| "DENIED".to_owned(), |tier| tier.to_string());
        lines.push(("result", format!("{tier}: no policy asked for more")));
    }
    lines
}

fn by(policy_type: Option<PolicyType>) -> String {
    policy_type.map_or_else(|| "default rule".to_owned(), |policy_type| policy_type.to_string())
}
