//! `waiaas tx`.

mod details;
mod explain;

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;
use waiaas_api::transactions::{CloseRequest, Closed, Transaction, TransactionQuery};
use waiaas_api::wallets::Wallet;
use waiaas_engine::core::ids::TxId;
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
        /// Only transactions of this wallet (id or name).
        #[arg(long)]
        wallet: Option<String>,
        /// Only transactions with this status, such as PENDING_APPROVAL.
        #[arg(long)]
        status: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show one transaction, its effects and the reasons of its verdict.
    Show {
        /// Id of the transaction.
        id: TxId,
    },
    /// Explain a decision: every input, and the decision made again from it.
    Explain {
        /// Id of the transaction.
        id: TxId,
    },
    /// Cancel a waiting transaction.
    Cancel {
        /// Id of the transaction.
        id: TxId,
    },
    /// Close a signed transaction that can no longer confirm. Shows the consequences; --yes closes it.
    Close {
        /// Id of the transaction.
        id: TxId,
        /// Close it.
        #[arg(long)]
        yes: bool,
    },
    /// Reject a transaction that waits for its owner.
    Reject {
        /// Id of the transaction.
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
            output::show(context, &found, |t| details::text(t, &wallets))
        }
        Verb::Explain { id } => {
            let (found, wallets) = (client.admin_explain(id).await?, client.wallets().await?);
            output::show(context, &found, |e| explain::text(e, &wallets))
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
    let becomes = if c.gives_free { "released" } else { "counts as spent" };
    for held in &c.held {
        let fee = if held.is_fee { " (the maximum of its fee)" } else { "" };
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
        "No transactions match.",
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

/// The wallet's name, or its id if the name is not known.
fn name(t: &Transaction, wallets: &[Wallet]) -> String {
    let known = wallets.iter().find(|wallet| wallet.id == t.wallet_id);
    known.map_or_else(|| t.wallet_id.to_string(), |wallet| wallet.name.clone())
}
