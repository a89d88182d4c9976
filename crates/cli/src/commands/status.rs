//! `waiaas status` and `waiaas health`.

use crate::context::Context;
use crate::output;
use anyhow::Result;
use serde_json::Value;

pub(crate) async fn run(context: &Context) -> Result<()> {
    let status = context.operator().await?.status().await?;
    let value = serde_json::to_value(&status)?;
    output::show(context, &value, |status| {
        let mut lines = Vec::new();
        for (name, value) in status.as_object().into_iter().flatten() {
            // `signing` gives the same in plain words.
            if !value.is_array() && !value.is_object() && name != "killSwitchState" {
                lines.push(format!(
                    "{name:<20} {}",
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                ));
            }
        }
        lines.extend(status["networks"].as_array().into_iter().flatten().filter_map(simulations));
        lines.extend(status["channels"].as_array().into_iter().flatten().filter_map(channel));
        if status["autoProvisioned"] == true {
            lines.push("recovery.key still holds the master password; run `waiaas set-master`.".to_owned());
        }
        lines.join("\n")
    })
}

/// The simulation methods of a network's endpoints, as far as they are known.
fn simulations(network: &Value) -> Option<String> {
    let methods: Vec<_> = network["simulationMethods"].as_array()?.iter().map(Value::as_str).collect();
    methods.iter().any(Option::is_some).then_some(())?;
    let named: Vec<_> = methods.into_iter().map(|method| method.unwrap_or("not asked yet")).collect();
    Some(format!("{:<20} simulates by {}", network["network"].as_str()?, named.join(", ")))
}

/// The state of a channel to people.
fn channel(channel: &Value) -> Option<String> {
    let reason = channel["reason"].as_str().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(format!("{:<20} {}{reason}", channel["channel"].as_str()?, channel["state"].as_str()?))
}

pub(crate) async fn health(context: &Context) -> Result<()> {
    let health = context.anonymous().await?.health().await?;
    output::show(context, &health, |h| format!("ok: version {}, up {} s", h.version, h.uptime))
}
