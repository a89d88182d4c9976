//! `waiaas policy export`.

use anyhow::Result;

use super::files::{self, Names};
use crate::context::Context;
use crate::output;

/// Prints the daemon's policies as a policy file, or as JSON with --json. `test`, `diff`, `replay` and
/// `apply` accept the file.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only policies of this wallet alone (id or name).
    #[arg(long)]
    wallet: Option<String>,
}

pub(crate) async fn run(context: &Context, args: &Args) -> Result<()> {
    let client = context.operator().await?;
    let names = Names::ask(&client).await?;
    let mut rows = files::rows(&client).await?;
    if let Some(wallet) = &args.wallet {
        let id = names.id(wallet)?;
        rows.retain(|row| row.wallet_id == Some(id));
    }
    let file = files::file(&rows, &names)?;
    let written = file.write()?;
    output::show(context, &file, |_| written.trim_end().to_owned())
}
