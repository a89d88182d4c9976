//! Encodes call data from an ABI in the JSON form of compilers, a function name and JSON arguments. Pure.

use alloy_dyn_abi::{DynSolType, DynSolValue, Specifier};
use alloy_json_abi::{Function, JsonAbi, Param};
use alloy_primitives::{Address, B256, I256, U256};
use serde_json::Value;
use thiserror::Error;
use waiaas_core::foreign::shown;
use waiaas_core::selector::Selector;
use waiaas_core::wording;

use super::scalar::{Datum, Scalar};

/// Longest ABI, in bytes.
const LONGEST: usize = 1024 * 1024;

/// Deepest nesting of lists and structs in an argument.
const DEEPEST: usize = 16;

/// Longest type name, in bytes.
const LONGEST_TYPE: usize = 256;

/// The reason why a call cannot be encoded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AbiError {
    /// The ABI is not a JSON list of ABI items, is longer than 1 MiB or holds an invalid type.
    #[error("the ABI cannot be read: {0}")]
    Abi(String),
    /// The ABI has no such function.
    #[error("the ABI has no function '{0}'")]
    UnknownFunction(String),
    /// Several functions have this name, and not exactly one of them takes this number of arguments.
    #[error("the ABI has several functions '{function}'; name one of them in full: {}", signatures.join(", "))]
    Ambiguous {
        /// The function's name.
        function: String,
        /// The functions' full signatures.
        signatures: Vec<String>,
    },
    /// The request has another number of arguments than the function.
    #[error("the function takes {expected} arguments, not {given}")]
    Count {
        /// Number of the function's arguments.
        expected: usize,
        /// Number of the request's arguments.
        given: usize,
    },
    /// An argument is not of its type.
    #[error("{path} {why}")]
    Argument {
        /// Path of the argument, such as `args.0.to`.
        path: String,
        /// The rule that it breaks.
        why: &'static str,
    },
}

/// Encodes a call and returns its data and selector.
///
/// `abi` is the JSON text of a list. `function` is a name, or a full signature such as
/// `transfer(address,uint256)` where several functions have the name.
///
/// # Errors
///
/// - [`AbiError::Abi`] if the ABI is longer than 1 MiB, is not a JSON list of ABI items or holds an invalid type.
/// - [`AbiError::UnknownFunction`] if the ABI has no such function.
/// - [`AbiError::Ambiguous`] if the name alone does not identify one function.
/// - [`AbiError::Count`] if the number of arguments differs from the function's.
/// - [`AbiError::Argument`] if an argument is not of its type, or the type is nested too deeply or not supported.
pub fn encode_calldata(abi: &str, function: &str, args: &[Value]) -> Result<(Vec<u8>, Selector), AbiError> {
    if abi.len() > LONGEST {
        return Err(AbiError::Abi("it is longer than 1 MiB".to_owned()));
    }
    let abi: JsonAbi = serde_json::from_str(abi).map_err(|error| unreadable(&error))?;
    let function = find(&abi, function, args.len())?;
    if function.inputs.len() != args.len() {
        return Err(AbiError::Count { expected: function.inputs.len(), given: args.len() });
    }
    let mut values = Vec::new();
    for (at, (input, json)) in function.inputs.iter().zip(args).enumerate() {
        if !is_shallow(input, 0) {
            return Err(AbiError::Argument {
                path: format!("args.{at}"),
                why: "is of a type that is nested too deeply",
            });
        }
        let kind = input
            .resolve()
            .map_err(|_| AbiError::Abi(format!("the type of args.{at} is not a Solidity type")))?;
        values.push(read(&kind, Components(&input.components), json, &format!("args.{at}"), 0)?);
    }
    let arguments = DynSolValue::Tuple(values).abi_encode_params();
    let selector = function.selector();
    Ok(([selector.as_slice(), &arguments].concat(), Selector::evm(selector.0)))
}

/// Returns the error for an unreadable ABI, without the parser's text if that may quote the input.
fn unreadable(error: &serde_json::Error) -> AbiError {
    let known = wording(&error.to_string()).map(|wording| wording.text);
    AbiError::Abi(known.unwrap_or_else(|| "it is not a JSON list of ABI items".to_owned()))
}

fn find<'a>(abi: &'a JsonAbi, name: &str, count: usize) -> Result<&'a Function, AbiError> {
    let unknown = || AbiError::UnknownFunction(shown(name));
    if name.contains('(') {
        return abi.functions().find(|function| function.signature() == name).ok_or_else(unknown);
    }
    let named: Vec<_> = abi.functions().filter(|function| function.name == name).collect();
    let fitting: Vec<_> = named.iter().filter(|function| function.inputs.len() == count).collect();
    match (named.as_slice(), fitting.as_slice()) {
        ([], _) => Err(unknown()),
        ([only], _) => Ok(*only),
        (_, [only]) => Ok(**only),
        (several, _) => Err(AbiError::Ambiguous {
            function: shown(name),
            signatures: several.iter().map(|function| shown(&function.signature())).collect(),
        }),
    }
}

/// Returns whether a type is nested no deeper than arguments may be. Types are built, compared and dropped
/// recursively, so this is checked before a type is built.
fn is_shallow(param: &Param, depth: usize) -> bool {
    let opening = param.ty.bytes().filter(|byte| matches!(byte, b'[' | b'(')).count();
    let deeper = depth.saturating_add(1);
    depth <= DEEPEST
        && param.ty.len() <= LONGEST_TYPE
        && opening <= DEEPEST
        && param.components.iter().all(|part| is_shallow(part, deeper))
}

/// The components of a struct type; empty for other types.
#[derive(Clone, Copy)]
struct Components<'a>(&'a [Param]);

fn read(
    kind: &DynSolType,
    parts: Components<'_>,
    json: &Value,
    path: &str,
    depth: usize,
) -> Result<DynSolValue, AbiError> {
    let wrong = |why| AbiError::Argument { path: path.to_owned(), why };
    if depth > DEEPEST {
        return Err(wrong("is nested too deeply"));
    }
    let deeper = depth.saturating_add(1);
    let list = |element: &DynSolType| {
        let items = json.as_array().ok_or_else(|| wrong("must be a list"))?;
        let item = |(at, item): (usize, &Value)| read(element, parts, item, &format!("{path}.{at}"), deeper);
        items.iter().enumerate().map(item).collect::<Result<Vec<_>, _>>()
    };
    match kind {
        DynSolType::Array(element) => list(element).map(DynSolValue::Array),
        DynSolType::FixedArray(element, length) => match list(element)? {
            items if items.len() == *length => Ok(DynSolValue::FixedArray(items)),
            _ => Err(wrong("has another length than its type")),
        },
        DynSolType::Tuple(kinds) => {
            let items = fields(kinds, parts, json).map_err(wrong)?;
            let item = |((kind, at), (name, json)): ((&DynSolType, usize), (String, &Value))| {
                let parts = parts.0.get(at).map(|part| part.components.as_slice()).unwrap_or_default();
                read(kind, Components(parts), json, &format!("{path}.{name}"), deeper)
            };
            let kinds = kinds.iter().zip(0..);
            kinds.zip(items).map(item).collect::<Result<_, _>>().map(DynSolValue::Tuple)
        }
        elementary => scalar(elementary, json).map_err(wrong),
    }
}

/// Returns the field values of a struct, given as a list in order or as an object with exactly its field names.
fn fields<'a>(
    kinds: &[DynSolType],
    parts: Components<'_>,
    json: &'a Value,
) -> Result<Vec<(String, &'a Value)>, &'static str> {
    match json {
        Value::Array(items) if items.len() == kinds.len() => {
            Ok(items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect())
        }
        Value::Object(object) if object.len() == kinds.len() && parts.0.len() == kinds.len() => {
            let field = |part: &Param| Some((part.name.clone(), object.get(&part.name)?));
            parts.0.iter().map(field).collect::<Option<_>>().ok_or("must have exactly the fields of its type")
        }
        _ => Err("must have exactly the fields of its type, as an object or as a list in order"),
    }
}

fn scalar(kind: &DynSolType, json: &Value) -> Result<DynSolValue, &'static str> {
    let scalar = Scalar::parse(&kind.sol_type_name()).ok_or("is of a type that is not supported")?;
    let datum = scalar.read(json)?;
    Ok(match (scalar, datum) {
        (Scalar::Bool, Datum::Word(word)) => DynSolValue::Bool(!word.is_zero()),
        (Scalar::Address, Datum::Word(word)) => DynSolValue::Address(Address::from_word(word)),
        (Scalar::Uint(bits), Datum::Word(word)) => DynSolValue::Uint(U256::from_be_bytes(word.0), bits),
        (Scalar::Int(bits), Datum::Word(word)) => {
            DynSolValue::Int(I256::from_raw(U256::from_be_bytes(word.0)), bits)
        }
        (Scalar::Fixed(length), Datum::Word(word)) => DynSolValue::FixedBytes(word, length),
        (Scalar::Bytes | Scalar::Text, Datum::Word(word)) => DynSolValue::FixedBytes(B256::from(word), 32),
        (_, Datum::Bytes(bytes)) => DynSolValue::Bytes(bytes),
        (_, Datum::Text(text)) => DynSolValue::String(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;
    use proptest::prelude::*;
    use serde_json::json;

    fn abi() -> String {
        json!([
            { "type": "event", "name": "transfer", "inputs": [], "anonymous": false },
            { "type": "function", "name": "transfer", "stateMutability": "nonpayable", "outputs": [],
              "inputs": [{ "name": "to", "type": "address" }, { "name": "amount", "type": "uint256" }] },
            { "type": "function", "name": "over", "stateMutability": "view", "outputs": [],
              "inputs": [{ "name": "a", "type": "uint8" }] },
            { "type": "function", "name": "over", "stateMutability": "view", "outputs": [],
              "inputs": [{ "name": "a", "type": "int16" }] },
            { "type": "function", "name": "deep", "stateMutability": "payable", "outputs": [],
              "inputs": [
                { "name": "orders", "type": "tuple[]", "components": [
                    { "name": "maker", "type": "address" },
                    { "name": "legs", "type": "tuple[2]", "components": [
                        { "name": "id", "type": "int64" }, { "name": "note", "type": "string" } ] },
                    { "name": "data", "type": "bytes" } ] },
                { "name": "flag", "type": "bool" },
                { "name": "tag", "type": "bytes4" } ] }
        ])
        .to_string()
    }

    fn encode(function: &str, args: Value) -> Result<String, AbiError> {
        let args = args.as_array().expect("a list").clone();
        encode_calldata(&abi(), function, &args).map(|(data, _)| hex::encode(data))
    }

    #[test]
    fn encodes_as_ethers_does() {
        let to = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        let (data, selector) =
            encode_calldata(&abi(), "transfer", &[json!(to), json!("1000000")]).expect("encodes");
        assert_eq!(selector, Selector::evm([0xa9, 0x05, 0x9c, 0xbb]));
        let expected = "a9059cbb0000000000000000000000005aaeb6053f3e94c9b9a09f33669435e7ef1beaed\
            00000000000000000000000000000000000000000000000000000000000f4240";
        assert_eq!(hex::encode(data), expected);
        let leg = |id: i64, note: &str| json!({ "id": id, "note": note });
        let named = json!([[{ "maker": to, "legs": [leg(-5, "a"), leg(7, "")], "data": "0x0102" }], true, "0xdeadbeef"]);
        let listed = json!([[[to, [[-5, "a"], ["7", ""]], "0x0102"]], true, "0xdeadbeef"]);
        assert_eq!(encode("deep", named.clone()), encode("deep", listed));
        assert_eq!(encode("deep", named).expect("encodes"), super::super::vectors::DEEP_CALL);
    }

    #[test]
    fn arguments_are_strict() {
        let to = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        for args in [
            json!([to, "-1"]),
            json!([to, 1.5]),
            json!([to, null]),
            json!([to, [1]]),
            json!(["0x12", "1"]),
            json!([to.to_lowercase().replace('a', "A"), "1"]),
            json!([1, "1"]),
        ] {
            assert!(matches!(encode("transfer", args.clone()), Err(AbiError::Argument { .. })), "{args}");
        }
        assert_eq!(encode("transfer", json!([to])), Err(AbiError::Count { expected: 2, given: 1 }));
        assert_eq!(encode("nothing", json!([])), Err(AbiError::UnknownFunction("nothing".into())));
        assert!(matches!(encode("over", json!([1])), Err(AbiError::Ambiguous { .. })));
        assert!(encode("over(int16)", json!([-1])).is_ok() && encode("over(uint8)", json!([-1])).is_err());
        assert!(encode("over(int32)", json!([-1])).is_err());
        let leg = json!({ "id": 1, "note": "a" });
        let order = |order: Value| encode("deep", json!([[order], false, "0x00000000"]));
        assert!(order(json!({ "maker": to, "legs": [leg, leg], "data": "0x" })).is_ok());
        for wrong in [
            json!({ "maker": to, "legs": [leg], "data": "0x" }),
            json!({ "maker": to, "legs": [leg, leg] }),
            json!({ "maker": to, "legs": [leg, leg], "data": "0x", "more": 1 }),
            json!({ "maker": to, "legs": [leg, leg], "more": "0x" }),
            json!([to, [leg, leg]]),
        ] {
            assert!(matches!(order(wrong.clone()), Err(AbiError::Argument { .. })), "{wrong}");
        }
        for abi in ["", "{}", "[1]", "null", r#"[{"type":"function"}]"#] {
            assert!(encode_calldata(abi, "f", &[]).is_err(), "{abi}");
        }
        let odd = r#"[{"type":"function","name":"f","inputs":[{"name":"a","type":"uint7"}],"outputs":[],"stateMutability":"view"}]"#;
        assert!(encode_calldata(odd, "f", &[json!(1)]).is_err());
    }

    /// Returns an ABI with one function, whose one argument is of this type.
    fn taking(kind: &str, components: Value) -> String {
        json!([{ "type": "function", "name": "f", "outputs": [], "stateMutability": "view",
            "inputs": [{ "name": "a", "type": kind, "components": components }] }])
        .to_string()
    }

    #[test]
    fn a_type_that_is_nested_too_deeply_is_refused_before_it_is_built() {
        let too_deep =
            Err(AbiError::Argument { path: "args.0".into(), why: "is of a type that is nested too deeply" });
        let lists = |depth: usize| format!("uint8{}", "[]".repeat(depth));
        for depth in [17, 100, 30_000, 300_000] {
            let parts = [
                taking(&lists(depth), json!([])),
                taking(&format!("{}uint8{}", "(".repeat(depth), ")".repeat(depth)), json!([])),
                taking(&format!("tuple{}", "[1]".repeat(depth)), json!([{ "name": "x", "type": "bool" }])),
                taking("tuple", json!([{ "name": "x", "type": lists(depth) }])),
            ];
            for abi in parts {
                let encoded = encode_calldata(&abi, "f", &[json!([])]);
                assert!(encoded == too_deep || matches!(encoded, Err(AbiError::Abi(_))), "{depth}");
            }
        }
        let structs = (0..40).fold(
            json!([{ "name": "x", "type": "bool" }]),
            |inner, _| json!([{ "name": "x", "type": "tuple", "components": inner }]),
        );
        assert_eq!(encode_calldata(&taking("tuple", structs), "f", &[json!([])]), too_deep);
        assert!(encode_calldata(&taking(&lists(16), json!([])), "f", &[json!([])]).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_panics(abi in ".{0,200}", kind in "[a-z0-9\\[\\]]{0,20}", arg in ".{0,80}") {
            let _ = encode_calldata(&abi, "f", &[json!(arg)]);
            let item = json!([{ "type": "function", "name": "f", "outputs": [], "stateMutability": "view",
                "inputs": [{ "name": "a", "type": kind }] }]);
            let _ = encode_calldata(&item.to_string(), "f", &[json!(arg)]);
        }
    }
}
