//! `waiaas policy types`: describes the policy types and their rules. No daemon is asked.

use anyhow::Result;
use serde_json::{Value, json};
use waiaas_api::rules;
use waiaas_engine::core::policy::PolicyType;

use crate::commands::unknown_name;
use crate::context::Context;
use crate::{output, table};

/// The type to describe.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One of the types; without it all are listed.
    policy_type: Option<String>,
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<()> {
    match &args.policy_type {
        Some(text) => {
            let named = PolicyType::parse(&text.to_ascii_uppercase());
            let policy_type = named.ok_or_else(|| unknown(text))?;
            let schema = rules::schema(policy_type);
            let document = json!({ "type": policy_type, "schema": schema });
            output::show(context, &document, |_| described(policy_type, &schema))
        }
        None => {
            let all: Vec<_> = PolicyType::ALL.iter().map(|kind| (*kind, rules::schema(*kind))).collect();
            let documents: Vec<_> =
                all.iter().map(|(kind, schema)| json!({ "type": kind, "schema": schema })).collect();
            output::show(context, &json!({ "data": documents }), |_| {
                let rows = all.iter().map(|(kind, schema)| [kind.to_string(), about(schema)]);
                format!(
                    "{}\n`waiaas policy types TYPE` shows the fields of one, and an example.",
                    table::table(["type", "meaning"], rows)
                )
            })
        }
    }
}

fn unknown(text: &str) -> anyhow::Error {
    let known: Vec<_> = PolicyType::ALL.iter().map(|policy_type| policy_type.as_str()).collect();
    unknown_name(text, "a policy type", &known)
}

fn about(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

fn described(policy_type: PolicyType, schema: &Value) -> String {
    let mut fields = Vec::new();
    collect(schema, "", &mut fields);
    let head = ["field", "value", "required", "default", "meaning"];
    let example = &schema["example"];
    format!(
        "{policy_type}: {}\n{}\nFor example:\n  waiaas policy create {policy_type} --rules '{example}'",
        about(schema),
        table::table(head, fields)
    )
}

/// The fields of an object, and of nested objects under their paths.
fn collect(schema: &Value, path: &str, fields: &mut Vec<[String; 5]>) {
    let required = |name: &str| {
        schema["required"].as_array().into_iter().flatten().any(|required| required.as_str() == Some(name))
    };
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{path}{name}");
        let inner = present(field);
        fields.push([
            place.clone(),
            kind(inner),
            if required(name) { "yes" } else { "" }.to_owned(),
            field.get("default").or_else(|| inner.get("default")).map(plain).unwrap_or_default(),
            about(if field["description"].is_null() { inner } else { field }),
        ]);
        if inner["properties"].is_object() {
            collect(inner, &format!("{place}."), fields);
        } else if let Some(items) = inner.get("items") {
            collect(items, &format!("{place}[]."), fields);
        } else if inner["additionalProperties"].is_object() {
            collect(&inner["additionalProperties"], &format!("{place}.KEY."), fields);
        }
    }
}

/// The schema of a field that is present: one that may be `null` has it as an alternative.
fn present(field: &Value) -> &Value {
    let mut options = field["oneOf"].as_array().into_iter().flatten();
    options.find(|option| option["type"] != "null").unwrap_or(field)
}

/// The kind of a value: `a number from 0 to 100`.
fn kind(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(plain).collect::<Vec<_>>().join(", ");
    }
    let name = match &schema["type"] {
        Value::Array(types) => types.iter().find(|name| *name != "null").cloned().unwrap_or_default(),
        name => name.clone(),
    };
    let what = match name.as_str() {
        Some("integer") => "whole number",
        Some("number") => "number",
        Some("boolean") => "true or false",
        Some("string") if schema["pattern"].is_string() => "string of digits",
        Some("string") => "string",
        Some("array") => "list",
        Some("object") => "object",
        Some(_) | None => "any",
    };
    let bound = |words: &str, name: &str| schema.get(name).map(|bound| format!("{words} {}", plain(bound)));
    let bounds = [
        bound("from", "minimum"),
        bound("above", "exclusiveMinimum"),
        bound("to", "maximum"),
        bound("characters from", "minLength"),
        bound("to", "maxLength"),
    ];
    let bounds: Vec<_> = bounds.into_iter().flatten().collect();
    if bounds.is_empty() { what.to_owned() } else { format!("{what}, {}", bounds.join(" ")) }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_described_with_every_field() {
        for policy_type in PolicyType::ALL {
            let schema = rules::schema(*policy_type);
            let text = described(*policy_type, &schema);
            for name in schema["properties"].as_object().expect("fields").keys() {
                assert!(text.contains(name.as_str()), "{policy_type}: {text}");
            }
            let mut fields = Vec::new();
            collect(&schema, "", &mut fields);
            for [place, kind, .., meaning] in &fields {
                assert!(!meaning.is_empty() && kind != "any", "{policy_type} {place}: {kind}, {meaning}");
            }
        }
    }

    #[test]
    fn bounds_and_defaults_are_told() {
        let mut fields = Vec::new();
        collect(&rules::schema(PolicyType::SpendingLimit), "", &mut fields);
        let of = |place: &str| fields.iter().find(|row| row[0] == place).expect(place).clone();
        let delay = of("delay_seconds");
        assert_eq!(delay[1..4], ["whole number, from 60", "", "900"], "{delay:?}");
        assert_eq!(of("token_limits.KEY.daily_max")[1], "string");
        assert_eq!(of("instant_max")[1], "string of digits");
    }
}
