//! The presentation of calls to the owner: the method and its named arguments if a family has read all their
//! bytes, else the whole data.

use std::collections::BTreeMap;

use alloy_dyn_abi::{DynSolValue, JsonAbiExt as _};
use alloy_json_abi::{Function, Param};
use alloy_primitives::{Address, Bytes, U256};
use waiaas_core::presentation::{Argument, Content, Value};
use waiaas_core::selector::Selector;

use super::account;

/// The methods of a family, by name.
pub(super) type Methods = fn() -> Vec<BTreeMap<String, Vec<Function>>>;

/// Name shown for bytes behind the arguments. Argument names contain no space.
pub(super) const BEHIND: &str = "behind the arguments";

/// A call that the reader recorded.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) depth: usize,
    pub(super) to: Address,
    pub(super) value: U256,
    pub(super) input: Vec<u8>,
    /// Methods of the family that has read its arguments.
    pub(super) methods: Option<Methods>,
}

impl Seen {
    /// Returns the content to show.
    pub(super) fn content(self) -> Content {
        let read = self.methods.and_then(|methods| arguments(methods, &self.input));
        let (method, arguments, data) = match read {
            Some((name, arguments)) => (Some(name), arguments, Bytes::new()),
            None => (None, Vec::new(), Bytes::from(self.input.clone())),
        };
        Content::Call {
            depth: self.depth,
            target: account(self.to),
            value: self.value,
            selector: self.input.first_chunk::<4>().map(|selector| Selector::evm(*selector)),
            method,
            arguments,
            data,
        }
    }
}

fn arguments(methods: Methods, input: &[u8]) -> Option<(String, Vec<Argument>)> {
    let (selector, data) = input.split_first_chunk::<4>()?;
    let mut known = methods().into_iter().flat_map(BTreeMap::into_values).flatten();
    let function = known.find(|function| function.selector() == *selector)?;
    let values =
        function.abi_decode_input(data).ok().filter(|values| values.len() == function.inputs.len())?;
    let behind = data.strip_prefix(function.abi_encode_input_raw(&values).ok()?.as_slice())?;
    let mut arguments = fields(&function.inputs, values);
    if !behind.is_empty() {
        arguments.push(Argument::new(BEHIND, "bytes", Value::Bytes(Bytes::copy_from_slice(behind))));
    }
    Some((function.name.clone(), arguments))
}

fn fields(params: &[Param], values: Vec<DynSolValue>) -> Vec<Argument> {
    let field = |(param, value): (&Param, DynSolValue)| {
        Argument::new(param.name.as_str(), param.ty.as_str(), tree(&param.components, value))
    };
    params.iter().zip(values).map(field).collect()
}

/// Converts a value. `parts` are the fields of its struct type, or of the structs in its list.
fn tree(parts: &[Param], value: DynSolValue) -> Value {
    match value {
        DynSolValue::Bool(flag) => Value::Bool(flag),
        DynSolValue::Int(number, _) => Value::Number(number.to_string()),
        DynSolValue::Uint(number, _) => Value::Number(number.to_string()),
        DynSolValue::FixedBytes(word, length) => {
            Value::Bytes(Bytes::copy_from_slice(word.get(..length).unwrap_or(word.as_slice())))
        }
        DynSolValue::Address(address) => Value::Address(account(address)),
        DynSolValue::Function(function) => Value::Bytes(Bytes::copy_from_slice(function.as_slice())),
        DynSolValue::Bytes(bytes) => Value::Bytes(bytes.into()),
        DynSolValue::String(text) => Value::Text(text),
        DynSolValue::Array(items) | DynSolValue::FixedArray(items) => {
            Value::List(items.into_iter().map(|item| tree(parts, item)).collect())
        }
        DynSolValue::Tuple(values) => Value::Fields(fields(parts, values)),
    }
}
