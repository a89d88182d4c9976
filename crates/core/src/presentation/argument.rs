//! Arguments of calls and fields of typed data, as a tree.

use alloy_primitives::Bytes;
use serde::{Deserialize, Serialize};

use super::foreign::quoted;
use super::render::Page;
use crate::address::Address;

/// One argument or field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Argument {
    /// Its name; empty if it has none.
    pub name: String,
    /// Its type, as in the ABI or the typed data.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its value.
    pub value: Value,
}

/// A value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Value {
    /// An account or contract.
    Address(Address),
    /// An integer in decimal digits, with its sign if it is negative.
    Number(String),
    /// True or false.
    Bool(bool),
    /// Bytes of any length.
    Bytes(Bytes),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A struct.
    Fields(Vec<Argument>),
}

impl Argument {
    /// An argument.
    pub fn new(name: impl Into<String>, kind: impl Into<String>, value: Value) -> Self {
        Self { name: name.into(), kind: kind.into(), value }
    }
}

/// Field names that token amounts usually have, in calls and signatures.
const AMOUNTS: [&str; 2] = ["amount", "value"];

/// Writes fields, one per line, nested fields indented. `token` is the contract to which the fields belong:
/// the one that is called, or that verifies the signature.
pub(super) fn write(page: &mut Page<'_>, depth: usize, fields: &[Argument], token: Option<Address>) {
    let named = fields.iter().filter_map(|field| match field.value {
        Value::Address(address) => Some(address).filter(|address| page.is_token(*address)),
        _ => None,
    });
    let mut named = named.take(2);
    let token = match (named.next(), named.next()) {
        (Some(only), None) => Some(only),
        (Some(_), Some(_)) => None,
        (None, _) => token.filter(|token| page.is_token(*token)),
    };
    for field in fields {
        let head = [quoted(&field.name), kind(&field.kind)].join(" ");
        let amount = AMOUNTS.contains(&field.name.as_str());
        value(page, depth, &head, &field.value, token.filter(|_| amount));
    }
}

fn value(page: &mut Page<'_>, depth: usize, head: &str, of: &Value, token: Option<Address>) {
    let leaf = match of {
        Value::Address(address) => address.to_string(),
        Value::Number(digits) => match token.and_then(|token| page.amount(token, digits)) {
            Some(amount) => format!("{digits} (that is {amount})"),
            None => digits.clone(),
        },
        Value::Bool(flag) => flag.to_string(),
        Value::Bytes(bytes) => bytes.to_string(),
        Value::Text(text) => quoted(text),
        Value::List(items) => {
            page.line(depth, format!("{head} ["));
            for item in items {
                value(page, depth.saturating_add(1), "-", item, None);
            }
            return page.line(depth, "];".to_owned());
        }
        Value::Fields(fields) => {
            page.line(depth, format!("{head} ("));
            write(page, depth.saturating_add(1), fields, None);
            return page.line(depth, ");".to_owned());
        }
    };
    page.line(depth, format!("{head} {leaf};"));
}

/// A type. Solidity types are written as they are; the name of a struct is foreign text.
fn kind(text: &str) -> String {
    let element = text.split('[').next().unwrap_or_default();
    let solidity = match element.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "uint" | "int" | "bytes" => true,
        whole => whole == element && matches!(whole, "address" | "bool" | "string" | "tuple"),
    };
    if solidity { text.to_owned() } else { quoted(text) }
}
