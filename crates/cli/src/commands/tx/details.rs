//! One transaction for people: its data, its effects, and the reasons of its verdict.

use serde_json::Value;
use waiaas_api::transactions::Transaction;
use waiaas_api::wallets::Wallet;
use waiaas_engine::core::U256;
use waiaas_engine::core::asset::AssetId;
use waiaas_engine::core::network::Networks;
use waiaas_engine::core::policy::PolicyFacts;
use waiaas_engine::core::transaction::TxStatus;

use super::name;
use crate::{human, table};

/// All details, one per line, wrapped to fit the terminal.
pub(super) fn text(t: &Transaction, wallets: &[Wallet]) -> String {
    table::record(&lines(t, wallets, None))
}

/// The details as names and values. Amounts of the assets in `facts` are in human units.
pub(super) fn lines(
    t: &Transaction,
    wallets: &[Wallet],
    facts: Option<&PolicyFacts>,
) -> Vec<(&'static str, String)> {
    let usd = t.amount_usd.map(|usd| format!(" ({usd} USD)")).unwrap_or_default();
    let fee = t.fee.as_deref().map(|fee| native(fee, t)).unwrap_or_default();
    let error = t.error.as_ref().map(|error| match &t.error_code {
        Some(code) => format!("{error} [{code}]"),
        None => error.clone(),
    });
    let mut lines = vec![
        ("id", t.id.to_string()),
        ("wallet", name(t, wallets)),
        ("network", t.network.clone()),
        ("type", t.kind.to_string()),
        ("amount", format!("{}{usd}", t.amount_formatted)),
        ("to", t.to_address.clone().unwrap_or_default()),
        ("status", t.status.to_string()),
        ("tier", t.tier.map(|tier| tier.to_string()).unwrap_or_default()),
        ("asked for", human::time(t.created_at)),
        ("runs after", human::time_if_any(t.execute_after)),
        ("owner answers by", human::time_if_any(t.approval_expires_at)),
        ("signed", human::time_if_any(t.executed_at)),
        ("last changed", human::time(t.updated_at)),
        ("hash", t.tx_hash.clone().unwrap_or_default()),
        ("fee", fee),
        ("replaces", t.replaces.map(|id| id.to_string()).unwrap_or_default()),
        ("error", error.unwrap_or_default()),
        ("digest", t.digest.clone().unwrap_or_default()),
    ];
    for (label, effects) in [("does", &t.effects["items"]), ("seen to do", &t.effects["seen"])] {
        let effects = effects.as_array().into_iter().flatten();
        lines.extend(effects.map(|effect| (label, described(effect, t, facts))));
    }
    for reason in t.reasons.as_array().into_iter().flatten() {
        let message = reason["message"].as_str().map_or_else(|| reason.to_string(), str::to_owned);
        lines.push(("because", message));
    }
    if let Some(why) = &t.pending_reason {
        lines.push(("open", format!("{why} [{}]", t.pending_code.as_deref().unwrap_or_default())));
    }
    if t.status == TxStatus::Confirmed && !t.is_final {
        lines.push(("open", "Its block is not final yet; its reservations are still held.".to_owned()));
    }
    lines
}

/// An effect as its name and fields, with amounts in human units if their asset is known.
fn described(effect: &Value, t: &Transaction, facts: Option<&PolicyFacts>) -> String {
    let kind = effect["effect"].as_str().unwrap_or("unknown").replace('_', " ");
    let mut parts = Vec::new();
    for (name, value) in effect.as_object().into_iter().flatten().filter(|(name, _)| *name != "effect") {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let text = match name.as_str() {
            "amount" | "max" if effect["asset"].is_null() => native(&text, t),
            "amount" if effect["asset"] == t.asset_id => {
                human::amount(&text, t.amount_decimals, &t.amount_symbol)
            }
            "amount" | "max" => of_asset(&text, &effect["asset"], facts),
            _ => text,
        };
        parts.push(format!("{name} {text}"));
    }
    format!("{kind}: {}", parts.join(", "))
}

fn of_asset(text: &str, asset: &Value, facts: Option<&PolicyFacts>) -> String {
    let asset = asset.as_str().and_then(|id| id.parse::<AssetId>().ok());
    let known = asset.and_then(|id| facts?.assets.get(&id).map(|known| (known.decimals, known.name(&id))));
    match known {
        Some((decimals, symbol)) => human::amount(text, decimals, &symbol),
        None => human::base_units(text),
    }
}

/// An amount of the network's native coin.
fn native(text: &str, t: &Transaction) -> String {
    match Networks::builtin().find(&t.chain_id) {
        Ok(network) => human::amount(text, network.native_decimals, &network.native_symbol),
        Err(_) => human::base_units(text),
    }
}

/// [`native`] for a number.
pub(super) fn native_units(amount: U256, t: &Transaction) -> String {
    native(&amount.to_string(), t)
}
