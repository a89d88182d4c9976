//! The JSON Schema of `config.toml`, made from the types of the sections and the comments of the defaults.
//!
//! The loader takes type, unit and bounds of each setting from here too, so both agree.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::{Map, Value, json};

use super::unit::Unit;
use super::{Config, DEFAULTS, FILE_NAME};

static TYPES: LazyLock<Value> = LazyLock::new(|| {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    // Names of Rust's integer types mean nothing to readers of the schema.
    settings
        .transforms
        .push(Box::new(RecursiveTransform(|schema: &mut Schema| drop(schema.remove("format")))));
    settings.into_generator().into_root_schema_for::<Config>().into()
});

/// Returns the schema of the types alone: type and bounds of every setting, and its unit as `x-unit`.
pub(super) fn types() -> &'static Value {
    &TYPES
}

/// Returns the properties of an object's schema.
pub(super) fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// Returns the JSON Schema of `config.toml`: every setting with its description, default, type and bounds.
/// All settings are optional; unlisted names are not allowed.
pub fn json_schema() -> Value {
    let comments = comments(DEFAULTS);
    let defaults: Value = toml::from_str(DEFAULTS).unwrap_or_default();
    let mut root = types().clone();
    root["title"] = json!(FILE_NAME);
    root["description"] = json!("Settings of WAIaaS. Each is optional.");
    optional(&mut root, |section, content| {
        optional(content, |key, setting| {
            let default = defaults.pointer(&format!("/{section}/{key}")).unwrap_or(&Value::Null);
            publish(setting, default, comments.get(&format!("{section}.{key}")));
        });
    });
    root
}

/// Makes all properties of an object optional, and changes each of them.
fn optional(object: &mut Value, mut change: impl FnMut(&str, &mut Value)) {
    let Some(object) = object.as_object_mut() else { return };
    object.remove("required");
    for (name, property) in object.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten()
    {
        change(name, property);
    }
}

/// Adds the description of a setting, and the other ways to write it.
fn publish(setting: &mut Value, default: &Value, comment: Option<&String>) {
    let Some(schema) = setting.as_object_mut() else { return };
    let mut outer = Map::new();
    let described = schema.remove("description");
    outer.extend(comment.map(|text| json!(text)).or(described).map(|text| ("description".to_owned(), text)));
    if !default.is_object() {
        outer.insert("default".to_owned(), default.clone());
    }
    let unit = schema.remove("x-unit");
    let unit =
        Unit::ALL.into_iter().find(|known| unit.as_ref().and_then(Value::as_str) == Some(known.name()));
    let text = match (unit, schema.get("items")) {
        (Some(unit), _) => Some(json!({ "type": "string", "pattern": unit.pattern() })),
        // A single text counts as a list of one.
        (None, Some(item)) if item.get("properties").is_none() => Some(item.clone()),
        (None, _) => None,
    };
    match text {
        Some(text) => outer.extend([("anyOf".to_owned(), json!([schema, text]))]),
        None => outer.append(schema),
    }
    *setting = Value::Object(outer);
}

/// Returns the comment above each `key = ` and `[section.key]`, by `section.key`.
fn comments(toml: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let (mut section, mut comment) = ("", String::new());
    for line in toml.lines() {
        if let Some(text) = line.strip_prefix('#') {
            // Indented lines are an example and stay separate lines.
            let between = if text.starts_with("   ") { "\n" } else { " " };
            comment.push_str(if comment.is_empty() { "" } else { between });
            comment.push_str(text.trim_start());
            continue;
        }
        let header = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let name =
            header.map(str::to_owned).or_else(|| Some(format!("{section}.{}", line.split_once(" = ")?.0)));
        section = header.unwrap_or(section);
        all.extend(name.filter(|_| !comment.is_empty()).map(|name| (name, comment.clone())));
        comment.clear();
    }
    all
}
