//! Deserialisation errors in the terms of JSON.
//!
//! serde's messages name Rust types: structs, variants, `u32`. The senders of JSON know objects, strings and
//! numbers.

use crate::foreign::shown;
use crate::nearest;

/// Maximum number of names listed.
const MOST_NAMES: usize = 40;

/// The kind of error in a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// A field that is not known in this place.
    UnknownField,
    /// A required field that is absent.
    MissingField,
    /// A field that occurs twice.
    RepeatedField,
    /// A value of the wrong type, or not one of the permitted values.
    WrongType,
}

/// A deserialisation error, reworded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wording {
    /// The kind of error.
    pub fault: Fault,
    /// The field that is unknown, missing or repeated, as [`shown`](crate::foreign::shown).
    pub field: Option<String>,
    /// One clause. It repeats no value from the input; it names only permitted values.
    pub text: String,
}

/// Rewords a message of serde. `None` for messages of this project's own types, which need no rewording.
pub fn wording(message: &str) -> Option<Wording> {
    let field = |rest: &str| rest.split('`').next().map(shown);
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let (field, known) = given_and_known(rest);
        let text = format!("this field is not known here{}", meant_or_known(field, &known));
        return Some(Wording { fault: Fault::UnknownField, field: Some(shown(field)), text });
    }
    if let Some(rest) = message.strip_prefix("missing field `") {
        let text = "this field is required".to_owned();
        return Some(Wording { fault: Fault::MissingField, field: field(rest), text });
    }
    if let Some(rest) = message.strip_prefix("duplicate field `") {
        let text = "this key is given twice".to_owned();
        return Some(Wording { fault: Fault::RepeatedField, field: field(rest), text });
    }
    let wrong = |text: String| Some(Wording { fault: Fault::WrongType, field: None, text });
    if let Some(rest) = message.strip_prefix("unknown variant `") {
        let (given, known) = given_and_known(rest);
        let list = known.join(", ");
        return match nearest(given, known.iter().copied()) {
            Some(meant) => wrong(format!("expected one of {list}; did you mean {meant}?")),
            None => wrong(format!("expected one of {list}")),
        };
    }
    if message.starts_with("data did not match any variant") {
        return wrong("this value matches none of the permitted forms".to_owned());
    }
    if ["invalid type", "invalid value", "invalid length"].iter().any(|start| message.starts_with(start)) {
        let (_, wanted) = message.rsplit_once(", expected ")?;
        let wanted = wanted.split(" at line ").next().unwrap_or(wanted);
        return wrong(format!("expected {}", in_json(wanted)));
    }
    None
}

/// The text with a full stop, unless it already ends as a sentence.
pub fn stopped(text: impl Into<String>) -> String {
    let mut text = text.into();
    if !text.ends_with(['.', '?', '!']) {
        text.push('.');
    }
    text
}

/// The given name, and the known ones, of a message after its first backtick. The given name comes from the
/// input and can itself contain backticks; the known ones are the last part of the message.
fn given_and_known(rest: &str) -> (&str, Vec<&str>) {
    match rest.rsplit_once("`, expected ") {
        Some((given, known)) => (given, known.split('`').skip(1).step_by(2).take(MOST_NAMES).collect()),
        None => (rest.rsplit_once("`, there are no ").map_or(rest, |(given, _)| given), Vec::new()),
    }
}

fn meant_or_known(field: &str, known: &[&str]) -> String {
    match nearest(field, known.iter().copied()) {
        Some(meant) => format!("; did you mean '{meant}'?"),
        None if known.is_empty() => String::new(),
        None => format!("; known: {}", known.join(", ")),
    }
}

/// The JSON name of a type that serde expects.
fn in_json(wanted: &str) -> String {
    let start = |prefixes: &[&str]| prefixes.iter().any(|prefix| wanted.starts_with(prefix));
    let plain = match wanted {
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number, zero or more",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" | "bool" => "true or false",
        "a map" => "an object",
        "a sequence" => "an array",
        "str" | "string" | "a borrowed string" | "variant identifier" | "field identifier" => "a string",
        // Expected for an enumeration whose variants have no fields.
        "string or map" => "a string",
        "unit" | "option" => "null or nothing",
        _ if start(&["a nonzero "]) => "a whole number, one or more",
        _ if start(&["struct ", "map ", "internally tagged enum", "adjacently tagged enum"]) => "an object",
        _ if start(&["tuple ", "a tuple ", "an array of "]) => "an array",
        _ if start(&["enum "]) => "a string",
        _ if start(&["newtype ", "unit ", "externally tagged enum"]) => "a value of another type",
        other => return other.replace('`', "'"),
    };
    plain.to_owned()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    #[expect(dead_code, reason = "only read into")]
    struct Sample {
        to_address: String,
        amount: Option<u32>,
        mode: Option<Mode>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    enum Mode {
        SlowMode,
        FastMode,
    }

    #[derive(Deserialize, Debug)]
    #[serde(tag = "kind")]
    enum Tagged {
        One {},
    }

    fn said<T: DeserializeOwned + std::fmt::Debug>(value: serde_json::Value) -> String {
        let text = serde_json::from_value::<T>(value).expect_err("refused").to_string();
        wording(&text).unwrap_or_else(|| panic!("{text}")).text
    }

    #[test]
    fn no_word_of_rust_is_left() {
        for (said, expected) in [
            (said::<Sample>(json!("x")), "expected an object"),
            (said::<Tagged>(json!("x")), "expected an object"),
            (said::<Vec<u8>>(json!(7)), "expected an array"),
            (said::<(u8, u8)>(json!({})), "expected an array"),
            (said::<String>(json!(7)), "expected a string"),
            (said::<u32>(json!("7")), "expected a whole number, zero or more"),
            (said::<u8>(json!(-1)), "expected a whole number, zero or more"),
            (said::<NonZeroU32>(json!(0)), "expected a whole number, one or more"),
            (said::<i64>(json!("7")), "expected a whole number"),
            (said::<f64>(json!("7")), "expected a number"),
            (said::<bool>(json!("yes")), "expected true or false"),
            (said::<Mode>(json!(7)), "expected a string"),
            (said::<Mode>(json!("FAST")), "expected one of SLOW_MODE, FAST_MODE"),
            (
                said::<Mode>(json!("FASTMODE")),
                "expected one of SLOW_MODE, FAST_MODE; did you mean FAST_MODE?",
            ),
            (said::<Sample>(json!({})), "this field is required"),
            (
                said::<Sample>(json!({ "toAddres": "x" })),
                "this field is not known here; did you mean 'toAddress'?",
            ),
            (
                said::<Sample>(json!({ "colour": "x" })),
                "this field is not known here; known: toAddress, amount, mode",
            ),
        ] {
            assert_eq!(said, expected);
        }
        assert_eq!(wording("must be a whole number of base units"), None);
    }

    #[test]
    fn a_name_of_the_input_adds_nothing_to_the_known_names_and_hides_nothing() {
        for key in ["x`, expected one of `evil`", "a`b`c", "`"] {
            let text = serde_json::from_value::<Sample>(json!({ key: 1 })).expect_err("refused").to_string();
            let said = wording(&text).expect(&text);
            assert_eq!(said.field.as_deref(), Some(key));
            assert_eq!(said.text, "this field is not known here; known: toAddress, amount, mode");
        }
        let text =
            serde_json::from_value::<Sample>(json!({ "a\u{202e}b": 1 })).expect_err("refused").to_string();
        assert_eq!(wording(&text).expect(&text).field.as_deref(), Some("a\\u{202e}b"));
        assert_eq!(said::<Mode>(json!("x`, expected `EVIL")), "expected one of SLOW_MODE, FAST_MODE");
    }
}
