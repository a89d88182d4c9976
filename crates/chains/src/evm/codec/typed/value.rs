//! Values of typed data: read by their types, hashed, written. Pure.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256, keccak256};
use serde_json::Value as Json;

use super::Malformed;
use super::types::{Kind, Types};
use crate::evm::codec::scalar::{Datum, Scalar};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Value {
    Scalar(Scalar, Datum),
    List(Vec<Self>),
    Struct(Struct),
}

/// A struct's name and its fields' values in order of declaration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Struct {
    pub(super) name: String,
    pub(super) fields: Vec<(String, Value)>,
}

impl Value {
    /// Reads a value of exactly this type. The JSON parser bounds the depth of the text, and thus the recursion.
    fn read(types: &Types, kind: &Kind, json: &Json, path: &str) -> Result<Self, Malformed> {
        match kind {
            Kind::Scalar(scalar) => {
                let datum = scalar.read(json).map_err(|why| Malformed::new(path, why))?;
                Ok(Self::Scalar(*scalar, datum))
            }
            Kind::Struct(name) => Struct::read(types, name, json, path).map(Self::Struct),
            Kind::List(element, length) => {
                let items = json.as_array().ok_or_else(|| Malformed::new(path, "must be a list"))?;
                if length.is_some_and(|length| items.len() != length) {
                    return Err(Malformed::new(path, "has another length than its type"));
                }
                let item =
                    |(at, item): (usize, &Json)| Self::read(types, element, item, &format!("{path}.{at}"));
                items.iter().enumerate().map(item).collect::<Result<_, _>>().map(Self::List)
            }
        }
    }

    /// Returns `encodeData` (EIP-712) of one value.
    fn encode(&self, hashes: &BTreeMap<String, B256>) -> B256 {
        match self {
            Self::Scalar(_, Datum::Word(word)) => *word,
            Self::Scalar(_, Datum::Bytes(bytes)) => keccak256(bytes),
            Self::Scalar(_, Datum::Text(text)) => keccak256(text),
            Self::List(items) => {
                let words: Vec<B256> = items.iter().map(|item| item.encode(hashes)).collect();
                keccak256(words.concat())
            }
            Self::Struct(inner) => inner.hash(hashes),
        }
    }

    fn write(&self) -> Json {
        match self {
            Self::Scalar(scalar, datum) => scalar.write(datum),
            Self::List(items) => items.iter().map(Self::write).collect(),
            Self::Struct(inner) => inner.write(),
        }
    }
}

impl Struct {
    pub(super) fn read(types: &Types, name: &str, json: &Json, path: &str) -> Result<Self, Malformed> {
        let object = json.as_object().ok_or_else(|| Malformed::new(path, "must be an object"))?;
        let fields = types.fields(name);
        if let Some(extra) = object.keys().find(|key| fields.iter().all(|field| field.name != **key)) {
            let at = format!("{path}.{}", waiaas_core::foreign::shown(extra));
            return Err(Malformed::new(at, "is not a field of its type"));
        }
        let field = |field: &super::types::Field| {
            let at = format!("{path}.{}", field.name);
            let json = object.get(&field.name).ok_or_else(|| Malformed::new(at.as_str(), "is missing"))?;
            Ok((field.name.clone(), Value::read(types, &field.kind, json, &at)?))
        };
        let fields = fields.iter().map(field).collect::<Result<_, _>>()?;
        Ok(Self { name: name.to_owned(), fields })
    }

    /// Returns `hashStruct` (EIP-712).
    pub(super) fn hash(&self, hashes: &BTreeMap<String, B256>) -> B256 {
        let type_hash = hashes.get(&self.name).copied().unwrap_or_default();
        let words = self.fields.iter().map(|(_, value)| value.encode(hashes));
        let words: Vec<B256> = std::iter::once(type_hash).chain(words).collect();
        keccak256(words.concat())
    }

    /// Writes the struct in canonical form: with sorted keys.
    pub(super) fn write(&self) -> Json {
        let sorted: BTreeMap<_, _> =
            self.fields.iter().map(|(name, value)| (name.clone(), value.write())).collect();
        Json::Object(sorted.into_iter().collect())
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// Returns a field's integer or boolean.
    pub(super) fn uint(&self, name: &str) -> Option<U256> {
        match self.get(name)? {
            Value::Scalar(Scalar::Uint(_) | Scalar::Bool, Datum::Word(word)) => {
                Some(U256::from_be_bytes(word.0))
            }
            _ => None,
        }
    }

    /// Returns a field's address.
    pub(super) fn address(&self, name: &str) -> Option<Address> {
        match self.get(name)? {
            Value::Scalar(Scalar::Address, Datum::Word(word)) => Some(Address::from_word(*word)),
            _ => None,
        }
    }

    /// Returns a field's `bytes32`.
    pub(super) fn word(&self, name: &str) -> Option<B256> {
        match self.get(name)? {
            Value::Scalar(Scalar::Fixed(32), Datum::Word(word)) => Some(*word),
            _ => None,
        }
    }

    /// Returns a field's bytes.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        match self.get(name)? {
            Value::Scalar(_, Datum::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// Returns a field's text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Scalar(_, Datum::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns a field's struct, or the structs of its list.
    pub(super) fn structs(&self, name: &str) -> Option<Vec<&Self>> {
        let inner = |value: &'_ Value| matches!(value, Value::Struct(_));
        match self.get(name)? {
            Value::Struct(one) => Some(vec![one]),
            Value::List(items) if items.iter().all(inner) => Some(
                items
                    .iter()
                    .filter_map(|item| if let Value::Struct(one) = item { Some(one) } else { None })
                    .collect(),
            ),
            Value::List(_) | Value::Scalar(..) => None,
        }
    }
}
