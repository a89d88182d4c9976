//! `waiaas init`.

use anyhow::Result;
use serde_json::json;
use waiaas_engine::offline::{InitMode, init};
use waiaas_engine::{Clock as _, SystemClock};

use crate::context::Context;
use crate::{output, password};

/// Set up a data directory.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Generate a random master password and write it to recovery.key (mode 0600), which `set-master`
    /// removes.
    #[arg(long)]
    auto_provision: bool,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<()> {
    let config = context.config(Vec::new())?;
    let mode =
        if args.auto_provision { InitMode::AutoProvision } else { InitMode::Password(password::first()?) };
    let report = init(context.data_dir(), &config, mode, SystemClock.now()).await?;
    let value = json!({
        "instance": report.instance,
        "dataDir": context.data_dir().path(),
        "autoProvisioned": report.auto_provisioned,
    });
    output::show(context, &value, |_| {
        let mut text = format!("Initialised {}.", context.data_dir().path().display());
        if report.auto_provisioned {
            let file = context.data_dir().recovery_key();
            text.push_str(&format!(
                "\nThe master password is in {}. Replace it with `waiaas set-master`.",
                file.display()
            ));
        }
        text.push_str("\nNext: `waiaas start`, then `waiaas quickset --mode testnet`.");
        text
    })
}
