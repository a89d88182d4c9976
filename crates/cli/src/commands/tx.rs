//! `waiaas tx`.

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Value, json};
use waiaas_api::transactions::{CloseRequest, Closed, Explanation, Transaction, TransactionQuery};
use waiaas_api::wallets::Wallet;
use waiaas_engine::core::ids::TxId;
use waiaas_engine::core::network::Networks;
use waiaas_engine::core::transaction::TxStatus;

use crate::commands::unknown_name;
use crate::commands::wallet::find;
use crate::context::Context;
use crate::{human, output, table};

/// Transactions.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// List transactions, newest first.
    List {
        /// Only of this wallet (id or name).
        #[arg(long)]
        wallet: Option<String>,
        /// Only in this state, such as PENDING_APPROVAL.
        #[arg(long)]
        status: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show one transaction, with what it does and why it was judged so.
    Show {
        /// The transaction.
        id: TxId,
    },
    /// Explain a decision: every input it was made from, and the decision made again from them.
    Explain {
        /// The transaction.
        id: TxId,
    },
    /// Withdraw a transaction that waits.
    Cancel {
        /// The transaction.
        id: TxId,
    },
    /// Close a signed transaction that can no longer happen. Says what that does; --yes does it.
    Close {
        /// The transaction.
        id: TxId,
        /// Close it.
        #[arg(long)]
        yes: bool,
    },
    /// Reject a transaction that waits for its owner.
    Reject {
        /// The transaction.
        id: TxId,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    let client = context.operator().await?;
    match verb {
        Verb::List { wallet, status, limit } => {
            let wallet_id = match wallet {
                Some(wallet) => Some(find(&client, &wallet).await?.id),
                None => None,
            };
            let status = match status {
                Some(text) => Some(TxStatus::parse(&text).ok_or_else(|| unknown_status(&text))?),
                None => None,
            };
            let query =
                TransactionQuery { wallet_id, status, limit: Some(limit), ..TransactionQuery::default() };
            let page = client.admin_transactions(&query).await?;
            let wallets = client.wallets().await?;
            let value =
                json!({ "data": page.data, "nextCursor": page.next_cursor, "hasMore": page.has_more });
            output::show(context, &value, |_| table(&page.data, &wallets))
        }
        Verb::Show { id } => {
            let (found, wallets) = (client.admin_transaction(id).await?, client.wallets().await?);
            output::show(context, &found, |t| details(t, &wallets))
        }
        Verb::Explain { id } => {
            let (found, wallets) = (client.admin_explain(id).await?, client.wallets().await?);
            output::show(context, &found, |e| explained(e, &wallets))
        }
        Verb::Cancel { id } => {
            output::show(context, &client.admin_cancel(id).await?, |t| format!("{} is {}.", t.id, t.status))
        }
        Verb::Close { id, yes } => {
            output::show(context, &client.admin_close(id, &CloseRequest { confirm: yes }).await?, closed)
        }
        Verb::Reject { id } => {
            let rejected = client.admin_reject(id).await?;
            output::show(context, &rejected, |r| format!("{} is {}.", r.transaction.id, r.transaction.status))
        }
    }
}

fn closed(c: &Closed) -> String {
    let mut text = format!("{} is {}.", c.transaction.id, c.transaction.status);
    text.push_str(if c.closed { " Closed: " } else { " If it is closed: " });
    text.push_str(&c.consequences);
    let becomes = if c.gives_free { "given free" } else { "counts as spent" };
    for held in &c.held {
        let fee = if held.is_fee { " (the most its fee can be)" } else { "" };
        text.push_str(&format!("\n  {becomes}: {} of {}{fee}", held.amount, held.asset_id));
    }
    if !c.closed {
        text.push_str("\nNothing was done. Add --yes to close it.");
    }
    text
}

fn unknown_status(text: &str) -> anyhow::Error {
    let names: Vec<_> = TxStatus::ALL.iter().map(|s| s.as_str()).collect();
    unknown_name(text, "a status", &names)
}

/// Transactions as a table.
fn table(transactions: &[Transaction], wallets: &[Wallet]) -> String {
    table::list(
        "No transactions fit.",
        ["id", "time", "wallet", "status", "tier", "network", "amount", "to"],
        transactions.iter().map(|t| {
            [
                t.id.to_string(),
                human::time(t.created_at),
                name(t, wallets),
                t.status.to_string(),
                t.tier.map(|tier| tier.to_string()).unwrap_or_default(),
                t.network.clone(),
                t.amount_formatted.clone(),
                t.to_address.clone().unwrap_or_default(),
            ]
        }),
    )
}

/// What the wallet is called, or its id where it is not known.
fn name(t: &Transaction, wallets: &[Wallet]) -> String {
    let known = wallets.iter().find(|wallet| wallet.id == t.wallet_id);
    known.map_or_else(|| t.wallet_id.to_string(), |wallet| wallet.name.clone())
}

fn explained(e: &Explanation, wallets: &[Wallet]) -> String {
    let mut text = details(&e.transaction, wallets);
    for reason in &e.verdict.reasons {
        let by = reason.policy_type.map_or_else(|| "whatever the policies".to_owned(), |t| t.to_string());
        text.push_str(&format!("\n  {} because of {by}: {}", reason.tier, reason.message));
    }
    for denial in &e.verdict.denials {
        let by = denial.policy_type.map_or_else(|| "whatever the policies".to_owned(), |t| t.to_string());
        text.push_str(&format!("\n  DENIED because of {by}: {} [{}]", denial.message, denial.code));
        if let Some(hint) = &denial.hint {
            text.push_str(&format!("\n    {hint}"));
        }
    }
    text.push_str(&format!("\nfacts:    {}\npolicies: {}", e.facts, e.policies));
    let again = if e.reproduced { "the same" } else { "ANOTHER ONE: the record or the daemon has changed" };
    text.push_str(&format!("\nThe verdict, made again from these, is {again}."));
    text
}

fn details(t: &Transaction, wallets: &[Wallet]) -> String {
    let usd = t.amount_usd.map(|usd| format!(" ({usd} USD)")).unwrap_or_default();
    let fee = t.fee.as_deref().map(|fee| native(fee, t)).unwrap_or_default();
    let error = t.error.as_ref().map(|error| match &t.error_code {
        Some(code) => format!("{error} [{code}]"),
        None => error.clone(),
    });
    let lines = [
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
    let lines = lines.iter().filter(|(_, value)| !value.is_empty());
    let mut text = lines.map(|(name, value)| format!("{name:<18}{value}")).collect::<Vec<_>>().join("\n");
    for effect in t.effects["items"].as_array().into_iter().flatten() {
        text.push_str(&format!("\ndoes              {}", described(effect, t)));
    }
    for reason in t.reasons.as_array().into_iter().flatten() {
        let message = reason["message"].as_str().map_or_else(|| reason.to_string(), str::to_owned);
        text.push_str(&format!("\nbecause           {message}"));
    }
    if let Some(why) = &t.pending_reason {
        text.push_str(&format!(
            "\nopen              {why} [{}]",
            t.pending_code.as_deref().unwrap_or_default()
        ));
    }
    if t.status == TxStatus::Confirmed && !t.is_final {
        text.push_str("\nopen              Its block is not final yet; what it moved is still held.");
    }
    text
}

/// An effect as its name and fields, amounts in human units where their asset is known here.
fn described(effect: &Value, t: &Transaction) -> String {
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
            "amount" | "max" => human::base_units(&text),
            _ => text,
        };
        parts.push(format!("{name} {text}"));
    }
    format!("{kind}: {}", parts.join(", "))
}

/// An amount of the network's native coin.
fn native(text: &str, t: &Transaction) -> String {
    match Networks::builtin().find(&t.chain_id) {
        Ok(network) => human::amount(text, network.native_decimals, &network.native_symbol),
        Err(_) => human::base_units(text),
    }
}
