//! The struct types of typed data (EIP-712 `types`), resolved. Pure.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{B256, keccak256};
use serde_json::{Value, json};

use super::Malformed;
use crate::evm::codec::scalar::Scalar;

/// Most struct types.
const MOST_TYPES: usize = 64;
/// Most fields of one struct.
const MOST_FIELDS: usize = 64;
/// Deepest nesting of lists.
const DEEPEST_LISTS: usize = 4;

/// The type of a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Scalar(Scalar),
    Struct(String),
    /// The type of the elements, and their number if it is fixed.
    List(Box<Self>, Option<usize>),
}

/// One field of a struct.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    /// Type, as written.
    text: String,
    pub(super) kind: Kind,
}

/// The types that a primary type needs, itself included. No type contains itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Types(BTreeMap<String, Vec<Field>>);

impl Types {
    /// Reads the types that `primary` needs. Drops all others, because they are not signed.
    pub(super) fn read(json: &serde_json::Map<String, Value>, primary: &str) -> Result<Self, Malformed> {
        if json.len() > MOST_TYPES {
            return Err(Malformed::new("types", "has more types than are supported"));
        }
        let mut types = Self(BTreeMap::new());
        types.add(json, primary, &mut BTreeSet::new())?;
        Ok(types)
    }

    /// Adds a type and all types that it needs. `open` are the types that contain this one.
    fn add(
        &mut self,
        json: &serde_json::Map<String, Value>,
        name: &str,
        open: &mut BTreeSet<String>,
    ) -> Result<(), Malformed> {
        let path = format!("types.{name}");
        if open.contains(name) {
            return Err(Malformed::new(path, "contains itself"));
        }
        if self.0.contains_key(name) {
            return Ok(());
        }
        if !is_type_name(name) || Scalar::parse(name).is_some() {
            return Err(Malformed::new(path, "is not the name of a struct"));
        }
        let fields = json.get(name).ok_or_else(|| Malformed::new(path.as_str(), "is not defined"))?;
        let fields = read_fields(&path, fields)?;
        open.insert(name.to_owned());
        for field in &fields {
            if let Some(inner) = field.kind.inner_struct() {
                self.add(json, inner, open)?;
            }
        }
        open.remove(name);
        self.0.insert(name.to_owned(), fields);
        Ok(())
    }

    /// Returns the fields of a struct; none for an unknown name.
    pub(super) fn fields(&self, name: &str) -> &[Field] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns `encodeType` (EIP-712): the struct, then all types that it needs in order of their names.
    pub(super) fn encode_type(&self, name: &str) -> String {
        let mut needed = BTreeSet::new();
        self.needed(name, &mut needed);
        needed.remove(name);
        std::iter::once(name).chain(needed).map(|name| self.definition(name)).collect()
    }

    /// Returns `typeHash` (EIP-712) of every struct.
    pub(super) fn hashes(&self) -> BTreeMap<String, B256> {
        self.0.keys().map(|name| (name.clone(), keccak256(self.encode_type(name)))).collect()
    }

    fn needed<'a>(&'a self, name: &'a str, found: &mut BTreeSet<&'a str>) {
        if found.insert(name) {
            for inner in self.fields(name).iter().filter_map(|field| field.kind.inner_struct()) {
                self.needed(inner, found);
            }
        }
    }

    fn definition(&self, name: &str) -> String {
        let fields: Vec<_> =
            self.fields(name).iter().map(|field| format!("{} {}", field.text, field.name)).collect();
        format!("{name}({})", fields.join(","))
    }

    /// Writes the types in canonical form.
    pub(super) fn write(&self) -> Value {
        let write = |fields: &Vec<Field>| {
            fields.iter().map(|field| json!({ "name": field.name, "type": field.text })).collect()
        };
        Value::Object(
            self.0.iter().map(|(name, fields)| (name.clone(), Value::Array(write(fields)))).collect(),
        )
    }
}

/// Reads `[{"name": …, "type": …}, …]`.
pub(super) fn read_fields(path: &str, json: &Value) -> Result<Vec<Field>, Malformed> {
    let list = json.as_array().ok_or_else(|| Malformed::new(path, "must be a list of fields"))?;
    if list.len() > MOST_FIELDS {
        return Err(Malformed::new(path, "has more fields than are supported"));
    }
    let mut fields: Vec<Field> = Vec::new();
    for field in list {
        let malformed = || Malformed::new(path, "has a field that is not exactly a name and a type");
        let parts = field.as_object().filter(|parts| parts.len() == 2).ok_or_else(malformed)?;
        let text = |key: &str| parts.get(key).and_then(Value::as_str).ok_or_else(malformed);
        let (name, text) = (text("name")?, text("type")?);
        let at = format!("{path}.{}", waiaas_core::foreign::shown(name));
        if !is_name(name) || fields.iter().any(|field| field.name == name) {
            return Err(Malformed::new(at, "is not a valid name, or occurs twice"));
        }
        let kind = Kind::parse(text, 0).ok_or_else(|| Malformed::new(at, "has no valid type"))?;
        fields.push(Field { name: name.to_owned(), text: text.to_owned(), kind });
    }
    Ok(fields)
}

impl Kind {
    fn parse(text: &str, depth: usize) -> Option<Self> {
        let Some(listed) = text.strip_suffix(']') else {
            let named = || is_type_name(text).then(|| Self::Struct(text.to_owned()));
            return Scalar::parse(text).map(Self::Scalar).or_else(named);
        };
        if depth >= DEEPEST_LISTS {
            return None;
        }
        let (element, length) = listed.rsplit_once('[')?;
        let length = match length {
            "" => None,
            digits => {
                let length: usize = digits.parse().ok().filter(|length| *length > 0)?;
                Some(length).filter(|length| length.to_string() == digits).map(Some)?
            }
        };
        Some(Self::List(Box::new(Self::parse(element, depth.saturating_add(1))?), length))
    }

    fn inner_struct(&self) -> Option<&str> {
        match self {
            Self::Scalar(_) => None,
            Self::Struct(name) => Some(name),
            Self::List(element, _) => element.inner_struct(),
        }
    }
}

impl Field {
    /// Returns its type, as written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether the field has this type and name.
    pub(super) fn is(&self, text: &str, name: &str) -> bool {
        self.text == text && self.name == name
    }
}

/// Returns whether the text is a Solidity identifier of at most 100 characters.
fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$');
    text.len() <= 100 && text.bytes().all(plain) && text.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

/// Returns whether the text is an identifier that may also contain colons, which some protocols use in struct
/// names. Neither kind of name contains the separators of `encodeType`, so two lists of types never have the
/// same encoding.
fn is_type_name(text: &str) -> bool {
    is_name(&text.replace(':', "_"))
}
