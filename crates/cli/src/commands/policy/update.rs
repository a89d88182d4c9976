//! `waiaas policy update` and `waiaas policy delete`.

use anyhow::Result;
use waiaas_api::policies::UpdatePolicy;
use waiaas_engine::core::ids::PolicyId;
use waiaas_engine::policy_files::FilePolicy;

use super::{RulesArgs, comparison, table};
use crate::commands::change::show_outcome;
use crate::commands::confirm::Yes;
use crate::context::Context;

/// The changes of a policy.
#[derive(clap::Args)]
#[command(after_long_help = "\
Given rules replace ALL rules of the policy, so give unchanged ones as well. Tightened, \
loosened and removed rules are shown first. A change that only tightens is made at once; one that may allow \
more must be confirmed, on a terminal or by --yes. If the owner of a wallet concerned is \
LOCKED, a loosening change waits for that owner's signature instead.")]
pub(crate) struct UpdateArgs {
    /// The policy.
    id: PolicyId,
    #[command(flatten)]
    rules: RulesArgs,
    /// Order in reports only.
    #[arg(long)]
    priority: Option<i32>,
    /// Whether it is in force.
    #[arg(long)]
    enabled: Option<bool>,
    #[command(flatten)]
    yes: Yes,
}

/// The policy to delete.
#[derive(clap::Args)]
pub(crate) struct DeleteArgs {
    /// The policy.
    id: PolicyId,
    #[command(flatten)]
    yes: Yes,
}

pub(crate) async fn update(context: &Context, args: UpdateArgs) -> Result<()> {
    let change = UpdatePolicy { rules: args.rules.read()?, priority: args.priority, enabled: args.enabled };
    let client = context.operator().await?;
    let policy = client.policy(args.id).await?;
    let wanted = |row: FilePolicy| {
        Some(FilePolicy {
            rules: change.rules.clone().unwrap_or(row.rules),
            priority: change.priority.unwrap_or(row.priority),
            enabled: change.enabled.unwrap_or(row.enabled),
            ..row
        })
    };
    comparison::confirmed(context, &client, &policy, wanted, &args.yes).await?;
    let updated = client.update_policy(args.id, &change).await?;
    let wallets = client.wallets().await?;
    show_outcome(context, &updated, |p| table(std::slice::from_ref(p), &wallets))
}

pub(crate) async fn delete(context: &Context, args: DeleteArgs) -> Result<()> {
    let client = context.operator().await?;
    let policy = client.policy(args.id).await?;
    comparison::confirmed(context, &client, &policy, |_| None, &args.yes).await?;
    let deleted = client.delete_policy(args.id).await?;
    show_outcome(context, &deleted, |p| format!("{} is deleted.", p.id))
}
