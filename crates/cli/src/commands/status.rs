//! `waiaas status`, `waiaas health`, `waiaas kill-switch`.

use anyhow::Result;
use clap::Subcommand;

use crate::commands::change::show_outcome;
use crate::context::Context;
use crate::output;

pub(crate) async fn run(context: &Context) -> Result<()> {
    let status = context.operator()?.status().await?;
    let value = serde_json::to_value(&status)?;
    output::show(context, &value, |status| {
        let mut lines = Vec::new();
        for (name, value) in status.as_object().into_iter().flatten() {
            if !value.is_array() && !value.is_object() {
                lines.push(format!(
                    "{name:<20} {}",
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                ));
            }
        }
        if status["autoProvisioned"] == true {
            lines.push("recovery.key still holds the master password; run `waiaas set-master`.".to_owned());
        }
        lines.join("\n")
    })
}

pub(crate) async fn health(context: &Context) -> Result<()> {
    let health = context.anonymous()?.health().await?;
    output::show(context, &health, |h| format!("ok: version {}, up {} s", h.version, h.uptime))
}

/// The emergency brake.
#[derive(Subcommand)]
pub(crate) enum KillSwitchVerb {
    /// Its state.
    Show,
    /// Stop every signature at once; what waits now will not be signed even after recovery.
    Activate,
    /// Resume normal operation.
    Recover,
}

pub(crate) async fn kill_switch(context: &Context, verb: KillSwitchVerb) -> Result<()> {
    let client = context.operator()?;
    match verb {
        KillSwitchVerb::Show => output::show(context, &client.kill_switch().await?, |s| {
            format!("The kill switch is {}.", s.state)
        }),
        KillSwitchVerb::Activate => {
            let state = client.activate_kill_switch().await?;
            output::show(context, &state, |s| format!("The kill switch is {}. Nothing is signed.", s.state))
        }
        KillSwitchVerb::Recover => {
            show_outcome(context, &client.recover().await?, |s| format!("The kill switch is {}.", s.state))
        }
    }
}
