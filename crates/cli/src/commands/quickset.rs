//! `waiaas quickset`: wallets, starter policies and a session in one go. Running it again changes
//! nothing that is already there.

use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use waiaas_api::client::{ChangeResult, Client};
use waiaas_api::page::PageQuery;
use waiaas_api::policies::{CreatePolicy, Policy};
use waiaas_api::sessions::{CreateSession, Session};
use waiaas_api::wallets::{CreateWallet, Wallet};
use waiaas_engine::core::ids::SessionId;
use waiaas_engine::core::network::{Chain, Environment};
use waiaas_engine::write_private;

use crate::commands::policy;
use crate::commands::wallet::Mode;
use crate::context::Context;
use crate::{human, output};

/// Set everything up for an agent.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which money: public test networks, real money, or nodes on this machine.
    #[arg(long, value_enum, default_value = "testnet")]
    mode: Mode,
    /// Seconds the agent's token lives (default: security.session_ttl).
    #[arg(long)]
    ttl: Option<u32>,
}

/// What a new wallet may do until the operator decides otherwise: little, and watched.
fn starter_policies() -> [(&'static str, Value); 2] {
    [
        (
            "SPENDING_LIMIT",
            json!({
                "instant_max_usd": 10, "notify_max_usd": 50, "delay_max_usd": 200,
                "delay_seconds": 900, "daily_limit_usd": 200, "monthly_limit_usd": 1000,
            }),
        ),
        ("RATE_LIMIT", json!({ "max_requests": 60, "window_seconds": 3600 })),
    ]
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<()> {
    let client = context.operator().await?;
    let environment = Environment::from(args.mode);
    output::progress("Wallets…");
    let wallets = [
        wallet(&client, format!("solana-{environment}"), Chain::Solana, environment).await?,
        wallet(&client, format!("evm-{environment}"), Chain::Ethereum, environment).await?,
    ];
    output::progress("Policies…");
    let mut policies = Vec::new();
    for wallet in &wallets {
        policies.extend(ensure_policies(&client, wallet).await?);
    }
    output::progress("Session…");
    let Made { token, reused, earlier } = session(context, &client, &wallets, args.ttl).await?;
    let token_file = context.data_dir().session_token();
    let value = json!({
        "mode": environment,
        "baseUrl": context.base_url()?,
        "wallets": wallets,
        "policies": policies,
        "session": {
            "tokenFile": token_file, "reused": reused, "token": token.expose_secret(), "replaced": earlier,
        },
    });
    output::show(context, &value, |_| {
        let mut text = String::from("Wallets\n");
        for w in &wallets {
            text.push_str(&format!("  {:<16} {}  {}\n", w.name, w.id, w.address));
        }
        text.push_str(&format!(
            "Policies (those that were there already are as they were; change one with `waiaas policy update ID \
             --rules …`)\n{}\n",
            policy::table(&policies, &wallets)
        ));
        text.push_str(&format!(
            "Session: the agent's token is in {} ({}).\n  export WAIAAS_SESSION_TOKEN=$(cat {})\n\
             Name an owner who approves larger amounts: `waiaas owner set {} ADDRESS`.",
            token_file.display(),
            if reused { "as before" } else { "new" },
            token_file.display(),
            wallets[0].name,
        ));
        if let Some(earlier) = &earlier {
            text.push_str(&format!("\n{}", replaced(earlier, &token_file)));
        }
        text
    })
}

async fn wallet(client: &Client, name: String, chain: Chain, environment: Environment) -> Result<Wallet> {
    let known = client.wallets().await?;
    let same = |w: &Wallet| {
        w.name == name
            && w.chain == chain
            && w.environment == environment
            && w.status.as_str() != "TERMINATED"
    };
    if let Some(wallet) = known.into_iter().find(same) {
        return Ok(wallet);
    }
    let request = CreateWallet { name, chain, environment, create_session: false };
    Ok(client.create_wallet(&request).await?.wallet)
}

/// The starter policies a wallet does not have yet, and those it has of the same types.
async fn ensure_policies(client: &Client, wallet: &Wallet) -> Result<Vec<Policy>> {
    let query = PageQuery { wallet_id: Some(wallet.id), limit: Some(200), ..PageQuery::default() };
    let known = client.policies(&query).await?.data;
    let mut policies = Vec::new();
    for (policy_type, rules) in starter_policies() {
        let same =
            known.iter().find(|p| p.wallet_id == Some(wallet.id) && p.policy_type.as_str() == policy_type);
        let policy = match same {
            Some(policy) => Some(policy.clone()),
            None => {
                let request = CreatePolicy {
                    wallet_id: Some(wallet.id),
                    network: None,
                    policy_type: policy_type.to_owned(),
                    rules,
                    priority: 0,
                    enabled: true,
                };
                let made = client.create_policy(&request).await?;
                if let ChangeResult::Waits(change) = &made {
                    output::progress(&format!(
                        "Waits for the owner: {} (change {})",
                        change.summary, change.id
                    ));
                }
                made.done()
            }
        };
        policies.extend(policy);
    }
    Ok(policies)
}

/// The agent's token, and what the file held before.
struct Made {
    token: SecretString,
    reused: bool,
    /// The session whose token was in the file, where another took its place.
    earlier: Option<Session>,
}

/// The token left by an earlier run if it still works for these wallets, else a new session's.
async fn session(context: &Context, client: &Client, wallets: &[Wallet], ttl: Option<u32>) -> Result<Made> {
    let file = context.data_dir().session_token();
    let mut earlier = None;
    if let Ok(text) = std::fs::read_to_string(&file) {
        let token = SecretString::from(text.trim());
        let agent = context.anonymous().await?.session_token(token.clone());
        let mut works = true;
        for wallet in wallets {
            works &= agent.address(Some(wallet.id)).await.is_ok();
        }
        if works {
            return Ok(Made { token, reused: true, earlier });
        }
        earlier = session_of(client, &token).await?;
    }
    let request = CreateSession {
        wallet_ids: Some(wallets.iter().map(|w| w.id).collect()),
        ttl,
        ..CreateSession::default()
    };
    let token = client.create_session(&request).await?.token.into_inner();
    write_private(&file, format!("{}\n", token.expose_secret()).as_bytes())?;
    Ok(Made { token, reused: false, earlier })
}

/// The session that a token is of, by the token's own word, if the daemon has it.
async fn session_of(client: &Client, token: &SecretString) -> Result<Option<Session>> {
    let claims = token.expose_secret().split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Option<Value> = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let id = claims.and_then(|claims| claims["sub"].as_str()?.parse::<SessionId>().ok());
    let Some(id) = id else { return Ok(None) };
    let mut query = PageQuery { limit: Some(200), ..PageQuery::default() };
    loop {
        let page = client.sessions(&query).await?;
        if let Some(found) = page.data.into_iter().find(|session| session.id == id) {
            return Ok(Some(found));
        }
        match page.next_cursor {
            Some(next) => query.cursor = Some(next),
            None => return Ok(None),
        }
    }
}

/// What became of the token that was in the file before.
fn replaced(earlier: &Session, file: &Path) -> String {
    let names: Vec<_> = earlier.wallets.iter().map(|wallet| wallet.name.as_str()).collect();
    let whose = format!("The token that was in {} is of session {}", file.display(), earlier.id);
    if earlier.status == "ACTIVE" {
        format!(
            "{whose} ({}) and STILL WORKS until {}, wherever it was copied to; `waiaas session revoke {}` ends it.",
            names.join(", "),
            human::time(earlier.expires_at),
            earlier.id
        )
    } else {
        format!("{whose} ({}), which is {}.", names.join(", "), earlier.status)
    }
}
