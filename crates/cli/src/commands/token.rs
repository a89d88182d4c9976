//! `waiaas token`.

use anyhow::Result;
use clap::Subcommand;
use waiaas_api::tokens::{ForgetToken, TokenQuery, Tokens};

use crate::context::Context;
use crate::{human, output, table};

/// Tokens on record.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// List the tokens on record, with the decimals that amounts and limits are read by.
    List {
        /// Of this network only.
        #[arg(long)]
        network: Option<String>,
    },
    /// Drop what is on record of a token, so that the nodes are asked anew. Only on the daemon's own machine.
    Forget {
        /// Its network, by name or CAIP-2 id.
        network: String,
        /// Its contract or mint.
        address: String,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    let client = context.operator().await?;
    match verb {
        Verb::List { network } => output::show(context, &client.tokens(&TokenQuery { network }).await?, text),
        Verb::Forget { network, address } => {
            let forgotten = client.forget_token(&ForgetToken { network, address }).await?;
            output::show(context, &forgotten, |token| {
                format!(
                    "{} on {} was on record with {} decimals, and is no more. The next request about it asks the \
                     nodes.",
                    token.address, token.network, token.decimals
                )
            })
        }
    }
}

fn text(found: &Tokens) -> String {
    let rows = found.tokens.iter().map(|token| {
        [
            token.network.clone(),
            token.address.clone(),
            token.symbol.clone(),
            token.decimals.to_string(),
            human::time(token.recorded_at),
        ]
    });
    table::list("No token is on record.", ["network", "address", "calls itself", "decimals", "since"], rows)
}
