//! Settings in the environment, and variables with the same prefix that are none.

use super::error::{ConfigError, Origin};
use super::layers::{PREFIX, RESERVED_ENV, Schema, Setting, former};

/// What the environment says.
#[derive(Default)]
pub(super) struct Environment {
    pub(super) settings: Vec<Setting>,
    /// A sentence each about variables that were passed over.
    pub(super) warnings: Vec<String>,
}

impl Environment {
    /// Reads the variables that begin with our prefix. One that is empty counts as not set. Kubernetes puts
    /// addresses of services into every container under names made from the service's, so a service called
    /// `waiaas` gives variables with our prefix; those, and others that no section could have, are passed
    /// over with a warning. What looks like a setting and is none is refused.
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
            // No section has an underscore in its name, so the first one ends it.
            let (section, key) = rest.split_once('_').unwrap_or((rest, ""));
            let upper = !rest.bytes().any(|b| b.is_ascii_lowercase());
            let (section, key) = (section.to_ascii_lowercase(), key.to_ascii_lowercase());
            if let Some(instead) = former(&section, &key) {
                return Err(ConfigError::Former {
                    origin: Origin::Environment(name.clone()),
                    key: name,
                    instead,
                });
            }
            if upper && schema.has(&section, &key) {
                let origin = Origin::Environment(name);
                settings.push(schema.setting(origin, &section, &key, |kind| kind.read(text))?);
                continue;
            }
            let meant = schema.meant(&section, &key);
            if meant.is_none() && !schema.has_section(&section) {
                foreign.push(name);
                continue;
            }
            let meant = meant.map(|(section, key)| variable(&section, &key));
            let known = schema.variables(&section);
            return Err(ConfigError::Unknown {
                origin: Origin::Environment(name.clone()),
                key: name,
                meant,
                known,
            });
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

/// The variable of a setting.
pub(super) fn variable(section: &str, key: &str) -> String {
    format!("{PREFIX}{section}_{key}").to_ascii_uppercase()
}

/// Whether Kubernetes makes such a variable for a service: `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT`,
/// `NAME_SERVICE_PORT_<PORT'S NAME>`, and the older `NAME_PORT=tcp://…`, `NAME_PORT_3100_TCP` and, for
/// each of these, `…_PROTO`, `…_PORT` and `…_ADDR`.
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
