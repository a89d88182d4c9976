//! Solidity's elementary types and the strict reading of their values from JSON. Pure.
//!
//! Shared by typed data and call data.

use alloy_primitives::{B256, U256};
use serde_json::Value;
use waiaas_core::address::Address;
use waiaas_core::network::Chain;

/// Integers beyond this are not exact in every JSON reader (RFC 8259, section 6).
const LARGEST_NUMBER: u64 = 1 << 53;

/// An elementary type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::evm) enum Scalar {
    Bool,
    Address,
    /// Unsigned integer of this many bits.
    Uint(usize),
    /// Signed integer of this many bits.
    Int(usize),
    /// `bytes1` to `bytes32`.
    Fixed(usize),
    /// `bytes`.
    Bytes,
    /// `string`.
    Text,
}

/// A value of an elementary type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) enum Datum {
    /// A value that fits one word, in its ABI encoding.
    Word(B256),
    /// `bytes`.
    Bytes(Vec<u8>),
    /// `string`.
    Text(String),
}

impl Scalar {
    /// Reads a type name. The aliases `uint` and `int` are not type names (EIP-712).
    pub(in crate::evm) fn parse(name: &str) -> Option<Self> {
        let sized = |prefix: &str, sizes: &[usize]| {
            let digits = name.strip_prefix(prefix)?;
            let size: usize = digits.parse().ok()?;
            (size.to_string() == digits && sizes.contains(&size)).then_some(size)
        };
        let bits: Vec<usize> = (8..=256).step_by(8).collect();
        let bytes: Vec<usize> = (1..=32).collect();
        match name {
            "bool" => Some(Self::Bool),
            "address" => Some(Self::Address),
            "bytes" => Some(Self::Bytes),
            "string" => Some(Self::Text),
            _ => sized("uint", &bits)
                .map(Self::Uint)
                .or_else(|| sized("int", &bits).map(Self::Int))
                .or_else(|| sized("bytes", &bytes).map(Self::Fixed)),
        }
    }

    /// Reads a value; the error names the rule that it breaks.
    pub(in crate::evm) fn read(self, json: &Value) -> Result<Datum, &'static str> {
        match self {
            Self::Bool => {
                let flag = json.as_bool().ok_or("must be true or false")?;
                Ok(word(U256::from(u8::from(flag))))
            }
            Self::Address => {
                let text = json.as_str().ok_or("must be an address as text")?;
                let address = Address::parse(Chain::Ethereum, text)
                    .map_err(|_| "must be an EVM address, with a valid checksum if it has one")?;
                Ok(Datum::Word(B256::left_padding_from(address.as_bytes())))
            }
            Self::Uint(bits) => match integer(json)? {
                (true, _) => Err("must not be negative"),
                (false, number) if number.bit_len() > bits => Err("is too large for its type"),
                (false, number) => Ok(word(number)),
            },
            Self::Int(bits) => signed(bits, json),
            Self::Fixed(length) => {
                let bytes = hex_bytes(json)?;
                if bytes.len() == length {
                    Ok(Datum::Word(B256::right_padding_from(&bytes)))
                } else {
                    Err("has another length than its type")
                }
            }
            Self::Bytes => hex_bytes(json).map(Datum::Bytes),
            Self::Text => json.as_str().map(|text| Datum::Text(text.to_owned())).ok_or("must be a text"),
        }
    }

    /// Writes a value in its canonical JSON form.
    pub(in crate::evm) fn write(self, datum: &Datum) -> Value {
        match (self, datum) {
            (Self::Bool, Datum::Word(word)) => Value::Bool(!word.is_zero()),
            (Self::Address, Datum::Word(word)) => hex_text(word.get(12..).unwrap_or_default()),
            (Self::Uint(_), Datum::Word(word)) => Value::String(U256::from_be_bytes(word.0).to_string()),
            (Self::Int(_), Datum::Word(word)) => {
                let number = U256::from_be_bytes(word.0);
                let text =
                    if number.bit(255) { format!("-{}", number.wrapping_neg()) } else { number.to_string() };
                Value::String(text)
            }
            (Self::Fixed(length), Datum::Word(word)) => hex_text(word.get(..length).unwrap_or_default()),
            (_, Datum::Bytes(bytes)) => hex_text(bytes),
            (_, Datum::Text(text)) => Value::String(text.clone()),
            (Self::Bytes | Self::Text, Datum::Word(word)) => hex_text(word.as_slice()),
        }
    }
}

fn word(number: U256) -> Datum {
    Datum::Word(B256::from(number))
}

fn signed(bits: usize, json: &Value) -> Result<Datum, &'static str> {
    let (negative, magnitude) = integer(json)?;
    // −2^(n−1) is the one value without a positive counterpart.
    let most = U256::ONE.wrapping_shl(bits.saturating_sub(1));
    match negative {
        false if magnitude >= most => Err("is too large for its type"),
        false => Ok(word(magnitude)),
        true if magnitude > most => Err("is too small for its type"),
        true => Ok(word(magnitude.wrapping_neg())),
    }
}

/// Reads an integer as sign and magnitude: a JSON integer that is exact in every reader, or decimal or hex
/// digits as text.
fn integer(json: &Value) -> Result<(bool, U256), &'static str> {
    const WHY: &str = "must be an integer: a number up to 2^53, or decimal or 0x digits as text";
    match json {
        Value::Number(number) => {
            let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs)).ok_or(WHY)?;
            let negative = number.as_i64().is_some_and(i64::is_negative);
            if magnitude > LARGEST_NUMBER { Err(WHY) } else { Ok((negative, U256::from(magnitude))) }
        }
        Value::String(text) => {
            let (negative, digits) = match text.strip_prefix('-') {
                Some(digits) => (true, digits),
                None => (false, text.as_str()),
            };
            let (radix, digits) = match digits.strip_prefix("0x") {
                Some(_) if negative => return Err(WHY),
                Some(digits) if digits.len() <= 64 => (16, digits),
                None if digits.len() <= 78 && (digits == "0" || !digits.starts_with('0')) => (10, digits),
                Some(_) | None => return Err(WHY),
            };
            let plain = !digits.is_empty() && digits.bytes().all(|b| char::from(b).is_digit(radix));
            if !plain || (negative && digits == "0") {
                return Err(WHY);
            }
            let number = U256::from_str_radix(digits, u64::from(radix)).map_err(|_| WHY)?;
            Ok((negative, number))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(WHY),
    }
}

fn hex_bytes(json: &Value) -> Result<Vec<u8>, &'static str> {
    const WHY: &str = "must be 0x and hex digits, two for each byte";
    let digits = json.as_str().and_then(|text| text.strip_prefix("0x")).ok_or(WHY)?;
    hex::decode(digits).map_err(|_| WHY)
}

fn hex_text(bytes: &[u8]) -> Value {
    Value::String(format!("0x{}", hex::encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn only_canonical_type_names_are_read() {
        assert_eq!(Scalar::parse("uint256"), Some(Scalar::Uint(256)));
        assert_eq!(Scalar::parse("int8"), Some(Scalar::Int(8)));
        assert_eq!(Scalar::parse("bytes32"), Some(Scalar::Fixed(32)));
        for name in
            ["uint", "int", "uint0", "uint7", "uint264", "uint08", "bytes0", "bytes33", "byte", "", "Bool"]
        {
            assert_eq!(Scalar::parse(name), None, "{name}");
        }
    }

    #[test]
    fn integers_fit_their_width() {
        let ok = |name: &str, value: Value| Scalar::parse(name).expect("type").read(&value).is_ok();
        assert!(ok("uint8", json!(255)) && ok("uint8", json!("255")) && ok("uint8", json!("0x00ff")));
        assert!(!ok("uint8", json!(256)) && !ok("uint8", json!(-1)) && !ok("uint8", json!("-1")));
        assert!(ok("int8", json!(-128)) && ok("int8", json!("127")) && ok("int8", json!("0x7f")));
        assert!(!ok("int8", json!(128)) && !ok("int8", json!("-129")));
        assert!(
            ok("uint256", json!(U256::MAX.to_string())) && ok("uint256", json!(9_007_199_254_740_992u64))
        );
        assert!(!ok("uint256", json!(9_007_199_254_740_993u64)), "beyond 2^53 as a number");
        let most: U256 = U256::ONE << 255;
        assert!(ok("int256", json!(format!("-{most}"))) && !ok("int256", json!(most.to_string())));
        for bad in [
            json!(1.5),
            json!(1.0),
            json!(""),
            json!("0x"),
            json!("01"),
            json!("+1"),
            json!(" 1"),
            json!("-0"),
            json!("1e3"),
            json!("-0x1"),
            json!(null),
            json!([1]),
            json!(true),
            json!("1_0"),
            json!("9".repeat(78)),
        ] {
            assert!(!ok("uint256", bad.clone()) && !ok("int256", bad.clone()), "{bad}");
        }
    }

    #[test]
    fn other_values_are_exact() {
        let ok = |name: &str, value: Value| Scalar::parse(name).expect("type").read(&value).is_ok();
        assert!(ok("address", json!("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")));
        assert!(!ok("address", json!("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed")), "checksum");
        assert!(!ok("address", json!("0x5a")) && !ok("address", json!(0)));
        assert!(!ok("address", json!("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v")), "Solana");
        assert!(ok("bool", json!(true)) && !ok("bool", json!("true")) && !ok("bool", json!(1)));
        assert!(ok("bytes4", json!("0x01020304")) && !ok("bytes4", json!("0x010203")));
        assert!(!ok("bytes4", json!("0x0102030405")) && !ok("bytes4", json!("01020304")));
        assert!(ok("bytes", json!("0x")) && !ok("bytes", json!("0x0")) && !ok("bytes", json!([1])));
        assert!(ok("string", json!("")) && !ok("string", json!(1)));
    }

    proptest! {
        #[test]
        fn written_values_read_back(bytes: [u8; 32], bits in 1usize..=32, length in 1usize..=32) {
            let number = U256::from_be_bytes(bytes) >> (256 - bits * 8);
            let cases = [
                (Scalar::Uint(bits * 8), json!(number.to_string())),
                (Scalar::Int(256), json!(format!("-{}", (number >> 1usize) + U256::ONE))),
                (Scalar::Fixed(length), json!(format!("0x{}", hex::encode(&bytes[..length])))),
                (Scalar::Bytes, json!(format!("0x{}", hex::encode(&bytes[..length])))),
            ];
            for (scalar, json) in cases {
                let datum = scalar.read(&json).expect("valid");
                prop_assert_eq!(scalar.write(&datum), json);
            }
        }
    }
}
