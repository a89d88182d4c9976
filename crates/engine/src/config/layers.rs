//! The sources of settings, and how they are overlaid.
//!
//! The JSON Schema of the section types says which settings exist. The meaning of values is left to the
//! section structs.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::de::{DeTable, DeValue, Error, ValueDeserializer};
use toml::{Table, Value};
use waiaas_core::nearest;

use super::environment::variable;
use super::error::{ConfigError, Place, SettingSource};
use super::fees::FORMER;
use super::kind::Kind;
use super::schema;

/// The prefix of every environment variable of this program.
pub(super) const PREFIX: &str = "WAIAAS_";

/// Environment variables that are not settings: they belong to the start-up, the client commands and the
/// tools.
pub const RESERVED_ENV: [&str; 12] = [
    "WAIAAS_DATA_DIR",
    "WAIAAS_MASTER_PASSWORD",
    "WAIAAS_MASTER_PASSWORD_FILE",
    "WAIAAS_NEW_MASTER_PASSWORD_FILE",
    "WAIAAS_AUTO_PROVISION",
    "WAIAAS_NO_UPDATE_NOTIFY",
    "WAIAAS_SESSION_TOKEN",
    "WAIAAS_BASE_URL",
    "WAIAAS_WALLET_ID",
    "WAIAAS_WALLET_NAME",
    "WAIAAS_LOG",
    "WAIAAS_LOCALNET_CACHE",
];

/// One value for one setting, of the right type and within its bounds.
pub(super) struct Setting {
    pub(super) place: Place,
    pub(super) section: String,
    pub(super) key: String,
    pub(super) value: Value,
}

impl Setting {
    /// `section.key`
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }
}

/// Returns the replacement of a removed setting.
pub(super) fn former(section: &str, key: &str) -> Option<&'static str> {
    let former = FORMER.iter().find(|(name, _)| name.split_once('.') == Some((section, key)));
    former.map(|(_, instead)| *instead)
}

/// The existing settings, by section and key.
pub(super) struct Schema(BTreeMap<String, BTreeMap<String, Kind>>);

impl Schema {
    /// Returns the settings of the section types.
    pub(super) fn of_types() -> Self {
        let sections = schema::properties(schema::types()).map(|(section, content)| {
            let keys = schema::properties(content).map(|(key, schema)| (key.clone(), Kind::of(schema)));
            (section.clone(), keys.collect())
        });
        Self(sections.collect())
    }

    fn kind(&self, section: &str, key: &str) -> Option<Kind> {
        self.0.get(section)?.get(key).copied()
    }

    fn known(&self, section: &str) -> String {
        let names: Vec<_> = match self.0.get(section) {
            Some(keys) => keys.keys().map(String::as_str).collect(),
            None => self.0.keys().map(String::as_str).collect(),
        };
        names.join(", ")
    }

    /// Returns section, key and type of every setting.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&str, &str, Kind)> {
        self.0.iter().flat_map(|(section, keys)| {
            keys.iter().map(move |(key, kind)| (section.as_str(), key.as_str(), *kind))
        })
    }

    pub(super) fn has(&self, section: &str, key: &str) -> bool {
        self.kind(section, key).is_some()
    }

    /// Splits a name such as `daemon_port` into its section and the rest; without a known section, at the
    /// first underscore.
    pub(super) fn split<'a>(&self, name: &'a str) -> (&'a str, &'a str) {
        let begins = |section: &&String| name == *section || name.starts_with(&format!("{section}_"));
        match self.0.keys().filter(begins).max_by_key(|section| section.len()) {
            Some(section) => {
                let (section, key) = name.split_at(section.len());
                (section, key.strip_prefix('_').unwrap_or(key))
            }
            None => name.split_once('_').unwrap_or((name, "")),
        }
    }

    pub(super) fn has_section(&self, section: &str) -> bool {
        self.0.contains_key(section)
    }

    /// Returns the setting that was probably meant: in another section, with another key, or given without a
    /// section.
    pub(super) fn meant(&self, section: &str, key: &str) -> Option<(String, String)> {
        let found = |section: &str, key: &str| Some((section.to_owned(), key.to_owned()));
        if let Some(keys) = self.0.get(section) {
            return found(section, nearest(key, keys.keys().map(String::as_str))?);
        }
        let whole = if key.is_empty() { section.to_owned() } else { format!("{section}_{key}") };
        if let Some(of) = self.0.keys().find(|of| self.has(of, &whole)) {
            return found(of, &whole);
        }
        let near = nearest(section, self.0.keys().map(String::as_str))?;
        if self.has(near, key) { found(near, key) } else { None }
    }

    pub(super) fn setting(
        &self,
        place: Place,
        section: &str,
        key: &str,
        read: impl FnOnce(Kind) -> Result<Value, String>,
    ) -> Result<Setting, ConfigError> {
        let name = format!("{section}.{key}");
        let Some(kind) = self.kind(section, key) else {
            if let Some(instead) = former(section, key) {
                return Err(ConfigError::Former { place, key: name, instead });
            }
            let table = key.split_once('.').and_then(|(table, _)| Some((table, self.kind(section, table)?)));
            if let Some((table, kind)) = table.filter(|(_, kind)| kind.is_nested()) {
                let key = format!("{section}.{table}");
                return Err(ConfigError::Invalid { place, key, reason: kind.allowed() });
            }
            let meant = self.meant(section, key).map(|(section, key)| format!("{section}.{key}"));
            return Err(ConfigError::Unknown { place, key: name, meant, known: self.known(section) });
        };
        match read(kind) {
            Ok(value) => Ok(Setting { place, section: section.to_owned(), key: key.to_owned(), value }),
            Err(reason) => Err(ConfigError::Invalid { place, key: name, reason }),
        }
    }

    /// Returns the settings of a file.
    pub(super) fn file(&self, path: &Path, text: &str) -> Result<Vec<Setting>, ConfigError> {
        let origin = SettingSource::File(path.to_owned());
        let mut settings = Vec::new();
        let table = DeTable::parse(text).map_err(|error| syntax(origin.clone(), text, &error))?;
        for (section, content) in table.into_inner() {
            let at = |start: usize| Place { origin: origin.clone(), line: Some(line(text, start)) };
            let place = at(section.span().start);
            let section = section.into_inner().into_owned();
            if !self.has_section(&section) {
                let meant = nearest(&section, self.0.keys().map(String::as_str)).map(str::to_owned);
                return Err(ConfigError::Unknown { place, meant, known: self.known(&section), key: section });
            }
            let DeValue::Table(content) = content.into_inner() else {
                let reason = "must be a [section]".to_owned();
                return Err(ConfigError::Invalid { place, key: section, reason });
            };
            for (key, value) in content {
                let place = at(key.span().start);
                settings.push(self.setting(place, &section, key.get_ref(), |kind| {
                    // A number beyond 64 bits is valid TOML, but no setting allows it.
                    let value = Value::deserialize(ValueDeserializer::from(value));
                    value.map_err(|_| kind.allowed()).and_then(|value| kind.accept(value))
                })?);
            }
        }
        Ok(settings)
    }

    /// Returns the settings of flags, each named `section.key`.
    pub(super) fn flags(
        &self,
        flags: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Vec<Setting>, ConfigError> {
        let read = |(name, text): (String, String)| {
            let name = named(&name);
            let (section, key) = name.split_once('.').unwrap_or((&name, ""));
            self.setting(SettingSource::Flag(name.clone()).into(), section, key, |kind| kind.read(text))
        };
        flags.into_iter().map(read).collect()
    }

    /// Lists the variables of a section, or of all sections.
    pub(super) fn variables(&self, section: &str) -> String {
        match self.0.get(section) {
            Some(keys) => keys.keys().map(|key| variable(section, key)).collect::<Vec<_>>().join(", "),
            None => self.0.keys().map(|section| variable(section, "…")).collect::<Vec<_>>().join(", "),
        }
    }
}

/// Cuts a flag's name at the first character that no setting's name has: the rest can be a misplaced value,
/// such as a URL with a password.
fn named(given: &str) -> String {
    let foreign = |c: char| !(c.is_ascii_alphanumeric() || ['_', '.', '-'].contains(&c));
    given.split(foreign).next().unwrap_or_default().to_owned()
}

/// Reads TOML. The error gives the place and the reason, but not the text, since a line can contain a secret.
pub(super) fn parse(origin: SettingSource, text: &str) -> Result<Table, ConfigError> {
    toml::from_str(text).map_err(|error| syntax(origin, text, &error))
}

fn syntax(origin: SettingSource, text: &str, error: &Error) -> ConfigError {
    let line = line(text, error.span().map_or(0, |span| span.start));
    ConfigError::Syntax { place: Place { origin, line: Some(line) }, reason: error.message().to_owned() }
}

/// Returns the line number, from 1, of a byte in a text.
fn line(text: &str, start: usize) -> usize {
    text.bytes().take(start).filter(|b| *b == b'\n').count() + 1
}

/// Overlays one setting.
pub(super) fn overlay(table: &mut Table, setting: &Setting) {
    let section = table.entry(setting.section.as_str()).or_insert_with(|| Value::Table(Table::new()));
    let Value::Table(section) = section else { return };
    match (section.get_mut(&setting.key), &setting.value) {
        (Some(Value::Table(old)), Value::Table(new)) => {
            old.extend(new.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        (Some(_) | None, value) => {
            section.insert(setting.key.clone(), value.clone());
        }
    }
}
