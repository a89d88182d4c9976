//! Types of settings, and reading values of them from TOML and from text.
//!
//! The meaning of values is left to the section structs.

use serde_json::Value as Json;
use toml::{Table, Value};
use waiaas_core::asset::AssetId;

use super::unit::Unit;

/// The type of a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number, with its bounds and its unit. A text with a unit is converted to that unit.
    Integer {
        bounds: Option<(i64, i64)>,
        unit: Option<Unit>,
    },
    /// List of texts; a single text counts as a list of one.
    Texts,
    /// Array of tables; only in files.
    Tables,
    /// Texts by name, such as a CAIP-19 id, overlaid entry by entry; only in files.
    Entries,
}

impl Kind {
    /// Returns the type that the JSON Schema of a setting states; an enumeration is text.
    pub(super) fn of(schema: &Json) -> Self {
        let text = |key: &str| schema.get(key).and_then(Json::as_str);
        match text("type") {
            Some("boolean") => Self::Boolean,
            Some("integer") => {
                let bound = |key: &str| schema.get(key).and_then(Json::as_i64);
                Self::Integer {
                    bounds: bound("minimum").zip(bound("maximum")),
                    unit: Unit::ALL.into_iter().find(|unit| text("x-unit") == Some(unit.name())),
                }
            }
            Some("array") if schema.pointer("/items/properties").is_some() => Self::Tables,
            Some("array") => Self::Texts,
            Some("object") => Self::Entries,
            Some(_) | None => Self::Text,
        }
    }

    /// Whether values of this type can only be given in a file.
    pub(super) const fn is_nested(self) -> bool {
        matches!(self, Self::Tables | Self::Entries)
    }

    /// Returns the allowed values for an error message.
    pub(super) fn allowed(self) -> String {
        match self {
            Self::Text => "must be text in quotes".to_owned(),
            Self::Boolean => "must be true or false".to_owned(),
            Self::Integer { unit: None, .. } => "must be a whole number".to_owned(),
            Self::Integer { unit: Some(unit), .. } => format!(
                "must be a whole number of {}, or a text of a whole number and one of the units {}",
                unit.name(),
                unit.accepted().join(", ")
            ),
            Self::Texts => "must be a list of texts".to_owned(),
            Self::Tables => "must be written as [[tables]] in config.toml".to_owned(),
            Self::Entries => "must be a [table] of texts in config.toml".to_owned(),
        }
    }

    /// Accepts a value from TOML. The error says which values are allowed, and never repeats the given one.
    pub(super) fn accept(self, value: Value) -> Result<Value, String> {
        let texts = |values: &[Value]| values.iter().all(Value::is_str);
        let value = match (self, value) {
            (Self::Integer { unit: Some(unit), .. }, Value::String(text)) => {
                unit.read(&text).map(Value::Integer)
            }
            (Self::Texts, value @ Value::String(_)) => Some(Value::Array(vec![value])),
            (Self::Texts, Value::Array(values)) if texts(&values) => Some(Value::Array(values)),
            (Self::Tables, Value::Array(values)) if values.iter().all(Value::is_table) => {
                Some(Value::Array(values))
            }
            (Self::Entries, Value::Table(table)) if table.values().all(Value::is_str) => {
                canonical(table).map(Value::Table)
            }
            (Self::Text, value @ Value::String(_))
            | (Self::Boolean, value @ Value::Boolean(_))
            | (Self::Integer { .. }, value @ Value::Integer(_)) => Some(value),
            (
                Self::Text
                | Self::Boolean
                | Self::Integer { .. }
                | Self::Texts
                | Self::Tables
                | Self::Entries,
                _,
            ) => None,
        };
        value.ok_or_else(|| self.allowed()).and_then(|value| self.bounded(value))
    }

    /// Reads a value from an environment variable or a flag, according to the setting's type.
    pub(super) fn read(self, text: String) -> Result<Value, String> {
        let value = match self {
            Self::Text | Self::Tables | Self::Entries => Value::String(text),
            Self::Boolean => text.parse().map(Value::Boolean).unwrap_or(Value::String(text)),
            Self::Integer { .. } => text.parse().map(Value::Integer).unwrap_or(Value::String(text)),
            Self::Texts => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
            }
        };
        self.accept(value)
    }

    fn bounded(self, value: Value) -> Result<Value, String> {
        match (self, &value) {
            (Self::Integer { bounds: Some((least, most)), unit }, Value::Integer(number))
                if !(least..=most).contains(number) =>
            {
                let unit = unit.map(|unit| format!(" {}", unit.name())).unwrap_or_default();
                Err(format!("must be {least} to {most}{unit}"))
            }
            _ => Ok(value),
        }
    }
}

/// Writes asset ids in their canonical form, so that an entry replaces the default for the same asset; `None`
/// if two entries are the same asset. A key that is not an asset id is kept, for the section to refuse.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn booleans_are_true_or_false_and_nothing_else() {
        let kind = Kind::of(&json!({ "type": "boolean" }));
        assert_eq!(kind.read("true".to_owned()), Ok(Value::Boolean(true)));
        assert_eq!(kind.read("false".to_owned()), Ok(Value::Boolean(false)));
        assert_eq!(kind.accept(Value::Boolean(true)), Ok(Value::Boolean(true)));
        for text in ["True", "1", "0", "yes", "on", " true", "\"true\""] {
            assert_eq!(kind.read(text.to_owned()), Err("must be true or false".to_owned()), "{text}");
        }
        for value in [Value::String("true".to_owned()), Value::Integer(1)] {
            assert!(kind.accept(value).is_err());
        }
    }

    #[test]
    fn the_schema_of_a_setting_states_its_type() {
        let unit = json!({ "type": "integer", "minimum": 1, "maximum": 9, "x-unit": "seconds" });
        assert_eq!(Kind::of(&unit), Kind::Integer { bounds: Some((1, 9)), unit: Some(Unit::Seconds) });
        assert_eq!(Kind::of(&json!({ "oneOf": [{ "const": "deny" }] })), Kind::Text);
        let text = json!({ "type": "array", "items": { "type": "string" } });
        assert_eq!(Kind::of(&text), Kind::Texts);
        let tables = json!({ "type": "array", "items": { "type": "object", "properties": {} } });
        assert_eq!(Kind::of(&tables), Kind::Tables);
    }
}
