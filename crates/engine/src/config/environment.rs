//! Settings from environment variables, and other variables with the same prefix.

use super::error::{ConfigError, Place, SettingSource};
use super::layers::{PREFIX, RESERVED_ENV, Schema, Setting, former};

/// The settings found in the environment.
#[derive(Default)]
pub(super) struct Environment {
    pub(super) settings: Vec<Setting>,
    /// One sentence for each ignored variable.
    pub(super) warnings: Vec<String>,
}

impl Environment {
    /// Reads the variables that begin with the prefix. An empty variable counts as not set. Kubernetes adds
    /// variables with the addresses of services to every container, named after the service, so a service
    /// called `waiaas` gives variables with the prefix; these, and variables that no section could have, are
    /// ignored with a warning. A variable that looks like a setting but is none is refused.
    pub(super) fn read(
        schema: &Schema,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let (mut settings, mut links, mut foreign) = (Vec::new(), Vec::new(), Vec::new());
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            if text.is_empty() || RESERVED_ENV.contains(&name.as_str()) {
                continue;
            }
            if is_service_link(&name, &text) {
                links.push(name);
                continue;
            }
            let place = Place::from(SettingSource::Environment(name.clone()));
            if let Some((section, key, _)) = schema.settings().find(|(s, k, _)| variable(s, k) == name) {
                settings.push(schema.setting(place, section, key, |kind| kind.read(text))?);
                continue;
            }
            if let Some(key) = nested(schema, &name) {
                let reason =
                    "has entries, which only config.toml can hold: the name of a variable cannot tell \
                              their names, which have small letters, '-', ':' and '/'"
                        .to_owned();
                return Err(ConfigError::Invalid { place, key, reason });
            }
            let rest = rest.to_ascii_lowercase();
            let (section, key) = schema.split(&rest);
            if let Some(instead) = former(section, key) {
                return Err(ConfigError::Former { place, key: name, instead });
            }
            let meant = schema.meant(section, key);
            if meant.is_none() && !schema.has_section(section) {
                foreign.push(name);
                continue;
            }
            let meant = meant.map(|(section, key)| variable(&section, &key));
            return Err(ConfigError::Unknown { place, key: name, meant, known: schema.variables(section) });
        }
        let mut warnings = Vec::new();
        let mut warn = |mut names: Vec<String>, what: &str| {
            names.sort();
            if !names.is_empty() {
                warnings.push(format!("{}: {what}", names.join(", ")));
            }
        };
        warn(
            links,
            "not read, because Kubernetes makes such variables for a service; `enableServiceLinks: false` in \
             the pod's specification leaves them out",
        );
        warn(foreign, "not read, because no section of the configuration has such a name");
        Ok(Self { settings, warnings })
    }
}

/// Returns the name of the variable of a setting.
pub(super) fn variable(section: &str, key: &str) -> String {
    format!("{PREFIX}{section}_{key}").to_ascii_uppercase()
}

/// Returns the table or array of tables that a variable such as `WAIAAS_REPUTATION__AGENTS__…` would name.
fn nested(schema: &Schema, name: &str) -> Option<String> {
    let plain = name.to_ascii_uppercase().replace("__", "_");
    let tables = schema.settings().filter(|(_, _, kind)| kind.is_nested());
    let mut inside = tables.filter(|(section, key, _)| {
        let rest = plain.strip_prefix(&variable(section, key));
        name.contains("__") && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    });
    inside.next().map(|(section, key, _)| format!("{section}.{key}"))
}

/// Whether Kubernetes makes such a variable for a service: `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT`,
/// `NAME_SERVICE_PORT_<PORT'S NAME>`, and the older `NAME_PORT=tcp://…` and `NAME_PORT_3100_TCP`, the latter
/// also with `_PROTO`, `_PORT` and `_ADDR`.
fn is_service_link(name: &str, text: &str) -> bool {
    let of_service =
        name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_");
    let address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| text.starts_with(scheme));
    let base = ["_PROTO", "_PORT", "_ADDR"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let numbered = |base: &str| {
        let (front, protocol) = base.rsplit_once('_')?;
        let (_, number) = front.rsplit_once("_PORT_")?;
        let known = matches!(protocol, "TCP" | "UDP" | "SCTP");
        Some(known && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    of_service || (name.ends_with("_PORT") && address) || numbered(base) == Some(true)
}
