//! The presentation of typed data to the owner: every field, in order, with its type.

use alloy_primitives::{Bytes, U256};
use waiaas_core::presentation::{self, Argument, Content};

use super::types::{Field, Types};
use super::value::{Struct, Value};
use super::{DOMAIN, TypedData};
use crate::evm::codec::decode;
use crate::evm::codec::scalar::{Datum, Scalar};

impl TypedData {
    /// Returns every signed field.
    pub(in crate::evm) fn content(&self) -> Content {
        let domain = self.domain.fields.iter().map(|(name, value)| {
            let kind = DOMAIN.iter().find(|(known, _)| known == name).map_or("", |(_, kind)| kind);
            Argument::new(name.as_str(), kind, tree(&self.types, value))
        });
        Content::TypedData {
            domain: domain.collect(),
            primary_type: self.message.name.clone(),
            message: fields(&self.types, &self.message),
        }
    }
}

fn fields(types: &Types, of: &Struct) -> Vec<Argument> {
    let field = |(declared, (name, value)): (&Field, &(String, Value))| {
        Argument::new(name.as_str(), declared.text(), tree(types, value))
    };
    types.fields(&of.name).iter().zip(&of.fields).map(field).collect()
}

fn tree(types: &Types, value: &Value) -> presentation::Value {
    match value {
        Value::Scalar(scalar, datum) => leaf(*scalar, datum),
        Value::List(items) => presentation::Value::List(items.iter().map(|item| tree(types, item)).collect()),
        Value::Struct(inner) => presentation::Value::Fields(fields(types, inner)),
    }
}

fn leaf(scalar: Scalar, datum: &Datum) -> presentation::Value {
    use presentation::Value as Shown;
    match (scalar, datum) {
        (Scalar::Bool, Datum::Word(word)) => Shown::Bool(!word.is_zero()),
        (Scalar::Address, Datum::Word(word)) => {
            Shown::Address(decode::account(alloy_primitives::Address::from_word(*word)))
        }
        (Scalar::Uint(_), Datum::Word(word)) => Shown::Number(U256::from_be_bytes(word.0).to_string()),
        (Scalar::Int(_), Datum::Word(word)) => {
            let number = U256::from_be_bytes(word.0);
            let negative = number.bit(255);
            Shown::Number(if negative { format!("-{}", number.wrapping_neg()) } else { number.to_string() })
        }
        (Scalar::Fixed(length), Datum::Word(word)) => {
            Shown::Bytes(Bytes::copy_from_slice(word.get(..length).unwrap_or(word.as_slice())))
        }
        (Scalar::Bytes | Scalar::Text, Datum::Word(word)) => {
            Shown::Bytes(Bytes::copy_from_slice(word.as_slice()))
        }
        (_, Datum::Bytes(bytes)) => Shown::Bytes(Bytes::copy_from_slice(bytes)),
        (_, Datum::Text(text)) => Shown::Text(text.clone()),
    }
}
