//! `waiaas exposure`.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Args as ClapArgs;
use waiaas_api::exposure::{
    AssetExposure, BoundReason, ExposureQuery, ExposureReport, NetworkExposure, ReachableAccounts,
    WalletExposure,
};
use waiaas_engine::core::ids::SessionId;
use waiaas_engine::core::money::Usd;

use crate::commands::wallet::find;
use crate::context::Context;
use crate::{output, table};

/// The sessions that are assumed to be leaked.
#[derive(ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct Args {
    /// This session, with every wallet that it can use.
    #[arg(long)]
    session: Option<SessionId>,
    /// Every live session of this wallet (id or name).
    #[arg(long)]
    wallet: Option<String>,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<()> {
    let client = context.operator().await?;
    let wallet_id = match args.wallet {
        Some(wallet) => Some(find(&client, &wallet).await?.id),
        None => None,
    };
    let query = ExposureQuery { wallet_id, session_id: args.session };
    output::show(context, &client.exposure(&query).await?, text)
}

fn text(report: &ExposureReport) -> String {
    let mut text = String::new();
    for wallet in &report.wallets {
        let _ = writeln!(text, "{} ({}), live sessions: {}", wallet.name, wallet.wallet_id, wallet.sessions);
        text.push_str(&table::table(["within", "network", "at most", "bounded by"], rows(wallet)));
        let _ = writeln!(text, "\n{}", reachable(wallet));
        if wallet.held.usd > Usd::ZERO || !wallet.held.assets.is_empty() {
            let _ = writeln!(text, "Reserved for earlier requests, not counted: {} USD", wallet.held.usd);
        }
        for open in &wallet.allowances {
            let _ = writeln!(
                text,
                "Earlier allowance, not counted: {} may take up to {} base units of {}{}",
                open.spender,
                open.amount,
                open.asset,
                if open.lowered { ", lowered since" } else { "" }
            );
        }
        if !wallet.allowances_complete {
            let _ = writeln!(text, "Older allowances were not searched.");
        }
        text.push('\n');
    }
    if report.wallets.len() != 1 {
        for total in &report.total {
            let _ = writeln!(text, "All wallets within a {}: {}", total.horizon, dollars(total.usd));
        }
    }
    text.push_str(&report.conditions.join("\n"));
    text
}

fn rows(wallet: &WalletExposure) -> Vec<[String; 4]> {
    let mut rows = Vec::new();
    for horizon in &wallet.horizons {
        let within = horizon.horizon.to_string();
        rows.push([
            within.clone(),
            "all".to_owned(),
            dollars(horizon.usd.most),
            reason(&horizon.usd.because),
        ]);
        for network in &horizon.networks {
            for asset in network.assets.iter().filter(|asset| asset.most.as_deref() != Some("0")) {
                rows.push([within.clone(), network.network.clone(), amount(asset), reason(&asset.because)]);
            }
        }
    }
    rows
}

fn dollars(usd: Option<Usd>) -> String {
    usd.map_or_else(|| "unbounded".to_owned(), |usd| format!("{usd} USD"))
}

fn amount(asset: &AssetExposure) -> String {
    let name = asset.symbol.as_deref().filter(|symbol| !symbol.is_empty()).unwrap_or(&asset.asset);
    match (&asset.most_formatted, &asset.most) {
        (Some(formatted), _) => format!("{formatted} {name}"),
        (None, Some(most)) => format!("{most} base units of {name}"),
        (None, None) => format!("unbounded: {name}"),
    }
}

fn reason(because: &BoundReason) -> String {
    let mut text = match (&because.policy_type, &because.field) {
        (Some(policy_type), Some(field)) => format!("{policy_type} {field}"),
        (Some(policy_type), None) => format!("no {policy_type}"),
        (None, _) => because.source.to_string(),
    };
    if let Some(id) = because.policy_id {
        let _ = write!(text, " ({id})");
    }
    let _ = write!(text, ": {}", because.message);
    text
}

/// The possible destinations over the longest horizon.
fn reachable(wallet: &WalletExposure) -> String {
    let networks: &[NetworkExposure] = wallet.horizons.last().map_or(&[], |month| &month.networks);
    let mut lines = Vec::new();
    for network in networks {
        let kinds = [
            ("recipients", &network.recipients),
            ("spenders", &network.spenders),
            ("contracts", &network.contracts),
        ];
        let kinds = kinds.map(|(kind, reach)| format!("{kind} {}", accounts(reach)));
        lines.push(format!("On {}: {}.", network.network, kinds.join("; ")));
    }
    lines.join("\n")
}

fn accounts(reach: &ReachableAccounts) -> String {
    match (reach.any, reach.addresses.is_empty()) {
        (true, _) => "any account".to_owned(),
        (false, true) => "none".to_owned(),
        (false, false) => reach.addresses.join(", "),
    }
}
