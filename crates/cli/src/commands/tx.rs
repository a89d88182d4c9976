//! `waiaas tx`.

use anyhow::{Result, anyhow};
use clap::Subcommand;
use waiaas_api::transactions::{Explanation, Transaction, TransactionQuery};
use waiaas_engine::core::ids::TxId;
use waiaas_engine::core::transaction::TxStatus;

use crate::commands::wallet::find;
use crate::context::Context;
use crate::output;

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
    /// Close a signature that was handed out (SIGNED): what it could move counts as spent from now, and
    /// leaves the windows as it ages. The signature itself stays as good as it was.
    Close {
        /// The transaction.
        id: TxId,
    },
    /// Reject a transaction that waits for its owner.
    Reject {
        /// The transaction.
        id: TxId,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    let client = context.operator()?;
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
            let query = TransactionQuery { wallet_id, status, cursor: None, limit: Some(limit) };
            let page = client.admin_transactions(&query).await?;
            output::show(context, &page, |page| table(&page.items))
        }
        Verb::Show { id } => output::show(context, &client.admin_transaction(id).await?, details),
        Verb::Explain { id } => output::show(context, &client.admin_explain(id).await?, explained),
        Verb::Cancel { id } => {
            output::show(context, &client.admin_cancel(id).await?, |t| format!("{} is {}.", t.id, t.status))
        }
        Verb::Close { id } => output::show(context, &client.admin_close(id).await?, |t| {
            format!("{} is {}; what it could move counts as spent from now.", t.id, t.status)
        }),
        Verb::Reject { id } => {
            let rejected = client.admin_reject(id).await?;
            output::show(context, &rejected, |r| format!("{} is {}.", r.transaction.id, r.transaction.status))
        }
    }
}

fn unknown_status(text: &str) -> anyhow::Error {
    let names: Vec<_> = TxStatus::ALL.iter().map(|s| s.as_str()).collect();
    anyhow!("'{text}' is not a status; one of {}", names.join(", "))
}

/// Transactions as a table.
pub(crate) fn table(transactions: &[Transaction]) -> String {
    let head = ["id", "status", "tier", "network", "amount", "to", "hash"];
    output::table(
        head,
        transactions.iter().map(|t| {
            [
                t.id.to_string(),
                t.status.to_string(),
                t.tier.map(|tier| tier.to_string()).unwrap_or_default(),
                t.network.clone(),
                t.amount_formatted.clone(),
                t.to_address.clone().unwrap_or_default(),
                t.tx_hash.clone().unwrap_or_default(),
            ]
        }),
    )
}

fn explained(e: &Explanation) -> String {
    let mut text = details(&e.transaction);
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

fn details(t: &Transaction) -> String {
    let mut text = table(std::slice::from_ref(t));
    if let Some(error) = &t.error {
        text.push_str(&format!("\nerror:   {error} [{}]", t.error_code.as_deref().unwrap_or_default()));
    }
    text.push_str(&format!("\neffects: {}\nreasons: {}", t.effects, t.reasons));
    if let Some(digest) = &t.digest {
        text.push_str(&format!("\ndigest:  {digest}"));
    }
    text
}
