//! `waiaas policy`.

mod apply;
mod comparison;
mod diff;
mod export;
mod files;
mod replay;
mod test;
mod types;
mod update;

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::Value;
use waiaas_api::page::PageQuery;
use waiaas_api::policies::{CreatePolicy, Policy};
use waiaas_api::wallets::Wallet;
use waiaas_engine::core::ids::{PolicyId, WalletId};
use waiaas_engine::core::network::{NetworkId, Networks};
use waiaas_engine::core::policy::{PolicyType, Rules};

use crate::commands::change::show_outcome;
use crate::commands::wallet::find;
use crate::context::Context;
use crate::exit::Usage;
use crate::{output, table};

/// Policies.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Create a policy, for example:
    /// waiaas policy create SPENDING_LIMIT --rules '{"instant_max_usd": 10}'
    Create(CreateArgs),
    /// List policies.
    List {
        /// Only policies that apply to this wallet (id or name).
        #[arg(long)]
        wallet: Option<String>,
    },
    /// Show one policy.
    Show {
        /// Id of the policy.
        id: PolicyId,
    },
    /// Change a policy's rules, priority, or whether it is in force. Given rules replace all rules of the
    /// policy; `waiaas policy show` prints them.
    Update(update::UpdateArgs),
    /// Delete a policy. It is shown and confirmed first.
    Delete(update::DeleteArgs),
    /// Describe the 21 policy types; for one type its fields, their defaults and an example.
    Types(types::Args),
    /// Run test cases against a policy file, without a daemon. --help shows the format.
    Test(test::Args),
    /// Compare two sets of policies: same, tighter, looser or incomparable.
    Diff(diff::Args),
    /// Judge the recorded requests again by a policy file.
    Replay(replay::Args),
    /// Print the daemon's policies as a policy file.
    Export(export::Args),
    /// Change the daemon's policies to those of a file.
    Apply(apply::Args),
}

#[derive(clap::Args)]
pub(crate) struct CreateArgs {
    /// One of the 21 types, such as SPENDING_LIMIT; `waiaas policy types` lists them, and `waiaas policy types
    /// TYPE` shows the rules of one.
    policy_type: String,
    #[command(flatten)]
    rules: RulesArgs,
    /// Only for this wallet (id or name).
    #[arg(long)]
    wallet: Option<String>,
    /// Only on this network.
    #[arg(long)]
    network: Option<String>,
    /// Create it without putting it in force.
    #[arg(long)]
    disabled: bool,
}

#[derive(clap::Args)]
#[group(required = false, multiple = false)]
pub(crate) struct RulesArgs {
    /// The rules as JSON.
    #[arg(long, value_name = "JSON")]
    rules: Option<String>,
    /// A file with the rules as JSON; - reads standard input.
    #[arg(long, value_name = "FILE")]
    rules_file: Option<PathBuf>,
}

impl RulesArgs {
    fn read(&self) -> Result<Option<Value>> {
        let text = match (&self.rules, &self.rules_file) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) if path.as_os_str() == "-" => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text)?;
                text
            }
            (None, Some(path)) => {
                std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?
            }
            (None, None) => return Ok(None),
        };
        let rules = waiaas_api::json::value(text.as_bytes()).map_err(|issue| {
            let at = if issue.path.is_empty() { String::new() } else { format!("{}: ", issue.path) };
            Usage(format!("the rules are not valid: {at}{}", issue.message))
        })?;
        Ok(Some(rules))
    }
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::Types(args) => types::run(context, &args),
        Verb::Test(args) => test::run(context, &args),
        Verb::Diff(args) => diff::run(context, &args).await,
        Verb::Replay(args) => replay::run(context, &args).await,
        Verb::Export(args) => export::run(context, &args).await,
        Verb::Apply(args) => apply::run(context, &args).await,
        Verb::Create(args) => {
            let client = context.operator().await?;
            let wallet_id = match &args.wallet {
                Some(wallet) => Some(find(&client, wallet).await?.id),
                None => None,
            };
            let request = CreatePolicy {
                wallet_id,
                network: args.network,
                policy_type: args.policy_type,
                rules: args.rules.read()?.context("give --rules or --rules-file")?,
                priority: 0,
                enabled: !args.disabled,
            };
            let made = client.create_policy(&request).await?;
            let wallets = client.wallets().await?;
            show_outcome(context, &made, |p| table(std::slice::from_ref(p), &wallets))
        }
        Verb::List { wallet } => {
            let client = context.operator().await?;
            let wallet_id = match wallet {
                Some(wallet) => Some(find(&client, &wallet).await?.id),
                None => None,
            };
            let query = PageQuery { wallet_id, limit: Some(200), ..PageQuery::default() };
            let wallets = client.wallets().await?;
            output::show(context, &client.policies(&query).await?, |page| table(&page.data, &wallets))
        }
        Verb::Show { id } => {
            let client = context.operator().await?;
            let (policy, wallets) = (client.policy(id).await?, client.wallets().await?);
            output::show(context, &policy, |p| shown(p, &wallets))
        }
        Verb::Update(args) => update::update(context, args).await,
        Verb::Delete(args) => update::delete(context, args).await,
    }
}

/// One policy, with its rules in the form that `policy update` accepts.
fn shown(policy: &Policy, wallets: &[Wallet]) -> String {
    format!("{}\nrules: {}", table(std::slice::from_ref(policy), wallets), policy.rules)
}

/// Policies with their rules in sentences. `wallets` gives their names.
pub(crate) fn table(policies: &[Policy], wallets: &[Wallet]) -> String {
    let name = |id: WalletId| {
        let known = wallets.iter().find(|wallet| wallet.id == id);
        known.map_or_else(|| id.to_string(), |wallet| wallet.name.clone())
    };
    table::list(
        "There are no policies, so everything is denied.",
        ["id", "type", "wallet", "network", "in force", "rules"],
        policies.iter().map(|p| {
            [
                p.id.to_string(),
                p.policy_type.to_string(),
                p.wallet_id.map_or_else(|| "all".to_owned(), name),
                p.network.clone().unwrap_or_else(|| "all".to_owned()),
                if p.enabled { "yes" } else { "no" }.to_owned(),
                sentence(&p.policy_type, &p.rules, p.network.as_deref()),
            ]
        }),
    )
}

/// The rules in a sentence; as JSON if this build cannot parse them.
pub(crate) fn sentence(policy_type: &str, rules: &Value, network: Option<&str>) -> String {
    let known = PolicyType::parse(policy_type).and_then(|policy_type| {
        // A custom network of the daemon is not known here; the rules are the same on every network.
        let network = network.map(NetworkId::new);
        let networks = Networks::builtin();
        Rules::parse(policy_type, rules, &networks, network.as_ref()).ok()
    });
    known.map_or_else(|| rules.to_string(), |rules| rules.sentence())
}
