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

/// How long the socket may take before a signal activates the kill switch.
const PATIENCE: Duration = Duration::from_secs(5);

/// The kill switch. On the daemon's machine, activating it needs no password, and `kill -USR1` of the
/// daemon's process does it as well.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Its state.
    Show,
    /// Stop every signature at once; what waits now will not be signed even after recovery.
    Activate,
    /// Resume normal operation.
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

/// On the daemon's own machine, being its user is enough, and where the socket gives no answer in time, a
/// signal does it.
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
            "The socket gave no answer ({silence:#}), so the daemon (process {}) was sent SIGUSR1, at which it activates \
             the kill switch. Its log and `waiaas kill-switch show` say when that is done.",
            daemon.pid()
        )
    })
}

/// Whether somebody answered who could have activated it.
fn is_an_answer(error: &Error) -> bool {
    let silent = matches!(error.downcast_ref(), Some(ClientError::Transport { .. }));
    !silent && !error.is::<NoDaemon>()
}

/// What the kill switch lets happen.
const fn sentence(signing: Signing) -> &'static str {
    match signing {
        Signing::Running => "Signing is running.",
        Signing::Stopped => {
            "Signing is stopped: the kill switch is activated. `waiaas kill-switch recover` resumes it."
        }
    }
}
