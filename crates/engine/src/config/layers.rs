//! The sources of settings and how they are laid over each other.
//!
//! The defaults are the schema: a setting exists when the defaults list it, and the type of its
//! default is its type. What values mean is for the section structs.

use std::path::Path;

use toml::{Table, Value};
use waiaas_core::asset::AssetId;
use waiaas_core::nearest;

use super::environment::variable;
use super::error::{ConfigError, Origin};
use super::fees::FORMER;

/// What every environment variable of this program starts with.
pub(super) const PREFIX: &str = "WAIAAS_";

/// Environment variables that are not settings: they belong to the start-up, the client commands
/// and the tools.
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

/// One value for one key, of the right type, not yet judged.
pub(super) struct Setting {
    pub(super) origin: Origin,
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

/// The type of a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Text,
    Integer,
    /// Texts; one text counts as a list of one.
    Texts,
    /// Array of tables; only in a file.
    Tables,
    /// Text by name, such as a CAIP-19 id, laid over entry by entry; only in a file.
    Entries,
}

impl Kind {
    const fn allowed(self) -> &'static str {
        match self {
            Self::Text => "must be text in quotes",
            Self::Integer => "must be a whole number",
            Self::Texts => "must be a list of texts",
            Self::Tables => "must be written as [[tables]] in config.toml",
            Self::Entries => "must be a [table] of texts in config.toml",
        }
    }

    /// A value from TOML.
    fn accept(self, value: Value) -> Option<Value> {
        let texts = |values: &[Value]| values.iter().all(Value::is_str);
        match (self, value) {
            (Self::Text, value @ Value::String(_)) | (Self::Integer, value @ Value::Integer(_)) => {
                Some(value)
            }
            (Self::Texts, value @ Value::String(_)) => Some(Value::Array(vec![value])),
            (Self::Texts, Value::Array(values)) if texts(&values) => Some(Value::Array(values)),
            (Self::Tables, Value::Array(values)) if values.iter().all(Value::is_table) => {
                Some(Value::Array(values))
            }
            (Self::Entries, Value::Table(table)) if table.values().all(Value::is_str) => {
                canonical(table).map(Value::Table)
            }
            (Self::Text | Self::Integer | Self::Texts | Self::Tables | Self::Entries, _) => None,
        }
    }

    /// A value from an environment variable or a flag: its text means what the setting's type says.
    pub(super) fn read(self, text: String) -> Option<Value> {
        match self {
            Self::Text => Some(Value::String(text)),
            Self::Integer => text.parse().ok().map(Value::Integer),
            Self::Texts => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Some(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
            }
            Self::Tables | Self::Entries => None,
        }
    }
}

/// Spells asset ids in one way, so that an entry replaces the default for the same asset; `None` when
/// two entries are the same asset. A key that is no asset id stays, for the section to refuse.
fn canonical(table: Table) -> Option<Table> {
    let mut out = Table::new();
    for (key, value) in table {
        let key = key.parse::<AssetId>().map_or(key, |id| id.to_string());
        if out.insert(key, value).is_some() {
            return None;
        }
    }
    Some(out)
}

/// What stands in the place of a setting that is no longer there.
pub(super) fn former(section: &str, key: &str) -> Option<&'static str> {
    let former = FORMER.iter().find(|(name, _)| name.split_once('.') == Some((section, key)));
    former.map(|(_, instead)| *instead)
}

/// The settings that exist.
pub(super) struct Schema(Table);

impl Schema {
    pub(super) const fn new(defaults: Table) -> Self {
        Self(defaults)
    }

    fn kind(&self, section: &str, key: &str) -> Option<Kind> {
        match self.0.get(section)?.get(key)? {
            Value::String(_) => Some(Kind::Text),
            Value::Integer(_) => Some(Kind::Integer),
            Value::Array(_) if section == "networks" => Some(Kind::Tables),
            Value::Array(_) => Some(Kind::Texts),
            Value::Table(_) => Some(Kind::Entries),
            Value::Boolean(_) | Value::Float(_) | Value::Datetime(_) => None,
        }
    }

    fn known(&self, section: &str) -> String {
        let keys = self.0.get(section).and_then(Value::as_table).unwrap_or(&self.0);
        keys.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn has(&self, section: &str, key: &str) -> bool {
        self.kind(section, key).is_some()
    }

    pub(super) fn has_section(&self, section: &str) -> bool {
        self.0.contains_key(section)
    }

    /// The setting that was probably meant: another section, another key, or no section given at all.
    pub(super) fn meant(&self, section: &str, key: &str) -> Option<(String, String)> {
        let found = |section: &str, key: &str| Some((section.to_owned(), key.to_owned()));
        if self.has_section(section) {
            let keys = self.0.get(section)?.as_table()?.keys();
            return found(section, nearest(key, keys.map(String::as_str))?);
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
        origin: Origin,
        section: &str,
        key: &str,
        read: impl FnOnce(Kind) -> Option<Value>,
    ) -> Result<Setting, ConfigError> {
        let name = format!("{section}.{key}");
        let Some(kind) = self.kind(section, key) else {
            if let Some(instead) = former(section, key) {
                return Err(ConfigError::Former { origin, key: name, instead });
            }
            let meant = self.meant(section, key).map(|(section, key)| format!("{section}.{key}"));
            return Err(ConfigError::Unknown { origin, key: name, meant, known: self.known(section) });
        };
        match read(kind) {
            Some(value) => Ok(Setting { origin, section: section.to_owned(), key: key.to_owned(), value }),
            None => Err(ConfigError::Invalid { origin, key: name, reason: kind.allowed().to_owned() }),
        }
    }

    /// The settings of a file.
    pub(super) fn file(&self, path: &Path, text: &str) -> Result<Vec<Setting>, ConfigError> {
        let origin = Origin::File(path.to_owned());
        let mut settings = Vec::new();
        for (section, content) in parse(origin.clone(), text)? {
            if !self.0.contains_key(&section) {
                let meant = nearest(&section, self.0.keys().map(String::as_str)).map(str::to_owned);
                return Err(ConfigError::Unknown { origin, key: section, meant, known: self.known("") });
            }
            let Value::Table(content) = content else {
                let reason = "must be a [section]".to_owned();
                return Err(ConfigError::Invalid { origin, key: section, reason });
            };
            for (key, value) in content {
                settings.push(self.setting(origin.clone(), &section, &key, |kind| kind.accept(value))?);
            }
        }
        Ok(settings)
    }

    /// The settings of flags, each named `section.key`.
    pub(super) fn flags(
        &self,
        flags: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Vec<Setting>, ConfigError> {
        let read = |(name, text): (String, String)| {
            let (section, key) = name.split_once('.').unwrap_or((&name, ""));
            self.setting(Origin::Flag(name.clone()), section, key, |kind| kind.read(text))
        };
        flags.into_iter().map(read).collect()
    }

    /// The variables of a section, or of all sections.
    pub(super) fn variables(&self, section: &str) -> String {
        match self.0.get(section).and_then(Value::as_table) {
            Some(keys) => keys.keys().map(|key| variable(section, key)).collect::<Vec<_>>().join(", "),
            None => self.0.keys().map(|section| variable(section, "…")).collect::<Vec<_>>().join(", "),
        }
    }
}

/// Reads TOML. The error says where and what, not which text: a line can hold a secret.
pub(super) fn parse(origin: Origin, text: &str) -> Result<Table, ConfigError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        ConfigError::Syntax { origin, line, reason: error.message().to_owned() }
    })
}

/// Puts one setting over what is there.
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
