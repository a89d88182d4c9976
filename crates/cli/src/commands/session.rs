//! `waiaas session`.

use anyhow::Result;
use clap::Subcommand;
use waiaas_api::page::PageQuery;
use waiaas_api::sessions::{CreateSession, IssuedSession};
use waiaas_engine::core::ids::SessionId;

use crate::commands::wallet::find;
use crate::context::Context;
use crate::{human, output, table};

/// Sessions.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Create a session for one or several wallets; the token is shown once.
    Create {
        /// Wallet ids or names.
        #[arg(required = true)]
        wallets: Vec<String>,
        /// Lifetime of a token in seconds (300 to 31536000).
        #[arg(long)]
        ttl: Option<u32>,
        /// Maximum number of renewals.
        #[arg(long)]
        max_renewals: Option<u32>,
        /// Seconds after which the session ends, renewed or not.
        #[arg(long)]
        absolute_lifetime: Option<u32>,
    },
    /// List sessions.
    List {
        /// Only sessions of this wallet (id or name).
        #[arg(long)]
        wallet: Option<String>,
    },
    /// Replace a session's token; the old one is void at once.
    Rotate {
        /// Id of the session.
        id: SessionId,
    },
    /// Revoke a session; its requests that are not signed yet are cancelled too.
    Revoke {
        /// Id of the session.
        id: SessionId,
    },
    /// Set a session's default wallet, which its read requests use if they name none; a payment still uses
    /// the one wallet that fits.
    DefaultWallet {
        /// Id of the session.
        id: SessionId,
        /// One of its wallets (id or name).
        wallet: String,
    },
    /// Replace the key that signs all tokens.
    RotateSecret,
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    let client = context.operator().await?;
    match verb {
        Verb::Create { wallets, ttl, max_renewals, absolute_lifetime } => {
            let mut ids = Vec::new();
            for wallet in &wallets {
                ids.push(find(&client, wallet).await?.id);
            }
            let request = CreateSession {
                wallet_id: None,
                wallet_ids: Some(ids),
                ttl,
                max_renewals,
                absolute_lifetime,
            };
            let issued = client.create_session(&request).await?;
            output::show(context, &issued, issued_text)
        }
        Verb::List { wallet } => {
            let wallet_id = match wallet {
                Some(wallet) => Some(find(&client, &wallet).await?.id),
                None => None,
            };
            let query = PageQuery { wallet_id, limit: Some(200), ..PageQuery::default() };
            let sessions = client.sessions(&query).await?;
            output::show(context, &sessions, |page| {
                let head = ["id", "status", "wallets", "default", "token until", "session until", "renewals"];
                table::list(
                    "There are no sessions. `waiaas session create WALLET` makes one.",
                    head,
                    page.data.iter().map(|s| {
                        let names: Vec<_> = s.wallets.iter().map(|w| w.name.clone()).collect();
                        [
                            s.id.to_string(),
                            s.status.clone(),
                            names.join(", "),
                            s.wallet_name.clone().unwrap_or_default(),
                            human::time(s.expires_at),
                            human::time(s.absolute_expires_at),
                            format!("{}/{}", s.renewal_count, s.max_renewals),
                        ]
                    }),
                )
            })
        }
        Verb::Rotate { id } => output::show(context, &client.rotate_session(id).await?, issued_text),
        Verb::Revoke { id } => {
            output::show(context, &client.revoke_session(id).await?, |s| format!("{} is {}.", s.id, s.status))
        }
        Verb::DefaultWallet { id, wallet } => {
            let wallet = find(&client, &wallet).await?;
            let link = client.set_default_wallet(id, wallet.id).await?;
            output::show(context, &link, |l| {
                format!(
                    "The default wallet of session {} is {} ({}).",
                    l.session_id, wallet.name, l.wallet_id
                )
            })
        }
        Verb::RotateSecret => output::show(context, &client.rotate_secret().await?, |r| r.message.clone()),
    }
}

fn issued_text(session: &IssuedSession) -> String {
    use secrecy::ExposeSecret as _;
    let token = session.token.clone().into_inner();
    format!(
        "Session {} (token until {}, session until {}).\nThe token, shown once:\n{}",
        session.id,
        human::time(session.expires_at),
        human::time(session.absolute_expires_at),
        token.expose_secret()
    )
}
