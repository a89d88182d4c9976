//! Every setting with its value and its source, for `waiaas config check --explain`.

use serde::Serialize;
use toml::{Table, Value};
use url::Url;

use super::error::SettingSource;
use super::layers::Setting;

/// A setting in force. Secret parts of the value are left out.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// `section.key`; for an entry of a table, followed by the entry's name.
    pub key: String,
    /// The value in TOML's types. URLs are reduced to scheme, host and port; keys to whether one is set.
    pub value: Value,
    /// The source of the value.
    #[serde(serialize_with = "as_text")]
    pub source: SettingSource,
    /// Sources of overridden values.
    #[serde(serialize_with = "as_texts")]
    pub over: Vec<SettingSource>,
}

fn as_text<S: serde::Serializer>(origin: &SettingSource, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(origin)
}

fn as_texts<S: serde::Serializer>(origins: &[SettingSource], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(origins.iter().map(ToString::to_string))
}

/// Explains `table`, which is `defaults` overlaid with `settings` in this order.
pub(super) fn explain(defaults: &Table, table: &Table, settings: &[Setting]) -> Vec<Explained> {
    let mut all = Vec::new();
    for (section, content) in table {
        for (key, value) in content.as_table().into_iter().flatten() {
            let place = format!("{section}.{key}");
            let given: Vec<&Setting> = settings.iter().filter(|setting| setting.name() == place).collect();
            let default = defaults.get(section).and_then(|content| content.get(key));
            match value {
                Value::Table(entries) => all.extend(entries.iter().map(|(name, value)| {
                    let sources = given.iter().filter(|setting| setting.value.get(name).is_some());
                    let default = default.and_then(|entries| entries.get(name));
                    one(format!("{place}.\"{name}\""), key, value, sources.copied(), default.is_some())
                })),
                _ => all.push(one(place, key, value, given.into_iter(), default.is_some())),
            }
        }
    }
    all
}

fn one<'a>(
    place: String,
    key: &str,
    value: &Value,
    given: impl Iterator<Item = &'a Setting>,
    default: bool,
) -> Explained {
    let built_in = default.then_some(SettingSource::BuiltIn);
    let mut over: Vec<SettingSource> =
        built_in.into_iter().chain(given.map(|s| s.place.origin.clone())).collect();
    let source = over.pop().unwrap_or(SettingSource::BuiltIn);
    over.reverse();
    let value = match (&source, value) {
        (SettingSource::BuiltIn, value) => value.clone(),
        (_, Value::String(text))
            if (key.ends_with("_key") || key.ends_with("_token")) && !text.is_empty() =>
        {
            Value::String("(set, not shown)".to_owned())
        }
        (_, value) => without_secrets(value),
    };
    Explained { key: place, value, source, over }
}

/// Reduces URLs to scheme, host and port: node providers put API keys into paths, and database URLs have
/// passwords before the host.
fn without_secrets(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(match Url::parse(text) {
            Ok(url) if url.has_host() => host_alone(&url),
            Ok(_) | Err(_) => text.clone(),
        }),
        Value::Array(items) => Value::Array(items.iter().map(without_secrets).collect()),
        Value::Table(table) => {
            Value::Table(table.iter().map(|(key, value)| (key.clone(), without_secrets(value))).collect())
        }
        Value::Integer(_) | Value::Boolean(_) | Value::Float(_) | Value::Datetime(_) => value.clone(),
    }
}

fn host_alone(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let rest = if bare && matches!(url.path(), "" | "/") { "" } else { "/…" };
    format!("{}://{}{port}{rest}", url.scheme(), url.host_str().unwrap_or_default())
}
