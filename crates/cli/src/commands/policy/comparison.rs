//! Compares the daemon's policies before and after a change, before it is made.

use std::fmt::Write as _;

use anyhow::Result;
use waiaas_api::client::Client;
use waiaas_api::policies::Policy;
use waiaas_api::wallets::Wallet;
use waiaas_engine::core::network::Networks;
use waiaas_engine::core::wallet::{OwnerState, WalletStatus};
use waiaas_engine::policy_files::{self, FilePolicy, PolicyFile, RowDiff};

use super::diff;
use super::files::{self, Names};
use crate::commands::confirm::Yes;
use crate::context::Context;
use crate::output;

/// The daemon's current policies and wallets.
pub(super) struct Installed {
    pub(super) rows: Vec<Policy>,
    pub(super) file: PolicyFile,
    pub(super) names: Names,
    wallets: Vec<Wallet>,
    networks: Networks,
}

impl Installed {
    pub(super) async fn read(context: &Context, client: &Client) -> Result<Self> {
        let networks = context.config(Vec::new())?.networks()?;
        let wallets = client.wallets().await?;
        let names = Names::of(&wallets);
        let rows = files::rows(client).await?;
        let file = files::file(&rows, &names)?;
        Ok(Self { rows, file, names, wallets, networks })
    }

    pub(super) const fn networks(&self) -> &Networks {
        &self.networks
    }

    /// The index of a policy in `rows` and in the file.
    fn place(&self, policy: &Policy) -> Option<usize> {
        self.rows.iter().position(|row| row.id == policy.id)
    }

    /// The set with one policy replaced or removed.
    fn with(&self, at: usize, row: Option<FilePolicy>) -> PolicyFile {
        let mut after = self.file.clone();
        after.policies.splice(at..=at, row);
        after
    }

    /// Whether a LOCKED owner must consent to a change to `after`, by the daemon's own rule.
    pub(super) fn asks_an_owner(&self, after: &PolicyFile) -> Result<bool> {
        let living = self.wallets.iter().filter(|wallet| wallet.status != WalletStatus::Terminated);
        for wallet in living.filter(|wallet| wallet.owner_state == OwnerState::Locked) {
            let name = self.names.name(wallet.id);
            let (old, new) = (("installed", &self.file), ("wanted", after));
            let wallet = (name.as_str(), wallet.chain, wallet.environment);
            if policy_files::loosens_for(wallet, old, new, &self.networks)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Shows the change of one policy and asks for confirmation if it loosens or deletes without an owner's
/// consent. `change` gives the changed policy, or none.
pub(super) async fn confirmed(
    context: &Context,
    client: &Client,
    policy: &Policy,
    change: impl FnOnce(FilePolicy) -> Option<FilePolicy>,
    yes: &Yes,
) -> Result<()> {
    match told(context, client, policy, change).await {
        // Nothing to show if nothing changes.
        Ok(Told { text, asks: None }) if text.is_empty() => {}
        Ok(Told { text, asks: None }) => output::progress(&text),
        Ok(Told { text, asks: Some(why) }) => {
            output::progress(&text);
            yes.or_ask(&why)?;
        }
        // A change that cannot be compared here may loosen.
        Err(error) => yes.or_ask(&format!(
            "its effect on policy {} cannot be compared here ({error:#}), so it may allow more",
            policy.id
        ))?,
    }
    Ok(())
}

/// The effect of a change, and the reason for a confirmation, if it needs one.
struct Told {
    text: String,
    asks: Option<String>,
}

async fn told(
    context: &Context,
    client: &Client,
    policy: &Policy,
    change: impl FnOnce(FilePolicy) -> Option<FilePolicy>,
) -> Result<Told> {
    let installed = Installed::read(context, client).await?;
    let (Some(at), old) = (installed.place(policy), files::row(policy, &installed.names)?) else {
        anyhow::bail!("the policy has changed in the meantime; try again");
    };
    let after = installed.with(at, change(old));
    let (was, is) = (("installed", &installed.file), ("wanted", &after));
    let diff = policy_files::diff(was, is, &installed.networks)?;
    let changed: Vec<&RowDiff> = diff.rows.iter().filter(|row| row.old != row.new).collect();
    let mut text = String::new();
    for row in &changed {
        let _ = writeln!(text, "{}", diff::block(row));
    }
    let asks = changed.iter().find_map(|row| why(row));
    let asks = match asks {
        Some(_) if installed.asks_an_owner(&after)? => None,
        other => other,
    };
    Ok(Told { text: text.trim_end().to_owned(), asks })
}

/// Why the change of a policy must be confirmed: it deletes the policy or may allow more than before. A new
/// policy needs no confirmation.
pub(super) fn why(row: &RowDiff) -> Option<String> {
    let name = diff::heading(row);
    match (&row.old, &row.new) {
        (None, _) => None,
        (Some(_), None) => Some(format!("it would delete {name}")),
        (Some(_), Some(_)) if row.is_at_least_as_strict() => None,
        (Some(_), Some(_)) => Some(format!("it may allow more than before under {name}")),
    }
}
