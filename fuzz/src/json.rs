//! JSON with an unknown field in it.

use serde_json::{Map, Value, json};

/// A field name that no type has.
const NAME: &str = "surprise_zz";
/// The field of that name, as JSON text.
pub(crate) const SURPRISE: &str = r#""surprise_zz":1"#;

/// Returns copies of the value, each with an unknown field in another of its objects.
pub(crate) fn surprised(value: &Value) -> Vec<Value> {
    surprised_except(value, &[])
}

/// The same, except for objects under fields that accept any JSON.
pub(crate) fn surprised_except(value: &Value, free: &[&str]) -> Vec<Value> {
    match value {
        Value::Object(fields) => {
            let mut whole = fields.clone();
            whole.insert(NAME.to_owned(), json!(1));
            let mut all = vec![Value::Object(whole)];
            for (key, inner) in fields.iter().filter(|(key, _)| !free.contains(&key.as_str())) {
                all.extend(surprised_except(inner, free).into_iter().map(|inner| with(fields, key, inner)));
            }
            all
        }
        Value::Array(items) => {
            let each = items.iter().enumerate().flat_map(|(at, item)| {
                surprised_except(item, free).into_iter().map(move |inner| {
                    let mut items = items.clone();
                    items[at] = inner;
                    Value::Array(items)
                })
            });
            each.collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn with(fields: &Map<String, Value>, key: &str, inner: Value) -> Value {
    let mut fields = fields.clone();
    fields.insert(key.to_owned(), inner);
    Value::Object(fields)
}
