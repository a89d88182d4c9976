//! `waiaas kill-switch`.

use std::time::Duration;

use anyhow::{Error, Result, anyhow};
use clap::Subcommand;
use rustix::process::Signal;
use serde_json::json;
use tokio::time::timeout;
use waiaas_api::admin::Signing;
use waiaas_api::client::ClientError;

use crate::commands::change::show_outcome;
use crate::context::Context;
use crate::exit::NoDaemon;
use crate::{holder, output};

/// Maximum wait for the socket before a signal activates the kill switch.
const PATIENCE: Duration = Duration::from_secs(5);

/// The kill switch. On the daemon's machine, activating it needs no password; `kill -USR1` of the daemon's
/// process activates it too.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Show its state.
    Show,
    /// Stop every signature at once; requests that wait now are never signed, even after recovery.
    Activate,
    /// Release it: resume normal operation.
    Recover,
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::Show => {
            let state = context.operator().await?.kill_switch().await?;
            output::show(context, &state, |s| sentence(s.signing).to_owned())
        }
        Verb::Activate if context.is_local() => pull_here(context).await,
        Verb::Activate => {
            let state = context.operator().await?.activate_kill_switch().await?;
            output::show(context, &state, |s| sentence(s.signing).to_owned())
        }
        Verb::Recover => {
            let outcome = context.operator().await?.recover().await?;
            show_outcome(context, &outcome, |s| sentence(s.signing).to_owned())
        }
    }
}

/// On the daemon's own machine, running as its user is enough; if the socket does not answer in time, a
/// signal activates it.
async fn pull_here(context: &Context) -> Result<()> {
    let asked = async { Ok(context.anonymous().await?.activate_kill_switch().await?) };
    let silence = match timeout(PATIENCE, asked).await {
        Ok(Ok(state)) => return output::show(context, &state, |s| sentence(s.signing).to_owned()),
        Ok(Err(error)) if is_an_answer(&error) => return Err(error),
        Ok(Err(error)) => error,
        Err(_) => anyhow!("the daemon did not answer within {} s", PATIENCE.as_secs()),
    };
    let Some(daemon) = holder::of(context.data_dir())? else { return Err(silence) };
    daemon.send(Signal::USR1)?;
    let value = json!({ "signal": "SIGUSR1", "pid": daemon.pid(), "confirmed": false });
    output::show(context, &value, |_| {
        format!(
            "The socket gave no answer ({silence:#}), so the daemon (process {}) was sent SIGUSR1, which activates \
             the kill switch. Its log and `waiaas kill-switch show` confirm it.",
            daemon.pid()
        )
    })
}

/// Whether the error is an answer of a daemon that could have activated the kill switch.
fn is_an_answer(error: &Error) -> bool {
    let silent = matches!(error.downcast_ref(), Some(ClientError::Transport { .. }));
    !silent && !error.is::<NoDaemon>()
}

/// The state in one sentence.
const fn sentence(signing: Signing) -> &'static str {
    match signing {
        Signing::Running => "Signing is running.",
        Signing::Stopped => {
            "Signing is stopped: the kill switch is activated. `waiaas kill-switch recover` resumes it."
        }
    }
}
