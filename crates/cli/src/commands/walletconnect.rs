//! `waiaas walletconnect`.

use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::json;
use waiaas_api::client::Client;
use waiaas_api::walletconnect::{WalletConnectPairing, WalletConnectSession, WalletConnectState};
use waiaas_engine::core::foreign::shown;
use waiaas_engine::core::ids::WalletId;

use crate::commands::confirm::Yes;
use crate::commands::wallet::find;
use crate::context::Context;
use crate::{exit, human, output};

/// The pause between two looks at a pairing.
const PAUSE: Duration = Duration::from_secs(1);

/// The wallet app of a wallet's owner, over WalletConnect.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Show a QR code for the owner's wallet app, and wait until it has connected.
    Pair {
        /// Id or name.
        wallet: String,
        /// Do not wait.
        #[arg(long)]
        no_wait: bool,
    },
    /// Show the session with the owner's wallet app.
    Show {
        /// Id or name.
        wallet: String,
    },
    /// End the session; the app receives nothing more.
    Disconnect {
        /// Id or name.
        wallet: String,
        #[command(flatten)]
        yes: Yes,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    let client = context.operator().await?;
    match verb {
        Verb::Pair { wallet, no_wait } => {
            let wallet = find(&client, &wallet).await?.id;
            let pairing = client.pair_wallet_app(wallet).await?;
            if no_wait {
                return output::show(context, &pairing, offer);
            }
            output::progress(&offer(&pairing));
            connected(context, &client, wallet).await
        }
        Verb::Show { wallet } => {
            let wallet = find(&client, &wallet).await?.id;
            output::show(context, &client.wallet_app(wallet).await?, session)
        }
        Verb::Disconnect { wallet, yes } => {
            let wallet = find(&client, &wallet).await?.id;
            yes.or_ask("the owner's wallet app would receive nothing more")?;
            client.end_wallet_app(wallet).await?;
            let ended = json!({ "walletId": wallet, "disconnected": true });
            output::show(context, &ended, |_| "The session has ended.".to_owned())
        }
    }
}

/// The QR code with the URI below it.
fn offer(pairing: &WalletConnectPairing) -> String {
    let code = QrCode::new(&pairing.uri).map(|code| code.render::<Dense1x2>().build());
    let code = code.map(|code| format!("{code}\n\n")).unwrap_or_default();
    let end = human::time(pairing.expires_at);
    format!(
        "{code}{}\n\nScan the code, or open the link, with the owner's wallet app until {end}.",
        pairing.uri
    )
}

#[expect(clippy::disallowed_methods, reason = "the pause between two looks")]
async fn connected(context: &Context, client: &Client, wallet: WalletId) -> Result<()> {
    loop {
        let found = client.wallet_app_pairing(wallet).await?;
        let failed = |text: &str| Err(exit::CheckFailed { message: text.to_owned(), reported: false }.into());
        match (found.status, found.session) {
            (WalletConnectState::Pending, _) => tokio::time::sleep(PAUSE).await,
            (WalletConnectState::Connected, Some(connected)) => {
                return output::show(context, &connected, session);
            }
            (WalletConnectState::Refused, _) => {
                return failed(&found.reason.unwrap_or_else(|| "The wallet app refused.".to_owned()));
            }
            (WalletConnectState::Expired, _) => return failed("No wallet app answered in time."),
            (WalletConnectState::None | WalletConnectState::Connected, _) => {
                return failed("The pairing was lost, because the daemon started again or the app left.");
            }
        }
    }
}

fn session(session: &WalletConnectSession) -> String {
    format!(
        "Connected: {} ({})\nOwner:     {}\nChain:     {}\nSince:     {}\nUntil:     {}",
        shown(&session.peer_name),
        shown(&session.peer_url),
        session.owner_address,
        shown(&session.chain_id),
        human::time(session.created_at),
        human::time(session.expiry),
    )
}
